//! What is known of a vendor, as data. A row of the table and an entry of `gateway.yaml` say the same things; the entry
//! comes first.

use crate::dialect::{Bounds, Count, Format, Quirks, Task};
use crate::hub::Fault;
use crate::hub::json::Names;

use super::auth::Auth;

/// A vendor.
#[derive(Debug)]
pub struct Row {
    /// What `kind` in `gateway.yaml` says, and the name of an instance that says no more.
    pub kind: &'static str,
    /// What the vendor is called.
    pub title: &'static str,
    /// The vendor's pages that the row was made from.
    pub docs: &'static [&'static str],
    /// The day on which the row was last compared with copies of them, `2026-11-30`; `None` where none was at hand.
    pub read: Option<&'static str>,
    /// The API root, where operations have none of their own; `None` where every instance has its own. May name
    /// variables: `https://{region}.example.com/v1`.
    pub root: Option<&'static str>,
    /// What an endpoint of an operator's without a path gets.
    pub version: &'static str,
    /// What paths, roots and signatures name.
    pub variables: &'static [Variable],
    /// The environment variables that usually hold the credential, the commonest first; none where a credential is
    /// optional and has no usual name. The first that is set counts. What is set is sent to the vendor unasked, so none may
    /// hold somebody else's secret: the names are the vendor's alone.
    pub credentials: &'static [&'static str],
    /// How the credential travels.
    pub auth: Auth<&'static str>,
    /// Headers that every request carries.
    pub headers: &'static [(&'static str, &'static str)],
    /// Headers of the client that are passed on, in lower case.
    pub forwards: &'static [&'static str],
    /// Names of models that belong to this vendor; `*` stands for any text.
    pub owns: &'static [&'static str],
    /// Models that `/v1/models` lists while an instance of the vendor is configured.
    pub models: &'static [&'static str],
    /// What it does, and where.
    pub operations: &'static [RowOperation],
    /// In what it differs from its formats.
    pub quirks: RowQuirks,
}

/// What a vendor does for one surface.
#[derive(Clone, Copy, Debug)]
pub struct RowOperation {
    /// The surface: `chat`.
    pub surface: &'static str,
    /// Where it is below the root: see [`super::Path`].
    pub path: &'static str,
    /// What is spoken there.
    pub format: &'static Format,
    /// A root of its own.
    pub root: Option<&'static str>,
    /// The only models that it is for, `*` standing for any text; none where it is for all.
    pub models: &'static [&'static str],
    /// In what it differs from the format; what chats differ in, the row says.
    pub quirks: &'static RowQuirks,
}

/// Something that differs from instance to instance, and is part of a host or a path.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// As paths name it, and as `gateway.yaml` does.
    pub name: &'static str,
    /// The environment variable that usually holds it.
    pub environment: Option<&'static str>,
    /// What it is where nobody says.
    pub default: Option<&'static str>,
}

/// [`Quirks`], as a row writes them.
#[derive(Clone, Copy, Debug)]
pub struct RowQuirks {
    /// See [`Quirks::rename`].
    pub rename: &'static [(&'static str, &'static str)],
    /// See [`Quirks::drop`].
    pub drop: &'static [&'static str],
    /// See [`Quirks::drop_within`].
    pub drop_within: &'static [&'static str],
    /// See [`Quirks::clamp`].
    pub clamp: &'static [(&'static str, Bounds)],
    /// See [`Quirks::require`].
    pub require: &'static [(&'static str, &'static str)],
    /// See [`Quirks::set`].
    pub set: &'static [(&'static str, &'static str)],
    /// See [`Quirks::usage`].
    pub usage: &'static [(Count, &'static str)],
    /// See [`Quirks::finish`].
    pub finish: &'static [(&'static str, Option<&'static str>)],
    /// See [`Quirks::faults`].
    pub faults: &'static [(&'static str, Fault)],
    /// See [`Quirks::call_ids`].
    pub call_ids: Option<usize>,
    /// See [`Quirks::takes`].
    pub takes: &'static [&'static str],
    /// See [`Quirks::limit`].
    pub limit: Option<&'static str>,
    /// See [`Quirks::thinking_parts`].
    pub thinking_parts: &'static [&'static str],
    /// See [`Quirks::output`].
    pub output: &'static [(&'static str, u64)],
}

impl Row {
    /// What it speaks first of all.
    pub fn format(&self) -> Option<&'static Format> {
        self.operations.first().map(|operation| operation.format)
    }

    /// All that it speaks, each once.
    pub fn formats(&self) -> Vec<&'static Format> {
        let mut formats: Vec<&'static Format> = Vec::new();
        for RowOperation { format, .. } in self.operations {
            if !formats.contains(format) {
                formats.push(format);
            }
        }
        formats
    }
}

/// The surface of chat completions.
pub const CHAT: &str = "chat";

impl RowOperation {
    /// Chat completions at the path that is usual for a format.
    pub const fn chat(format: &'static Format) -> Self {
        Self::at(CHAT, format.chat_path, format)
    }

    /// A task at the path that is usual for a format.
    pub const fn task(task: &Task, format: &'static Format) -> Self {
        Self::at(task.surface, task.path, format)
    }

    /// An operation at a place of its own.
    pub const fn at(surface: &'static str, path: &'static str, format: &'static Format) -> Self {
        Self { surface, path, format, root: None, models: &[], quirks: &RowQuirks::NONE }
    }

    /// The same at a root of its own.
    #[must_use]
    pub const fn below(self, root: &'static str) -> Self {
        Self { root: Some(root), ..self }
    }

    /// The same for these models only: who asks for another is served as if there were no such operation.
    #[must_use]
    pub const fn only(self, models: &'static [&'static str]) -> Self {
        Self { models, ..self }
    }

    /// The same with quirks.
    #[must_use]
    pub const fn with(self, quirks: &'static RowQuirks) -> Self {
        Self { quirks, ..self }
    }

    /// The operation as it is usual for a surface and a format, if there is a usual one.
    pub fn usual(surface: &str, format: &'static Format) -> Option<Self> {
        if surface == CHAT {
            return (!format.chat_path.is_empty()).then(|| Self::chat(format));
        }
        let task = format.task(surface).map(|task| Self::task(task, format));
        let usual = Self::USUAL.iter().find(|usual| usual.surface == surface && usual.format == format);
        task.or(usual.copied())
    }
}

impl RowQuirks {
    /// No difference.
    pub const NONE: Self = Self {
        rename: &[],
        drop: &[],
        drop_within: &[],
        clamp: &[],
        require: &[],
        set: &[],
        usage: &[],
        finish: &[],
        faults: &[],
        call_ids: None,
        takes: &[],
        limit: None,
        thinking_parts: &[],
        output: &[],
    };
}

impl From<&RowQuirks> for Quirks {
    fn from(row: &RowQuirks) -> Self {
        let pairs = |list: &[(&str, &str)]| {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        let word = |(theirs, ours): &(&str, Option<&str>)| ((*theirs).to_owned(), ours.map(str::to_owned));
        Self {
            rename: pairs(row.rename),
            drop: names(row.drop),
            drop_within: names(row.drop_within),
            clamp: row.clamp.iter().map(|(name, bounds)| ((*name).to_owned(), *bounds)).collect(),
            require: pairs(row.require),
            set: pairs(row.set),
            usage: row.usage.iter().map(|(count, pointer)| (*count, (*pointer).to_owned())).collect(),
            finish: row.finish.iter().map(word).collect(),
            faults: row.faults.iter().map(|(word, fault)| ((*word).to_owned(), *fault)).collect(),
            call_ids: row.call_ids,
            takes: Names::of(row.takes.iter().copied()),
            limit: row.limit,
            thinking_parts: names(row.thinking_parts),
            output: row.output,
        }
    }
}
