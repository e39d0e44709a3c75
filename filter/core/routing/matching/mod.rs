//! Which requests a route takes: every condition that is given must hold.

mod covers;
mod miss;
mod takers;
mod wording;

pub use self::covers::unreachable;
pub use self::miss::Miss;
pub use self::takers::Takers;
pub use self::wording::{Pattern, Word, Wording};

use crate::hub::Facts;
use crate::routing::Budget;
use crate::routing::Glob;
use crate::routing::Globs;
use crate::routing::Name;
use crate::surface::{families, is_nameless};

/// The conditions of a route. The default takes everything but pins.
#[derive(Clone, Debug)]
pub struct Match {
    /// Patterns of models' names; empty for all names that pin no provider.
    pub models: Globs,
    /// The words of the surfaces that are served; empty for all.
    pub surfaces: Vec<&'static str>,
    /// The roles of callers; empty for all, and for callers who have none.
    pub roles: Vec<String>,
    /// Headers that must be there.
    pub headers: Vec<HeaderMatch>,
    /// What the prompt must say.
    pub prompt: Wording,
    /// Whether tools must be there, or must not.
    pub tools: Option<bool>,
    /// Whether images must be there, or must not.
    pub images: Option<bool>,
    /// Whether a JSON schema must be asked for, or must not.
    pub json_schema: Option<bool>,
    /// Whether a stream must be asked for, or must not.
    pub stream: Option<bool>,
    /// The fewest input tokens, estimated.
    pub min_input_tokens: u64,
    /// The most input tokens, estimated.
    pub max_input_tokens: u64,
}

/// A header, one of whose values must match one of some patterns.
#[derive(Clone, Debug)]
pub struct HeaderMatch {
    /// Its name, in lower case.
    pub name: String,
    /// The patterns. They heed case.
    pub values: Globs,
}

/// Something that a request has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// The model is offered tools.
    Tools,
    /// A message shows an image.
    Images,
    /// The answer is to follow a JSON schema.
    JsonSchema,
    /// The answer is to be streamed.
    Stream,
}

/// A request, as routes see it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its model.
    pub name: &'a Name<'a>,
    /// The family of the surface it asks for.
    pub surface: &'a str,
    /// Its headers, those at least that some route looks at, with names in lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// The role of who asks, where that is known.
    pub role: Option<&'a str>,
    /// The facts of its body, if some route needs them.
    pub facts: Option<&'a Facts<'a>>,
}

impl Default for Match {
    fn default() -> Self {
        Self {
            models: Globs::default(),
            surfaces: Vec::new(),
            roles: Vec::new(),
            headers: Vec::new(),
            prompt: Wording::default(),
            tools: None,
            images: None,
            json_schema: None,
            stream: None,
            min_input_tokens: 0,
            max_input_tokens: u64::MAX,
        }
    }
}

impl Match {
    /// The first condition that a request does not meet; `None` if the route takes it.
    pub fn miss<'a>(&'a self, subject: &Subject<'a>) -> Option<Miss<'a>> {
        self.miss_of_name(subject.name)
            .or_else(|| {
                (!self.serves(subject.surface)).then_some(Miss::Surface(subject.surface, &self.surfaces))
            })
            .or_else(|| (!self.admits(subject.role)).then_some(Miss::Role(subject.role, &self.roles)))
            .or_else(|| self.headers.iter().find_map(|header| header.miss(subject)))
            .or_else(|| match subject.facts {
                _ if !self.needs_facts() => None,
                Some(facts) => self.miss_of_facts(facts),
                None => Some(Miss::Unread),
            })
    }

    /// Whether its patterns take a name. A pin passes by a route without patterns.
    pub fn takes(&self, name: &Name<'_>) -> bool {
        match self.models.is_empty() {
            true => name.pinned.is_none(),
            false => name.matches(&self.models),
        }
    }

    /// Whether it asks for anything that is in the body, beside the model's name.
    pub fn needs_facts(&self) -> bool {
        let features = self.features().into_iter().any(|(_, wanted)| wanted.is_some());
        features || self.bounds_tokens() || !self.prompt.is_empty()
    }

    /// The headers it looks at.
    pub fn header_names(&self) -> impl Iterator<Item = String> {
        self.headers.iter().map(|header| header.name.clone())
    }

    /// Whether it asks for anything but the model's name.
    pub fn looks_beyond_the_name(&self) -> bool {
        !self.surfaces.is_empty() || !self.roles.is_empty() || !self.headers.is_empty() || self.needs_facts()
    }

    /// Whether every request that meets the conditions of `other`, those on names aside, certainly meets those of this.
    pub(super) fn covers_all_but_names(&self, other: &Self, budget: &Budget) -> bool {
        let surfaces = || match (self.surfaces.is_empty(), other.surfaces.is_empty()) {
            (true, true) => true,
            // What names no model looks for a route that names its family, and passes by this one.
            (true, false) => {
                !other.models.is_empty() || !other.surfaces.iter().any(|family| is_nameless(family))
            }
            (false, true) => families().all(|family| self.serves(family)),
            (false, false) => other.surfaces.iter().all(|family| self.serves(family)),
        };
        let roles = || match (self.roles.as_slice(), other.roles.as_slice()) {
            ([], _) => true,
            (_, []) => false,
            (wide, narrow) => {
                budget.take(wide.len().saturating_mul(narrow.len()))
                    && narrow.iter().all(|role| self.admits(Some(role)))
            }
        };
        let headers = || {
            let pairs = self.headers.len().saturating_mul(other.headers.len());
            let covered = |wide: &HeaderMatch| other.headers.iter().any(|narrow| wide.covers(narrow, budget));
            budget.take(pairs) && self.headers.iter().all(covered)
        };
        let mut features = self.features().into_iter().zip(other.features());
        let features = features.all(|((_, wide), (_, narrow))| wide.is_none() || wide == narrow);
        let tokens = self.min_input_tokens <= other.min_input_tokens
            && self.max_input_tokens >= other.max_input_tokens;
        features && tokens && surfaces() && roles() && headers() && self.prompt.covers(&other.prompt, budget)
    }

    fn admits(&self, role: Option<&str>) -> bool {
        self.roles.is_empty() || role.is_some_and(|role| self.roles.iter().any(|known| known == role))
    }

    fn serves(&self, surface: &str) -> bool {
        self.surfaces.is_empty() || self.surfaces.contains(&surface)
    }

    fn miss_of_name<'a>(&'a self, name: &'a Name<'a>) -> Option<Miss<'a>> {
        if self.takes(name) {
            return None;
        }
        let unpinned = Name { pinned: None, ..name.clone() };
        Some(match self.takes(&unpinned) {
            true => Miss::Pinned(name.sent),
            false => Miss::Model(name.sent, &self.models),
        })
    }

    fn miss_of_facts<'a>(&'a self, facts: &Facts<'_>) -> Option<Miss<'a>> {
        let wrong = |(feature, wanted): (Feature, Option<bool>)| {
            let wanted = wanted.filter(|wanted| *wanted != feature.is_in(facts))?;
            Some(Miss::Feature(feature, wanted))
        };
        let tokens = facts.input_tokens();
        let count = match tokens {
            _ if tokens < self.min_input_tokens => Some(Miss::TooFewTokens(tokens, self.min_input_tokens)),
            _ if tokens > self.max_input_tokens => Some(Miss::TooManyTokens(tokens, self.max_input_tokens)),
            _ => None,
        };
        self.features().into_iter().find_map(wrong).or(count).or_else(|| self.prompt.miss(facts))
    }

    fn features(&self) -> [(Feature, Option<bool>); 4] {
        [
            (Feature::Stream, self.stream),
            (Feature::Tools, self.tools),
            (Feature::Images, self.images),
            (Feature::JsonSchema, self.json_schema),
        ]
    }

    const fn bounds_tokens(&self) -> bool {
        self.min_input_tokens > 0 || self.max_input_tokens < u64::MAX
    }
}

impl HeaderMatch {
    fn miss<'a>(&'a self, subject: &Subject<'a>) -> Option<Miss<'a>> {
        let mut values = subject.values(&self.name);
        let first = values.clone().next();
        let matches = |value: &[u8]| {
            let value = String::from_utf8_lossy(value);
            self.values.any_matches(&value)
        };
        (!values.any(matches)).then_some(Miss::Header(&self.name, first, &self.values))
    }

    fn covers(&self, other: &Self, budget: &Budget) -> bool {
        let covered = |narrow: &Glob| {
            budget.take(self.values.comparisons(narrow.as_str())) && self.values.cover(narrow)
        };
        self.name == other.name && other.values.iter().all(covered)
    }
}

impl Feature {
    const fn is_in(self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Tools => facts.tools,
            Self::Images => facts.images,
            Self::JsonSchema => facts.json_schema,
            Self::Stream => facts.stream,
        }
    }

    /// The end of "the request …".
    pub(super) const fn words(self, is_there: bool) -> &'static str {
        match (self, is_there) {
            (Self::Tools, true) => "has tools",
            (Self::Tools, false) => "has no tools",
            (Self::Images, true) => "has images",
            (Self::Images, false) => "has no images",
            (Self::JsonSchema, true) => "asks for a JSON schema",
            (Self::JsonSchema, false) => "asks for no JSON schema",
            (Self::Stream, true) => "asks for a stream",
            (Self::Stream, false) => "asks for no stream",
        }
    }
}

impl<'a> Subject<'a> {
    /// All values of a header, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_slice())
    }
}
