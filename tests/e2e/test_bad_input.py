"""Bad input: each a clear error in OpenAI's shape that names the field, and nobody else notices.

After every case good requests are served; at the module's end the gateway's output must not tell of a crash.
"""

import json
import socket

import pytest

from client import CHAT, ask, chat_body, get, raw, raw_chat, send
from upstream import replies
from wire import KINDS, WIRES, Said

MIB = 1 << 20
# A target whose format is the client's own passes fields on untouched; the others must be able to read them.
TRANSLATED = ["anthropic", "gemini"]


def config(up):
    return {"limits": {"max_request_bytes": "1MiB"}, "retry": {"per_try_timeout": "20s"}}


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture(autouse=True)
def _everybody_else_is_served(world):
    yield
    world.reset()
    for kind in KINDS:
        assert ask(world.gateway, WIRES[kind].model, "Still here?").assert_whole().text == "Echo: Still here?"


def assert_nothing_sent(world) -> None:
    assert world.asked() == []


def user(*parts) -> dict:
    return {"role": "user", "content": list(parts)}


def image(url) -> dict:
    return {"type": "image_url", "image_url": {"url": url}}


# === not a request at all ===


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"model": "MODEL", "messages": [}',
        b'{"model": "MODEL" "messages": []}',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "half',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "Hi"}]} and more',
        b"model=MODEL&messages=Hi",
        b"<html>",
        b"\x00\x01\x02",
        b'\xff\xfe{"model": "MODEL"}',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "\xff\xfe"}]}',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "\xc3"}]}',
        b'{"model": "MODEL\xe2\x82", "messages": []}',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "\\ud800\\q"}]}',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "Hi"}], "seed": 01}',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "Hi"}], "seed": NaN}',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "a\nb"}]}',
        b"",
        b"   \n",
    ],
)
def test_broken_json(world, kind, body):
    answer = raw_chat(world.gateway.port, body.replace(b"MODEL", WIRES[kind].model.encode()))
    answer.assert_error(400, "invalid_request_error", "invalid_json")
    assert_nothing_sent(world)


@pytest.mark.parametrize("body", [b"null", b"[]", b"7", b'"model"', b"true"])
def test_json_that_is_no_object(world, body):
    error = raw_chat(world.gateway.port, body).assert_error(400, "invalid_request_error")
    assert error["code"] in ("invalid_json", "invalid_value")
    assert_nothing_sent(world)


def test_no_body_and_no_length(world):
    head = f"POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\r\n".encode()
    raw(world.gateway.port, head).assert_error(400, "invalid_request_error", "invalid_json")


@pytest.mark.parametrize("nest", [b"[" * 100_000, b'{"a":' * 100_000], ids=["lists", "objects"])
@pytest.mark.parametrize(
    "body",
    [
        b"NEST",
        b'{"model": "MODEL", "messages": NEST',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "Hi"}], "metadata": NEST',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": "Hi"}], "unknown": NEST',
        b'{"model": "MODEL", "messages": [{"role": "user", "content": [{"type": "text", "text": NEST',
    ],
    ids=["alone", "messages", "metadata", "unknown", "text"],
)
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_deep_nesting(world, kind, body, nest, closed):
    world.up[kind].script(replies(WIRES[kind].whole(Said())))
    body = body.replace(b"NEST", nest).replace(b"MODEL", WIRES[kind].model.encode())
    if closed:
        body += b"1" + (b"]" if nest[:1] == b"[" else b"}") * 100_000
        if body.startswith(b'{"model"'):
            body += b"}]}]}" if b'"text": ' in body[:200] else b"}"
    answer = raw_chat(world.gateway.port, body)
    if answer.status == 200:  # nobody has to read it, so it may pass; or be reported as dropped
        assert closed
        passed = world.up[kind].last.body == body
        assert passed or answer.headers["x-ferro-dropped"].startswith(("metadata", "unknown"))
    else:  # too deep, or wrong where it stands
        answer.assert_error(400, "invalid_request_error")
        assert_nothing_sent(world)


def test_a_schema_nested_deep(world, kind):
    """Deep where depth is legal. Refused or passed on, never a crash."""
    world.up[kind].script(replies(WIRES[kind].whole(Said())))
    schema = '{"type": "array", "items": ' * 5000 + '{"type": "string"}' + "}" * 5000
    parameters = '{"type": "object", "properties": {"x": SCHEMA}}'.replace("SCHEMA", schema)
    tool = '{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}'.replace(
        "SCHEMA", parameters
    )
    data = json.dumps(chat_body(WIRES[kind].model))[:-1] + f', "tools": [{tool}]}}'
    answer = send(world.gateway, data.encode())
    if answer.status != 200:
        answer.assert_error(400, "invalid_request_error")
        assert_nothing_sent(world)


# === fields ===


@pytest.mark.parametrize(
    "change, code, param",
    [
        ({"model": ...}, "missing_field", "model"),
        ({"model": None}, None, "model"),
        ({"model": ""}, None, "model"),
        ({"model": 7}, "invalid_value", "model"),
        ({"model": ["gpt-4o"]}, "invalid_value", "model"),
        ({"stream": "yes"}, "invalid_value", "stream"),
    ],
)
def test_fields_that_every_request_needs(world, change, code, param):
    body = {key: value for key, value in (chat_body("gpt-4o") | change).items() if value is not ...}
    answer = send(world.gateway, body)
    answer.assert_error(400, "invalid_request_error", code, param)
    assert_nothing_sent(world)


FIELDS = [
    ({"messages": ...}, "missing_field", "messages"),
    ({"messages": None}, None, "messages"),
    ({"messages": "Hi"}, "invalid_value", "messages"),
    ({"messages": {"role": "user"}}, "invalid_value", "messages"),
    ({"messages": ["Hi"]}, "invalid_value", "messages[0]"),
    ({"messages": [{"content": "Hi"}]}, "missing_field", "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "missing_field", "messages[0].content"),
    ({"messages": [{"role": "wizard", "content": "Hi"}]}, "invalid_value", "messages[0].role"),
    ({"messages": [{"role": 7, "content": "Hi"}]}, "invalid_value", "messages[0].role"),
    ({"messages": [{"role": "user", "content": 7}]}, "invalid_value", "messages[0].content"),
    ({"messages": [user({"text": "Hi"})]}, "missing_field", "messages[0].content[0].type"),
    ({"messages": [user({"type": "smell", "text": "Hi"})]}, "invalid_value", "messages[0].content[0].type"),
    ({"messages": [user({"type": "text"})]}, "missing_field", "messages[0].content[0].text"),
    ({"messages": [user({"type": "text", "text": 7})]}, "invalid_value", "messages[0].content[0].text"),
    ({"messages": [user({"type": "image_url"})]}, "missing_field", "messages[0].content[0].image_url"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "missing_field", "messages[0].tool_call_id"),
    ({"temperature": "hot"}, "invalid_value", "temperature"),
    ({"temperature": [1]}, "invalid_value", "temperature"),
    ({"max_tokens": "many"}, "invalid_value", "max_tokens"),
    ({"max_tokens": 1.5}, "invalid_value", "max_tokens"),
    ({"max_tokens": -5}, "invalid_value", "max_tokens"),
    ({"max_completion_tokens": {}}, "invalid_value", "max_completion_tokens"),
    ({"top_p": "some"}, "invalid_value", "top_p"),
    ({"n": 1.5}, "invalid_value", "n"),
    ({"stop": 7}, "invalid_value", "stop"),
    ({"stop": ["a", 7]}, "invalid_value", "stop"),
    ({"tools": {}}, "invalid_value", "tools"),
    ({"tools": ["weather"]}, "invalid_value", "tools[0]"),
    ({"tools": [{"type": "function"}]}, "missing_field", "tools[0].function"),
    ({"tools": [{"type": "function", "function": {}}]}, "missing_field", "tools[0].function.name"),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": "none"}}]},
        "invalid_value",
        "tools[0].function.parameters",
    ),
    ({"tool_choice": "perhaps"}, "invalid_value", "tool_choice"),
    ({"tool_choice": 7}, "invalid_value", "tool_choice"),
    ({"parallel_tool_calls": "yes"}, "invalid_value", "parallel_tool_calls"),
    ({"response_format": "json"}, "invalid_value", "response_format"),
    ({"response_format": {"type": "xml"}}, "invalid_value", "response_format.type"),
    ({"response_format": {"type": "json_schema"}}, "missing_field", "response_format.json_schema"),
    ({"reasoning_effort": "heroic"}, "invalid_value", "reasoning_effort"),
    ({"stream_options": "usage"}, "invalid_value", "stream_options"),
]


@pytest.mark.parametrize("kind", TRANSLATED)
@pytest.mark.parametrize(
    "change, code, param", FIELDS, ids=[json.dumps(f[0], default=str)[:60] for f in FIELDS]
)
def test_wrong_types(world, kind, change, code, param):
    body = {key: value for key, value in (chat_body(WIRES[kind].model) | change).items() if value is not ...}
    answer = send(world.gateway, body)
    error = answer.assert_error(400, "invalid_request_error", code, param)
    assert error["param"] == param or error["param"].startswith((f"{param}.", f"{param}["))
    assert_nothing_sent(world)


@pytest.mark.parametrize("kind", TRANSLATED)
@pytest.mark.parametrize(
    "arguments", ["", "{}", "not JSON", '{"half": ', "[1]", '"text"', "7", "null", '{"a": 1} {"b": 2}']
)
def test_tool_arguments_that_are_not_a_json_object(world, kind, arguments):
    """A model may have been cut off while it called: the conversation goes on, and what was wrong with it is named."""
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "done"},
    ]
    answer = send(world.gateway, {"model": WIRES[kind].model, "messages": messages}).assert_whole()
    wrapped = json.dumps({"INVALID_JSON": arguments}, separators=(",", ":")).encode()
    is_wrong = arguments not in ("", "{}", "null")
    assert (wrapped in world.up[kind].last.body) == is_wrong, world.up[kind].last.body
    named = "messages[].tool_calls[].function.arguments"
    assert answer.headers.get("x-ferro-dropped") == (named if is_wrong else None)


@pytest.mark.parametrize("kind", TRANSLATED)
@pytest.mark.parametrize(
    "url",
    [
        "",
        "cat.png",
        "/etc/passwd",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:",
        "data:image/png",
        "data:image/png;base64",
        "data:image/png;base64,",
        "data:image/png;base64,%%%%",
        "data:image/png;base64,a b",
        "data:text/html;base64,PGh0bWw+",
        "data:;base64,aGk=",
        "data:image/png,notbase64!",
    ],
)
def test_an_image_that_is_none(world, kind, url):
    messages = [user({"type": "text", "text": "What is it?"}, image(url))]
    answer = send(world.gateway, {"model": WIRES[kind].model, "messages": messages})
    error = answer.assert_error(400, "invalid_request_error", param="messages[0].content[1].image_url")
    assert error["code"] in ("invalid_value", "unsupported_parameter")
    assert_nothing_sent(world)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 400, "0." + "3" * 400])
@pytest.mark.parametrize("field", ["temperature", "max_tokens", "seed"])
def test_a_huge_number(world, kind, field, number):
    """Either the field is named, or all its digits arrive: never another number, never silence."""
    data = json.dumps(chat_body(WIRES[kind].model, field=0)).replace('"field": 0', f'"{field}": {number}')
    answer = send(world.gateway, data.encode())
    if answer.status == 400:
        answer.assert_error(400, "invalid_request_error", "invalid_value", field)
        assert_nothing_sent(world)
    else:
        answer.assert_whole()
        dropped = answer.headers.get("x-ferro-dropped", "").split(", ")
        assert number.encode() in world.up[kind].last.body or field in dropped


def test_big_numbers_keep_their_digits(world, kind):
    """Where a number means something to the target, every digit of it arrives."""
    digits = "123456789012345678901234567890.1234567890"
    schema = '{"type": "object", "properties": {"x": {"type": "number", "maximum": DIGITS}}}'
    tool = '{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}'.replace("SCHEMA", schema)
    data = json.dumps(chat_body(WIRES[kind].model))[:-1] + f', "tools": [{tool}]}}'
    send(world.gateway, data.replace("DIGITS", digits).encode()).assert_whole()
    assert digits.encode() in world.up[kind].last.body


@pytest.mark.parametrize("member", ["model", "messages", "stream"])
def test_a_member_given_twice_is_refused(world, member):
    """Two `model`s would let a request pass as one and be served as the other."""
    body = chat_body("gpt-4o", stream=False)
    twice = json.dumps(body)[:-1] + f', "{member}": {json.dumps(body[member])}' + "}"
    answer = send(world.gateway, twice.encode())
    answer.assert_error(400, "invalid_request_error", param=member)
    assert_nothing_sent(world)


def test_members_nobody_reads_survive(world):
    """The provider's own format: unknown fields, order, nulls, duplicates and digits arrive byte for byte."""
    body = (
        b'{"x":1.0,"messages":[{"role":"user","content":"Hi","y":null}],  "x":2e400,\n'
        b'"model":"gpt-4o","z":{"a":[],"a":{}},"store":null}'
    )
    send(world.gateway, body).assert_whole()
    assert world.up["openai"].last.body == body


# === the model's name ===


@pytest.mark.parametrize(
    "model",
    ["nobody-serves-this", "gpt", "../../etc/passwd", "a" * 256, "\u0000", "\U0001f600", "x/y", "/", "*"],
)
def test_a_model_nobody_serves(world, model):
    send(world.gateway, chat_body(model)).assert_error(
        404, "invalid_request_error", "model_not_found", "model"
    )
    assert_nothing_sent(world)


def test_a_name_that_is_too_long(world):
    answer = send(world.gateway, chat_body("gpt-" + "a" * 253))
    answer.assert_error(400, "invalid_request_error", "invalid_value", "model")
    assert_nothing_sent(world)


@pytest.mark.parametrize(
    "model",
    [
        "gemini-x/../../v1beta/files?key=1#y",
        "gemini-x:delete",
        "gemini-x%2f..%2f",
        "gemini-x\r\nx-evil: 1",
        "gemini-\u00e9",
        "gemini-x y",
        "gemini-..",
    ],
)
def test_a_model_s_name_never_leaves_its_path_segment(world, model):
    send(world.gateway, chat_body(model)).assert_error(400, "invalid_request_error", "invalid_value", "model")
    assert_nothing_sent(world)


def test_the_nearest_model_is_named(world):
    answer = send(world.gateway, chat_body("claud-sonet-4-5"))
    error = answer.assert_error(404, "invalid_request_error", "model_not_found", "model")
    assert "claude-sonnet-4-5" in error["message"]


# === too long ===


@pytest.mark.parametrize("size", [MIB, MIB + 1000, 3 * MIB, 30 * MIB])
def test_a_body_over_the_limit(world, kind, size):
    body = json.dumps(chat_body(WIRES[kind].model, "x" * size)).encode()
    answer = raw_chat(world.gateway.port, body)
    answer.assert_error(413, "invalid_request_error", "request_too_large")
    assert_nothing_sent(world)


def test_a_body_just_under_the_limit(world, kind):
    body = chat_body(WIRES[kind].model, "")
    body["messages"][0]["content"] = "x" * (MIB - len(json.dumps(body)))
    assert len(json.dumps(body)) == MIB
    assert len(send(world.gateway, body).assert_whole().text) > MIB / 2


# === headers and lines ===


@pytest.mark.parametrize(
    "headers",
    [
        b"x-note: \xff\xfe\x80\r\n",
        b"authorization: Bearer \xff\xfe\r\n",
        b"user-agent: \xc3\x28\r\n",
        b"cookie: \xf0\x28\x8c\x28\r\n",
        b"anthropic-beta: \xff\r\n",
        b"content-encoding: \xff\r\n",
        b"accept: \xff\r\n",
        b"x-request-id: \xff\r\n",
        b"x-ferro-target: \xff\r\n",
    ],
)
def test_headers_that_are_not_utf8(world, kind, headers):
    body = json.dumps(chat_body(WIRES[kind].model, "Hi")).encode()
    answer = raw_chat(world.gateway.port, body, headers)
    if answer.status != 200:  # refused is well; half understood is not
        answer.assert_error(400, "invalid_request_error")
        assert_nothing_sent(world)
    else:
        assert answer.assert_whole().text == "Echo: Hi"


@pytest.mark.parametrize(
    "path", [b"/v1/\xff", b"/\xff\xfe", b"/v1/chat/completions?\xff", b"/v1/models/\xff\xfe"]
)
def test_a_path_that_is_not_utf8(world, path):
    answer = raw(world.gateway.port, b"GET " + path + b" HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert answer.status in (400, 404, 405)


def test_many_headers(world):
    many = b"".join(b"x-%d: %s\r\n" % (number, b"v" * 100) for number in range(80))
    body = json.dumps(chat_body("gpt-4o", "Hi")).encode()
    assert raw_chat(world.gateway.port, body, many).assert_whole().text == "Echo: Hi"


def test_headers_over_envoys_limit(world):
    body = json.dumps(chat_body("gpt-4o", "Hi")).encode()
    answer = raw_chat(world.gateway.port, body, b"x-long: " + b"v" * (200 << 10) + b"\r\n")
    assert answer.status == 431


def test_a_compressed_body_is_refused_not_guessed(world):
    """We read the body; one we can't read is a clear error."""
    answer = raw_chat(world.gateway.port, b"\x1f\x8b\x08\x00rubbish", b"content-encoding: gzip\r\n")
    answer.assert_error(answer.status, "invalid_request_error")
    assert answer.status in (400, 415)
    assert_nothing_sent(world)


def with_headers(world, *lines: bytes):
    """Sends a good body under these header lines and no others."""
    body = json.dumps(chat_body("gpt-4o", "Hi")).encode()
    head = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n" % (CHAT.encode(), len(body))
    return raw(world.gateway.port, head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b"content-type: application/json"],
        [b"content-type: Application/JSON; charset=utf-8"],
        [b"content-type: application/vnd.api+json"],
        [b"content-type: application/json", b"origin: http://localhost:3000"],
    ],
)
def test_json_may_say_that_it_is(world, lines):
    assert with_headers(world, *lines).assert_whole().text == "Echo: Hi"
    assert world.up["openai"].last.header("content-type") == "application/json"


@pytest.mark.parametrize(
    "lines",
    [
        [b"content-type: text/plain"],
        [b"content-type: application/x-www-form-urlencoded"],
        [b"content-type: multipart/form-data; boundary=x"],
        [b"content-type: text/plain; application/json"],
        [b"content-type: application/json", b"content-type: text/plain"],
        [b"content-type:"],
        [b"origin: null"],
        [b"sec-fetch-mode: no-cors"],
    ],
)
def test_what_a_web_page_can_send_without_leave_is_refused(world, lines):
    error = with_headers(world, *lines).assert_error(415, "invalid_request_error", None, "content-type")
    assert "content-type: application/json" in error["message"]
    assert_nothing_sent(world)


def test_a_client_that_leaves_in_the_middle_of_its_body(world):
    head = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{" % CHAT.encode()
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", world.gateway.port)) as sock:
            sock.sendall(head)
    assert_nothing_sent(world)


def test_own_answers_take_a_body(world):
    """GET with a body is legal, if odd."""
    assert get(world.gateway, "/v1/models", content=b"{").status == 200
