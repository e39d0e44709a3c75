//! `operations`: what a provider does for each surface, and where.

use std::rc::Rc;

use super::super::super::errors::Errors;
use super::super::super::keys::{Keys, optional};
use super::super::super::section::{Node, Section};
use super::variables::Variables;
use super::{api_root, formats, quirks, usual_surfaces};
use crate::dialect::{Format, Quirks};
use crate::provider::{CHAT, Endpoint, Operation, Path, Row, RowOperation, RowQuirks, Vendors};
use crate::surface::{Answer, by_word};

pub(in super::super) const KEYS: Keys = Keys {
    path: "providers.NAME.operations.SURFACE",
    doc: "Where it serves a surface, and in which format.",
    keys: &[
        optional("path", "the format's usual one", "/v2/{model}/chat", "below the root; with variables"),
        optional("format", "the provider's", "openai", "what it speaks there"),
        optional("endpoint", "the provider's", "https://chat.example.com/v1", "a root of its own"),
        optional(
            "quirks",
            "the kind's own",
            r#"{"drop": ["user"]}"#,
            "in what it differs from its format there; what chats differ in, the provider's `quirks` say",
        ),
    ],
    lacking: &[],
};

/// The row's operations and the file's. `format` is what the file says of all of them.
pub(super) fn read(
    name: &str,
    row: &Row,
    format: Option<&'static Format>,
    section: &Section<'_>,
    vendors: Vendors,
    variables: &mut Variables<'_>,
    errors: &mut Errors<'_>,
) -> Option<Vec<Operation>> {
    let written =
        section.get("operations").and_then(|node| node.keyed_by(vendors.surfaces, &lacking(vendors), errors));
    let below_version = api_root(row, row.version, section, variables, errors)?;
    // Where the file says the path, it says all of it.
    let bare = api_root(row, "", section, variables, &mut Errors::new(None))?;
    let mut operations = Vec::new();
    let mut whole = true;
    let known = row.operations.iter().map(|operation| operation.surface);
    let more =
        vendors.surfaces.iter().copied().filter(|surface| !known.clone().any(|known| known == *surface));
    for surface in known.clone().chain(more) {
        let of_the_row = row.operations.iter().find(|operation| operation.surface == surface);
        let node = written.as_ref().and_then(|written| written.get(surface));
        let unplaced = |row: &RowOperation| {
            // The row's place is another format's, and this one has none.
            format.is_some_and(|own| own != row.format && RowOperation::usual(surface, own).is_none())
        };
        if node.is_none() && of_the_row.is_none_or(unplaced) {
            continue;
        }
        let says_path =
            node.as_ref().is_some_and(|node| node.value.get("path").is_some_and(|path| !path.is_null()));
        let (version, root) = if says_path { ("", &bare) } else { (row.version, &below_version) };
        let usual = by_word(surface).map(|surface| surface.format).or(row.format());
        let of_the_row = of_the_row.copied();
        let draft = Draft { row, vendors, surface, of_the_row, format, usual, version };
        match draft.operation(node.as_ref(), section, root.as_ref(), variables, errors) {
            Some(operation) => operations.push(operation),
            None => whole = false,
        }
    }
    if whole && operations.is_empty() {
        section.node().error("missing key \"operations\": this provider does nothing", errors);
    }
    Operation::name_clusters(name, &mut operations);
    (whole && !operations.is_empty()).then_some(operations)
}

/// Surfaces that this version does not serve.
fn lacking(vendors: Vendors) -> Vec<&'static str> {
    usual_surfaces().filter(|surface| !vendors.surfaces.contains(surface)).collect()
}

/// An operation before its root and path are known.
struct Draft<'a> {
    row: &'a Row,
    vendors: Vendors,
    surface: &'a str,
    of_the_row: Option<RowOperation>,
    /// What the file says of the whole provider.
    format: Option<&'static Format>,
    /// What is spoken where neither the file nor the row's operation says it: what clients speak there, or else what
    /// the vendor speaks elsewhere.
    usual: Option<&'static Format>,
    version: &'a str,
}

impl Draft<'_> {
    fn operation(
        &self,
        node: Option<&Node<'_>>,
        provider: &Section<'_>,
        root: Option<&Endpoint>,
        variables: &mut Variables<'_>,
        errors: &mut Errors<'_>,
    ) -> Option<Operation> {
        let written = match node {
            Some(node) => Some(node.keys(&KEYS, errors)?),
            None => None,
        };
        let get = |key: &str| written.as_ref().and_then(|written| written.get(key));
        let own = match get("format") {
            Some(node) => {
                let mut known = formats(self.vendors);
                known.retain(|(_, format)| self.is_known_of(format));
                Some(node.word(&known, errors)?)
            }
            // A surface may have a format of its own, which the provider's other words do not go into.
            None => self.format.filter(|format| RowOperation::usual(self.surface, format).is_some()),
        };
        let place = node.cloned().unwrap_or_else(|| provider.node());
        let Some(format) = own.or(self.of_the_row.map(|row| row.format)).or(self.usual) else {
            place.error("missing key \"format\"", errors);
            return None;
        };
        if !self.is_known_of(format) {
            let (format, surface) = (format.name, self.surface);
            place.error(format_args!("the format {format} has no {surface}"), errors);
            return None;
        }
        let endpoint = self.endpoint(get("endpoint"), provider, root, variables, errors)?;
        let path = self.path(get("path"), format, &endpoint, place, variables, errors)?;
        let quirks = self.quirks(get("quirks"), format, errors);
        // What the file says of an operation, it says of all models.
        let models = self.of_the_row.filter(|_| node.is_none()).map_or(&[][..], |row| row.models);
        let (surface, authority) = (self.surface.to_owned(), endpoint.authority());
        Some(Operation { surface, cluster: Rc::default(), authority, endpoint, path, format, models, quirks })
    }

    /// Whether a format has what the surface asks for: as clients speak it there, or translated.
    fn is_known_of(&self, format: &'static Format) -> bool {
        let has_chats = format.client.is_some() || format.provider.is_some();
        match by_word(self.surface) {
            Some(surface) if surface.answer == Answer::Chat => has_chats,
            Some(surface) => surface.format == format || has_chats || format.task(self.surface).is_some(),
            None => true,
        }
    }

    /// The row's of the operation, and the file's.
    fn quirks(
        &self,
        written: Option<Node<'_>>,
        format: &'static Format,
        errors: &mut Errors<'_>,
    ) -> Option<Rc<Quirks>> {
        if self.surface == CHAT {
            if let Some(node) = written {
                node.error("what chats differ in is said by `quirks` of the provider itself", errors);
            }
            return None;
        }
        let none = &RowQuirks::NONE;
        let of_the_row = self.of_the_row.filter(|row| row.format == format).map_or(none, |row| row.quirks);
        let quirks = quirks::read(of_the_row, &[format], written.as_ref(), errors);
        Some(quirks).filter(|quirks| !quirks.is_empty()).map(Rc::new)
    }

    /// The file's of the operation, the row's, or the provider's.
    fn endpoint(
        &self,
        written: Option<Node<'_>>,
        provider: &Section<'_>,
        root: Option<&Endpoint>,
        variables: &mut Variables<'_>,
        errors: &mut Errors<'_>,
    ) -> Option<Endpoint> {
        // An endpoint of the file's is where all is that the file says nothing else of.
        let own = self.of_the_row.and_then(|row| row.root).filter(|_| provider.get("endpoint").is_none());
        match (written, own, root) {
            (Some(node), ..) => variables.endpoint(&node, self.version, errors),
            (None, Some(own), _) => variables.built_in(own, self.version, errors),
            (None, None, Some(root)) => Some(root.clone()),
            (None, None, None) => {
                let why =
                    format_args!("missing key \"endpoint\": {} has no API root of its own", self.row.kind);
                provider.node().error(why, errors);
                None
            }
        }
    }

    /// The file's, or else the one that goes with the format.
    fn path(
        &self,
        written: Option<Node<'_>>,
        format: &'static Format,
        endpoint: &Endpoint,
        place: Node<'_>,
        variables: &mut Variables<'_>,
        errors: &mut Errors<'_>,
    ) -> Option<Path> {
        let usual = match self.of_the_row.filter(|row| row.format == format) {
            Some(row) => Some(row),
            None => RowOperation::usual(self.surface, format),
        };
        let (text, at) = match (written, usual) {
            (Some(node), _) => (node.string("a path such as /models/{model}/chat", errors)?.to_owned(), node),
            (None, Some(usual)) => (usual.path.to_owned(), place),
            (None, None) => {
                place.error("missing key \"path\"", errors);
                return None;
            }
        };
        let path = Path::parse(&text).map_err(|message| at.error(message, errors)).ok()?;
        variables.path(path, &endpoint.path, &at, errors)
    }
}
