"""Faults as a table: a `Scenario` is one row that says who may be asked, what each of them does, what is
sent, and what must come of it.

All scenarios of a module share one gateway and the actors behind it, and run side by side: each has a route
and models of its own, and an `Actor` chooses its script by the model that it is asked for. So nothing that
one scenario does to the health of its targets is seen by another.
"""

import contextlib
import itertools
import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from actors import ACTORS, REFUSES, Actor, key_number, said, whole
from client import Answer, chat_body, get, send, sent
from exchange import Request
from gateway import BOUND, eventually
from upstream import Behaviour, refused
from world import World, key_of, provider, variable, world_of

# === the table ===


@dataclass(frozen=True)
class Step:
    """Requests that are sent, and what must come of them.

    `asked` names who is to be asked, in this order (`"a a b"`), or how often each (`{"a": 2}`, or a range);
    `None` is anybody. An answer of status 200 must be whole, and by its text, usage and headers that of who
    was asked last.
    """

    asked: str | dict[str, int | range] | None = None
    # What is sent: so many requests, one after the other or all at once, after a pause in seconds, or with a
    # pause after `every` one. A client that `leaves` goes so many seconds after somebody has been asked for it.
    count: int = 1
    at_once: bool = False
    pause: float = 0
    every: float = 0
    leaves: float | None = None
    model: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    more: dict = field(default_factory=dict)
    # What each answer is. Without a provider, where it is the gateway's own; 0 is any number of attempts.
    status: int = 200
    provider: str | None = None
    attempts: int | None = None
    code: str | None = None
    param: str | None = None
    message: str = ""
    own: bool = False
    # The stream or answer breaks off after its beginning.
    broken: bool = False
    # Or the next one is asked: nobody can say which, but none of both looks whole and is not.
    honest: bool = False
    # What else an answer of status 200 must be, instead of what is usual.
    judge: Callable[[Answer], None] | None = None
    # What may not reach the client.
    never: bytes | None = None
    # Seconds that lie at least between one request and the next, as the upstreams saw them.
    gaps: tuple[float, ...] = ()
    # No target gets more than so many requests within so many seconds.
    pace: tuple[tuple[int, float], ...] = ()
    # What the breakers are afterwards, and whatever else there is to check.
    states: dict[str, str] = field(default_factory=dict)
    check: "Callable[[Played], None] | None" = None
    # A hang is a failure, too.
    within: float = BOUND


@dataclass(frozen=True)
class Scenario:
    """One row. `targets` are names of actors, each with its target's other keys where it has some; `does`
    says what an actor does, request by request, the last for ever: who is not named answers."""

    name: str
    targets: tuple[str | tuple[str, dict], ...]
    steps: tuple[Step, ...]
    does: dict[str, tuple[Behaviour, ...]] = field(default_factory=dict)
    route: dict = field(default_factory=dict)
    # Actors that are providers of their own here, with so many credentials: a credential that was refused is
    # remembered for all targets of its provider. Of several it is told which was used: `a/1`.
    keys: dict[str, int] = field(default_factory=dict)
    # Whether streams are asked for; `None` makes two scenarios of this one.
    stream: bool | None = None
    # What the gateway's log must say.
    logged: str = ""
    # So many requests that it runs when all others are done.
    alone: bool = False

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def provider(self, letter: str) -> str:
        """The name of this actor's provider."""
        return f"{letter}-{self.slug}" if letter in self.keys else letter

    def model(self, letter: str) -> str:
        """The model that this actor is asked for, unless the target names another."""
        own = next((more for name, more in map(_pair, self.targets) if name == letter), {})
        return f"{self.slug}.{own.get('model', letter)}"

    def credentials(self, letter: str) -> list[str]:
        """The names of the credentials that this actor has here alone."""
        return [f"{self.provider(letter)}-{number + 1}" for number in range(self.keys.get(letter, 0))]

    def part(self, letter: str, request: Request) -> str:
        """Who was asked, and with which credential if there are several."""
        return f"{letter}/{key_number(request)}" if self.keys.get(letter, 0) > 1 else letter

    def as_route(self) -> dict:
        """The route, for the configuration."""
        targets = [
            more | {"provider": self.provider(name), "model": self.model(name)}
            for name, more in map(_pair, self.targets)
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


# === the gateway ===


def cast(scenarios: Iterable[Scenario], contexts: Mapping[str, ssl.SSLContext]) -> dict[str, Actor]:
    """The actors, each with its part in every scenario. Who has a context speaks TLS."""
    actors = {letter: Actor(letter, contexts.get(letter)) for letter in ACTORS}
    for scenario in scenarios:
        for letter, script in scenario.does.items():
            actors[letter].learn(scenario.model(letter), script)
    return actors


def configuration(scenarios: Iterable[Scenario], actors: dict[str, Actor]) -> dict:
    """The gateway's file but for the actors themselves. Silence is bounded where a scenario says so: on a
    busy machine a short bound may cut others as well."""
    own = {
        scenario.provider(letter): {
            "kind": ACTORS[letter],
            "endpoint": actors[letter].endpoint,
        }
        | _keys([f"${{{variable(name)}}}" for name in scenario.credentials(letter)])
        for scenario in scenarios
        for letter in scenario.keys
    }
    return {
        "providers": own | {REFUSES: provider(refused(), "openai", REFUSES)},
        "retry": {"backoff": {"base": "10ms", "max": "2s"}, "per_try_timeout": "15s", "idle_timeout": "15s"},
        "routes": [scenario.as_route() for scenario in scenarios],
    }


def _keys(keys: list[str]) -> dict:
    return {"api_keys": keys} if len(keys) > 1 else {"api_key": keys[0]}


@contextlib.contextmanager
def stage(
    directory: Path, scenarios: list[Scenario], contexts: Mapping[str, ssl.SSLContext] = {}, **more
) -> Iterator[World]:
    """A gateway for all these scenarios, and the actors behind it."""
    actors = cast(scenarios, contexts)
    env = {
        variable(name): key_of(name)
        for scenario in scenarios
        for letter in scenario.keys
        for name in scenario.credentials(letter)
    }
    with contextlib.ExitStack() as stack:
        for actor in actors.values():
            stack.enter_context(actor)
        config = configuration(scenarios, actors)
        env |= more.pop("env", {})
        yield stack.enter_context(world_of(directory, actors, ACTORS, config, env=env, **more))
        assert [error for actor in actors.values() for error in actor.errors] == []


# === the play ===


@dataclass
class Played:
    """What came of a step."""

    answers: list[Answer]
    # Who was asked, in order of arrival.
    asked: list[tuple[str, Request]]
    took: float

    @property
    def letters(self) -> list[str]:
        return [letter for letter, _ in self.asked]

    def times(self, letter: str) -> list[float]:
        """When this one was asked."""
        return [request.at for asked, request in self.asked if asked == letter]


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
            (scenario.part(letter, request), request)
            for letter, actor in world.up.items()
            for request in actor.asked(scenario.slug)[before[letter] :]
        ]
        arrived.sort(key=lambda pair: pair[1].at)
        try:
            _check(scenario, step, Played(answered, arrived, took))
            for letter, state in step.states.items():
                eventually(lambda: _is(world, scenario, letter, state), f"{letter} is {state}")  # noqa: B023
        except AssertionError as error:
            raise AssertionError(f"{scenario.name}, step {number + 1}: {error}") from None
        everything += answered
    if scenario.logged:
        assert scenario.logged in world.gateway.output, f"not in the log: {scenario.logged}"
    return everything


def target_of(world: World, name: str, model: str) -> dict:
    """What the gateway tells of a target."""
    targets = get(world.gateway, "/admin/targets").json()["targets"]
    return next(target for target in targets if (target["provider"], target["model"]) == (name, model))


def _is(world: World, scenario: Scenario, letter: str, state: str) -> bool:
    return target_of(world, scenario.provider(letter), scenario.model(letter))["state"] in state.split("|")


def _send(scenario: Scenario, step: Step, world: World) -> list[Answer]:
    more = {"stream": True, "stream_options": {"include_usage": True}} if scenario.stream else {}

    heard = _heard(scenario, world)

    def one(number: int) -> list[Answer]:
        body = chat_body(step.model or scenario.slug, f"request {number}", **more, **step.more)
        if step.leaves:
            with sent(world.gateway, body, step.headers):
                # Who sends at once with others can't tell whose request has been heard.
                wanted = heard + (step.count if step.at_once else number + 1)
                eventually(lambda: _heard(scenario, world) >= wanted, "somebody is asked")
                time.sleep(step.leaves)
            return []
        answer = send(world.gateway, body, step.headers)
        time.sleep(step.every)
        return [answer]

    numbers = range(step.count)
    if not step.at_once:
        return [answer for number in numbers for answer in one(number)]
    with ThreadPoolExecutor(min(step.count, 50)) as pool:
        return [answer for answers in pool.map(one, numbers) for answer in answers]


def _heard(scenario: Scenario, world: World) -> int:
    return sum(len(actor.asked(scenario.slug)) for actor in world.up.values())


def _check(scenario: Scenario, step: Step, played: Played) -> None:
    letters = played.letters
    if isinstance(step.asked, str):
        assert letters == step.asked.split(), f"asked {letters}, not {step.asked.split()}"
    elif step.asked is not None:
        counts = {letter: letters.count(letter) for letter in {*letters, *step.asked}}
        wanted = {letter: range(n, n + 1) if isinstance(n, int) else n for letter, n in step.asked.items()}
        assert all(counts[letter] in wanted.get(letter, ()) for letter in counts), (
            f"{counts}, not {step.asked}"
        )
    times = [request.at for _, request in played.asked]
    for bound, (before, after) in zip(step.gaps, itertools.pairwise(times), strict=False):
        assert after - before >= bound, f"{after - before:.3f} s between requests, not {bound}"
    for most, window in step.pace:
        _check_pace(played, most, window)
    for _, request in played.asked:
        assert b"x-ferro-" not in request.raw.lower(), f"an upstream received {request.headers}"
    assert played.took < step.within, f"took {played.took:.1f} s"
    for answer in played.answers:
        _check_answer(scenario, step, answer, letters)
    if step.check:
        step.check(played)


def _check_pace(played: Played, most: int, window: float) -> None:
    for letter in set(played.letters):
        times = played.times(letter)
        for first, beyond in zip(times, times[most:], strict=False):
            assert beyond - first >= window, f"{most + 1} requests to {letter} in {beyond - first:.3f} s"


def _check_answer(scenario: Scenario, step: Step, answer: Answer, letters: list[str]) -> None:
    shown = {name: value for name, value in answer.headers.items() if name.startswith("x-ferro-")}
    if step.own:
        error = _error(step, answer)
        assert error["param"] == step.param and "x-ferro-provider" not in shown, (error, shown)
        return
    served = step.provider or letters[-1].partition("/")[0]
    if step.count > 1 and not step.provider:
        known = (name for name in (*ACTORS, REFUSES) if scenario.provider(name) == shown["x-ferro-provider"])
        served = next(known)
    assert shown["x-ferro-provider"] == scenario.provider(served), shown
    assert shown["x-ferro-model"] == scenario.model(served), shown
    assert shown["x-ferro-route"] == scenario.slug, shown
    attempts = step.attempts if step.attempts is not None else len(letters) if step.count == 1 else 0
    assert attempts == 0 or shown["x-ferro-attempts"] == str(attempts), (shown, letters)
    assert step.never is None or step.never not in answer.raw, answer.raw
    if step.status != 200:
        _error(step, answer)
    elif step.judge:
        step.judge(answer)
    elif step.broken or step.honest and served != "b":
        _check_broken(scenario, answer, served)
    else:
        _check_whole(answer, served)


def _error(step: Step, answer: Answer) -> dict:
    kind = "api_error" if step.status >= 500 else "invalid_request_error"
    error = answer.assert_error(step.status, "rate_limit_error" if step.status == 429 else kind, step.code)
    assert step.message in error["message"], error
    return error


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


# === the tests of a module ===


def as_params(scenarios: Iterable[Scenario]) -> list:
    """The rows as parameters of a test. Each has a name of its own."""
    scenarios = list(scenarios)
    slugs = [scenario.slug for scenario in scenarios]
    assert len(slugs) == len(set(slugs)), sorted(slug for slug in slugs if slugs.count(slug) > 1)
    return [pytest.param(scenario, id=scenario.slug) for scenario in scenarios]


def chosen(request: pytest.FixtureRequest) -> list[Scenario]:
    """The rows of this module that are to be tested."""
    own = [item for item in request.session.items if item.module is request.module]
    calls = [item.callspec for item in own if hasattr(item, "callspec")]
    return [call.params["scenario"] for call in calls if "scenario" in call.params]


class Plays:
    """Scenarios that are already on their way: most of what they do is waiting. Use it as a context."""

    def __init__(self, scenarios: Iterable[Scenario], world: World, play: Callable = play) -> None:
        self.world = world
        self._play = play
        self._pool = ThreadPoolExecutor(16)
        side_by_side = [scenario for scenario in scenarios if not scenario.alone]
        self._futures = {each.name: self._pool.submit(play, each, world) for each in side_by_side}

    def __enter__(self) -> "Plays":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def outcome(self, scenario: Scenario) -> None:
        """Waits for this one, and fails if it did."""
        if scenario.alone:
            self._play(scenario, self.world)
        else:
            self._futures[scenario.name].result()

    def wait(self) -> None:
        """Until all that runs side by side is over."""
        wait(self._futures.values())

    def answers(self) -> list[Answer]:
        """What came of all that went as it should."""
        good = [future.result() for future in self._futures.values() if not future.exception()]
        return [answer for answers in good for answer in answers]
