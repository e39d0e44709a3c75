"""What callers do who mean harm, as rows: an `Attack` says what bytes are sent and what may come of them.

All attacks of a module share one gateway and run side by side, and all the while a `Steady` caller asks for
what it may ask for and must get it. A row names what it wants of its own; what holds for every attack is
checked in `strike`: an error has OpenAI's shape, nobody is asked for what was refused, and what a provider
gets is not much longer than what was sent.
"""

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from actors import said
from client import CHAT, Answer, chat_body, send
from exchange import Exchange
from gateway import BOUND, Gateway, eventually
from leaks import sees
from scenario import Plays
from upstream import Behaviour, Upstream, replies, streams
from wire import WIRES
from world import World, key_of, world_of

MIB = 1 << 20
# What a provider gets may be so much longer than what the client sent.
DERIVED = 4 * MIB
# Kinds of targets: who is asked, and for which family of models. The older ones take no JSON Schema.
FORMS = {
    "a": "gpt-4o",
    "c": "claude-sonnet-4-5",
    "c3": "claude-3-haiku",
    "d": "gemini-2.5-flash",
    "d2": "gemini-2.0-flash",
}
KIND = {"a": "openai", "c": "anthropic", "d": "gemini"}
SECRETS = [key_of(letter) for letter in KIND]


# === the table ===


@dataclass
class Outcome:
    """What came of an attack."""

    # Without one the connection was closed, or the stream reset.
    answer: Answer | None
    arrived: "list[Arrival]"
    form: str
    # How many bytes were sent, where that is known.
    sent: int | None = None


Want = Callable[[Outcome], None]
Bytes = bytes | Iterable[bytes]


@dataclass(frozen=True)
class Attack:
    """One row. `data` gives what is sent, from the first byte of a connection, for the model that it is told,
    and `provider` what is done to it there, if it is not served as usual; or `does` does it all by itself."""

    name: str
    data: Callable[[str], Bytes] | None = None
    wants: Want | None = None
    form: str = "a"
    does: "Callable[[World, Attack], None] | None" = None
    provider: Behaviour | None = None
    alone: bool = False

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def model(self) -> str:
        """What a client calls this attack's own model."""
        return f"{self.form[0]}/{FORMS[self.form]}-{self.slug}"


def strike(attack: Attack, world: World) -> list[Answer]:
    """Sends what the attack sends, and checks what must come of it."""
    try:
        if attack.does:
            attack.does(world, attack)
            return []
        data, target = attack.data(attack.model), world.up[attack.form[0]]
        if attack.provider:
            target.does[attack.slug] = attack.provider
        answer = speak(world.gateway.port, data)
        arrived = target.arrived(attack.slug)
        outcome = Outcome(answer, arrived, attack.form, len(data) if isinstance(data, bytes) else None)
        if not attack.provider:
            _holds_always(outcome)
        attack.wants(outcome)
        return [answer] if answer else []
    except AssertionError as error:
        raise AssertionError(f"{attack.name}: {error}") from None


def _holds_always(outcome: Outcome) -> None:
    answer = outcome.answer
    if answer is None or answer.status >= 400:
        assert outcome.arrived == [], f"was refused, and arrived: {outcome.arrived}"
    if answer and answer.raw[:1] == b"{" and answer.status >= 400:
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"} and len(error["message"]) < 2048, error
    shown = sum(len(name) + len(value) for name, value in answer.headers.items()) if answer else 0
    assert shown < 24 << 10, f"{shown} bytes of headers"
    for arrival in outcome.arrived:
        most = None if outcome.sent is None else outcome.sent + DERIVED
        assert most is None or arrival.size <= most, f"{arrival.size} bytes of {outcome.sent}"
        assert b"x-ferro-" not in arrival.top.lower() and b"x-envoy-" not in arrival.top.lower(), arrival.top


# === what is wanted ===


def refused(status: int, code: str | None = None, param: str | None = None) -> Want:
    """An error that says what is wrong."""

    def check(outcome: Outcome) -> None:
        kind = (
            "api_error" if status >= 500 else "permission_error" if status == 403 else "invalid_request_error"
        )
        assert outcome.answer, "closed without an answer"
        error = outcome.answer.assert_error(status, kind, code, param)
        named = error["param"] or error["code"] == "invalid_json" or "the body" in error["message"]
        assert status != 400 or named, f"not clear: {error}"

    return check


def passes(outcome: Outcome) -> None:
    """The request is served as any other."""
    assert outcome.answer, "closed without an answer"
    answer = outcome.answer.read_events() if outcome.answer.is_stream else outcome.answer
    assert answer.assert_whole().text == said(outcome.form[0]).text
    assert len(outcome.arrived) == 1, outcome.arrived


def status(*numbers: int) -> Want:
    """An answer of one of these, whatever it says; Envoy's own have no shape."""

    def check(outcome: Outcome) -> None:
        assert outcome.answer, "closed without an answer"
        assert outcome.answer.status in numbers, (outcome.answer.status, outcome.answer.raw[:500])

    return check


def closed(outcome: Outcome) -> None:
    """Not worth an answer."""
    assert outcome.answer is None, (outcome.answer.status, outcome.answer.raw[:500])


def either(*wants: Want) -> Want:
    """One of these."""

    def check(outcome: Outcome) -> None:
        failures = []
        for want in wants:
            try:
                return want(outcome)
            except (AssertionError, KeyError) as error:
                failures.append(str(error)[:1000])
        raise AssertionError("; or ".join(failures))

    return check


UNFIT = refused(400)
UNFIT_OR_SERVED = either(UNFIT, passes)


# === what is sent ===


def chat(body: Callable[[str], bytes], headers: bytes = b"", path: str = CHAT) -> Callable[[str], bytes]:
    """A chat request of any body, which is told its model."""

    def data(model: str) -> bytes:
        written = body(model)
        line = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n".encode()
        return line + headers + b"content-length: %d\r\n\r\n" % len(written) + written

    return data


def filled(template: str, value: str | Callable[[], str] = "") -> Callable[[str], bytes]:
    """A body that has its model for MODEL, and for VALUE what is written only when it is sent."""

    def body(model: str) -> bytes:
        text = value if isinstance(value, str) else value()
        return template.replace("MODEL", model).replace("VALUE", text).encode()

    return body


def speak(port: int, data: Bytes, timeout: float = BOUND) -> Answer | None:
    """Sends bytes on a connection of their own, and reads one answer to its end, if one comes."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=timeout)) as sock:
        threading.Thread(target=_send, args=(sock, data), daemon=True).start()
        return read_answer(sock)


def read_answer(sock: socket.socket) -> Answer | None:
    """One answer of HTTP/1.1."""
    response = http.client.HTTPResponse(sock)
    try:
        response.begin()
    except (http.client.BadStatusLine, ConnectionError):
        return None
    answer = Answer(response.status, httpx.Headers(response.getheaders()))
    try:
        answer.raw = response.read()
    except http.client.IncompleteRead as error:
        answer.raw, answer.broken = error.partial, error
    except ConnectionError as error:
        answer.broken = error
    return answer


def _send(sock: socket.socket, data: Bytes) -> None:
    with contextlib.suppress(OSError):  # the answer may come first
        for piece in [data] if isinstance(data, bytes) else data:
            sock.sendall(piece)


# === who is asked ===


@dataclass(frozen=True)
class Arrival:
    """A request that reached a provider; bodies would be too much to keep."""

    model: str
    size: int
    top: bytes
    beginning: bytes = field(repr=False)


class Target(Upstream):
    """A provider that answers whatever it is asked, and keeps no body."""

    def __init__(self, letter: str) -> None:
        super().__init__(letter)
        self.wire = WIRES[KIND[letter]]
        self.arrivals: dict[str, list[Arrival]] = defaultdict(list)
        self.does: dict[str, Behaviour] = {}
        self._whole, self._stream = (
            replies(self.wire.whole(said(letter))),
            streams(self.wire.events(said(letter))),
        )

    def arrived(self, slug: str) -> list[Arrival]:
        """What came for an attack's own model."""
        return list(self.arrivals[slug])

    async def serve(self, exchange: Exchange) -> None:
        request = exchange.request
        model = _model(request.target, request.body)
        slug = next((model.removeprefix(f"{family}-") for family in FORMS.values() if family in model), model)
        size, request.body, beginning = len(request.body), b"", request.body[:4096]
        streaming = self._streams(request.target, beginning)
        self.arrivals[slug].append(Arrival(model, size, request.top, beginning))
        exchange.streaming = streaming
        await self.does.get(slug, self.usual)(exchange)

    async def usual(self, exchange: Exchange) -> None:
        """Answers, whole or streamed, as it is asked."""
        await (self._stream if exchange.streaming else self._whole)(exchange)

    def _streams(self, target: str, body: bytes) -> bool:
        return ":streamGenerateContent" in target or bool(re.search(rb'"stream"\s*:\s*true', body))


def _model(target: str, body: bytes) -> str:
    """Which model is asked for; without reading all of what may be hard to read."""
    named = re.match(r"/v1beta/models/([^:]+):", target)
    if named:
        return named[1]
    found = re.search(rb'"model"\s*:\s*"([^"]*)"', body[: 64 << 10])
    return found[1].decode(errors="replace") if found else ""


# === and everybody else ===


class Steady:
    """Callers who ask for what they may, all the while, of every provider, whole and streamed, on kept
    connections and on new ones. `failures` says who was not served. Use it as a context."""

    def __init__(self, gateway: Gateway, callers: int = 2, may_wait: bool = False) -> None:
        self.gateway = gateway
        self.served = 0
        self.overloaded = 0
        self.failures: list[str] = []
        # Where memory is short, a caller may be told so, and when to come again.
        self._may_wait = may_wait
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(callers)
        self._callers = callers

    def __enter__(self) -> "Steady":
        for _ in range(self._callers):
            self._pool.submit(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()

    def check(self) -> None:
        """Nobody was denied anything, and somebody asked."""
        assert self.failures == [], f"{len(self.failures)} of {self.served}: {self.failures[:3]}"
        eventually(lambda: self.served >= 6 or self.failures, "good requests are served")
        assert self.failures == [], self.failures[:3]

    def _run(self) -> None:
        number = 0
        while not self._over.is_set():
            with httpx.Client(trust_env=False, timeout=BOUND, verify=False) as client:
                for _ in range(5):
                    number += 1
                    self._ask(number, client)
                    time.sleep(0.05)

    def _ask(self, number: int, client: httpx.Client) -> None:
        letter = "acd"[number % 3]
        model = f"{letter}/{FORMS[letter]}-good"
        try:
            answer = send(self.gateway, chat_body(model, stream=number % 2 == 1), client=client)
            if self._may_wait and answer.status == 503:
                answer.assert_error(503, "api_error", "overloaded")
                assert float(answer.headers["retry-after"]) > 0
                self.overloaded += 1
                return
            assert answer.assert_whole().text == said(letter).text, answer.raw[:500]
            self.served += 1
        except Exception as error:
            self.failures.append(f"request {number}: {type(error).__name__} {error}")


@contextlib.contextmanager
def attacked(directory: Path, attacks: Iterable[Attack], config: dict, **more) -> Iterator[Plays]:
    """A gateway under all these attacks at once, and three providers behind it; everybody else is served."""
    with contextlib.ExitStack() as stack:
        targets = {letter: stack.enter_context(Target(letter)) for letter in KIND}
        world = stack.enter_context(world_of(directory, targets, KIND, config, **more))
        stack.enter_context(at_peace(world))
        steady = stack.enter_context(Steady(world.gateway))
        yield stack.enter_context(Plays(attacks, world, strike))
        steady.check()


def is_clean(output: str) -> None:
    """Nothing in a log does anything to who reads it, and every line of the access log is one of JSON."""
    odd = set(re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", output))
    assert odd == set(), odd
    for line in output.splitlines():
        if line.startswith("{"):
            assert isinstance(json.loads(line), dict), line


@contextlib.contextmanager
def at_peace(world: World) -> Iterator[None]:
    """After all that happens within, no request is left, and nobody has seen a key that is not theirs."""
    yield
    eventually(lambda: world.gateway.active() == 0, "no request is left active")
    assert not sees(world.gateway.output.encode()), "a key is in the log"
    is_clean(world.gateway.output)
    for letter, target in world.up.items():
        tops = b"".join(arrival.top for arrivals in target.arrivals.values() for arrival in arrivals)
        strangers = [key_of(other) for other in world.up if other != letter]
        assert not [key for key in strangers if key.encode() in tops], f"{letter} got another's key"
