"""What passes unread: files, batches and whatever else a provider has. The credential is swapped, no byte is, nothing is
held, and what a provider keeps goes to that provider."""

import asyncio
import hashlib
import json

import httpx
import pytest

from client import Answer, get, sdk
from exchange import Exchange
from gateway import BOUND, eventually
from upstream import half, replies, reset
from world import key_of

# Two more providers of OpenAI's format, and the route of one family.
EXTRA = {"keeper": "openai", "ranker": "openai"}
MIB = 1 << 20
FILE = {"id": "file-1", "object": "file", "bytes": 3, "created_at": 1, "filename": "a.jsonl", "purpose": "batch",
        "status": "processed"}


def config(up):
    return {
        "defaults": {"files": "keeper", "uploads": "keeper", "responses": "openai", "other": "anthropic"},
        "routes": [
            {"name": "rank", "match": {"surfaces": ["batches"]}, "targets": [{"provider": "ranker"}]},
            {
                "name": "embed",
                "match": {"surfaces": ["embeddings"], "models": ["embed"]},
                "targets": [
                    {"provider": "keeper", "model": "text-embedding-3-small"},
                    {"provider": "ranker", "model": "other-embedder"},
                ],
            },
        ],
    }


@pytest.fixture
def client(world):
    with sdk(world.gateway) as client:
        yield client


def put(gateway, path: str, body, method: str = "POST", **headers) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {} if isinstance(body, bytes) else {"content-type": "application/json"}
    return get(gateway, path, method, {**kind, **{name.replace("_", "-"): value for name, value in headers.items()}}, content)


# === the official SDK ===


def test_a_file_goes_to_its_keeper_and_comes_back(world, client):
    world.up["keeper"].script(replies(json.dumps(FILE).encode()))
    made = client.files.create(file=("a.jsonl", b'{"a":1}'), purpose="batch")
    request = world.up["keeper"].last
    assert made.id == "file-1" and world.asked() == ["keeper"]
    assert (request.method, request.target) == ("POST", "/v1/files")
    assert request.header("content-type").startswith("multipart/form-data; boundary=")
    assert b'{"a":1}' in request.body and b"batch" in request.body
    assert request.header("authorization") == f"Bearer {key_of('keeper')}"
    assert client.api_key.encode() not in request.raw

    world.up["keeper"].script(replies(json.dumps(FILE).encode()))
    assert client.files.retrieve("file-1").filename == "a.jsonl"
    assert world.up["keeper"].last.target == "/v1/files/file-1"

    content = bytes(range(256)) * 40
    passed = [("content-disposition", 'attachment; filename="a b.jsonl"'), ("etag", '"x"')]
    world.up["keeper"].script(replies(content, headers=passed, content_type="application/octet-stream"))
    assert client.files.content("file-1").read() == content
    answer = get(world.gateway, "/v1/files/file-1/content")
    assert answer.headers["content-disposition"] == 'attachment; filename="a b.jsonl"'
    assert (answer.headers["etag"], answer.headers["content-type"]) == ('"x"', "application/octet-stream")

    world.up["keeper"].script(replies(b'{"id":"file-1","object":"file","deleted":true}'))
    assert client.files.delete("file-1").deleted
    assert world.up["keeper"].last.method == "DELETE"


def test_batches_go_by_their_route(world, client):
    batch = {"id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "status": "validating",
             "input_file_id": "file-1", "completion_window": "24h", "created_at": 1}
    world.up["ranker"].script(replies(json.dumps(batch).encode()))
    made = client.batches.create(input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h")
    assert made.id == "batch_1" and world.asked() == ["ranker"]
    assert world.up["ranker"].last.json()["input_file_id"] == "file-1"
    client.batches.cancel("batch_1")
    assert world.up["ranker"].last.target == "/v1/batches/batch_1/cancel"
    line = eventually(lambda: [line for line in world.gateway.log() if line["path"] == "/v1/batches"], "a line")[-1]
    assert (line["outcome"], line["provider"], line["route"]) == ("answered", "ranker", "rank")


def test_a_response_is_kept_by_whom_it_came_from(world, client):
    response = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-4o", "status": "completed",
                "output": [], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
                "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7,
                          "input_tokens_details": {"cached_tokens": 1}, "output_tokens_details": {"reasoning_tokens": 0}}}
    world.up["openai"].script(replies(json.dumps(response).encode()))
    assert client.responses.create(model="gpt-4o", input="Hi").usage.total_tokens == 7
    assert client.responses.retrieve("resp_1").id == "resp_1"
    assert [request.target for request in world.up["openai"].requests] == ["/v1/responses", "/v1/responses/resp_1"]
    line = eventually(lambda: [line for line in world.gateway.log() if line["path"] == "/v1/responses"], "a line")[-1]
    assert (line["input_tokens"], line["output_tokens"]) == ("5", "2")


def test_a_stream_of_responses_passes_and_is_counted(world, client):
    done = {"type": "response.completed", "sequence_number": 1, "response": {
        "id": "resp_2", "object": "response", "created_at": 1, "model": "gpt-4o", "status": "completed", "output": [],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": {"input_tokens": 8, "output_tokens": 3, "total_tokens": 11}}}
    text = {"type": "response.output_text.delta", "sequence_number": 0, "delta": "Hi", "item_id": "m", "output_index": 0,
            "content_index": 0, "logprobs": []}
    events = b"".join(b"event: %s\ndata: %s\n\n" % (event["type"].encode(), json.dumps(event).encode()) for event in (text, done))
    world.up["openai"].script(replies(events, content_type="text/event-stream"))
    seen = [event.type for event in client.responses.create(model="gpt-4o", input="Hi", stream=True)]
    assert seen == ["response.output_text.delta", "response.completed"]
    line = eventually(lambda: [line for line in world.gateway.log() if line["output_tokens"] == "3"], "it is counted")[-1]
    assert line["input_tokens"] == "8"


# === bytes ===


def drips(total: int, piece: int = 256 * 1024):
    """A long answer; what was sent goes into its digest."""
    digest = hashlib.sha256()

    async def behave(exchange: Exchange) -> None:
        await exchange.head(200, [("content-type", "application/octet-stream")], length=total)
        block = hashlib.sha256(b"block").digest() * (piece // 32)
        for _ in range(total // piece):
            digest.update(block)
            await exchange.write(block)
        await exchange.end()

    return behave, digest


def test_what_is_large_passes_in_flat_memory(world):
    """100 MiB up and down, with less than 24 MiB above what Envoy takes at rest."""
    total = 100 * MIB
    gateway = world.gateway
    down, digest = drips(total)
    world.up["keeper"].script(replies(json.dumps(FILE).encode()), down)
    get(gateway, "/v1/files")
    before, most = gateway.memory(), 0.0
    sent = hashlib.sha256()

    def upload():
        nonlocal most
        for place in range(total // MIB):
            block = hashlib.sha256(str(place).encode()).digest() * (MIB // 32)
            sent.update(block)
            most = max(most, gateway.memory())
            yield block

    world.up["keeper"].script(replies(json.dumps(FILE).encode()), down)
    with httpx.Client(trust_env=False, timeout=BOUND) as client:
        headers = {"content-type": "application/octet-stream", "content-length": str(total)}
        assert client.post(f"{gateway.url}/v1/files", content=upload(), headers=headers).status_code == 200
        received = hashlib.sha256()
        with client.stream("GET", f"{gateway.url}/v1/files/file-1/content") as response:
            for piece in response.iter_raw():
                received.update(piece)
                most = max(most, gateway.memory())
    assert hashlib.sha256(world.up["keeper"].requests[0].body).digest() == sent.digest()
    assert received.digest() == digest.digest()
    assert most - before < 24, (before, most)


def test_a_part_of_a_file_is_asked_for(world):
    part = [("content-range", "bytes 2-4/10"), ("accept-ranges", "bytes")]
    world.up["keeper"].script(replies(b"cde", 206, part, "application/octet-stream"))
    answer = get(world.gateway, "/v1/files/file-1/content", headers={"range": "bytes=2-4", "if-range": '"x"'})
    assert (answer.status, answer.raw, answer.headers["content-range"]) == (206, b"cde", "bytes 2-4/10")
    request = world.up["keeper"].last
    assert (request.header("range"), request.header("if-range")) == ("bytes=2-4", '"x"')
    world.up["keeper"].script(replies(b"", 304))
    assert get(world.gateway, "/v1/files/file-1/content", headers={"if-none-match": '"x"'}).status == 304


def test_a_head_has_no_body(world):
    world.up["keeper"].script(replies(b"", headers=[("etag", '"x"')]))
    answer = get(world.gateway, "/v1/files/file-1", "HEAD")
    assert (answer.status, answer.raw) == (200, b"") and world.up["keeper"].last.method == "HEAD"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_any_body_passes_as_it_is(world, method):
    body = bytes(range(256)) + b'{"model": "gpt-4o"}'
    world.up["keeper"].script(replies(b"{}"))
    answer = put(world.gateway, "/v1/uploads/u-1/parts?a=b%20c&d", body, method, content_type="text/x-odd; v=1", cookie="a=b")
    request = world.up["keeper"].last
    assert answer.status == 200 and request.body == body
    assert (request.method, request.target) == (method, "/v1/uploads/u-1/parts?a=b%20c&d")
    assert request.header("content-type") == "text/x-odd; v=1" and request.header("cookie") is None


def test_a_body_of_unknown_length_passes(world):
    def pieces():
        yield b"abc"
        yield b"def"

    world.up["keeper"].script(replies(json.dumps(FILE).encode()))
    with httpx.Client(trust_env=False, timeout=BOUND) as client:
        assert client.post(f"{world.gateway.url}/v1/files", content=pieces()).status_code == 200
    assert world.up["keeper"].last.body == b"abcdef"


def test_an_upload_may_be_slow(world):
    """Slower than a request that is read may be."""

    def drops():
        import time

        for _ in range(8):
            yield b"x" * 1000
            time.sleep(0.2)

    world.up["keeper"].script(replies(json.dumps(FILE).encode()))
    with httpx.Client(trust_env=False, timeout=BOUND) as client:
        headers = {"content-length": "8000"}
        assert client.post(f"{world.gateway.url}/v1/files", content=drops(), headers=headers).status_code == 200
    assert len(world.up["keeper"].last.body) == 8000


# === who is meant ===


def test_whoever_is_named_keeps_it(world):
    world.up["ranker"].script(replies(b"{}"))
    assert put(world.gateway, "/v1/files", b"x", x_ferro_provider="ranker").status == 200
    assert world.asked() == ["ranker"]


@pytest.mark.parametrize("path", ["/v1/vector_stores", "/v1/fine_tuning/jobs", "/v1/vector_stores/vs_1/files"])
def test_nobody_is_guessed(world, path):
    """Not even by a model: it says who would answer, and not who keeps."""
    error = put(world.gateway, path, {"model": "gpt-4o", "training_file": "file-1"}).assert_error(
        400, "invalid_request_error", "missing_field", "x-ferro-provider"
    )
    assert "defaults" in error["message"] and world.asked() == []


def test_whatever_else_there_is_goes_by_its_model(world):
    world.up["openai"].script(replies(b"{}"))
    answer = put(world.gateway, "/v1/videos", {"model": "openai/gpt-video", "prompt": "a cat", "x": [1.50]})
    request = world.up["openai"].last
    assert answer.status == 200 and request.target == "/v1/videos"
    assert request.body == b'{"model": "gpt-video", "prompt": "a cat", "x": [1.5]}'


def test_whatever_else_has_no_model_goes_to_the_default(world):
    world.up["anthropic"].script(replies(b"{}"))
    assert get(world.gateway, "/v1/skills/a%20b?limit=2").status == 200
    request = world.up["anthropic"].last
    assert request.target == "/v1/skills/a%20b?limit=2"
    assert request.header("x-api-key") == key_of("anthropic") and request.header("anthropic-version")


# === what fails ===


def test_an_upload_is_asked_once(world):
    """Nobody has it any more for a second attempt."""
    world.up["keeper"].script(replies(b'{"error":{"message":"busy"}}', 503))
    answer = put(world.gateway, "/v1/files", b"x" * 1000)
    assert answer.status == 503 and answer.json()["error"]["message"] == "busy"
    assert len(world.up["keeper"].requests) == 1 and answer.headers["x-ferro-attempts"] == "1"
    world.up["keeper"].script(reset)
    put(world.gateway, "/v1/files", b"x" * 1000).assert_error(503, "api_error")
    assert len(world.up["keeper"].requests) == 1


@pytest.mark.parametrize("fault", [replies(b'{"error":{"message":"busy"}}', 503), half(b'{"data":[{"index":0}]}'), reset,
                                   replies(b"not json"), replies(b'{"error":{"message":"no"}}')])
def test_what_is_held_fails_over(world, fault):
    answer = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": "m",
              "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    world.up["keeper"].script(fault)
    world.up["ranker"].script(replies(json.dumps(answer).encode()))
    told = put(world.gateway, "/v1/embeddings", {"model": "embed", "input": "a", "odd": 1})
    assert told.status == 200 and told.json() == answer and told.headers["x-ferro-provider"] == "ranker"
    assert world.up["ranker"].last.json() == {"model": "other-embedder", "input": "a", "odd": 1}
    assert world.up["keeper"].requests[0].json()["model"] == "text-embedding-3-small"


@pytest.mark.parametrize(("status", "want", "code"), [(401, 502, "provider_authentication"), (404, 404, None), (413, 413, None),
                                                      (429, 429, None), (500, 500, None)])
def test_errors_have_the_clients_shape(world, status, want, code):
    world.up["keeper"].script(replies(b'{"detail":"it says no"}', status))
    answer = get(world.gateway, "/v1/files/file-1")
    assert answer.status == want and set(answer.json()) == {"error"}
    if code:
        assert answer.json()["error"]["code"] == code
    else:
        assert "it says no" in answer.json()["error"]["message"]


def test_no_credential_comes_back(world):
    key = key_of("keeper")
    world.up["keeper"].script(replies(f"you sent {key}".encode(), headers=[("content-disposition", key)], content_type="text/plain"))
    answer = get(world.gateway, "/v1/files/file-1/content")
    assert key.encode() not in answer.raw and "content-disposition" not in answer.headers


@pytest.mark.parametrize(("location", "want"), [
    ("/v1/files/b/content", "/v1/files/b/content"),
    ("{own}/v1/files/b?x=1", "/v1/files/b?x=1"),
    ("{own}/elsewhere", "{own}/elsewhere"),
    ("https://evil.example/v1/files/b", None),
    ("//evil.example/b", None),
    ("{own}@evil.example/b", None),
    ("{other}/v1/files/b", None),
    ("/v1/../admin", None),
    ("http://169.254.169.254/latest", None),
    ("file:///etc/passwd", None),
])
def test_redirects_stay_at_the_provider(world, location, want):
    names = {"own": world.up["keeper"].endpoint, "other": world.up["openai"].endpoint}
    world.up["keeper"].script(replies(b"", 302, [("location", location.format(**names))]))
    answer = get(world.gateway, "/v1/files/a/content")
    if want is None:
        answer.assert_error(502, "api_error", "upstream_invalid")
        assert "location" not in answer.headers
    else:
        assert (answer.status, answer.headers["location"]) == (302, want.format(**names))


def test_a_client_that_leaves_ends_the_upload(world):
    async def takes_nothing(exchange):
        await asyncio.Event().wait()

    world.up["keeper"].script(takes_nothing)
    with httpx.Client(trust_env=False, timeout=BOUND) as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{world.gateway.url}/v1/files", content=b"abc", timeout=0.5)
    assert world.up["keeper"].last.gone.wait(BOUND)
