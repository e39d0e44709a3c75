//! What embeddings are for. Every vendor has words of its own for it, and most have the same few things to say: a word of
//! one is said to another in its own, so that a request may move on to it.

use super::request::Wanted;
use crate::hub::Dropped;
use crate::hub::json::Str;

/// What embeddings are for, as far as vendors agree on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To look for documents.
    Query,
    /// To be found.
    Document,
    /// To be told apart.
    Classification,
    /// To be put together.
    Clustering,
    /// To be compared.
    Similarity,
}

/// The words of a vendor.
#[derive(Debug)]
pub struct Words {
    /// The member that holds them.
    pub member: &'static str,
    /// What clients may call it that mean this vendor alone: its value goes as it is.
    pub own: &'static [&'static str],
    /// The vendor's word for each purpose that it knows.
    pub words: &'static [(Purpose, &'static str)],
}

/// The words of all vendors, in lower case:
/// Cohere's <https://docs.cohere.com/reference/embed>, Voyage's <https://docs.voyageai.com/reference/embeddings-api>,
/// Jina's <https://api.jina.ai/openapi.json>, Gemini's <https://ai.google.dev/api/embeddings#v1beta.TaskType>, NVIDIA's
/// <https://docs.nvidia.com/nim/nemo-retriever/text-embedding/latest/reference.html>.
const KNOWN: &[(&str, Purpose)] = &[
    ("query", Purpose::Query),
    ("search_query", Purpose::Query),
    ("retrieval.query", Purpose::Query),
    ("retrieval_query", Purpose::Query),
    ("document", Purpose::Document),
    ("passage", Purpose::Document),
    ("search_document", Purpose::Document),
    ("retrieval.passage", Purpose::Document),
    ("retrieval_document", Purpose::Document),
    ("classification", Purpose::Classification),
    ("clustering", Purpose::Clustering),
    ("separation", Purpose::Clustering),
    ("text-matching", Purpose::Similarity),
    ("semantic_similarity", Purpose::Similarity),
];

impl Purpose {
    fn of(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        KNOWN.iter().find(|(known, _)| *known == word).map(|(_, purpose)| *purpose)
    }
}

impl Words {
    /// The word for what the client says that its embeddings are for. What the vendor has no word for is reported; a word
    /// that nobody knows, by the vendor's own name, may be a new one.
    pub fn say<'w>(&self, wanted: &'w Wanted<'_>, dropped: &mut Dropped) -> Option<&'w str> {
        let mut said = None;
        for (name, word) in &wanted.purposes {
            let known = Purpose::of(word);
            let own = known.and_then(|known| self.words.iter().find(|(purpose, _)| *purpose == known));
            let word: Option<&'w str> = match own {
                _ if self.own.contains(name) => Some(Str::as_str(word)),
                Some((_, own)) => Some(*own),
                None if known.is_none() && *name == self.member => Some(Str::as_str(word)),
                None => None,
            };
            match word {
                Some(word) if said.is_none() => said = Some(word),
                _ => dropped.add(*name),
            }
        }
        said
    }
}
