"""What providers do who mean harm with the credential they were sent: they echo it, anywhere in an answer
and in any spelling. It reaches no client, no log and no other provider; nor does anything else of theirs that
would do something to who reads it.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator

import pytest

from attacks import (
    KIND,
    SECRETS,
    Attack,
    Outcome,
    Want,
    attacked,
    chat,
    is_clean,
)
from client import chat_body
from exchange import Exchange
from leaks import sees, spellings
from scenario import as_params, chosen
from upstream import Behaviour, replies, streams
from wire import WIRES, Call, Said, sse
from world import key_of

# === where a credential may stand ===

# Errors of each format with KEY in one place. KEY is part of a string.
WORDS = "Incorrect key KEY, look at https://example.com/keys"
ERRORS = {
    "a": {
        "the message": {"error": {"message": WORDS, "type": "invalid_request_error", "code": None}},
        "the type": {"error": {"message": "no", "type": "KEY", "param": None, "code": None}},
        "the code": {"error": {"message": "no", "type": "x", "param": None, "code": "KEY"}},
        "the param": {"error": {"message": "no", "type": "x", "param": "KEY", "code": None}},
        "a list as code": {"error": {"message": "no", "type": "x", "code": ["KEY"]}},
        "an object as message": {"error": {"message": {"text": "KEY"}, "type": "x"}},
    },
    "c": {
        "the message": {"type": "error", "error": {"type": "authentication_error", "message": WORDS}},
        "the type": {"type": "error", "error": {"type": "KEY", "message": "no"}},
        "the outer type": {"type": "KEY", "error": {"type": "api_error", "message": "no"}},
        "the request's id": {
            "type": "error", "error": {"type": "api_error", "message": "no"}, "request_id": "KEY"
        },
        "an object as message": {"type": "error", "error": {"type": "api_error", "message": {"a": "KEY"}}},
    },
    "d": {
        "the message": {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": WORDS}},
        "the status": {"error": {"code": 400, "status": "KEY", "message": "no"}},
        "the code": {"error": {"code": "KEY", "status": "INTERNAL", "message": "no"}},
        "the details": {"error": {"code": 400, "message": "no", "details": [{"reason": "KEY"}]}},
        "a list of errors": [{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": WORDS}}],
    },
}  # fmt: skip
# What no format promises.
SHAPES = {
    "a bare error": {"error": "KEY"},
    "a detail": {"detail": "no such key: KEY"},
    "a list of details": {"detail": [{"loc": ["header"], "msg": "KEY"}]},
    "a message": {"message": "KEY"},
    "a name": {"KEY": "no"},
    "an error's name": {"error": {"KEY": "no"}},
    "a list": ["KEY"],
    "a string": "KEY",
    "something deep": {"a": {"b": {"c": [{"d": "KEY"}]}}},
    "usage": {"error": {"message": "no"}, "usage": {"prompt_tokens": "KEY"}},
}
TEXTS = {
    "a page": ("text/html", "<html><head><title>401</title></head><body>No such key: KEY</body></html>"),
    "a text": ("text/plain", "bad key KEY"),
    "a long text": ("text/plain", "x" * 5000 + " bad key KEY " + "x" * 5000),
    "a very long text": ("text/plain", "x" * 70_000 + " bad key KEY " + "x" * 70_000),
    "xml": ("application/xml", "<error><key>KEY</key></error>"),
    "half an object": ("application/json", '{"error": {"message": "bad key KEY'),
    "two objects": ("application/json", '{"error": {"message": "no"}} {"error": {"message": "KEY"}}'),
    "an object after words": ("application/json", 'Sorry: {"error": {"message": "KEY"}}'),
    "nothing said of it": ("", "bad key KEY"),
    "events": ("text/event-stream", 'event: error\ndata: {"error": {"message": "KEY"}}\n\n'),
    "lines of objects": ("application/x-ndjson", '{"error": "no"}\n{"error": "KEY"}\n'),
    "a form": ("application/x-www-form-urlencoded", "error=KEY&x=1"),
    "bytes": ("application/octet-stream", "\x00\x01KEY\x7f"),
}
STATUSES = [
    300,
    301,
    302,
    303,
    304,
    307,
    308,
    400,
    401,
    402,
    403,
    404,
    405,
    407,
    408,
    409,
    410,
    413,
    414,
    415,
    418,
]
STATUSES += [
    421,
    422,
    425,
    426,
    428,
    429,
    431,
    451,
    499,
    500,
    501,
    502,
    503,
    504,
    505,
    507,
    511,
    520,
    529,
    598,
    599,
]
HEADERS = [
    "x-echo", "x-api-key", "authorization", "proxy-authorization", "proxy-authenticate", "www-authenticate",
    "set-cookie", "location", "content-location", "link", "refresh", "server", "via", "date", "etag",
    "warning", "age", "alt-svc", "content-language", "content-disposition", "x-powered-by", "x-debug",
    "x-amzn-trace-id", "cf-ray", "x-request-id", "request-id", "openai-organization",
    "openai-processing-ms", "openai-version", "anthropic-organization-id", "x-ratelimit-remaining-tokens",
    "x-ratelimit-limit-requests", "anthropic-ratelimit-tokens-remaining", "retry-after", "retry-after-ms",
    "x-should-retry", "access-control-allow-origin", "access-control-expose-headers", "x-goog-api-key",
    "x-ferro-provider", "x-ferro-note", "x-envoy-upstream-service-time", "content-type", "content-encoding",
    "vary", "cache-control", "expires", "last-modified", "pragma", "p3p", "strict-transport-security",
    "content-security-policy", "report-to", "nel", "x-frame-options", "trailer", "grpc-message",
    "x-goog-upload-url", "x-sk-KEY",
]  # fmt: skip


def said(text: str) -> Said:
    return Said((text,))


def answers(letter: str) -> dict[str, bytes]:
    """Whole answers with KEY somewhere."""
    wire = WIRES[KIND[letter]]
    good = wire.whole(said("All is well")).decode()
    found = {
        "the text": wire.whole(said("Your key is KEY, keep it")).decode(),
        "arguments": wire.whole(Said((), (Call("f", {"key": "KEY"}),))).decode(),
        "a call's name": wire.whole(Said((), (Call("KEY", {}),))).decode(),
        "an unknown member": good[:-1] + ', "debug": {"authorization": "KEY"}}',
        "an unknown member's name": good[:-1] + ', "KEY": 1}',
    }
    own = {
        "a": ["chatcmpl-1", "gpt-4o-2024-08-06", "stop", "chat.completion", "assistant"],
        "c": ["msg_1", "claude-sonnet-4-5-20250929", "end_turn", "message", "text"],
        "d": ["resp-1", "gemini-2.5-flash-001", "STOP", "model"],
    }[letter]
    for word in own:
        assert f'"{word}"' in good, (letter, word)
        found[f"the place of {word}"] = good.replace(f'"{word}"', '"KEY"', 1)
    found["a count of tokens"] = good.replace(": 11", ': "KEY"', 1)
    return {name: text.encode() for name, text in found.items()}


def streamed(letter: str) -> dict[str, list[bytes]]:
    """Streams with KEY somewhere. Events come in pieces of one event each."""
    wire = WIRES[KIND[letter]]
    good = wire.events(said("All is well"))
    aside = {
        "a comment": b": KEY\n\n",
        "a comment between lines": b": KEY\ndata: {}\n\n",
        "an event's name": b"event: KEY\ndata: {}\n\n",
        "an id": b"id: KEY\n\n",
        "an id of data": b'id: KEY\ndata: {"x": 1}\n\n',
        "a time": b"retry: KEY\n\n",
        "an unknown field": b"key: KEY\n\n",
        "a field without a colon": b"KEY\n\n",
        "data that is no object": b'data: "KEY"\n\n',
        "data that is no JSON": b"data: KEY\n\n",
        "half an object": b'data: {"a": "KEY\n\n',
        "an unknown object": b'data: {"a": "KEY"}\n\n',
        "an unknown event": b'event: debug\ndata: {"type": "debug", "key": "KEY"}\n\n',
        "usage": b'data: {"choices": [], "usage": {"prompt_tokens": "KEY"}}\n\n',
        "a list of choices that is none": b'data: {"choices": "KEY", "candidates": "KEY", "type": "KEY"}\n\n',
    }
    found = {name: [*good[:2], event, *good[2:]] for name, event in aside.items()}
    found |= {f"{name}, first": [event, *good] for name, event in aside.items()}
    found |= {
        f"{name}, last": [*good[: -wire.terminal], event, *good[-wire.terminal :]]
        for name, event in aside.items()
    }
    error = wire.error_event("no such key: KEY")
    found["an error first"] = [error]
    found["an error later"] = [*good[:2], error]
    found["an error's event of text"] = [*good[:2], b"event: error\ndata: no such key: KEY\n\n"]
    found["an error's event of text, first"] = [b"event: error\ndata: no such key: KEY\n\n"]
    found["the text"] = wire.events(said("Your key is KEY, keep it"))
    found["arguments"] = wire.events(Said((), (Call("f", {"key": "KEY"}),)))
    found["after the end"] = [*good, b": KEY\n\n", b'data: {"a": "KEY"}\n\n']
    for name, text in {"the id": '"chatcmpl-1"', "the model": '"gpt-4o-2024-08-06"'}.items():
        found[name] = [event.replace(text.encode(), b'"KEY"') for event in good]
    return found


# === how it is said ===


def within(data: bytes, spelled: str) -> bytes:
    return data.replace(b"KEY", spelled.encode())


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


def in_pieces(data: bytes, head: Iterable[tuple[str, str]], status: int = 200, size: int = 5) -> Behaviour:
    """The same, but the transport cuts it into pieces, none of which holds a credential."""

    async def behave(exchange: Exchange) -> None:
        await exchange.head(status, list(head))
        for start in range(0, len(data), size):
            await exchange.write(data[start : start + size])
            await asyncio.sleep(0)
        await exchange.end()

    return behave


def trailed(letter: str, name: str, value: str) -> Behaviour:
    """A good answer with a trailer, whole or streamed."""
    wire = WIRES[KIND[letter]]

    async def whole(exchange: Exchange) -> None:
        await exchange.head(200, [("content-type", "application/json"), ("trailer", name)])
        await exchange.write(wire.whole(said("All is well")))
        await exchange.end([(name, value)])

    streamed = streams(wire.events(said("All is well")), trailers=[(name, value)])
    return _as_asked(whole, streamed)


def _as_asked(whole: Behaviour, streamed: Behaviour) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await (streamed if exchange.streaming else whole)(exchange)

    return behave


def interim(number: int, key: str, then: Behaviour) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.write_raw(
            f"HTTP/1.1 {number} {key}\r\nlink: <{key}>\r\nx-echo: {key}\r\n\r\n".encode()
        )
        await then(exchange)

    return behave


# === what is wanted ===


def keeps_quiet(outcome: Outcome) -> None:
    """Nobody can read a credential in what the client got."""
    answer = outcome.answer
    assert answer, "closed without an answer"
    heads = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
    assert not sees(heads), f"a key in the headers: {heads}"
    at = max(answer.raw.find(b"0123456789"), 0)
    assert not sees(answer.raw), f"a key in the body: {answer.raw[max(at - 200, 0) : at + 300]}"


def in_own_words(outcome: Outcome) -> None:
    """A credential that was refused is the gateway's matter; the client learns no more than that."""
    keeps_quiet(outcome)
    error = outcome.answer.assert_error(502, "api_error", "provider_authentication")
    assert "Incorrect" not in error["message"] and "example.com" not in error["message"], error


def only_known_headers(outcome: Outcome) -> None:
    """Of a provider's headers the client gets those that it has a use for."""
    keeps_quiet(outcome)
    for name in outcome.answer.headers:
        known = name in (
            "date",
            "server",
            "content-type",
            "content-length",
            "transfer-encoding",
            "connection",
        )
        known |= name.startswith(("x-ferro-", "x-ratelimit-", "anthropic-ratelimit-", "retry-after"))
        known |= name in ("request-id", "x-request-id")
        assert known, f"{name} came through"
    assert "scripted" not in outcome.answer.headers.get("server", "")


# === the rows ===

# Those that are tried in every place.
USUAL = ["raw", "signs escaped", "every character escaped", "base64 of a user"]


def asked(more: dict | None = None) -> Callable[[str], bytes]:
    return chat(lambda model: dumped(chat_body(model, **(more or {}))))


STREAM = {"stream": True}


def echo(name: str, letter: str, provider: Behaviour, want: Want = keeps_quiet, streaming=False) -> Attack:
    return Attack(f"{name} {letter}", asked(STREAM if streaming else None), want, letter, provider=provider)


def echoes() -> Iterator[Attack]:
    for letter in KIND:
        ways = spellings(key_of(letter))
        errors = {name: dumped(value) for name, value in (ERRORS[letter] | SHAPES).items()}
        for way, spelled in ways.items():
            message = within(errors["the message"], spelled)
            yield echo(f"{way}, in an error", letter, replies(message, 400))
            yield echo(f"{way}, in an error of a stream", letter, replies(message, 500), streaming=True)
            yield echo(
                f"{way}, in an event",
                letter,
                streams([within(WIRES[KIND[letter]].error_event("KEY"), spelled)]),
                streaming=True,
            )
            # What is written twice in an answer's own text is not what a client reads.
            if "twice" not in way:
                text = within(answers(letter)["the text"], spelled)
                yield echo(f"{way}, in the words of an answer", letter, replies(text))
            yield echo(
                f"{way}, in a header", letter, replies(errors["a list"], 400, [("x-request-id", spelled)])
            )
        for place, body in errors.items():
            for way in USUAL:
                yield echo(f"{way}, in {place} of an error", letter, replies(within(body, ways[way]), 400))
            yield echo(f"in {place} of a 200", letter, replies(within(body, ways["raw"])))
            pieces = in_pieces(within(body, ways["raw"]), [("content-type", "application/json")], 422)
            yield echo(f"in pieces in {place} of an error", letter, pieces)
        for place, (kind, text) in TEXTS.items():
            for way in USUAL:
                body = within(text.encode(), ways[way])
                for number in (400, 503):
                    yield echo(
                        f"{way}, in {place}, {number}", letter, replies(body, number, content_type=kind)
                    )
            yield echo(
                f"in {place} of a 200", letter, replies(within(text.encode(), ways["raw"]), content_type=kind)
            )
            for streaming in (False, True):
                form = "streamed" if streaming else "whole"
                body = within(text.encode(), ways["raw"])
                yield echo(
                    f"in {place}, {form}",
                    letter,
                    replies(body, 401, content_type=kind),
                    in_own_words,
                    streaming,
                )
        for place, body in answers(letter).items():
            for way in USUAL:
                yield echo(f"{way}, in {place} of an answer", letter, replies(within(body, ways[way])))
            pieces = in_pieces(within(body, ways["raw"]), [("content-type", "application/json")])
            yield echo(f"in pieces in {place} of an answer", letter, pieces)
        for place, events in streamed(letter).items():
            for way in USUAL:
                said = [within(event, ways[way]) for event in events]
                yield echo(f"{way}, in {place} of a stream", letter, streams(said), streaming=True)
            data = within(b"".join(events), ways["raw"])
            pieces = in_pieces(data, [("content-type", "text/event-stream")])
            yield echo(f"in pieces in {place} of a stream", letter, pieces, streaming=True)


def statuses() -> Iterator[Attack]:
    for letter in KIND:
        key = key_of(letter)
        body = within(dumped(ERRORS[letter]["the message"]), key)
        for number in STATUSES:
            want = in_own_words if number in (401, 403) else keeps_quiet
            headers = [("location", f"https://evil.example/{key}"), ("www-authenticate", f"Bearer {key}")]
            for streaming in (False, True):
                form = "streamed" if streaming else "whole"
                content = b"" if number == 304 else body
                yield echo(
                    f"status {number}, {form}", letter, replies(content, number, headers), want, streaming
                )
        for number in (100, 102, 103, 110, 199):
            good = replies(WIRES[KIND[letter]].whole(Said()))
            yield echo(f"status {number}", letter, interim(number, key, good))
        for number in (201, 202, 203, 205, 206, 207, 208, 226, 299):
            yield echo(f"status {number}", letter, replies(body, number))


def refusals() -> Iterator[Attack]:
    """Ways in which a provider says that our credential is no good; none is the client's."""
    said = {
        "a": [
            (401, {"error": {"message": WORDS, "type": "invalid_request_error", "code": "invalid_api_key"}}),
            (403, {"error": {"message": WORDS, "type": "permission_error"}}),
            (401, {"error": WORDS}), (401, {"detail": WORDS}), (403, {"message": WORDS}),
            (401, {}), (403, []),
            (401, {"error": {"message": WORDS, "code": "context_length_exceeded"}}),
            (401, {"error": {"message": WORDS, "type": "rate_limit_error"}}),
            (403, {"error": {"message": WORDS, "code": "content_policy_violation"}}),
            (400, {"error": {"message": WORDS, "type": "authentication_error", "code": "invalid_api_key"}}),
        ],
        "c": [
            (401, {"type": "error", "error": {"type": "authentication_error", "message": WORDS}}),
            (403, {"type": "error", "error": {"type": "permission_error", "message": WORDS}}),
            (401, {"type": "error", "error": {"type": "overloaded_error", "message": WORDS}}),
            (400, {"type": "error", "error": {"type": "authentication_error", "message": WORDS}}),
            (401, {}),
        ],
        "d": [
            (401, {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": WORDS}}),
            (403, {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": WORDS}}),
            (400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid.",
                             "details": [{"reason": "API_KEY_INVALID"}]}}),
            (401, []), (403, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": WORDS}}),
        ],
    }  # fmt: skip
    for letter, rows in said.items():
        for number, (status, body) in enumerate(rows):
            for streaming in (False, True):
                form = "streamed" if streaming else "whole"
                answer = replies(within(dumped(body), key_of(letter)), status)
                yield echo(f"refusal {number}, {form}", letter, answer, in_own_words, streaming)


def heads() -> Iterator[Attack]:
    for letter in KIND:
        key, wire = key_of(letter), WIRES[KIND[letter]]
        for name in HEADERS:
            named = re.sub(r"KEY", re.sub(r"[^a-z0-9-]", "", key), name)
            for number in (200, 400, 429):
                body = wire.whole(Said()) if number == 200 else wire.error(number, "no")
                kind = () if name == "content-type" else [("content-type", "application/json")]
                head = [*kind, (named, f"x {key}")]
                yield echo(
                    f"{name} of {number}", letter, in_pieces(body, head, number, 1 << 20), only_known_headers
                )
            head = [("content-type", "text/event-stream"), (named, key)]
            events = b"".join(wire.events(Said()))
            if name not in ("content-type", "content-encoding"):
                yield echo(
                    f"{name} of a stream",
                    letter,
                    in_pieces(events, head, size=1 << 20),
                    only_known_headers,
                    True,
                )
        for name in ("x-echo", "x-request-id", "authorization", "grpc-message", "set-cookie", "x-ferro-note"):
            for streaming in (False, True):
                form = "streamed" if streaming else "whole"
                yield echo(
                    f"trailer {name}, {form}",
                    letter,
                    trailed(letter, name, key),
                    _without_trailers,
                    streaming,
                )
        long = [(f"x-{n}", "v" * 500) for n in range(80)]
        yield echo("many headers", letter, replies(wire.whole(Said()), headers=long), only_known_headers)


def _without_trailers(outcome: Outcome) -> None:
    keeps_quiet(outcome)
    answer = outcome.answer.read_events() if outcome.answer.is_stream else outcome.answer
    answer.assert_whole()


# === what would do something to who reads a log ===

MARK = "INJECTED"
NASTY = {
    "a new line": f"no\n{MARK} admin logged in",
    "a return": f"no\r{MARK} admin logged in",
    "both": f"no\r\n{MARK} admin logged in",
    "a colour": f"no \x1b[31m{MARK}\x1b[0m",
    "a title": f"no \x1b]0;{MARK}\x07",
    "a screen": f"\x1b[2J\x1b[H{MARK}",
    "a backspace": "no" + "\x08" * 40 + MARK,
    "a zero": f"no\0{MARK}",
    "a delete": f"no\x7f{MARK}",
    "a control of eight bits": f"no\x9b31m{MARK}",
    "a next line": f"no\u0085{MARK}",
    "a line separator": f"no\u2028{MARK}",
    "a direction": f"no \u202e{MARK}",
    "a bell": f"\x07{MARK}",
    "a vertical tab": f"no\x0b{MARK}",
    "a line of the log": f'no\n{{"time": "now", "status": 200, "{MARK}": 1}}',
    "a page": "no " + "x" * 100_000 + MARK,
}


def injections() -> Iterator[Attack]:
    for letter in KIND:
        wire = WIRES[KIND[letter]]
        for name, words in NASTY.items():
            for number in (400, 401, 403, 503):
                yield echo(f"{name} in {number}", letter, replies(wire.error(number, words), number))
            yield echo(f"{name} in a text", letter, replies(words.encode(), 401, content_type="text/plain"))
            yield echo(f"{name} in an event", letter, streams([wire.error_event(words)]), streaming=True)
            odd = sse({"type": words, "choices": words, "candidates": words})
            events = wire.events(Said())
            yield echo(
                f"{name} in an odd event", letter, streams([*events[:2], odd, *events[2:]]), streaming=True
            )
            yield echo(
                f"{name} as a name",
                letter,
                streams([sse("{}", words.replace("\n", " ")), *events]),
                streaming=True,
            )
            raw = b"data: {" + words.encode() + b"\n\n"
            yield echo(f"{name} as data", letter, streams([*events[:2], raw, *events[2:]]), streaming=True)
            odd_answer = (
                wire.whole(Said()).replace(b'"STOP"', dumped(words)).replace(b'"end_turn"', dumped(words))
            )
            yield echo(f"{name} as a reason", letter, replies(odd_answer.replace(b'"stop"', dumped(words))))


ATTACKS = [*echoes(), *statuses(), *refusals(), *heads(), *injections()]


# === the tests ===


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory):
    """Everything is logged that can be."""
    config = {"log": {"requests": "full"}, "retry": {"backoff": {"base": "10ms", "max": "20ms"}}}
    args = ("--log-level", "info")
    with attacked(tmp_path_factory.mktemp("gateway"), chosen(request), config, args=args) as plays:
        yield plays


@pytest.mark.parametrize("scenario", as_params(ATTACKS))
def test_attack(plays, scenario):
    plays.outcome(scenario)


def test_no_key_is_in_the_log(plays):
    plays.wait()
    lines = [line for line in plays.world.gateway.output.splitlines() if sees(line.encode())]
    assert lines == [], f"{len(lines)} lines, such as {lines[0][:1000]}"


def test_nothing_in_the_log_does_anything(plays):
    plays.wait()
    is_clean(plays.world.gateway.output)
    lines = plays.world.gateway.output.splitlines()
    assert [line for line in lines if line.startswith((MARK, '{"time": "now"'))] == []


def test_a_refused_credential_is_explained_in_the_log(plays):
    """Whoever runs the gateway reads what the provider said."""
    plays.wait()
    assert "look at https://example.com/keys" in plays.world.gateway.stderr


def test_the_eye_sees_every_spelling():
    for key in SECRETS:
        for way, spelled in spellings(key).items():
            assert sees(b"before " + spelled.encode() + b" after"), way
    assert not sees(b'{"a": "b", "c": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}')
