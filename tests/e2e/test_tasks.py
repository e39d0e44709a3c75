"""Tasks that are no chat, as the official SDKs ask for them: OpenAI's, Cohere's and Voyage's, in front of
upstreams that each speak a format of their own."""

import base64
import contextlib
import json
import struct

import cohere
import httpx
import openai
import pytest
import voyageai

from client import sdk
from gateway import BOUND, running
from upstream import Upstream, replies

# Numbers that 32-bit floats hold.
FIRST, SECOND = [0.5, -0.25, 1e-3], [2.0, 0.0, -8.5]


def packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def as_floats(vector: list[float]) -> list[float]:
    """As 32-bit floats hold them."""
    return list(struct.unpack(f"<{len(vector)}f", struct.pack(f"<{len(vector)}f", *vector)))


def near(vector) -> pytest.approx:
    return pytest.approx(as_floats(vector), rel=1e-6)


def openai_shaped(body: dict) -> dict:
    """What OpenAI answers: the encoding that is asked for."""
    encode = packed if body.get("encoding_format") == "base64" else list
    count = 1 if isinstance(body["input"], str) else len(body["input"])
    data = [
        {"object": "embedding", "index": index, "embedding": encode(vector)}
        for index, vector in enumerate([FIRST, SECOND][:count])
    ]
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def gemini_shaped(body: dict) -> dict:
    assert all(request["content"]["parts"][0]["text"] for request in body["requests"])
    return {"embeddings": [{"values": vector} for vector in [FIRST, SECOND][: len(body["requests"])]]}


def cohere_shaped(body: dict) -> dict:
    if "query" in body:
        scored = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.25}]
        meta = {"billed_units": {"search_units": 1}}
        return {"id": "r-1", "results": scored[: body.get("top_n")], "meta": meta}
    (kind,) = body["embedding_types"]
    vectors = [FIRST, SECOND][: len(body["texts"])]
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 5}}
    return {"id": "e-1", "embeddings": {kind: vectors}, "texts": body["texts"], "meta": meta}


def voyage_shaped(body: dict) -> dict:
    if "query" in body:
        scored = [{"index": 0, "relevance_score": 0.125}, {"index": 1, "relevance_score": 0.75}]
        return {"object": "list", "data": scored, "model": body["model"], "usage": {"total_tokens": 26}}
    encode = packed if body.get("encoding_format") == "base64" else list
    # Out of order, as an answer may be.
    data = [{"embedding": encode(vector), "index": index} for index, vector in enumerate([FIRST, SECOND])]
    data = data[: len(body["input"])][::-1]
    return {"object": "list", "data": data, "model": body["model"], "usage": {"total_tokens": 7}}


def jina_shaped(body: dict) -> dict:
    scored = [{"index": 1, "relevance_score": 0.5}, {"index": 0, "relevance_score": 0.75}]
    return {"model": body["model"], "results": scored, "usage": {"total_tokens": 15}}


SHAPES = {
    "openai": openai_shaped,
    "gemini": gemini_shaped,
    "cohere": cohere_shaped,
    "voyage": voyage_shaped,
    "jina": jina_shaped,
}
MODELS = {
    "openai": "text-embedding-3-small",
    "gemini": "gemini-embedding-001",
    "cohere": "embed-v4.0",
    "voyage": "voyage-3.5",
}
RANKERS = {"cohere": "rerank-v3.5", "voyage": "rerank-2.5", "jina": "jina-reranker-v2-base-multilingual"}
# The version that a bare host does not say.
ROOTS = {"cohere": "/v2"}


def says(shape):
    """Answers as the vendor does."""

    async def behave(exchange):
        body = json.dumps(shape(json.loads(exchange.request.body))).encode()
        await replies(body)(exchange)

    return behave


@pytest.fixture(scope="module")
def up():
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(Upstream(name, says(shape))) for name, shape in SHAPES.items()}


@pytest.fixture(scope="module")
def gateway(up, tmp_path_factory):
    def chain(name, *models):
        targets = [{"provider": provider, "model": model} for provider, model in models]
        return {"name": name, "match": {"models": [name]}, "targets": targets}

    providers = {
        name: {"kind": name, "endpoint": f"{upstream.endpoint}{ROOTS.get(name, '')}", "api_key": "${E2E_KEY}"}
        for name, upstream in up.items()
    }
    providers["openai"]["models"] = ["text-embedding-*"]
    config = {
        "providers": providers,
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "20s"},
        "routes": [chain("embedder", *MODELS.items()), chain("ranker", *RANKERS.items())],
    }
    with running(tmp_path_factory.mktemp("gateway"), config, {"E2E_KEY": "sk-e2e-0123456789"}) as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def at_their_best(up):
    for upstream in up.values():
        upstream.script()
    yield
    assert [error for upstream in up.values() for error in upstream.errors] == []


@pytest.fixture
def client(gateway):
    with sdk(gateway) as client:
        yield client


# === embeddings, of OpenAI's SDK ===


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("encoding", [None, "float", "base64"])
def test_embeddings(client, up, name, encoding):
    """The SDK itself asks for base64 where its user says nothing, and decodes it."""
    wish = {} if encoding is None else {"encoding_format": encoding}
    answer = client.embeddings.create(model=MODELS[name], input=["one", "two"], **wish)
    got = [embedding.embedding for embedding in answer.data]
    if encoding == "base64":
        assert got == [packed(FIRST), packed(SECOND)]
    else:
        assert [embedding.index for embedding in answer.data] == [0, 1]
        assert got[0] == near(FIRST) and got[1] == near(SECOND)
    assert answer.object == "list"
    assert answer.usage.prompt_tokens == {"openai": 8, "gemini": 0, "cohere": 5, "voyage": 7}[name]
    assert len(up[name].requests) == 1
    header, value = {"gemini": ("x-goog-api-key", "sk-e2e-0123456789")}.get(
        name, ("authorization", "Bearer sk-e2e-0123456789")
    )
    assert up[name].last.header(header) == value


@pytest.mark.parametrize(
    ("name", "target", "there"),
    [
        (
            "gemini",
            "/v1beta/models/gemini-embedding-001:batchEmbedContents",
            ("requests", 0, "outputDimensionality"),
        ),
        ("cohere", "/v2/embed", ("output_dimension",)),
        ("voyage", "/v1/embeddings", ("output_dimension",)),
        ("openai", "/v1/embeddings", ("dimensions",)),
    ],
)
def test_a_length_reaches_whoever_is_asked(client, up, name, target, there):
    client.embeddings.create(model=MODELS[name], input="one", dimensions=3)
    assert up[name].last.target == target
    body = up[name].last.json()
    for step in there:
        body = body[step]
    assert body == 3


def test_a_request_moves_on_from_shape_to_shape(client, up):
    """Each fails in a way of its own; the fourth answers."""
    up["openai"].script(replies(b'{"error":{"message":"busy"}}', 503))
    up["gemini"].script(replies(b'{"embeddings":[{"values":[1.0]}]}'))  # one where two were asked for
    up["cohere"].script(replies(b'{"message":"too many"}', 429))
    answer = client.embeddings.with_raw_response.create(
        model="embedder", input=["one", "two"], extra_body={"input_type": "search_query"}
    )
    assert answer.headers["x-ferro-provider"] == "voyage"
    assert answer.headers["x-ferro-attempts"] == "4"
    parsed = answer.parse()
    assert parsed.data[0].embedding == near(FIRST) and parsed.data[1].embedding == near(SECOND)
    assert parsed.usage.total_tokens == 7
    # What it is for is told to each in its own words.
    assert up["gemini"].last.json()["requests"][0]["taskType"] == "RETRIEVAL_QUERY"
    assert up["cohere"].last.json()["input_type"] == "search_query"
    assert up["voyage"].last.json()["input_type"] == "query"


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_an_answer_may_be_large(client, up, encoding):
    """As many as Gemini embeds at once, of its usual length: megabytes that are held and written anew."""
    vector = [(place % 97 - 48) / 4096 for place in range(3072)]
    answer = json.dumps({"embeddings": [{"values": vector}] * 100}).encode()
    up["gemini"].script(replies(answer))
    got = client.embeddings.create(
        model=MODELS["gemini"], input=["a"] * 100, encoding_format=encoding, timeout=BOUND
    )
    want = packed(vector) if encoding == "base64" else vector
    assert len(got.data) == 100 and all(embedding.embedding == want for embedding in got.data)


def test_what_a_target_cannot_express_is_said(client, up):
    answer = client.embeddings.with_raw_response.create(
        model=MODELS["cohere"], input="one", user="u-1", extra_body={"late_chunking": True}
    )
    assert answer.headers["x-ferro-dropped"] == "user, late_chunking"
    assert "user" not in up["cohere"].last.json()


def test_tokens_go_to_who_takes_them(client, up):
    client.embeddings.create(model=MODELS["openai"], input=[[1, 2], [3]])
    assert up["openai"].last.json()["input"] == [[1, 2], [3]]
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model=MODELS["voyage"], input=[[1, 2], [3]])
    assert refused.value.param == "input" and refused.value.code == "unsupported_parameter"
    assert not up["voyage"].requests


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "input", "missing_field"),
        ({"input": []}, "input", "invalid_value"),
        ({"input": ["a", 7]}, "input[1]", "invalid_value"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format", "invalid_value"),
    ],
)
def test_what_is_wrong_is_named(gateway, up, body, param, code):
    ask = {"model": MODELS["gemini"], **body}
    answer = httpx.post(f"{gateway.url}/v1/embeddings", json=ask, trust_env=False, timeout=BOUND)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
    assert not up["gemini"].requests


def test_an_upstreams_words_reach_the_client(client, up):
    up["cohere"].script(replies(b'{"message":"invalid request: too many texts"}', 400))
    with pytest.raises(openai.BadRequestError, match="too many texts"):
        client.embeddings.create(model=MODELS["cohere"], input="one")


# === Voyage's own SDK ===


@pytest.mark.parametrize("name", ["voyage", "gemini", "cohere"])
def test_voyages_sdk(gateway, up, name):
    client = voyageai.Client(api_key="sk-client", base_url=f"{gateway.url}/v1", timeout=BOUND)
    answer = client.embed(["one", "two"], model=MODELS[name], input_type="document", output_dimension=3)
    assert answer.embeddings[0] == near(FIRST) and answer.embeddings[1] == near(SECOND)
    assert answer.total_tokens == {"voyage": 7, "gemini": 0, "cohere": 5}[name]
    body = up[name].last.json()
    if name == "voyage":
        assert (body["input_type"], body["output_dimension"], body["truncation"]) == ("document", 3, True)
    if name == "gemini":
        request = body["requests"][0]
        assert (request["taskType"], request["outputDimensionality"]) == ("RETRIEVAL_DOCUMENT", 3)


# === Cohere's own SDK ===


@pytest.fixture(params=["v1", "v2"])
def cohere_client(request, gateway):
    kinds = {"v1": cohere.Client, "v2": cohere.ClientV2}
    return kinds[request.param](api_key="sk-client", base_url=gateway.url, timeout=BOUND)


def test_coheres_sdk_ranks(cohere_client, up):
    for name, model in RANKERS.items():
        answer = cohere_client.rerank(model=model, query="q", documents=["one", "two"], top_n=1)
        (best,) = answer.results
        assert (best.index, best.relevance_score) == {
            "cohere": (1, 0.9),
            "voyage": (1, 0.75),
            "jina": (0, 0.75),
        }[name]
        assert answer.id
        assert up[name].last.json()["query"] == "q"
    assert up["cohere"].last.target == "/v2/rerank"
    assert up["voyage"].last.json()["top_k"] == 1
    assert answer.meta.tokens.input_tokens == 15


def test_a_ranking_moves_on(cohere_client, up):
    up["cohere"].script(replies(b'{"message":"no"}', 500))
    up["voyage"].script(replies(b'{"data":[{"index":7,"relevance_score":0.1}]}'))
    answer = cohere_client.rerank(model="ranker", query="q", documents=["one", "two"])
    assert [result.index for result in answer.results] == [0, 1]
    assert [len(up[name].requests) for name in RANKERS] == [1, 1, 1]


def test_documents_come_back(gateway, up):
    body = {"model": RANKERS["voyage"], "query": "q", "documents": ["one", {"text": "two", "n": 1}]}
    answer = httpx.post(
        f"{gateway.url}/v1/rerank", json=body | {"return_documents": True}, trust_env=False, timeout=BOUND
    )
    documents = [result["document"] for result in answer.json()["results"]]
    assert documents == [{"text": "two", "n": 1}, {"text": "one"}]
    assert up["voyage"].last.json()["documents"] == ["one", "two"]
    # Cohere's second version has it no more.
    body = {"model": RANKERS["cohere"], "query": "q", "documents": ["one", "two"], "return_documents": True}
    answer = httpx.post(f"{gateway.url}/v1/rerank", json=body, trust_env=False, timeout=BOUND)
    assert answer.headers["x-ferro-dropped"] == "return_documents"
    assert "return_documents" not in up["cohere"].last.json()


def test_coheres_sdk_embeds_at_cohere_alone(gateway, up):
    client = cohere.ClientV2(api_key="sk-client", base_url=gateway.url, timeout=BOUND)
    ask = {"texts": ["one", "two"], "input_type": "search_document", "embedding_types": ["float"]}
    answer = client.embed(model=MODELS["cohere"], **ask)
    assert answer.embeddings.float_ == [FIRST, SECOND]
    assert up["cohere"].last.target == "/v2/embed"
    with pytest.raises(cohere.BadRequestError) as refused:
        client.embed(model=MODELS["openai"], **ask)
    assert "does not serve embed" in str(refused.value.body)
    assert not up["openai"].requests
