"""Callers who take their time: what stalls is ended after the time that it may take, on either version of
HTTP, and what only lasts is not.
"""

import asyncio
import contextlib
import itertools
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator

import pytest

import frames
from actors import said
from attacks import (
    Attack,
    Bytes,
    attacked,
    closed,
    either,
    passes,
    read_answer,
    refused,
    status,
)
from client import CHAT, ask, chat_body
from exchange import Exchange
from gateway import BOUND
from scenario import as_params, chosen

# Seconds that a request may take to arrive, and that a connection may have nothing to do.
LIMIT = 2
TOO_SLOW = refused(408, "request_timeout")


def content(model: str, **more) -> bytes:
    return json.dumps(chat_body(model, **more)).encode()


def head(length: int | None, *lines: str) -> bytes:
    told = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    first = [f"POST {CHAT} HTTP/1.1", "host: localhost", "content-type: application/json", told]
    return "\r\n".join([*first, *lines, "", ""]).encode()


# === bodies that stall ===


def stalls(part: Callable[[bytes], Iterable[bytes]], chunked: bool = False) -> Callable[[str], Bytes]:
    """A request of which only this part of the body comes."""

    def data(model: str) -> Iterator[bytes]:
        body = content(model)
        yield head(None if chunked else len(body))
        yield from part(body)

    return data


def drops(body: bytes, pause: float, count: int | None = None) -> Iterator[bytes]:
    """Byte by byte."""
    for byte in body[:count]:
        yield bytes([byte])
        time.sleep(pause)


BODIES = {
    "nothing": stalls(lambda body: []),
    "a byte": stalls(lambda body: [body[:1]]),
    "half": stalls(lambda body: [body[: len(body) // 2]]),
    "all but a byte": stalls(lambda body: [body[:-1]]),
    "no chunk": stalls(lambda body: [], chunked=True),
    "half a chunk's size": stalls(lambda body: [b"f"], chunked=True),
    "half a chunk": stalls(lambda body: [b"%x\r\n" % len(body), body[:10]], chunked=True),
    "a chunk, and no end": stalls(lambda body: [b"%x\r\n%s\r\n" % (len(body), body)], chunked=True),
    "chunks without end": stalls(
        lambda body: itertools.chain([b"1\r\n{\r\n"], _forever(b"1\r\n \r\n", 0.1)), chunked=True
    ),
    "a trailer without end": stalls(
        lambda body: [b"%x\r\n%s\r\n0\r\nx-note: " % (len(body), body)], chunked=True
    ),
    "drop by drop": stalls(lambda body: drops(body, 0.5)),
}


def _forever(piece: bytes, pause: float) -> Iterator[bytes]:
    for _ in range(int(BOUND / pause)):
        yield piece
        time.sleep(pause)


def bodies() -> Iterator[Attack]:
    for name, data in BODIES.items():
        for form in ("a", "c", "d"):
            yield Attack(f"of a body comes {name} {form}", data, TOO_SLOW, form)


# === headers that stall ===

HEADS = {
    "nothing at all": [b""],
    "a letter": [b"P"],
    "half a line": [b"POST /v1/chat/compl"],
    "a line": [b"POST /v1/chat/completions HTTP/1.1\r\n"],
    "half a header": [b"POST /v1/chat/completions HTTP/1.1\r\nhost: local"],
    "all but the end": [b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"],
    "new lines": [b"\r\n"],
    "half a preface": [b"PRI * HTTP/2.0\r\n\r\nSM"],
    "a preface only": [frames.PREFACE],
}


def headers() -> Iterator[Attack]:
    for name, pieces in HEADS.items():
        want = either(status(408), closed)
        yield Attack(f"of the headers comes {name}", lambda model, pieces=pieces: pieces, want)
    yield Attack("headers without end", lambda model: _line_by_line(), either(status(408, 431), closed))


def _line_by_line() -> Iterator[bytes]:
    yield b"POST /v1/chat/completions HTTP/1.1\r\n"
    yield from _forever(b"x: v\r\n", 1)


# === connections ===


def idle_after_one(world, attack: Attack) -> None:
    """A connection that is kept and never used again is closed, and not before it may be."""
    with contextlib.closing(
        socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND)
    ) as sock:
        body = content(attack.model)
        for _ in range(2):
            sock.sendall(head(len(body)) + body)
            assert read_answer(sock).assert_whole()
        assert sock.recv(1) == b"", "it was not closed"


def half_open(world, attack: Attack) -> None:
    """Whoever says that nothing more will come gets an answer to what has come, or none, but no wait."""
    with contextlib.closing(
        socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND)
    ) as sock:
        body = content(attack.model)
        sock.sendall(head(len(body)) + body[:-1])
        sock.shutdown(socket.SHUT_WR)
        answer = read_answer(sock)
        assert answer is None or answer.status in (400, 408), answer


def many(world, attack: Attack) -> None:
    """Two hundred connections that say half a request each."""
    socks = [socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND) for _ in range(200)]
    try:
        for sock in socks:
            sock.sendall(head(1000) + b"{")
        for sock in socks:
            read_answer(sock).assert_error(408, "invalid_request_error", "request_timeout")
    finally:
        for sock in socks:
            sock.close()


def over_two(pieces: Callable[[bytes], list[bytes]]) -> Callable:
    """The same over HTTP/2: stream by stream, while the connection lives."""

    def does(world, attack: Attack) -> None:
        body = content(attack.model)
        opened = frames.headers(1, frames.fields(attack.model, len(body)), "END_HEADERS")
        heard = frames.converse(
            world.gateway.port, [opened, *(frames.data(1, piece) for piece in pieces(body))]
        )
        if heard.gone:  # it may be too odd for an answer
            return
        assert heard.statuses.get(1) == 408, heard
        assert json.loads(heard.bodies[1])["error"]["code"] == "request_timeout", heard

    return does


def many_over_two(world, attack: Attack) -> None:
    """As many streams as a connection may have, none of which ends."""
    body = content(attack.model)
    fields = frames.fields(attack.model, len(body))
    said = [
        frames.headers(2 * n + 1, fields, "END_HEADERS") + frames.data(2 * n + 1, b"{") for n in range(60)
    ]
    heard = frames.converse(world.gateway.port, said, stream=119)
    assert heard.statuses.get(119) == 408, heard


def continued(world, attack: Attack) -> None:
    """Whoever asks whether to go on, and does not."""
    with contextlib.closing(
        socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND)
    ) as sock:
        sock.sendall(head(1000, "expect: 100-continue"))
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        read_answer(sock).assert_error(408, "invalid_request_error", "request_timeout")


def connections() -> Iterator[Attack]:
    yield Attack("to be continued", does=continued)
    yield Attack("a kept connection", does=idle_after_one)
    yield Attack("a half open connection", does=half_open)
    yield Attack("many half requests", does=many)
    yield Attack("over two, nothing", does=over_two(lambda body: []))
    yield Attack("over two, half", does=over_two(lambda body: [body[:20]]))
    yield Attack("over two, all but the end", does=over_two(lambda body: [body]))
    yield Attack("over two, drops of nothing", does=over_two(lambda body: [b""] * 20))
    yield Attack("over two, many", does=many_over_two)


# === what only lasts ===


def lasting(letter: str) -> Callable:
    """An answer may take its time, whole or streamed; so may what a client reads."""

    def does(world, attack: Attack) -> None:
        target, words = world.up[letter], said(letter)

        async def slow(exchange: Exchange) -> None:
            await asyncio.sleep(LIMIT * 1.5)
            await target.usual(exchange)

        async def drip(exchange: Exchange) -> None:
            await exchange.head(200, [("content-type", "text/event-stream")])
            for event in target.wire.events(words):
                await exchange.write(event)
                await asyncio.sleep(LIMIT / 2)
            await exchange.end()

        target.does[attack.slug] = slow
        assert ask(world.gateway, attack.model).assert_whole().text == words.text
        target.does[attack.slug] = drip
        assert ask(world.gateway, attack.model, stream=True).assert_whole().text == words.text

    return does


def unhurried() -> Iterator[Attack]:
    for letter in "acd":
        yield Attack(f"an answer that lasts {letter}", does=lasting(letter), form=letter)
    data = stalls(lambda body: itertools.chain(drops(body, 0.2, 5), [body[5:]]))
    yield Attack("a body that is slow and comes", data, passes)


ATTACKS = [*bodies(), *headers(), *connections(), *unhurried()]


# === the tests ===


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory):
    limits = {"request_timeout": f"{LIMIT}s", "idle_timeout": f"{LIMIT}s"}
    config = {"limits": limits, "retry": {"per_try_timeout": "30s", "idle_timeout": "30s"}}
    with attacked(tmp_path_factory.mktemp("gateway"), chosen(request), config) as plays:
        yield plays


@pytest.mark.parametrize("scenario", as_params(ATTACKS))
def test_attack(plays, scenario):
    plays.outcome(scenario)
