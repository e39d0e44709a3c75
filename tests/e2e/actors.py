"""Upstreams that play in many scenarios at once: what each says, and what it does for which model."""

import asyncio
import itertools
import re
import ssl
from collections import defaultdict, deque
from collections.abc import Iterable

from exchange import Exchange, Request
from upstream import Behaviour, Upstream, streams
from wire import WIRES, Said, sse

# Who stands behind the gateway, and what each speaks. `kept` is for a scenario that needs its connections.
ACTORS = {"a": "openai", "b": "openai", "c": "anthropic", "d": "gemini", "kept": "openai"}
# A provider that nobody listens for.
REFUSES = "refuses"


# === what they say ===


def said(letter: str) -> Said:
    """What this actor says: text and usage give away who it was, and every piece differs from the others."""
    number = list(ACTORS).index(letter) + 1
    texts = tuple(f"{letter}{piece} " for piece in range(6))
    return Said(texts, prompt_tokens=10 * number, completion_tokens=number)


def events(letter: str) -> list[bytes]:
    """The same as a stream, usage included."""
    wire, words = WIRES[ACTORS[letter]], said(letter)
    told = wire.events(words)
    if wire.kind == "openai":
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000}
        usage = chunk | {"model": "gpt-4o-2024-08-06", "choices": [], "usage": wire.usage(words)}
        told.insert(-1, sse(usage))
    return told


def whole(letter: str) -> bytes:
    """The same as one answer."""
    return WIRES[ACTORS[letter]].whole(said(letter))


def answers(letter: str) -> Behaviour:
    """Says it, whole or streamed, as it is asked."""
    wire = WIRES[ACTORS[letter]]

    async def behave(exchange: Exchange) -> None:
        if wire.wants_stream(exchange.request):
            await streams(events(letter))(exchange)
        else:
            await wire.says(said(letter))(exchange)

    return behave


def fails(letter: str, status: int, message: str = "it broke", headers=()) -> Behaviour:
    return WIRES[ACTORS[letter]].fails(status, message, headers)


def busy(letter: str, after: str | None = None, message: str = "Slow down, please") -> Behaviour:
    """A 429 that may name a time."""
    return fails(letter, 429, message, [("retry-after", after)] if after else [])


def either(of_whole: Behaviour, of_stream: Behaviour, letter: str = "a") -> Behaviour:
    """One behaviour for each form of request."""

    async def behave(exchange: Exchange) -> None:
        streaming = WIRES[ACTORS[letter]].wants_stream(exchange.request)
        await (of_stream if streaming else of_whole)(exchange)

    return behave


def later(seconds: float, then: Behaviour) -> Behaviour:
    """Thinks first."""

    async def behave(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await then(exchange)

    return behave


def by_key(keys: dict[int, Behaviour], otherwise: Behaviour) -> Behaviour:
    """What is done to each credential of several, counted from 1."""

    async def behave(exchange: Exchange) -> None:
        await keys.get(key_number(exchange.request), otherwise)(exchange)

    return behave


def key_number(request: Request) -> int:
    """Which of its actor's several credentials came; see `Scenario.credentials`."""
    return int(re.search(rb"-(\d)-0123456789abcdef-", request.raw)[1])


def by_turns(behaviours: Iterable[Behaviour]) -> Behaviour:
    """All of them in order, and from the start again."""
    turns = itertools.cycle(behaviours)

    async def behave(exchange: Exchange) -> None:
        await next(turns)(exchange)

    return behave


# === servers ===


class Actor(Upstream):
    """An upstream that plays in many scenarios at once: the model that it is asked for chooses its script."""

    def __init__(self, name: str, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(name, self._play, tls)
        self._answer = answers(name)
        self._scripts: dict[str, deque[Behaviour]] = {}
        self._asked: dict[str, list[Request]] = defaultdict(list)

    def learn(self, model: str, script: Iterable[Behaviour]) -> None:
        self._scripts[model] = deque(script)

    def asked(self, slug: str) -> list[Request]:
        """The requests of one scenario."""
        return list(self._asked[slug])

    async def _play(self, exchange: Exchange) -> None:
        model = _model(exchange.request)
        self._asked[model.rpartition(".")[0]].append(exchange.request)
        script = self._scripts.get(model) or deque([self._answer])
        await (script.popleft() if len(script) > 1 else script[0])(exchange)


def _model(request: Request) -> str:
    """Which model is asked for: Gemini names it in the path."""
    body = request.json()
    return body["model"] if "model" in body else re.match(r"/v1beta/models/([^:]+):", request.target)[1]
