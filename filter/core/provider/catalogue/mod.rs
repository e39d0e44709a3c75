//! The catalogue: all vendors, in files by kind of vendor. Each row cites the vendor's pages.
//!
//! A new vendor is a row in the file of its kind; its conformance test is made of the row itself.

mod aggregators;
mod asia;
mod china;
mod china_hosts;
mod china_labs;
mod chips;
mod clouds;
mod embedders;
mod europe;
mod gpu_clouds;
mod hosts;
mod labs;
mod local;
mod private;

use super::{Auth, Row, RowOperation, RowQuirks};
use crate::dialect::{Bounds, FORMATS, Format, openai};

/// The vendors that are built in, by kind of vendor, in the order of the documentation.
pub const CATALOGUE: &[&[Row]] = &[
    labs::ROWS,
    clouds::ROWS,
    chips::ROWS,
    hosts::ROWS,
    embedders::ROWS,
    gpu_clouds::ROWS,
    private::ROWS,
    aggregators::ROWS,
    china::ROWS,
    china_labs::ROWS,
    china_hosts::ROWS,
    europe::ROWS,
    asia::ROWS,
    local::ROWS,
];

/// What each kind of vendor is called, in the order of [`CATALOGUE`].
pub const TITLES: &[&str] = &[
    "Model labs",
    "Clouds",
    "Chips of their own",
    "Hosts of open models",
    "Embeddings and rankings",
    "GPU clouds",
    "Private and confidential",
    "Aggregators",
    "China: model labs with regions and plans",
    "China: other model labs",
    "China: hosts of open models",
    "Europe",
    "Asia and Latin America",
    "Servers of one's own, and anything else",
];

/// What the words of a configuration may mean.
#[derive(Clone, Copy, Debug)]
pub struct Vendors {
    /// The kinds of providers, in groups.
    pub catalogue: &'static [&'static [Row]],
    /// The surfaces that are served.
    pub surfaces: &'static [&'static str],
    /// The wire formats.
    pub formats: &'static [&'static Format],
}

impl Vendors {
    /// Those that are built in.
    pub const BUILT_IN: Self = Self { catalogue: CATALOGUE, surfaces: SURFACES, formats: FORMATS };

    /// All kinds of providers.
    pub fn rows(self) -> impl Iterator<Item = &'static Row> {
        self.catalogue.iter().copied().flatten()
    }

    /// The row of this kind.
    pub fn find(self, kind: &str) -> Option<&'static Row> {
        self.rows().find(|row| row.kind == kind)
    }
}

/// What a vendor has at the usual places of OpenAI's format: the words of surfaces, and their paths below the root.
/// <https://platform.openai.com/docs/api-reference>; a ranking is Cohere's: <https://docs.cohere.com/reference/rerank>.
impl RowOperation {
    /// Chats.
    pub const CHAT: Self = Self::chat(&openai::FORMAT);
    /// Completions of a prompt, as they were before there were chats.
    pub const COMPLETIONS: Self = Self::at("completions", "/completions", &openai::completions::FORMAT);
    /// Embeddings.
    pub const EMBEDDINGS: Self = Self::at("embeddings", "/embeddings", &openai::FORMAT);
    /// Images of a prompt.
    pub const IMAGES: Self = Self::at("images", "/images/generations", &openai::FORMAT);
    /// Images of images and a prompt.
    pub const IMAGE_EDITS: Self = Self::at("image_edits", "/images/edits", &openai::FORMAT);
    /// Images like another.
    pub const IMAGE_VARIATIONS: Self = Self::at("image_variations", "/images/variations", &openai::FORMAT);
    /// Speech of a text.
    pub const SPEECH: Self = Self::at("speech", "/audio/speech", &openai::FORMAT);
    /// The text of speech.
    pub const TRANSCRIPTIONS: Self = Self::at("transcriptions", "/audio/transcriptions", &openai::FORMAT);
    /// The English text of speech.
    pub const TRANSLATIONS: Self = Self::at("translations", "/audio/translations", &openai::FORMAT);
    /// What is wrong with a text.
    pub const MODERATIONS: Self = Self::at("moderations", "/moderations", &openai::FORMAT);
    /// Which documents fit a query.
    pub const RERANK: Self = Self::at("rerank", "/rerank", &openai::FORMAT);
    /// Embeddings as Cohere has them. <https://docs.cohere.com/reference/embed>
    pub const EMBED: Self = Self::at("embed", "/embed", &openai::FORMAT);
    /// Responses, and those that are kept.
    pub const RESPONSES: Self = Self::at("responses", "/responses", &openai::FORMAT);
    /// Files that are kept.
    pub const FILES: Self = Self::at("files", "/files", &openai::FORMAT);
    /// Batches.
    pub const BATCHES: Self = Self::at("batches", "/batches", &openai::FORMAT);
    /// Models that are tuned.
    pub const FINE_TUNING: Self = Self::at("fine_tuning", "/fine_tuning", &openai::FORMAT);
    /// Files to be searched.
    pub const VECTOR_STORES: Self = Self::at("vector_stores", "/vector_stores", &openai::FORMAT);
    /// Files that come in parts.
    pub const UPLOADS: Self = Self::at("uploads", "/uploads", &openai::FORMAT);
    /// Speech both ways.
    pub const REALTIME: Self = Self::at("realtime", "/realtime", &openai::FORMAT);

    /// All of these.
    pub const USUAL: &[Self] = &[
        Self::CHAT,
        Self::COMPLETIONS,
        Self::EMBEDDINGS,
        Self::IMAGES,
        Self::IMAGE_EDITS,
        Self::IMAGE_VARIATIONS,
        Self::SPEECH,
        Self::TRANSCRIPTIONS,
        Self::TRANSLATIONS,
        Self::MODERATIONS,
        Self::RERANK,
        Self::EMBED,
        Self::RESPONSES,
        Self::FILES,
        Self::BATCHES,
        Self::FINE_TUNING,
        Self::VECTOR_STORES,
        Self::UPLOADS,
        Self::REALTIME,
    ];
}

/// The words of the surfaces that a provider may have operations for.
const SURFACES: &[&str] = &[
    RowOperation::CHAT.surface,
    RowOperation::COMPLETIONS.surface,
    RowOperation::EMBEDDINGS.surface,
    RowOperation::IMAGES.surface,
    RowOperation::IMAGE_EDITS.surface,
    RowOperation::IMAGE_VARIATIONS.surface,
    RowOperation::SPEECH.surface,
    RowOperation::TRANSCRIPTIONS.surface,
    RowOperation::TRANSLATIONS.surface,
    RowOperation::MODERATIONS.surface,
    RowOperation::RERANK.surface,
    RowOperation::EMBED.surface,
    RowOperation::RESPONSES.surface,
    RowOperation::FILES.surface,
    RowOperation::BATCHES.surface,
    RowOperation::FINE_TUNING.surface,
    RowOperation::VECTOR_STORES.surface,
    RowOperation::UPLOADS.surface,
    RowOperation::REALTIME.surface,
];

impl Row {
    /// What a vendor begins with that speaks OpenAI's format, of which nothing else is known.
    pub const COMPATIBLE: Self = Self {
        kind: "",
        title: "",
        docs: &[],
        read: None,
        root: None,
        version: "/v1",
        variables: &[],
        credentials: &[],
        auth: Auth::Scheme("Bearer"),
        headers: &[],
        forwards: &[],
        owns: &[],
        models: &[],
        operations: &[RowOperation::CHAT],
        quirks: RowQuirks::NONE,
    };

    /// The row of this kind.
    pub fn find(kind: &str) -> Option<&'static Self> {
        Vendors::BUILT_IN.find(kind)
    }
}

/// What OpenAI's own models take, wherever they are.
const OF_OPENAI: RowQuirks = RowQuirks {
    takes: &["annotations", "refusal", "audio", "developer"],
    // https://platform.openai.com/docs/api-reference/chat/create: `max_tokens` is deprecated, and refused by models that think.
    limit: Some("max_completion_tokens"),
    ..RowQuirks::NONE
};

/// Who documents the role `developer`, and nothing else that not everybody takes. Most vendors list no such role, and some
/// of them answer it with 400 or 422, so nobody gets it of whom that is not known.
const DEVELOPERS: RowQuirks = RowQuirks { takes: &["developer"], ..RowQuirks::NONE };

/// Chats and embeddings.
const EMBEDS: &[RowOperation] = &[RowOperation::CHAT, RowOperation::EMBEDDINGS];

/// Who hands out thoughts as DeepSeek does, and reads them again.
const THOUGHTS: RowQuirks = RowQuirks { takes: &["reasoning_content"], ..RowQuirks::NONE };

/// OpenAI's older name for the limit of an answer.
const LIMIT: &[(&str, &str)] = &[("max_completion_tokens", "max_tokens")];

/// Who documents no other name for the limit of an answer than OpenAI's older one.
const OLD_LIMIT: RowQuirks = RowQuirks { rename: LIMIT, ..RowQuirks::NONE };

/// From nothing to a bound.
const fn up_to(most: f64) -> Bounds {
    Bounds { least: Some(0.0), most: Some(most) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Endpoint, Path, fill, is_variable, names};

    #[test]
    fn every_kind_of_vendor_has_a_title() {
        assert_eq!(TITLES.len(), CATALOGUE.len());
    }

    /// What is wrong with a table's rows would be found when a configuration is loaded: here, for all of them.
    #[test]
    fn every_row_is_whole() {
        for row in Vendors::BUILT_IN.rows() {
            let kind = row.kind;
            assert_eq!(
                Vendors::BUILT_IN.rows().filter(|other| other.kind == kind).count(),
                1,
                "{kind} twice"
            );
            assert!(row.root.is_none() || !row.docs.is_empty(), "{kind} cites nobody");
            assert!(row.docs.iter().all(|page| page.starts_with("https://")), "{kind}");
            assert!(row.read.is_none_or(is_day), "{kind} was read on {:?}", row.read);
            let anybodys =
                ["API_", "INFERENCE_KEY", "INFERENCE_API", "KEY", "LLM_", "MODEL_", "SECRET", "TOKEN"];
            let is_anybodys = |name: &&&str| anybodys.iter().any(|word| name.starts_with(word));
            assert_eq!(row.credentials.iter().find(is_anybodys), None, "{kind}: anybody's name for a secret");
            assert_ne!(row.auth, Auth::Caller, "{kind} sends clients' credentials unasked");
            let roots = row.operations.iter().filter_map(|operation| operation.root).chain(row.root);
            let mut is_local = false;
            for root in roots.clone() {
                let endpoint = Endpoint::parse(&fill(root, |_| Some("x")).unwrap(), row.version).unwrap();
                is_local |= endpoint.is_this_machine();
                assert!(endpoint.tls != endpoint.is_this_machine() && !endpoint.path.is_empty(), "{root}");
            }
            // A credential for the machine itself is optional, and its name nobody's: a variable that is set says nothing
            // of whether the server is there.
            let needs_credential = row.root.is_some() && row.auth.sends_credential() && !is_local;
            assert_eq!(!row.credentials.is_empty(), needs_credential, "{kind}");
            let mut used: Vec<String> = roots.flat_map(names).map(str::to_owned).collect();
            for (index, operation) in row.operations.iter().enumerate() {
                let earlier = row.operations.iter().take(index);
                assert!(earlier.into_iter().all(|other| other.surface != operation.surface), "{kind}");
                used.extend(Path::parse(operation.path).unwrap().variables().map(str::to_owned));
            }
            if let Auth::Aws { region, .. } = &row.auth {
                used.extend(names(region).map(str::to_owned));
            }
            let known = |name: &str| row.variables.iter().any(|variable| variable.name == name);
            assert!(used.iter().all(|name| known(name)), "{kind} names variables that it lacks: {used:?}");
            for variable in row.variables {
                assert!(
                    is_variable(variable.name) && used.iter().any(|name| name == variable.name),
                    "{kind}"
                );
            }
            for (name, value) in row.quirks.require.iter().chain(row.quirks.set) {
                assert!(serde_json::from_str::<serde_json::Value>(value).is_ok(), "{kind}: {name}");
            }
            for model in row.models {
                let owned = row.owns.iter().any(|glob| crate::routing::Glob::new(glob).matches(model));
                assert!(owned, "{model} is listed by {kind} but not owned");
            }
        }
    }

    /// Whether it is a day, written `2026-11-30`.
    fn is_day(text: &str) -> bool {
        let parts: Vec<_> = text.split('-').map(|part| (part.len(), part.parse::<u32>())).collect();
        matches!(&parts[..], [(4, Ok(2026..)), (2, Ok(1..=12)), (2, Ok(1..=31))])
    }
}
