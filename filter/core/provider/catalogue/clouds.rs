//! Clouds: who serves models beside everything else, each customer at a place of its own.

use super::{DEVELOPERS, OF_OPENAI};
use crate::provider::{Auth, Row, RowOperation, Variable};

/// The rows.
pub const ROWS: &[Row] = &[
    // The model is a deployment's name. Access by Entra ID: `auth: {token: …}`.
    Row {
        kind: "azure-openai",
        title: "Azure OpenAI",
        docs: &["https://learn.microsoft.com/azure/ai-foundry/openai/reference"],
        root: Some("https://{resource}.openai.azure.com/openai"),
        version: "/openai",
        variables: &[
            RESOURCE,
            Variable {
                name: "api_version",
                environment: Some("AZURE_OPENAI_API_VERSION"),
                default: Some("2024-10-21"),
            },
        ],
        credentials: &["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
        auth: Auth::Header("api-key"),
        operations: &[
            deployed(RowOperation::CHAT, "/deployments/{model}/chat/completions?api-version={api_version}"),
            deployed(RowOperation::COMPLETIONS, "/deployments/{model}/completions?api-version={api_version}"),
            deployed(RowOperation::EMBEDDINGS, "/deployments/{model}/embeddings?api-version={api_version}"),
            deployed(
                RowOperation::IMAGES,
                "/deployments/{model}/images/generations?api-version={api_version}",
            ),
            deployed(RowOperation::SPEECH, "/deployments/{model}/audio/speech?api-version={api_version}"),
            deployed(
                RowOperation::TRANSCRIPTIONS,
                "/deployments/{model}/audio/transcriptions?api-version={api_version}",
            ),
            deployed(
                RowOperation::TRANSLATIONS,
                "/deployments/{model}/audio/translations?api-version={api_version}",
            ),
            deployed(RowOperation::RESPONSES, "/v1/responses"),
            deployed(RowOperation::FILES, "/v1/files"),
            deployed(RowOperation::BATCHES, "/v1/batches"),
        ],
        quirks: OF_OPENAI,
        ..Row::COMPATIBLE
    },
    // The model is a deployment's name here, too, and stands in the body.
    Row {
        kind: "azure-foundry",
        title: "Azure AI Foundry",
        docs: &["https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints"],
        root: Some("https://{resource}.services.ai.azure.com/openai/v1"),
        version: "/openai/v1",
        variables: &[Variable { environment: Some("AZURE_AI_RESOURCE"), ..RESOURCE }],
        credentials: &["AZURE_AI_API_KEY", "AZURE_API_KEY"],
        auth: Auth::Header("api-key"),
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS],
        // https://learn.microsoft.com/javascript/api/@azure-rest/ai-inference/chatrequestdevelopermessage
        quirks: DEVELOPERS,
        ..Row::COMPATIBLE
    },
    // The layer for OpenAI's clients; models are called `google/gemini-…`. Its tokens live for an hour. The region `global`
    // has a host of its own: `endpoint: https://aiplatform.googleapis.com/v1/projects/…/locations/global/endpoints/openapi`.
    Row {
        kind: "vertex-ai",
        title: "Google Vertex AI",
        docs: &["https://cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview"],
        root: Some(
            "https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}/endpoints/openapi",
        ),
        variables: &[
            Variable { name: "project", environment: Some("GOOGLE_CLOUD_PROJECT"), default: None },
            Variable {
                name: "region",
                environment: Some("GOOGLE_CLOUD_LOCATION"),
                default: Some("us-central1"),
            },
        ],
        credentials: &["VERTEX_AI_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"],
        ..Row::COMPATIBLE
    },
    // The gateway in front of other vendors' models. Its tokens are IBM Cloud's, and live for an hour.
    Row {
        kind: "watsonx",
        title: "IBM watsonx.ai model gateway",
        docs: &["https://www.ibm.com/docs/en/watsonx/saas?topic=generation-inferencing-gateway-models"],
        read: Some("2026-11-30"),
        root: Some("https://{region}.ml.cloud.ibm.com/ml/gateway/v1"),
        version: "/ml/gateway/v1",
        variables: &[Variable {
            name: "region",
            environment: Some("WATSONX_REGION"),
            default: Some("us-south"),
        }],
        credentials: &["WATSONX_TOKEN"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS, RowOperation::EMBEDDINGS],
        ..Row::COMPATIBLE
    },
    // By keys of its own, or by what it signs, which is not done here.
    Row {
        kind: "oci",
        title: "Oracle OCI Generative AI",
        docs: &["https://docs.oracle.com/en-us/iaas/Content/generative-ai/openai-compatible-api.htm"],
        read: Some("2026-11-30"),
        root: Some("https://inference.generativeai.{region}.oci.oraclecloud.com/openai/v1"),
        version: "/openai/v1",
        variables: &[Variable {
            name: "region",
            environment: Some("OCI_REGION"),
            default: Some("us-chicago-1"),
        }],
        credentials: &["OCI_GENAI_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::RESPONSES,
            RowOperation::FILES,
            RowOperation::VECTOR_STORES,
        ],
        ..Row::COMPATIBLE
    },
    // The model is a serving endpoint's name. DATABRICKS_HOST is a URL for others, so it is not taken for the host.
    Row {
        kind: "databricks",
        title: "Databricks model serving",
        docs: &["https://docs.databricks.com/machine-learning/model-serving/score-foundation-models.html"],
        root: Some("https://{host}/serving-endpoints"),
        version: "/serving-endpoints",
        variables: &[Variable { name: "host", environment: None, default: None }],
        credentials: &["DATABRICKS_TOKEN", "DATABRICKS_API_KEY"],
        owns: &["databricks-*"],
        operations: &[RowOperation::CHAT, RowOperation::COMPLETIONS, RowOperation::EMBEDDINGS],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "snowflake",
        title: "Snowflake Cortex",
        docs: &["https://docs.snowflake.com/en/user-guide/snowflake-cortex/open_ai_sdk"],
        read: Some("2026-11-30"),
        root: Some("https://{account}.snowflakecomputing.com/api/v2/cortex/v1"),
        version: "/api/v2/cortex/v1",
        variables: &[Variable { name: "account", environment: Some("SNOWFLAKE_ACCOUNT"), default: None }],
        credentials: &["SNOWFLAKE_PAT", "SNOWFLAKE_CORTEX_PAT"],
        // A programmatic access token, which would else be taken for one of OAuth.
        headers: &[("x-snowflake-authorization-token-type", "PROGRAMMATIC_ACCESS_TOKEN")],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "cloudflare",
        title: "Cloudflare Workers AI",
        docs: &["https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/"],
        read: Some("2026-11-30"),
        root: Some("https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1"),
        variables: &[Variable { name: "account", environment: Some("CLOUDFLARE_ACCOUNT_ID"), default: None }],
        credentials: &["CLOUDFLARE_API_KEY", "CLOUDFLARE_API_TOKEN", "CF_AI_API_TOKEN"],
        owns: &["@cf/*", "@hf/*"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::RESPONSES],
        ..Row::COMPATIBLE
    },
    // A personal access token does as well, and opens the whole account: it is not looked for.
    Row {
        kind: "digitalocean",
        title: "DigitalOcean Inference",
        docs: &[
            "https://docs.digitalocean.com/products/inference/how-to/use-serverless-inference/",
            "https://docs.digitalocean.com/products/inference/how-to/model-access-keys/",
        ],
        read: Some("2026-11-30"),
        root: Some("https://inference.do-ai.run/v1"),
        credentials: &["GRADIENT_MODEL_ACCESS_KEY", "GRADIENT_AI_API_KEY"],
        operations: &[
            RowOperation::CHAT,
            RowOperation::EMBEDDINGS,
            RowOperation::IMAGES,
            RowOperation::RESPONSES,
        ],
        ..Row::COMPATIBLE
    },
    // HEROKU_API_KEY opens the whole account, and INFERENCE_KEY may be anybody's: neither is looked for.
    Row {
        kind: "heroku",
        title: "Heroku Managed Inference",
        docs: &["https://devcenter.heroku.com/articles/heroku-inference-api-v1-chat-completions"],
        root: Some("https://{region}.inference.heroku.com/v1"),
        variables: &[Variable { name: "region", environment: None, default: Some("us") }],
        credentials: &["HEROKU_INFERENCE_KEY"],
        operations: &[RowOperation::CHAT, RowOperation::EMBEDDINGS, RowOperation::IMAGES],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "vultr",
        title: "Vultr Serverless Inference",
        docs: &["https://docs.vultr.com/products/serverless/inference"],
        root: Some("https://api.vultrinference.com/v1"),
        credentials: &["VULTR_INFERENCE_API_KEY", "VULTRINFERENCE_TOKEN"],
        ..Row::COMPATIBLE
    },
    Row {
        kind: "datarobot",
        title: "DataRobot LLM gateway",
        docs: &["https://docs.datarobot.com/en/docs/agentic-ai/agentic-develop/agentic-llm-providers.html"],
        root: Some("https://app.datarobot.com/api/v2/genai/llmgw"),
        version: "/api/v2/genai/llmgw",
        credentials: &["DATAROBOT_API_TOKEN"],
        ..Row::COMPATIBLE
    },
];

const RESOURCE: Variable =
    Variable { name: "resource", environment: Some("AZURE_OPENAI_RESOURCE"), default: None };

/// An operation at a path of Azure's.
const fn deployed(operation: RowOperation, path: &'static str) -> RowOperation {
    RowOperation { path, ..operation }
}
