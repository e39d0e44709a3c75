"""What providers do who mean harm with what they send: too deep, too long, too much, or not HTTP at all.
The client gets an answer that is one or an error that says so, nobody else notices, and nothing of it
outlasts the request.
"""

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from actors import said
from attacks import FORMS, KIND, MIB, Attack, Outcome, attacked, chat
from client import ask, chat_body
from exchange import Exchange
from gateway import eventually
from scenario import as_params, chosen
from upstream import Behaviour, replies, streams
from wire import WIRES, Call, Said, sse

STREAM = {"stream": True}


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


def asked(more: dict | None = None) -> Callable[[str], bytes]:
    return chat(lambda model: dumped(chat_body(model, **(more or {}))))


# === what is wanted ===


def answered(outcome: Outcome) -> None:
    """A whole answer or a clear error; what lies between, a stream that breaks, shows that it is neither."""
    answer = outcome.answer
    assert answer, "closed without an answer"
    if answer.status != 200:
        kind = "api_error" if answer.status >= 500 else "invalid_request_error"
        error = answer.assert_error(answer.status, kind if answer.status != 429 else "rate_limit_error")
        assert len(error["message"]) < 10_000, len(error["message"])
        return
    if not answer.is_stream:
        assert answer.broken or b'"choices"' in answer.raw, answer.raw[:500]
        return
    tail = answer.raw[-2000:]
    failed = answer.broken or b'"error"' in tail
    assert failed or b"data: [DONE]" in tail, f"neither whole nor broken: {tail!r}"
    assert not (failed and b"[DONE]" in tail), f"whole and broken: {tail!r}"


def fails(outcome: Outcome) -> None:
    """Whatever it was, it was no answer."""
    answered(outcome)
    answer = outcome.answer
    assert answer.status >= 500 or answer.broken or b'"error"' in answer.raw[-2000:], answer.raw[:500]


def whole(outcome: Outcome) -> None:
    """Large, but good."""
    answered(outcome)
    assert outcome.answer.status == 200 and not outcome.answer.broken, outcome.answer.raw[:500]


# === depth ===

NESTS = {"lists": (b"[", b"]"), "objects": (b'{"a":', b"}")}


def nested(kind: str, depth: int) -> bytes:
    opening, ending = NESTS[kind]
    return opening * depth + b"1" + ending * depth


def places(letter: str) -> dict[str, bytes]:
    """Whole answers in which something stands for DEEP, which may be any value."""
    wire = WIRES[KIND[letter]]
    good = wire.whole(Said())
    calls = wire.whole(Said((), (Call("f", {"x": "DEEP"}),)))
    found = {
        "all of it": b'"DEEP"',
        "an unknown member": good[:-1] + b', "unknown": "DEEP"}',
        "the first member": b'{"unknown": "DEEP", ' + good[1:],
        "usage": good.replace(b": 11", b': "DEEP"', 1),
        "the model": good.replace(
            {
                "a": b'"gpt-4o-2024-08-06"',
                "c": b'"claude-sonnet-4-5-20250929"',
                "d": b'"gemini-2.5-flash-001"',
            }[letter],
            b'"DEEP"',
        ),
        "the text": wire.whole(Said(("DEEP",))),
    }
    if letter != "a":
        found["arguments"] = calls
    return found


def errors(letter: str) -> dict[str, bytes]:
    wire = WIRES[KIND[letter]]
    return {
        "all of it": b'"DEEP"',
        "the message": wire.error(400, "DEEP"),
        "the error": b'{"error": "DEEP"}',
        "the type": b'{"type": "DEEP", "error": {"type": "DEEP", "message": "no"}}',
        "details": b'{"error": {"message": "no", "details": "DEEP"}}',
        "a list of details": b'{"error": {"message": "no", "details": ["DEEP"]}}',
        "another member": b'{"detail": "DEEP"}',
    }


def within(body: bytes, value: bytes) -> bytes:
    return body.replace(b'"DEEP"', value)


def row(name: str, letter: str, provider: Behaviour, want=answered, streaming=False, alone=False) -> Attack:
    data = asked(STREAM if streaming else None)
    return Attack(f"{name} {letter}", data, want, letter, provider=provider, alone=alone)


def deep() -> Iterator[Attack]:
    for letter in KIND:
        for kind in NESTS:
            for depth in (130, 6_000, 200_000):
                value = nested(kind, depth)
                name = f"{depth} {kind}"
                for place, body in places(letter).items():
                    yield row(f"{name} in {place} of an answer", letter, replies(within(body, value)))
                    whole_event = b"data: " + within(body, value) + b"\n\n"
                    told = streams([whole_event])
                    yield row(f"{name} in {place} of an event", letter, told, streaming=True)
                    good = WIRES[KIND[letter]].events(Said())
                    told = streams([*good[:2], whole_event, *good[2:]])
                    yield row(f"{name} in {place} of a later event", letter, told, streaming=True)
                for place, body in errors(letter).items():
                    for status in (400, 500):
                        answer = replies(within(body, value), status)
                        yield row(f"{name} in {place} of a {status}", letter, answer)
    for letter in "cd":
        wire = WIRES[KIND[letter]]
        text = "[" * 100_000 + "]" * 100_000
        yield row("arguments as deep text", letter, replies(wire.whole(Said((), (Call("f", {"x": text}),)))))
    pieces = [
        sse(
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "input_json_delta", "partial_json": "[" * 10_000},
            }
        )
    ] * 30
    start = sse(
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "id": "1", "name": "f"},
        }
    )
    head = WIRES["anthropic"].events(Said())[:1]
    yield row("arguments that only open", "c", streams([*head, start, *pieces]), streaming=True)


# === length and number ===


def chunk(**more) -> dict:
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []} | more


def delta(index: int, **said) -> dict:
    return {"index": index, "delta": said, "finish_reason": None}


def ended(letter: str) -> list[bytes]:
    """What ends a stream of this format well."""
    return WIRES[KIND[letter]].events(Said(("!",)))[1:]


def claude(*parts: tuple[str, dict]) -> list[bytes]:
    return [sse({"type": name} | data, name) for name, data in parts]


def opens(index: int, **block) -> tuple[str, dict]:
    return "content_block_start", {"index": index, "content_block": {"type": "text", "text": ""} | block}


CROWD = 100_000


def crowds() -> dict[str, dict[str, Callable[[], list[bytes]]]]:
    """Streams of very many things, each a list of events."""
    start = WIRES["anthropic"].events(Said())[0]
    return {
        "a": {
            "choices in one event": lambda: [
                sse(chunk(choices=[delta(n, content="x") for n in range(30_000)]))
            ],
            "choices, one an event": lambda: [
                sse(chunk(choices=[delta(n, content="x")])) for n in range(CROWD)
            ],
            "choices without end": lambda: [sse(chunk(choices=[delta(1 << 40, content="x")])), *ended("a")],
            "choices before the first": lambda: [sse(chunk(choices=[delta(-1, content="x")])), *ended("a")],
            "calls in one event": lambda: [
                sse(
                    chunk(choices=[delta(0, tool_calls=[{"index": n, "id": f"{n}"} for n in range(60_000)])])
                ),
                *ended("a"),
            ],
            "calls, one an event": lambda: [
                *[
                    sse(chunk(choices=[delta(0, tool_calls=[{"index": n, "id": f"{n}"}])]))
                    for n in range(50_000)
                ],
                *ended("a"),
            ],
            "ends": lambda: [
                sse(
                    chunk(choices=[{"index": n, "delta": {}, "finish_reason": "stop"} for n in range(30_000)])
                )
            ],
            "unknown members": lambda: [sse(chunk(**{f"k{n}": n for n in range(200_000)})), *ended("a")],
            "chunks of nothing": lambda: [sse(chunk())] * CROWD + ended("a"),
            "counts of tokens": lambda: (
                [sse(chunk(usage={"prompt_tokens": n})) for n in range(50_000)] + ended("a")
            ),
        },
        "c": {
            "open blocks": lambda: [start, *claude(*[opens(n) for n in range(CROWD)])],
            "open blocks of tools": lambda: [
                start,
                *claude(*[opens(n, type="tool_use", id=f"{n}", name="f", input={}) for n in range(CROWD)]),
            ],
            "blocks": lambda: [
                start,
                *claude(
                    *[
                        part
                        for n in range(50_000)
                        for part in (opens(n), ("content_block_stop", {"index": n}))
                    ]
                ),
                *ended("c"),
            ],
            "one block opened again and again": lambda: [start, *claude(*[opens(0)] * CROWD), *ended("c")],
            "a block with a great number": lambda: [start, *claude(opens(1 << 62)), *ended("c")],
            "deltas of no block": lambda: [
                start,
                *claude(
                    *[
                        ("content_block_delta", {"index": n, "delta": {"type": "text_delta", "text": "x"}})
                        for n in range(CROWD)
                    ]
                ),
            ],
            "ends of no block": lambda: [
                start,
                *claude(*[("content_block_stop", {"index": n}) for n in range(CROWD)]),
            ],
            "starts": lambda: [start] * 50_000 + ended("c"),
            "pings": lambda: [start, *claude(*[("ping", {})] * CROWD), *ended("c")],
            "unknown events": lambda: [
                start,
                *claude(*[("unheard_of", {"n": n}) for n in range(CROWD)]),
                *ended("c"),
            ],
            "names of events": lambda: [
                start,
                *[sse({"type": f"name_{n}"}, f"name_{n}") for n in range(CROWD)],
                *ended("c"),
            ],
            "stops": lambda: [
                start,
                *claude(
                    *[
                        (
                            "message_delta",
                            {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
                        )
                    ]
                    * 50_000
                ),
                *claude(("message_stop", {})),
            ],
        },
        "d": {
            "candidates in one event": lambda: [
                sse(
                    {
                        "candidates": [
                            {"index": n, "content": {"parts": [{"text": "x"}]}} for n in range(40_000)
                        ]
                    }
                )
            ],
            "candidates, one an event": lambda: [
                sse({"candidates": [{"index": n, "content": {"parts": [{"text": "x"}]}}]})
                for n in range(CROWD)
            ],
            "parts in one event": lambda: [
                sse({"candidates": [{"content": {"parts": [{"text": "x"}] * CROWD}}]}),
                *ended("d"),
            ],
            "calls in one event": lambda: [
                sse(
                    {
                        "candidates": [
                            {"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}] * 50_000}}
                        ]
                    }
                ),
                *ended("d"),
            ],
            "calls, one an event": lambda: (
                [sse({"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}]}}]})]
                * 50_000
                + ended("d")
            ),
            "reasons": lambda: (
                [sse({"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}]})] * CROWD
            ),
            "candidates with a great number": lambda: [
                sse({"candidates": [{"index": 1 << 62, "content": {"parts": [{"text": "x"}]}}]}),
                *ended("d"),
            ],
            "events of nothing": lambda: [b"data: {}\n\n"] * CROWD + ended("d"),
        },
    }


def of_any() -> dict[str, Callable[[str], list[bytes]]]:
    """Streams of no format in particular, before a good end."""
    return {
        "comments": lambda letter: [b":\n\n" * 1000] * 1000 + ended(letter),
        "comments in one event": lambda letter: [b": x\n" * 1_000_000 + b"\n"] + ended(letter),
        "blank lines": lambda letter: [b"\n" * 1000] * 4000 + ended(letter),
        "lines of returns": lambda letter: [b"\r" * 1000] * 4000 + ended(letter),
        "unknown fields": lambda letter: [b"x: y\n" * 700_000 + b"\n"] + ended(letter),
        "empty data": lambda letter: [b"data:\n\n" * 1000] * 100 + ended(letter),
        "lines of data": lambda letter: [b"data:\n" * 600_000 + b"\n"] + ended(letter),
        "bytes, one a piece": lambda letter: [bytes([byte]) for byte in b"".join(ended(letter))],
        "names of three megabytes": lambda letter: (
            [b"event: " + b"x" * 3 * MIB + b"\ndata: {}\n\n"] + ended(letter)
        ),
        "an event of three megabytes": lambda letter: [sse({"padding": "x" * 3 * MIB})] + ended(letter),
        "bytes that are no text": lambda letter: [b"data: \xff\xfe\n\n" * 1000] * 50 + ended(letter),
        "zeroes": lambda letter: [b"\0" * 3 * MIB + b"\n\n"] + ended(letter),
        "malformed events": lambda letter: [b"data: {\n\n" * 1000] * 50 + ended(letter),
    }


def too_long() -> dict[str, Callable[[str], list[bytes]]]:
    """Streams of which one event is over the limit."""
    return {
        "one line of 30 MiB": lambda letter: [b"data: " + b"x" * MIB, *[b"x" * MIB] * 29, b"\n\n"],
        "lines of 30 MiB": lambda letter: [b"data: " + b"x" * MIB + b"\n"] * 30 + [b"\n"],
        "an object of 6 MiB": lambda letter: [sse({"padding": "x" * 6 * MIB})],
        "a comment of 30 MiB": lambda letter: [b": " + b"x" * MIB, *[b"x" * MIB] * 29, b"\n\n"],
        "text of 6 MiB": lambda letter: WIRES[KIND[letter]].events(Said(("x" * 6 * MIB,))),
    }


def large() -> dict[str, Callable[[str], bytes]]:
    """Whole answers and errors of very many things, or very long ones."""

    def answer(letter: str, said: Said) -> bytes:
        return WIRES[KIND[letter]].whole(said)

    return {
        "text of 12 MiB": lambda letter: answer(letter, Said(("x" * 12 * MIB,))),
        "text of quotes": lambda letter: answer(letter, Said(('"' * 4 * MIB,))),
        "text of signs": lambda letter: answer(letter, Said(("\u0001" * MIB,))),
        "calls": lambda letter: answer(letter, Said((), tuple(Call("f", {}, f"{n}") for n in range(60_000)))),
        "calls of one id": lambda letter: answer(letter, Said((), (Call("f", {}),) * 60_000)),
        "one long call": lambda letter: answer(letter, Said((), (Call("f" * 4 * MIB, {}),))),
        "unknown members": lambda letter: (
            answer(letter, Said())[:-1] + b"," + b",".join(b'"k%d":0' % n for n in range(400_000)) + b"}"
        ),
        "unknown members of one name": lambda letter: (
            answer(letter, Said())[:-1] + b',"k":0' * 800_000 + b"}"
        ),
        "members without a name": lambda letter: answer(letter, Said())[:-1] + b',"":1' * 3_000_000 + b"}",
        "lists of nothing": lambda letter: (
            answer(letter, Said())[:-1] + b',"k":[' + b"[]," * 3_000_000 + b"[]]}"
        ),
        "blanks": lambda letter: b" " * 12 * MIB + answer(letter, Said()),
        "blanks at the end": lambda letter: answer(letter, Said()) + b" " * 12 * MIB,
        "parts": lambda letter: answer(letter, Said(("x",) * 200_000)),
        "thoughts of nothing": lambda letter: answer(letter, Said()).replace(
            b'"content": [', b'"content": [' + b"{}," * 2_000_000, 1
        ),
    }


def crowded() -> Iterator[Attack]:
    for letter, rows in crowds().items():
        for name, told in rows.items():
            yield row(f"{name}, streamed", letter, lazily(told), streaming=True)
    for letter in KIND:
        for name, told in of_any().items():
            yield row(f"{name}, streamed", letter, lazily(told, letter), whole, streaming=True)
        for name, told in too_long().items():
            yield row(f"{name}, streamed", letter, lazily(told, letter), fails, streaming=True)
        for name, body in large().items():
            yield row(f"{name}, whole", letter, at_length(body, letter))
        for status in (400, 401, 429, 500):
            body = b'{"error": {"message": "' + b"x" * 8 * MIB + b'"}}'
            yield row(f"an error of 8 MiB, {status}", letter, replies(body, status))
            yield row(
                f"an error of 8 MiB of text, {status}",
                letter,
                replies(b"x" * 8 * MIB, status, content_type="text/plain"),
            )
        yield row(
            "an error without end", letter, without_end(b'{"error": {"message": "', b"x" * MIB, 400), fails
        )
        yield row("an answer without end", letter, without_end(b'{"id": "', b"x" * MIB), fails)
        yield row("a list without end", letter, without_end(b'{"x": [', b"1," * (MIB // 2)), fails)
        yield row("blanks without end", letter, without_end(b" ", b" " * MIB), fails)


def lazily(told: Callable, *args: str) -> Behaviour:
    """A stream that is written only when it is wanted."""

    async def behave(exchange: Exchange) -> None:
        # Everybody else's providers answer meanwhile.
        pieces = await asyncio.to_thread(lambda: list(_in_pieces(told(*args))))
        await streams(pieces)(exchange)

    return behave


def _in_pieces(events: list[bytes], least: int = 4096) -> Iterator[bytes]:
    """Small events go many at once: a piece each would take this side more time than the other."""
    if len(events) < 2000:
        yield from events
        return
    piece = bytearray()
    for event in events:
        piece += event
        if len(piece) >= least:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def at_length(body: Callable[[str], bytes], letter: str) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await replies(await asyncio.to_thread(body, letter))(exchange)

    return behave


def without_end(first: bytes, piece: bytes, status: int = 200) -> Behaviour:
    """As much as the other side takes, and then silence."""

    async def behave(exchange: Exchange) -> None:
        await exchange.head(status, [("content-type", "application/json")])
        await exchange.write(first)
        for _ in range(64):
            await exchange.write(piece)
        await asyncio.Event().wait()

    return behave


# === numbers and names ===

NUMBERS = [
    "-1", "0", "1.5", "1e3", "1e999", "-1e999", "18446744073709551615", "18446744073709551616",
    "9223372036854775808", "9" * 400, "0." + "3" * 400, "null", "true", '"7"', "[]", "{}",
]  # fmt: skip
TIMES = [
    "-1", "0", "1.5", "1e999", "-1e999", "NaN", "inf", "99999999999999999999",
    "9" * 400,
    "soon", "", " ", "0x10", "1,2", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
    "Wed, 99 Foo 2026 99:99:99 GMT", "1\t2",
]  # fmt: skip


def numbers() -> Iterator[Attack]:
    """Counts, indexes and times that no counter holds."""
    for letter in KIND:
        wire = WIRES[KIND[letter]]
        for at, number in enumerate(NUMBERS):
            good = wire.whole(Said(("x",), prompt_tokens=777, completion_tokens=888))
            changed = good.replace(b"777", number.encode()).replace(b"888", number.encode())
            yield row(f"counts of number {at}", letter, replies(changed))
            told = b"".join(wire.events(Said(("x",), prompt_tokens=777, completion_tokens=888)))
            changed = told.replace(b"777", number.encode()).replace(b"888", number.encode())
            yield row(f"counts of number {at}, streamed", letter, streams([changed]), streaming=True)
            changed = told.replace(b'"index": 0', b'"index": ' + number.encode())
            yield row(f"indexes of number {at}, streamed", letter, streams([changed]), streaming=True)
        for at, text in enumerate(TIMES):
            for status in (429, 503):
                for name in ("retry-after", "retry-after-ms"):
                    answer = replies(wire.error(status, "busy"), status, [(name, text)])
                    yield row(f"{status} with {name} {at}", letter, answer)


def long_names() -> Iterator[Attack]:
    """What every chunk of a translated stream repeats is not as long as a provider likes."""
    long = "n" * MIB
    for letter in "cd":
        told = WIRES[KIND[letter]].events(Said(("x",) * 2_000))
        for word in ("msg_1", "claude-sonnet-4-5-20250929", "resp-1", "gemini-2.5-flash-001"):
            if word.encode() in told[0]:
                changed = [event.replace(word.encode(), long.encode()) for event in told[:1]] + told[1:]
                yield row(f"a long {word} {letter}", letter, streams(changed), _not_repeated, streaming=True)
        call = Said((), (Call("f" * MIB, {"x": "y" * 1000}, "i" * MIB),))
        told = streams(WIRES[KIND[letter]].events(call))
        yield row("a long call, streamed", letter, told, _not_repeated, streaming=True)
        yield row("a long call, whole", letter, replies(WIRES[KIND[letter]].whole(call)), _not_repeated)


def _not_repeated(outcome: Outcome) -> None:
    answered(outcome)
    assert len(outcome.answer.raw) < 8 * MIB, len(outcome.answer.raw)


# === not HTTP ===


def says(data: bytes | Callable[[str], bytes], then: str = "close") -> Callable[[str], Behaviour]:
    """Any bytes instead of an answer."""

    def of(letter: str) -> Behaviour:
        async def behave(exchange: Exchange) -> None:
            await exchange.write_raw(data if isinstance(data, bytes) else data(letter))
            if then == "close":
                await exchange.close()

        return behave

    return of


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"content-type: application/json", *lines, b"", b""])


def body(letter: str) -> bytes:
    return WIRES[KIND[letter]].whole(said(letter))


POISON = b"POISON"


def poisoned(letter: str) -> bytes:
    """An answer for the next request, of whoever it is."""
    answer = WIRES[KIND[letter]].whole(Said((POISON.decode(),)))
    return head(b"content-length: %d" % len(answer)) + answer


LINES = {
    "nothing": says(b""),
    "a new line": says(b"\r\n"),
    "rubbish": says(bytes(range(256)) * 10),
    "http 0.9": says(body),
    "http 3": says(lambda letter: head().replace(b"1.1", b"3.0") + body(letter)),
    "a status of two digits": says(b"HTTP/1.1 20 OK\r\n\r\n"),
    "a status of four digits": says(b"HTTP/1.1 2000 OK\r\n\r\n"),
    "a status of letters": says(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a status of zero": says(b"HTTP/1.1 000 OK\r\ncontent-length: 0\r\n\r\n"),
    "a status of 600": says(b"HTTP/1.1 600 Odd\r\ncontent-length: 0\r\n\r\n"),
    "a status of 999": says(b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n"),
    "an upgrade": says(b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nrubbish"),
    "a long reason": says(b"HTTP/1.1 200 " + b"x" * 200_000 + b"\r\n\r\n"),
    "a line without end": says(b"HTTP/1.1 200 OK\r\nx: " + b"x" * 3 * MIB),
    "a thousand headers": says(lambda letter: head(*[b"x-%d: v" % n for n in range(1000)]) + body(letter)),
    "a long header": says(lambda letter: head(b"x: " + b"v" * 200_000) + body(letter)),
    "a header without a name": says(lambda letter: head(b": v") + body(letter)),
    "a header with a zero": says(lambda letter: head(b"x: a\0b") + body(letter)),
    "a header with a return": says(lambda letter: head(b"x: a\rb") + body(letter)),
    "a folded header": says(lambda letter: head(b"x: a\r\n b") + body(letter)),
    "a header of no colon": says(lambda letter: head(b"x") + body(letter)),
    "a length below zero": says(lambda letter: head(b"content-length: -1") + body(letter)),
    "a length of letters": says(lambda letter: head(b"content-length: all") + body(letter)),
    "a length over 64 bits": says(
        lambda letter: head(b"content-length: 18446744073709551617") + body(letter)
    ),
    "two lengths": says(lambda letter: head(b"content-length: 5", b"content-length: 6") + body(letter)),
    "a length and chunks": says(
        lambda letter: (
            head(b"content-length: 5", b"transfer-encoding: chunked")
            + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body(letter)), body(letter))
        )
    ),
    "chunks of no size": says(lambda letter: head(b"transfer-encoding: chunked") + b"x\r\n" + body(letter)),
    "chunks below zero": says(lambda letter: head(b"transfer-encoding: chunked") + b"-5\r\n" + body(letter)),
    "chunks over 64 bits": says(
        lambda letter: head(b"transfer-encoding: chunked") + b"f" * 20 + b"\r\n" + body(letter)
    ),
    "chunks of something": says(
        lambda letter: head(b"transfer-encoding: gzip, chunked") + b"5\r\nabcde\r\n0\r\n\r\n"
    ),
    "early answers without end": says(b"HTTP/1.1 103 Early\r\nlink: <x>\r\n\r\n" * 5_000),
    "early answers, then a good one": says(
        lambda letter: (
            b"HTTP/1.1 103 Early\r\nlink: <x>\r\n\r\n" * 500 + head(b"connection: close") + body(letter)
        )
    ),
    "a good one and a second": says(
        lambda letter: head(b"content-length: %d" % len(body(letter))) + body(letter) + poisoned(letter),
        "stay",
    ),
    "a good one and rubbish": says(
        lambda letter: head(b"content-length: %d" % len(body(letter))) + body(letter) + b"rubbish", "stay"
    ),
    "nothing and a second": says(lambda letter: b"HTTP/1.1 204 No\r\n\r\n" + poisoned(letter), "stay"),
    "not changed and a second": says(
        lambda letter: b"HTTP/1.1 304 No\r\ncontent-length: 5\r\n\r\n" + poisoned(letter), "stay"
    ),
    "a preface of HTTP/2": says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 100),
    "tls": says(b"\x15\x03\x01\x00\x02\x02\x28"),
}


def odd() -> Iterator[Attack]:
    for letter in KIND:
        for name, behaviour in LINES.items():
            yield row(name, letter, behaviour(letter))


ATTACKS = [*deep(), *crowded(), *numbers(), *long_names(), *odd()]


# === the tests ===


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory):
    """Silence is bounded."""
    config = {
        "retry": {"per_try_timeout": "60s", "idle_timeout": "60s", "backoff": {"base": "10ms", "max": "20ms"}}
    }
    with attacked(tmp_path_factory.mktemp("gateway"), chosen(request), config) as plays:
        yield plays


@pytest.mark.parametrize("scenario", as_params(ATTACKS))
def test_attack(plays, scenario):
    plays.outcome(scenario)


def test_nobody_gets_another_s_answer(plays):
    """What a provider sends beyond its answer is for nobody."""
    plays.wait()
    for letter in KIND:
        for number in range(20):
            answer = ask(plays.world.gateway, f"{letter}/{FORMS[letter]}-good", f"request {number}")
            assert POISON not in answer.raw and answer.assert_whole().text == said(letter).text


def test_memory_comes_back(plays):
    """What all this took is given back, or used again."""
    plays.wait()
    eventually(lambda: plays.world.gateway.vm_bytes() < 1024 * MIB, "the filter's memory is bounded")
