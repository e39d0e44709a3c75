"""Faults as a table: a `Scenario` is one row that says who may be asked, what each of them does, what is
sent, and what must come of it.

All scenarios of a module share one gateway and the actors behind it, and run side by side: each has a route
and models of its own, and an `Actor` chooses its script by the model that it is asked for. So nothing that
one scenario does to the health of its targets is seen by another.
"""

import itertools
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from client import Answer, ask
from exchange import Exchange, Request
from upstream import Behaviour, Upstream, refused, streams
from wire import WIRES, Said, sse
from world import World, provider

# Who stands behind the gateway, and what each speaks. `kept` is for a scenario that needs its connections.
ACTORS = {"a": "openai", "b": "openai", "c": "anthropic", "d": "gemini", "kept": "openai"}
# A provider that nobody listens for.
REFUSES = "refuses"


# === what is said ===


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


def either(of_whole: Behaviour, of_stream: Behaviour, letter: str = "a") -> Behaviour:
    """One behaviour for each form of request."""

    async def behave(exchange: Exchange) -> None:
        streaming = WIRES[ACTORS[letter]].wants_stream(exchange.request)
        await (of_stream if streaming else of_whole)(exchange)

    return behave


def by_turns(behaviours: Iterable[Behaviour]) -> Behaviour:
    """All of them in order, and from the start again."""
    turns = itertools.cycle(behaviours)

    async def behave(exchange: Exchange) -> None:
        await next(turns)(exchange)

    return behave


# === the table ===


@dataclass(frozen=True)
class Step:
    """Requests that are sent, and what must come of them.

    `asked` names who is to be asked, in this order (`"a a b"`), or how often each (`{"a": 2}`); `None` is
    anybody. An answer of status 200 must be whole, and by its text, usage and headers that of who was asked
    last.
    """

    asked: str | dict[str, int] | None
    # What is sent: so many requests, one after the other or all at once, after a pause in seconds.
    count: int = 1
    at_once: bool = False
    pause: float = 0
    headers: dict[str, str] = field(default_factory=dict)
    # What each answer is.
    status: int = 200
    provider: str | None = None
    attempts: int | None = None
    code: str | None = None
    message: str = ""
    # The stream or answer breaks off after its beginning.
    broken: bool = False
    # What may not reach the client.
    never: bytes | None = None
    # Seconds that lie at least between one request and the next, as the upstreams saw them.
    gaps: tuple[float, ...] = ()
    # No target gets more than so many requests within so many seconds.
    pace: tuple[tuple[int, float], ...] = ()
    # A hang is a failure, too.
    within: float = 18


@dataclass(frozen=True)
class Scenario:
    """One row. `targets` are names of actors, each with its target's other keys where it has some; `does`
    says what an actor does, request by request, the last for ever: who is not named answers."""

    name: str
    targets: tuple[str | tuple[str, dict], ...]
    steps: tuple[Step, ...]
    does: dict[str, tuple[Behaviour, ...]] = field(default_factory=dict)
    route: dict = field(default_factory=dict)
    # Whether streams are asked for; `None` makes two scenarios of this one.
    stream: bool | None = None
    # What the gateway's log must say.
    logged: str = ""
    # So many requests that it runs when all others are done.
    alone: bool = False
    # Why the product does not do this yet.
    missing: str = ""

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def model(self, letter: str) -> str:
        """The model that this actor is asked for, unless the target names another."""
        own = next((more for name, more in map(_pair, self.targets) if name == letter), {})
        return f"{self.slug}.{own.get('model', letter)}"

    def as_route(self) -> dict:
        """The route, for the configuration."""
        targets = [
            more | {"provider": name, "model": self.model(name)} for name, more in map(_pair, self.targets)
        ]
        return {"name": self.slug, "match": {"models": [self.slug]}, "targets": targets} | self.route


def row(
    name: str, targets: Iterable[str | tuple[str, dict]], *steps: Step, does=(), **more
) -> list[Scenario]:
    """A scenario, or the two it stands for. `does` may name one behaviour instead of several."""
    scripts = {
        letter: tuple(script) if isinstance(script, list) else (script,)
        for letter, script in dict(does).items()
    }
    scenario = Scenario(name, tuple(targets), steps, scripts, **more)
    if scenario.stream is not None:
        return [scenario]
    return [
        replace(scenario, name=f"{name}, {form}", stream=form == "streamed") for form in ("whole", "streamed")
    ]


def _pair(target: str | tuple[str, dict]) -> tuple[str, dict]:
    return (target, {}) if isinstance(target, str) else target


# === the actors ===


class Actor(Upstream):
    """An upstream that plays in many scenarios at once: the model that it is asked for chooses its script."""

    def __init__(self, name: str) -> None:
        super().__init__(name, self._play)
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


def cast(scenarios: Iterable[Scenario]) -> dict[str, Actor]:
    """The actors, each with its part in every scenario. They do not listen yet."""
    actors = {letter: Actor(letter) for letter in ACTORS}
    for scenario in scenarios:
        for letter, script in scenario.does.items():
            actors[letter].learn(scenario.model(letter), script)
    return actors


def configuration(scenarios: Iterable[Scenario]) -> dict:
    """The gateway's file but for the actors themselves. Silence is bounded where a scenario says so: on a
    busy machine a short bound may cut others as well."""
    return {
        "providers": {REFUSES: provider(refused(), "openai", REFUSES)},
        "retry": {"backoff": {"base": "10ms", "max": "2s"}, "per_try_timeout": "15s", "idle_timeout": "15s"},
        "routes": [scenario.as_route() for scenario in scenarios],
    }


# === the play ===


@dataclass
class Played:
    """What came of a step."""

    answers: list[Answer]
    # Who was asked, in order of arrival.
    asked: list[tuple[str, Request]]
    took: float


def play(scenario: Scenario, world: World) -> list[Answer]:
    """Sends what the scenario sends, and checks what must come of it, step by step. Gives all answers."""
    everything = []
    for number, step in enumerate(scenario.steps):
        time.sleep(step.pause)
        before = {letter: len(actor.asked(scenario.slug)) for letter, actor in world.up.items()}
        began = time.monotonic()
        answered = _send(scenario, step, world)
        took = time.monotonic() - began
        arrived = [
            (letter, request)
            for letter, actor in world.up.items()
            for request in actor.asked(scenario.slug)[before[letter] :]
        ]
        arrived.sort(key=lambda pair: pair[1].at)
        try:
            _check(scenario, step, Played(answered, arrived, took))
        except AssertionError as error:
            raise AssertionError(f"{scenario.name}, step {number + 1}: {error}") from None
        everything += answered
    if scenario.logged:
        assert scenario.logged in world.gateway.output, f"not in the log: {scenario.logged}"
    return everything


def _send(scenario: Scenario, step: Step, world: World) -> list[Answer]:
    def one(number: int) -> Answer:
        more = {"stream": True, "stream_options": {"include_usage": True}} if scenario.stream else {}
        return ask(world.gateway, scenario.slug, f"request {number}", step.headers, **more)

    numbers = range(step.count)
    if not step.at_once:
        return [one(number) for number in numbers]
    with ThreadPoolExecutor(min(step.count, 50)) as pool:
        return list(pool.map(one, numbers))


def _check(scenario: Scenario, step: Step, played: Played) -> None:
    letters = [letter for letter, _ in played.asked]
    if isinstance(step.asked, str):
        assert letters == step.asked.split(), f"asked {letters}, not {step.asked.split()}"
    elif step.asked is not None:
        counts = {letter: letters.count(letter) for letter in {*letters, *step.asked}}
        assert counts == step.asked, f"asked {counts}, not {step.asked}"
    times = [request.at for _, request in played.asked]
    for bound, (before, after) in zip(step.gaps, itertools.pairwise(times), strict=False):
        assert after - before >= bound, f"{after - before:.3f} s between requests, not {bound}"
    for most, window in step.pace:
        _check_pace(played, most, window)
    assert played.took < step.within, f"took {played.took:.1f} s"
    for answer in played.answers:
        _check_answer(scenario, step, answer, letters)


def _check_pace(played: Played, most: int, window: float) -> None:
    for letter in {letter for letter, _ in played.asked}:
        times = [request.at for asked, request in played.asked if asked == letter]
        for first, beyond in zip(times, times[most:], strict=False):
            assert beyond - first >= window, f"{most + 1} requests to {letter} in {beyond - first:.3f} s"


def _check_answer(scenario: Scenario, step: Step, answer: Answer, letters: list[str]) -> None:
    served = step.provider or (letters[-1] if step.count == 1 else answer.headers.get("x-ferro-provider"))
    shown = {name: value for name, value in answer.headers.items() if name.startswith("x-ferro-")}
    assert shown["x-ferro-provider"] == served, shown
    assert shown["x-ferro-model"] == scenario.model(served), shown
    assert shown["x-ferro-route"] == scenario.slug, shown
    attempts = step.attempts or (len(letters) if step.count == 1 else None)
    assert attempts is None or shown["x-ferro-attempts"] == str(attempts), (shown, letters)
    assert step.never is None or step.never not in answer.raw, answer.raw
    if step.status != 200:
        kind = {429: "rate_limit_error"}.get(
            step.status, "api_error" if step.status >= 500 else "invalid_request_error"
        )
        error = answer.assert_error(step.status, kind, step.code)
        assert step.message in error["message"], error
    elif step.broken:
        _check_broken(scenario, answer, served)
    else:
        _check_whole(answer, served)


def _check_whole(answer: Answer, served: str) -> None:
    words = said(served)
    answer.assert_whole()
    assert answer.text == words.text, (answer.text, words.text)
    bodies = answer.chunks if answer.is_stream else [answer.json()]
    usages = [body["usage"] for body in bodies if body.get("usage")]
    assert len(usages) == 1, f"usage comes once, not as {usages}"
    counted = (usages[0]["prompt_tokens"], usages[0]["completion_tokens"])
    assert counted == (words.prompt_tokens, words.completion_tokens), (served, usages)


def _check_broken(scenario: Scenario, answer: Answer, served: str) -> None:
    """What the client has is a beginning, and nobody takes it for more."""
    if scenario.stream:
        answer.assert_broken()
        text = answer.text
        assert said(served).text.startswith(text), f"not a beginning of {said(served).text!r}: {text!r}"
    else:
        assert answer.status == 200 and answer.broken, (answer.status, answer.raw)
        assert whole(served).startswith(answer.raw), answer.raw
