//! Vendors of embeddings and rankings above all, and what vendors of chats have of both in shapes of their own.

use crate::dialect::{
    cohere, deepinfra, gemini, hugging_face, jina, mistral, nvidia, ollama, together, voyage, xai,
};
use crate::provider::{Row, RowOperation, RowQuirks};

/// The rows.
pub const ROWS: &[Row] = &[
    Row {
        kind: "voyage",
        title: "Voyage AI",
        docs: &[
            "https://docs.voyageai.com/reference/embeddings-api",
            "https://docs.voyageai.com/reference/reranker-api",
        ],
        root: Some("https://api.voyageai.com/v1"),
        credentials: &["VOYAGE_API_KEY"],
        owns: &["voyage-*", "rerank-2*", "rerank-1", "rerank-lite-1"],
        operations: &[
            RowOperation::task(&voyage::EMBEDDINGS, &voyage::FORMAT),
            RowOperation::task(&voyage::RERANK, &voyage::FORMAT),
        ],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "jina",
        title: "Jina AI",
        docs: &["https://api.jina.ai/openapi.json", "https://jina.ai/embeddings", "https://jina.ai/reranker"],
        root: Some("https://api.jina.ai/v1"),
        credentials: &["JINA_API_KEY"],
        owns: &["jina-*"],
        operations: &[
            RowOperation::task(&jina::EMBEDDINGS, &jina::FORMAT),
            RowOperation::task(&jina::RERANK, &jina::FORMAT),
        ],
        ..Row::COMPATIBLE
    },
];

/// What vendors have in shapes of their own, for their rows wherever these are.
impl RowOperation {
    /// Gemini's embeddings, below its root.
    pub const GEMINI_EMBEDDINGS: Self = Self::task(&gemini::EMBEDDINGS, &gemini::FORMAT);

    /// Cohere's embeddings, below `/v2`.
    pub const COHERE_EMBEDDINGS: Self = Self::task(&cohere::EMBEDDINGS, &cohere::FORMAT);

    /// Cohere's rankings, below `/v2`: a client's bytes are Cohere's, but for what the second version has no more
    /// (<https://docs.cohere.com/docs/migrating-v1-to-v2>).
    pub const COHERE_RERANK: Self = Self::RERANK.with(&RowQuirks {
        drop: &["return_documents", "rank_fields", "max_chunks_per_doc"],
        ..RowQuirks::NONE
    });

    /// Together's rankings, below its root: Cohere's first version. <https://docs.together.ai/reference/rerank-1>
    pub const TOGETHER_RERANK: Self =
        Self::RERANK.with(&RowQuirks { drop: &["max_tokens_per_doc"], ..RowQuirks::NONE });

    /// xAI's images, below its root.
    pub const XAI_IMAGES: Self = Self::task(&xai::IMAGES, &xai::FORMAT);

    /// Together's images, below its root.
    pub const TOGETHER_IMAGES: Self = Self::task(&together::IMAGES, &together::FORMAT);

    /// Mistral's embeddings, below its root. It refuses members that it does not know.
    /// <https://docs.mistral.ai/api/endpoint/embeddings>
    pub const MISTRAL_EMBEDDINGS: Self = Self::EMBEDDINGS.with(&RowQuirks {
        rename: &[("dimensions", "output_dimension")],
        drop: &["user"],
        ..RowQuirks::NONE
    });

    /// Mistral's moderations, below its root.
    pub const MISTRAL_MODERATIONS: Self = Self::task(&mistral::MODERATIONS, &mistral::FORMAT);

    /// Mistral's speech, below its root.
    pub const MISTRAL_SPEECH: Self = Self::task(&mistral::SPEECH, &mistral::FORMAT);

    /// NVIDIA's embeddings, below its root. Most of its models must be told what embeddings are for.
    /// <https://docs.nvidia.com/nim/nemo-retriever/text-embedding/latest/reference.html>
    pub const NVIDIA_EMBEDDINGS: Self =
        Self::EMBEDDINGS.with(&RowQuirks { require: &[("input_type", r#""passage""#)], ..RowQuirks::NONE });

    /// NVIDIA's rankings where it serves them itself; who runs the container has them at `/ranking` below its root.
    /// <https://docs.api.nvidia.com/nim/reference/nvidia-rerank-qa-mistral-4b-infer>
    pub const NVIDIA_RERANK: Self = Self::at("rerank", "/nvidia/reranking", &nvidia::FORMAT)
        .below("https://ai.api.nvidia.com/v1/retrieval");

    /// DeepInfra's rankings.
    pub const DEEPINFRA_RERANK: Self =
        Self::task(&deepinfra::RERANK, &deepinfra::FORMAT).below("https://api.deepinfra.com/v1/inference");

    /// Hugging Face's embeddings.
    pub const HUGGING_FACE_EMBEDDINGS: Self = Self::task(&hugging_face::EMBEDDINGS, &hugging_face::FORMAT)
        .below("https://router.huggingface.co/hf-inference");

    /// Hugging Face's images.
    pub const HUGGING_FACE_IMAGES: Self = Self::task(&hugging_face::IMAGES, &hugging_face::FORMAT)
        .below("https://router.huggingface.co/hf-inference");

    /// Embeddings of Ollama's cloud, by its own API; who runs Ollama has OpenAI's as well.
    pub const OLLAMA_CLOUD_EMBEDDINGS: Self =
        Self::task(&ollama::EMBEDDINGS, &ollama::FORMAT).below("https://ollama.com/api");
}
