//! How a provider knows who calls.

/// How a credential travels. In a row the texts are the table's, in a provider its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth<T = String> {
    /// Not at all: none is sent.
    None,
    /// `authorization: <scheme> <credential>`; most say `Bearer`.
    Scheme(T),
    /// The bare credential in a header of this name.
    Header(T),
    /// The bare credential in the query, under this name. What logs paths logs it: only where no header serves.
    Query(T),
    /// The client's own `authorization` is passed on, to this provider and no other. No row says so: a client's
    /// credential goes nowhere but where the operator has written that it does.
    Caller,
    /// Envoy signs the request for this service of Amazon's, by Signature Version 4 and with the credentials of its own
    /// surroundings. None of ours is sent.
    Aws {
        /// As signatures name it: `bedrock`.
        service: T,
        /// As signatures name it: `eu-west-1`. In a row it may name variables: `{region}`.
        region: T,
    },
}

impl<T: AsRef<str>> Auth<T> {
    /// Whether a credential of ours is sent.
    pub const fn sends_credential(&self) -> bool {
        matches!(self, Self::Scheme(_) | Self::Header(_) | Self::Query(_))
    }

    /// The header that it fills, in lower case.
    pub fn header_name(&self) -> Option<&str> {
        match self {
            // Envoy writes its signature there.
            Self::Scheme(_) | Self::Caller | Self::Aws { .. } => Some("authorization"),
            Self::Header(name) => Some(name.as_ref()),
            Self::None | Self::Query(_) => None,
        }
    }

    /// The same with texts of its own.
    pub fn to_owned(&self) -> Auth {
        let own = |text: &T| text.as_ref().to_owned();
        match self {
            Self::None => Auth::None,
            Self::Scheme(scheme) => Auth::Scheme(own(scheme)),
            Self::Header(name) => Auth::Header(own(name)),
            Self::Query(name) => Auth::Query(own(name)),
            Self::Caller => Auth::Caller,
            Self::Aws { service, region } => Auth::Aws { service: own(service), region: own(region) },
        }
    }
}

impl Auth {
    /// `authorization: Bearer`.
    pub fn bearer() -> Self {
        Self::Scheme("Bearer".to_owned())
    }
}
