"""What HTTP does underneath: sizes, speeds, connections, both versions of HTTP, TLS, and who leaves when."""

import asyncio
import contextlib
import gzip
import http.client
import itertools
import json
import random

import httpx
import pytest

from client import CHAT, Answer, ask, chat_body, get, raw, raw_chat, send
from gateway import BOUND, eventually
from upstream import interim, replies, silent, slow, streams
from wire import KINDS, WIRES, Said

MIB = 1 << 20


def config(up):
    return {
        "retry": {"per_try_timeout": "30s", "idle_timeout": "30s", "backoff": {"base": "10ms", "max": "1s"}}
    }


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


# === sizes ===


def test_20_mib_pass(world, kind):
    prompt = "".join(random.Random(20).choices('abcdefghij klmnop\u00e9\n"\\', k=20 * MIB))
    wire = WIRES[kind]
    world.up[kind].script(wire.says(Said(("Read it",))))
    body = json.dumps(chat_body(wire.model, prompt), ensure_ascii=False).encode()
    assert len(body) > 20 * MIB
    assert send(world.gateway, body).assert_whole().text == "Read it"
    received = world.up[kind].last
    assert wire.prompt(received.json()) == prompt
    if kind == "openai":
        assert received.body == body


def test_20_mib_move_on_whole(world, kind):
    """The second attempt gets the whole body again."""
    wire = WIRES[kind]
    prompt = "long " * (4 * MIB)
    world.up[kind].script(wire.fails(503), wire.says(Said(("Read it",))))
    assert ask(world.gateway, wire.model, prompt).assert_whole().text == "Read it"
    assert [wire.prompt(request.json()) == prompt for request in world.up[kind].requests] == [True, True]


@pytest.mark.parametrize("size", [32 * MIB, 40 * MIB], ids=["a little", "far"])
def test_over_the_limit_is_413(world, size):
    body = json.dumps(chat_body("gpt-4o", "x" * size)).encode()
    answer = raw_chat(world.gateway.port, body)
    answer.assert_error(413, "invalid_request_error", "request_too_large")
    assert world.up["openai"].requests == []


def test_over_the_limit_without_a_length_is_413(world):
    head = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" % CHAT.encode()
    piece = b"%x\r\n%s\r\n" % (MIB, b" " * MIB)
    answer = raw(world.gateway.port, head + b"transfer-encoding: chunked\r\n\r\n" + piece * 36 + b"0\r\n\r\n")
    answer.assert_error(413, "invalid_request_error", "request_too_large")
    assert world.up["openai"].requests == []


def test_a_large_answer_arrives(world, kind):
    """An event may have four MiB, an answer more."""
    piece = "answer " * (MIB // 2)
    text = piece * 2
    world.up[kind].script(WIRES[kind].says(Said((piece, piece))))
    assert ask(world.gateway, WIRES[kind].model).assert_whole().text == text
    assert ask(world.gateway, WIRES[kind].model, stream=True).assert_whole().text == text


def test_an_answer_in_drops_arrives(world, kind):
    world.up[kind].script(slow(WIRES[kind].whole(Said(("drop by drop",)))))
    assert ask(world.gateway, WIRES[kind].model).assert_whole().text == "drop by drop"


def test_a_chunked_request_arrives_with_a_length(world, kind):
    body = json.dumps(chat_body(WIRES[kind].model, "in pieces")).encode()
    pieces = (body[start : start + 7] for start in range(0, len(body), 7))
    with httpx.Client(trust_env=False) as client:
        response = client.post(world.gateway.url + CHAT, content=pieces)
    assert response.json()["choices"][0]["message"]["content"] == "Echo: in pieces"
    assert world.up[kind].last.header("content-length") == str(len(world.up[kind].last.body))


def test_early_hints_are_no_answer(world, kind):
    world.up[kind].script(interim(103, WIRES[kind].says(Said(("Now",)))))
    assert ask(world.gateway, WIRES[kind].model).assert_whole().text == "Now"


# === streams ===


def test_events_arrive_one_by_one(world, kind):
    """The upstream sends each piece of text only when the client has seen the one before."""
    texts = [f"<{number}>" for number in range(6)]
    events = WIRES[kind].events(Said(tuple(texts)))
    answer = b""

    async def wait_for_client(index: int) -> None:
        for before, text in itertools.pairwise(texts):
            while text.encode() in events[index] and before.encode() not in answer:
                await asyncio.sleep(0.005)

    world.up[kind].script(streams(events, on_event=wait_for_client))
    body = chat_body(WIRES[kind].model, stream=True)
    with (
        httpx.Client(trust_env=False, timeout=BOUND) as client,
        client.stream("POST", world.gateway.url + CHAT, json=body) as response,
    ):
        for piece in response.iter_raw():
            answer += piece
    assert Answer(200, response.headers, answer).read_events().assert_whole().text == "".join(texts)


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_chunks_may_end_anywhere(world, kind, size, line_end):
    """Inside a line, a character, or between CR and LF."""
    said = Said(("Gr\u00fc\u00dfe", " \U0001f600", " \u4f60\u597d", ' {"a": [1]}\n\ndata: x'))
    events = [event.replace(b"\n", line_end) for event in unescaped(WIRES[kind].events(said))]
    data = b"".join(events)
    world.up[kind].script(streams([data[start : start + size] for start in range(0, len(data), size)]))
    answer = ask(world.gateway, WIRES[kind].model, stream=True).assert_whole()
    assert answer.text == said.text


def unescaped(events: list[bytes]) -> list[bytes]:
    """The same events with their characters as UTF-8, where `json.dumps` escaped them."""
    prefix = b"data: "
    return [
        b"\n".join(
            prefix + json.dumps(json.loads(line[6:]), ensure_ascii=False).encode()
            if line.startswith(prefix + b"{")
            else line
            for line in event.split(b"\n")
        )
        for event in events
    ]


def test_200_streams_at_once_lose_nothing(world):
    """All are open at the same time: no upstream goes on before every request has arrived."""
    count, arrived, everybody = 200, itertools.count(1), asyncio.Event()

    def behaviour(kind):
        async def behave(exchange):
            if next(arrived) == count:
                everybody.set()
            wire = WIRES[kind]
            prompt = wire.prompt(exchange.request.json())
            said = Said(tuple(f"{prompt}:{number};" for number in range(20)))
            head, *rest = wire.events(said)

            async def hold(index):
                if index == 1:
                    await asyncio.wait_for(everybody.wait(), 60)

            await streams([head, *rest], on_event=hold)(exchange)

        return behave

    for kind in KINDS:
        world.up[kind].script(behaviour(kind))

    async def one(client, number):
        kind = KINDS[number % len(KINDS)]
        body = chat_body(WIRES[kind].model, f"stream {number}", stream=True)
        raw_bytes = b""
        async with client.stream("POST", world.gateway.url + CHAT, json=body) as response:
            async for piece in response.aiter_raw():
                raw_bytes += piece
        return Answer(response.status_code, response.headers, raw_bytes).read_events().assert_whole().text

    async def everyone():
        limits = httpx.Limits(max_connections=count)
        async with httpx.AsyncClient(trust_env=False, timeout=BOUND, limits=limits) as client:
            return await asyncio.gather(*(one(client, number) for number in range(count)))

    texts = asyncio.run(everyone())
    expected = ["".join(f"stream {number}:{piece};" for piece in range(20)) for number in range(count)]
    assert texts == expected


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_client_that_goes_away_stops_the_upstream(world, kind, streaming):
    wire = WIRES[kind]
    if streaming:
        world.up[kind].script(wire.breaks("hang"))
    else:
        world.up[kind].script(silent)
    client = httpx.Client(trust_env=False, timeout=httpx.Timeout(20, read=None if streaming else 0.5))
    body = chat_body(wire.model, stream=streaming)
    with (
        client,
        contextlib.suppress(httpx.ReadTimeout),
        client.stream("POST", world.gateway.url + CHAT, json=body) as response,
    ):
        next(response.iter_raw())
    eventually(lambda: world.up[kind].requests, "the request reaches the upstream")
    assert world.up[kind].last.gone.wait(20), "the upstream still works for a client that has left"
    assert len(world.up[kind].requests) == 1


# === HTTP/2 from the client ===


@pytest.fixture
def http2():
    with httpx.Client(http1=False, http2=True, trust_env=False, timeout=BOUND) as client:
        yield client


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_http2_from_the_client(world, kind, streaming, http2):
    body = chat_body(WIRES[kind].model, "over two", stream=streaming)
    assert send(world.gateway, body, client=http2).assert_whole().text == "Echo: over two"
    assert sorted(world.up[kind].last.names()) == sorted(
        {"host", "content-type", "content-length", "accept", "accept-encoding", "user-agent"}
        | {WIRES[kind].credential, *WIRES[kind].versions}
    )


def test_many_streams_on_one_http2_connection(world):
    async def one(client, number):
        kind = KINDS[number % len(KINDS)]
        body = chat_body(WIRES[kind].model, f"stream {number}", stream=True)
        response = await client.post(world.gateway.url + CHAT, json=body)
        assert response.http_version == "HTTP/2"
        answer = Answer(response.status_code, response.headers, response.content)
        return answer.read_events().assert_whole().text

    async def everyone():
        async with httpx.AsyncClient(http1=False, http2=True, trust_env=False, timeout=BOUND) as client:
            await client.get(world.gateway.url + "/healthz")  # so that all of them find the connection
            return await asyncio.gather(*(one(client, number) for number in range(60)))

    assert asyncio.run(everyone()) == [f"Echo: stream {number}" for number in range(60)]


# === paths and methods ===


@pytest.mark.parametrize("path", [CHAT + "/", CHAT + "?api-version=1", CHAT + "/?x=%2F&y"])
def test_query_strings_and_trailing_slashes_are_tolerated(world, kind, path):
    body = json.dumps(chat_body(WIRES[kind].model, "hello")).encode()
    answer = get(world.gateway, path, "POST", content=body)
    assert answer.assert_whole().text == "Echo: hello"
    assert world.up[kind].last.target == WIRES[kind].path(WIRES[kind].model, False)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/", "/v1/models?limit=1", "/healthz", "/readyz"])
def test_head_is_like_get(world, path):
    whole, head = get(world.gateway, path), get(world.gateway, path, "HEAD")
    assert whole.status == head.status == 200
    assert head.raw == b""
    assert head.headers.get("content-type") == whole.headers.get("content-type")
    assert head.headers.get("content-length", str(len(whole.raw))) == str(len(whole.raw))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v2/chat/completions",
        "//v1/chat/completions",
        "/admin/secrets",
        "/%76%31/models",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_paths_are_404(world, path, method):
    content = json.dumps(chat_body("gpt-4o")).encode() if method == "POST" else b""
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(content)}\r\n\r\n".encode()
    raw(world.gateway.port, head + content).assert_error(404, "invalid_request_error", "unknown_url")
    assert world.asked() == []


@pytest.mark.parametrize(
    "method, path, allow",
    [
        ("GET", CHAT, {"POST"}),
        ("DELETE", CHAT, {"POST"}),
        ("PUT", CHAT + "/", {"POST"}),
        ("PATCH", CHAT + "?x=1", {"POST"}),
        ("HEAD", CHAT, {"POST"}),
        ("POST", "/v1/models", {"GET"}),
        ("DELETE", "/v1/models/gpt-4o", {"GET"}),
        ("POST", "/healthz", {"GET"}),
        ("POST", "/readyz", {"GET"}),
    ],
)
def test_other_methods_are_405(world, method, path, allow):
    answer = get(world.gateway, path, method)
    if method == "HEAD":
        assert answer.status == 405
    else:
        answer.assert_error(405, "invalid_request_error", "method_not_allowed")
    allowed = {word.strip() for word in answer.headers["allow"].split(",")}
    assert allowed - {"HEAD", "OPTIONS"} == allow
    assert world.asked() == []


def test_a_connection_is_kept_between_requests(world):
    """Errors of ours don't cost the client its connection; but for 400, where Envoy insists."""
    connection = http.client.HTTPConnection("127.0.0.1", world.gateway.port, timeout=BOUND)
    statuses = []
    with contextlib.closing(connection):
        connection.connect()
        connection.auto_open = 0
        for body in (chat_body("gpt-4o"), chat_body("no-such-model"), chat_body("gpt-4o")):
            connection.request("POST", CHAT, json.dumps(body))
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
    assert statuses == [200, 404, 200]


# === odd providers ===


@pytest.mark.parametrize("kind", ["anthropic", "gemini"])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"not JSON", b'{"half": '])
def test_a_200_that_is_no_answer_is_502(world, kind, body):
    world.up[kind].script(replies(body))
    answer = ask(world.gateway, WIRES[kind].model)
    answer.assert_error(502, "api_error", "upstream_invalid")


def test_a_redirect_is_not_followed(world, kind):
    """Nor shown: it would lead the client past us, or our credential to a stranger."""
    other = "gemini" if kind == "openai" else "openai"
    location = f"{world.up[other].endpoint}/elsewhere"
    world.up[kind].script(replies(b"", 307, [("location", location)]))
    answer = ask(world.gateway, WIRES[kind].model)
    answer.assert_error(502, "api_error", "upstream_invalid")
    assert "location" not in answer.headers and location.encode() not in answer.raw
    assert world.up[other].requests == []


@pytest.mark.parametrize("kind", ["anthropic", "gemini"])
def test_a_compressed_error_is_not_passed_on_as_text(world, kind):
    """We ask for no compression; what is compressed all the same must not be labelled what it is not."""
    body = gzip.compress(WIRES[kind].error(400, "You must not ask that"))
    world.up[kind].script(replies(body, 400, [("content-encoding", "gzip")]))
    answer = ask(world.gateway, WIRES[kind].model)
    answer.assert_error(400, "invalid_request_error")
    assert "content-encoding" not in answer.headers


def test_a_provider_that_speaks_http_1_0(world, kind):
    body = WIRES[kind].whole(Said(("Old but well",)))

    async def old(exchange):
        await exchange.write_raw(b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n" + body)
        await exchange.close()

    world.up[kind].script(old)
    assert ask(world.gateway, WIRES[kind].model).assert_whole().text == "Old but well"


def test_a_whole_answer_to_who_asked_for_a_stream(world, kind):
    """Never half one and half the other: a whole answer in OpenAI's shape, or an error."""
    world.up[kind].script(replies(WIRES[kind].whole(Said(("All at once",)))))
    answer = ask(world.gateway, WIRES[kind].model, stream=True)
    if answer.status == 200:
        assert answer.assert_whole().text == "All at once"
    else:
        answer.assert_error(502, "api_error", "upstream_invalid")


def test_a_stream_without_a_content_type(world, kind):
    """What we write ourselves, we label; the client's own format passes as it came."""
    wire = WIRES[kind]

    async def behave(exchange):
        await exchange.head(200)
        for event in wire.events(Said()):
            await exchange.write(event)
        await exchange.end()

    world.up[kind].script(behave)
    answer = ask(world.gateway, wire.model, stream=True)
    if answer.status == 200 and kind == "openai":
        assert answer.raw == b"".join(wire.events(Said()))
    elif answer.status == 200:
        assert answer.is_stream and answer.assert_whole().text == Said().text
    else:
        answer.assert_error(502, "api_error", "upstream_invalid")


@pytest.mark.parametrize("kind", ["anthropic", "gemini"])
def test_a_crowd_of_messages_is_refused_before_it_fills_the_memory(world, kind):
    """Ten million messages of nothing can't be translated, and nobody else notices that somebody tried."""
    crowd = ",".join(["{}"] * 10_000_000)
    answer = send(world.gateway, f'{{"model": "{WIRES[kind].model}", "messages": [{crowd}]}}'.encode())
    assert answer.assert_error(400, "invalid_request_error")["param"] == "messages"
    assert world.asked() == []
    assert ask(world.gateway, WIRES[kind].model, "Still here?").assert_whole().text == "Echo: Still here?"
