"""Crowds: many callers or providers at once who each take as much as they may. Memory is what they take;
whoever asks meanwhile is served, or told that the gateway is overloaded and when to come again.
"""

import asyncio
import contextlib
import json
import resource
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

import frames
from actors import events, said
from attacks import FORMS, KIND, MIB, Steady, Target, at_peace, speak
from client import CHAT, Answer, chat_body
from exchange import Exchange
from gateway import BOUND, eventually
from hostile import Connection
from upstream import Behaviour, streams
from wire import WIRES, Said
from world import World, world_of

MANY = 40
LARGE = 31 * MIB
# What the filter may hold, in all workers together, once a crowd has gone.
KEPT = 32 * MIB
# And what Envoy may have more than before.
MORE = 64 * MIB


@contextlib.contextmanager
def gateway(directory: Path) -> Iterator[World]:
    # A crowd on a busy machine waits long for its turn, which is not what these tests are about.
    config = {
        "retry": {"per_try_timeout": f"{BOUND}s", "idle_timeout": f"{BOUND}s"},
        "limits": {"request_timeout": f"{BOUND}s", "idle_timeout": f"{BOUND}s"},
    }
    with contextlib.ExitStack() as stack:
        targets = {letter: stack.enter_context(Target(letter)) for letter in KIND}
        world = stack.enter_context(world_of(directory, targets, KIND, config))
        stack.enter_context(at_peace(world))
        yield world


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    with gateway(tmp_path_factory.mktemp("gateway")) as world:
        yield world


@pytest.fixture
def fresh(tmp_path) -> Iterator[World]:
    """A gateway that nobody has used: what its process takes, it takes now."""
    with gateway(tmp_path) as world:
        yield world


@pytest.fixture(params=["a", "c"], ids=["its own format", "translated"])
def letter(request) -> str:
    return request.param


@dataclass
class Crowd:
    """What became of a crowd: how many got which status."""

    statuses: Counter

    def check(self, *allowed: int) -> None:
        assert set(self.statuses) <= set(allowed), self.statuses


@contextlib.contextmanager
def everybody_else(world: World) -> Iterator[None]:
    """Others ask meanwhile; and afterwards memory comes back."""
    before = world.gateway.stat("server.memory_allocated")
    with Steady(world.gateway, may_wait=True) as steady:
        yield
    steady.check()
    eventually(lambda: world.gateway.active() == 0, "no request is left active")
    eventually(lambda: world.gateway.vm_bytes() < KEPT, "the filter's memory comes back")
    held = "what Envoy has allocated comes back"
    eventually(lambda: world.gateway.stat("server.memory_allocated") < before + MORE, held)
    with Steady(world.gateway) as steady:
        steady.check()


def head(model: str, length: int) -> bytes:
    lines = [f"POST {CHAT} HTTP/1.1", "host: localhost", "content-type: application/json"]
    return "\r\n".join([*lines, f"content-length: {length}", "", ""]).encode()


def told(answer: Answer | None) -> int:
    """Its status. Whoever is not served now is told so, and when to come again."""
    assert answer, "closed without an answer"
    if answer.status == 503:
        answer.assert_error(503, "api_error", "overloaded")
        assert float(answer.headers["retry-after"]) > 0
    return answer.status


# === callers ===


def test_bodies_of_31_mib(world, letter):
    """Forty at once: each is served or told to come again."""
    first = json.dumps(chat_body(f"{letter}/{FORMS[letter]}-large", "CUT")).encode()
    start, _, end = first.partition(b"CUT")
    middle = b"x" * (LARGE - len(first))

    def one(number: int) -> int:
        pieces = [head(letter, len(start) + len(middle) + len(end)), start, middle, end]
        return told(speak(world.gateway.port, pieces))

    with everybody_else(world), ThreadPoolExecutor(MANY) as pool:
        crowd = Crowd(Counter(pool.map(one, range(MANY))))
    crowd.check(200, 503)
    assert crowd.statuses[200] > 0, "some are served"


def test_callers_who_leave(world, letter):
    """Five hundred, each at another moment: nothing is left of them."""
    body = json.dumps(chat_body(f"{letter}/{FORMS[letter]}-left", "x" * 1000, stream=True)).encode()
    request = head(letter, len(body)) + body
    target = world.up[letter]

    async def slow(exchange: Exchange) -> None:
        await streams(target.wire.events(said(letter)), pause=0.02)(exchange)

    target.does["left"] = slow

    def one(number: int) -> None:
        with contextlib.closing(socket.create_connection(("127.0.0.1", world.gateway.port), BOUND)) as sock:
            at_once = struct.pack("ii", 1, 0)
            sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, at_once if number % 2 else struct.pack("ii", 0, 0)
            )
            sock.sendall(request[: len(request) * (number % 10 + 1) // 10])
            if number % 10 == 9:
                sock.recv(1 + number)

    with everybody_else(world), ThreadPoolExecutor(MANY) as pool:
        list(pool.map(one, range(500)))


def test_half_bodies_of_31_mib(world, letter):
    """Forty that never end: their room is free again as soon as they have gone."""
    body = b'{"model": "%s/x", "messages": [{"role": "user", "content": "' % letter.encode()
    socks = []
    with everybody_else(world):
        for _ in range(MANY):
            sock = socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND)
            socks.append(sock)
            sock.sendall(head(letter, LARGE) + body)
        with ThreadPoolExecutor(MANY) as pool:
            list(pool.map(lambda sock: _push(sock, b"x" * (LARGE - MIB)), socks))
        for sock in socks:
            sock.close()


def _push(sock: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # the answer may come first
        sock.sendall(data)


def test_a_thousand_open_streams_with_prompts_of_a_mebibyte(world, letter):
    """All are open at the same time, or told to come again."""
    with everybody_else(world):
        crowd = a_thousand(world, letter, MIB)
    crowd.check(200, 503)
    assert crowd.statuses[200] > 0, "some are served"


def test_a_thousand_open_streams_with_prompts_of_100_kb(fresh, letter):
    """Envoy keeps each prompt for as long as somebody may have to be asked again; the filter keeps one of its
    own only of those that it would have to translate again."""
    before, sizes = fresh.gateway.memory(), []
    # With more at once than a provider accepts connections, some would be told that there is none.
    crowd = a_thousand(fresh, letter, 100_000, lambda: sizes.append(fresh.gateway.memory()), at_once=50)
    crowd.check(200)
    grown = sizes[0] - before
    assert grown < (200 if KIND[letter] == "openai" else 350), f"{grown:.0f} MiB for 95 MiB of prompts"


def test_a_thousand_streams_that_have_begun_with_prompts_of_100_kb(fresh, letter):
    """A prompt is let go when its answer is released."""
    before, most = fresh.gateway.memory(), 16 * MIB

    def let_go() -> None:
        eventually(lambda: fresh.gateway.vm_bytes() < most, "the filter lets go of 95 MiB of prompts")
        grown = fresh.gateway.memory() - before
        assert grown < 250, f"{grown:.0f} MiB for 95 MiB of prompts"

    a_thousand(fresh, letter, 100_000, let_go, at_once=50, begun=True).check(200)


def a_thousand(
    world: World,
    letter: str,
    size: int,
    waiting: Callable[[], None] = lambda: None,
    at_once: int = 1_000,
    *,
    begun: bool = False,
) -> Crowd:
    """Streams with prompts of this size, so many of which are on their way at a time. `waiting` is called while no
    provider has answered any of them, or has `begun` to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = 1_000
    body = json.dumps(chat_body(f"{letter}/{FORMS[letter]}-open", "x" * size, stream=True)).encode()
    target, go_on = world.up[letter], threading.Event()

    async def waits(exchange: Exchange) -> None:
        first, *rest = events(letter)
        if begun:
            await exchange.head(200, [("content-type", "text/event-stream")])
            await exchange.write(first)
        while not go_on.is_set():
            await asyncio.sleep(0.1)
        if not begun:
            return await target.usual(exchange)
        for event in rest:
            await exchange.write(event)
        await exchange.end()

    target.does["open"] = waits

    async def one() -> int:
        connection = Connection(world.gateway.port)
        try:
            answer = await connection.ask(body)
            if answer.is_stream:
                assert answer.read_events().assert_whole().text == said(letter).text
            return told(answer)
        finally:
            connection.close()

    async def all_of_them() -> list[int]:
        tasks: list[asyncio.Task] = []

        async def until_on_their_way(most: int) -> None:
            while len(tasks) - len(target.arrived("open")) - sum(task.done() for task in tasks) > most:
                await asyncio.sleep(0.05)

        for _ in range(count):
            tasks.append(asyncio.create_task(one()))
            await until_on_their_way(at_once)
        await until_on_their_way(0)
        waiting()
        go_on.set()
        return await asyncio.gather(*tasks)

    try:
        return Crowd(Counter(asyncio.run(all_of_them())))
    finally:
        target.arrivals["open"].clear()


# === providers ===


def test_events_of_30_mib(world, letter):
    """Forty at once: none is let through, and none is kept."""

    async def long_event(exchange: Exchange) -> None:
        await streams([b"data: " + b"x" * MIB, *[b"x" * MIB] * 29, b"\n\n"])(exchange)

    world.up[letter].does["events"] = long_event
    body = json.dumps(chat_body(f"{letter}/{FORMS[letter]}-events", stream=True)).encode()

    def one(number: int) -> int:
        answer = speak(world.gateway.port, head(letter, len(body)) + body)
        assert answer.status >= 500 or b'"error"' in answer.raw[-1000:] or answer.broken, answer.raw[:500]
        return answer.status

    with everybody_else(world), ThreadPoolExecutor(MANY) as pool:
        list(pool.map(one, range(MANY)))


def test_answers_of_30_mib(world, letter):
    """Forty at once: each passes or is an error."""
    whole = WIRES[KIND[letter]].whole(Said(("x" * 30 * MIB,)))

    async def large(exchange: Exchange) -> None:
        await exchange.head(200, [("content-type", "application/json")], length=len(whole))
        for start in range(0, len(whole), MIB):
            await exchange.write(whole[start : start + MIB])
        await exchange.end()

    world.up[letter].does["answers"] = large
    body = json.dumps(chat_body(f"{letter}/{FORMS[letter]}-answers")).encode()

    def one(number: int) -> int:
        answer = speak(world.gateway.port, head(letter, len(body)) + body)
        if answer.status == 200 and not answer.broken:
            assert answer.raw.count(b"x") >= 30 * MIB
        return answer.status

    with everybody_else(world), ThreadPoolExecutor(MANY) as pool:
        crowd = Crowd(Counter(pool.map(one, range(MANY))))
    crowd.check(200, 502, 503)


# === slow readers ===


def endless(letter: str) -> Behaviour:
    """A stream of 30 MiB."""
    wire = WIRES[KIND[letter]]
    first, *rest = wire.events(Said(("x" * (64 << 10),)))

    async def behave(exchange: Exchange) -> None:
        text = next(event for event in rest if b"xxxx" in event)
        before, after = rest[: rest.index(text)], rest[rest.index(text) + 1 :]
        await streams([first, *before, *[text] * 480, *after])(exchange)

    return behave


def over_one(world: World, letter: str, body: bytes) -> Iterator[socket.socket]:
    """A connection each."""
    for _ in range(MANY):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(BOUND)
        sock.connect(("127.0.0.1", world.gateway.port))
        sock.sendall(head(letter, len(body)) + body)
        yield sock


def over_two(world: World, letter: str, body: bytes) -> Iterator[socket.socket]:
    """Ten streams a connection, whose windows do not move."""
    fields = frames.fields(letter, len(body))
    for _ in range(MANY // 10):
        sock = socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND)
        sock.sendall(frames.PREFACE + frames.raw_frame(4, 0, 0))
        for stream in range(1, 21, 2):
            sock.sendall(frames.headers(stream, fields, "END_HEADERS"))
            sock.sendall(frames.data(stream, body, "END_STREAM"))
        yield sock


@pytest.mark.parametrize("over", [over_one, over_two], ids=["HTTP/1.1", "HTTP/2"])
def test_slow_readers(fresh, letter, over):
    """Forty who ask for 30 MiB each and read nothing: the gateway does not keep it for them."""
    fresh.up[letter].does["slow"] = endless(letter)
    body = json.dumps(chat_body(f"{letter}/{FORMS[letter]}-slow", stream=True)).encode()
    with everybody_else(fresh):
        before = fresh.gateway.memory()
        socks = list(over(fresh, letter, body))
        eventually(lambda: len(fresh.up[letter].arrived("slow")) == MANY, "all are on their way")
        _until_still(fresh)
        grown = fresh.gateway.memory() - before
        for sock in socks:
            sock.close()
    assert grown < MANY * 8, f"{grown:.0f} MiB for {MANY} readers"


def _until_still(world: World) -> None:
    """Until memory does not grow any more."""
    sizes: list[float] = []

    def is_still() -> bool:
        sizes.append(world.gateway.memory())
        return len(sizes) > 50 and max(sizes[-50:]) - min(sizes[-50:]) < 8

    eventually(is_still, "memory stays as it is")
