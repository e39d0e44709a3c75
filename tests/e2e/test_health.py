"""What the gateway remembers of its targets (breakers, credentials that rest, places that are taken), and
what a request may say about whom to ask."""

from dataclasses import replace

import httpx
import pytest
import yaml

from actors import answers, busy, by_key, by_turns, events, fails, later
from gateway import eventually
from scenario import Step, as_params, play, row, stage
from soak import Soak
from upstream import silent, streams

# === what is checked of the whole step ===


def probes_grow_rarer(played) -> None:
    """Beyond the five failures that opened it: each failed probe doubles the wait, up to `max_open`."""
    times = played.times("a")[4:]
    waits = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert len(waits) >= 4, waits
    # A gateway may take a fifth off, so that several don't come back together.
    for bound, wait in zip((0.24, 0.48, 0.8, 0.8), waits, strict=False):
        assert wait >= bound, waits


def left_alone_for_two_seconds(played) -> None:
    first, second, *_ = played.times("a")
    assert second - first >= 1.8, second - first
    assert played.letters[-1] == "a", "it returns"


def both_keys(played) -> None:
    assert set(played.letters) == {"a/1", "a/2"}, played.letters


# === the table ===

QUICK = {"breaker": {"open": "300ms", "max_open": "1s"}}
LASTING = {"breaker": {"open": "20s", "max_open": "20s"}}
SOON = {"retry": {"per_try_timeout": "1500ms", "idle_timeout": "4s"}}
ONCE = {"retry": {"attempts": 1}}
OPENED = Step("a b " * 5, count=5, states={"a": "open"})
# Open for so short a time that it may be over before one has looked.
JUST_OPENED = replace(OPENED, states={"a": "open|half_open"})

BREAKERS = [
    # The second step reaches both workers.
    *row(
        "five 500s open a breaker, for all workers",
        ["a", "b"],
        OPENED,
        Step({"b": 60}, count=60, at_once=True),
        does={"a": fails("a", 500)},
        route=LASTING,
    ),
    *row(
        "five silences open a breaker",
        ["c", "b"],
        Step({"c": 5, "b": 5}, count=5, at_once=True, states={"c": "open"}),
        Step("b"),
        does={"c": silent},
        route=LASTING | SOON,
    ),
    *row(
        "five broken streams open a breaker",
        ["a", "b"],
        Step("a " * 5, count=5, broken=True, states={"a": "open"}),
        Step("b"),
        does={"a": streams(events("a")[:4], "cut", pause=0.02)},
        route=LASTING,
        stream=True,
    ),
    *row(
        "five refused connections open a breaker",
        ["refuses", "b"],
        Step("b " * 5, count=5, attempts=2, provider="b", states={"refuses": "open"}),
        Step("b " * 5, count=5, attempts=1, provider="b"),
        route=LASTING,
    ),
    *row(
        "five hundred 400s open none",
        ["a", "b"],
        Step({"a": 500}, count=500, at_once=True, status=400, provider="a", states={"a": "closed"}),
        Step("a", status=400),
        does={"a": fails("a", 400, "You must not ask that")},
        route=LASTING,
        stream=False,
    ),
    *row(
        "clients that leave open none",
        ["a", "b"],
        Step({"a": 10}, count=10, at_once=True, leaves=2, states={"a": "closed"}),
        Step("a"),
        does={"a": [*[silent] * 10, answers("a")]},
        route=LASTING,
    ),
    *row(
        "clients that leave a stream open none",
        ["c", "b"],
        Step({"c": 10}, count=10, at_once=True, leaves=2, states={"c": "closed"}),
        Step("c"),
        does={"c": [*[streams(events("c")[:4], "hang")] * 10, answers("c")]},
        route=LASTING,
        stream=True,
    ),
    *row(
        "one probe, and its answer closes the breaker",
        ["a", "b"],
        JUST_OPENED,
        Step({"a": 1, "b": 9}, count=10, at_once=True, pause=0.5, states={"a": "closed"}),
        Step("a " * 5, count=5),
        does={"a": [*[fails("a", 500)] * 5, later(1.5, answers("a")), answers("a")]},
        route=QUICK,
    ),
    *row(
        "a probe whose client leaves is none",
        ["a", "b"],
        JUST_OPENED,
        Step("a", leaves=0.6, pause=0.5),
        Step("a", pause=0.2, states={"a": "closed"}),
        does={"a": [*[fails("a", 500)] * 5, silent, answers("a")]},
        route=QUICK,
        stream=False,
    ),
    *row(
        "failing probes grow rarer",
        ["a", "b"],
        Step(count=90, every=0.05, provider="b", check=probes_grow_rarer),
        does={"a": fails("a", 503)},
        route=QUICK,
        stream=False,
    ),
    *row(
        "half of all opens a breaker",
        ["a", "b"],
        Step({"a": range(9, 12), "b": range(30, 40)}, count=40, states={"a": "open"}),
        Step("b " * 5, count=5),
        does={"a": by_turns([fails("a", 500), answers("a")])},
        route=LASTING,
        stream=False,
    ),
    *row(
        "a quarter of all opens none",
        ["a", "b"],
        Step({"a": 40, "b": 10}, count=40, states={"a": "closed"}),
        does={"a": by_turns([answers("a"), answers("a"), answers("a"), fails("a", 500)])},
        route=LASTING,
        stream=False,
    ),
    *row(
        "the only target is asked though it is open",
        [("a", ONCE)],
        Step("a " * 8, count=8, status=500, message="The first words", provider="a", states={"a": "open"}),
        does={"a": fails("a", 500, "The first words")},
        route=LASTING,
    ),
    *row(
        "when all are open the least bad is asked",
        ["a", ("c", ONCE)],
        Step({"a": 5, "c": 5}, count=5, status=503, provider="a", states={"a": "open", "c": "open"}),
        Step(count=5, message="The first words"),
        does={"a": fails("a", 503), "c": [*[fails("c", 500)] * 5, answers("c")]},
        route=LASTING,
    ),
]

RESTS = [
    *row(
        "a 429 with a time rests for all requests",
        ["a", "b"],
        Step("a b", attempts=2),
        Step({"b": 20}, count=20, at_once=True),
        does={"a": [busy("a", "30"), answers("a")]},
    ),
    *row(
        "a rest of two seconds, and back",
        ["a", "b"],
        Step(count=60, every=0.05, check=left_alone_for_two_seconds),
        does={"a": [busy("a", "2"), answers("a")]},
        stream=False,
    ),
    *row("two keys by turns", ["a"], Step(count=20, check=both_keys), keys={"a": 2}),
    *(
        scenario
        for name, failure in (("refused", fails("a", 401)), ("busy", busy("a", "30")))
        for scenario in row(
            f"one key of two is {name}",
            ["a", "b"],
            Step({"a/1": range(1, 3), "a/2": 20}, count=20, provider="a"),
            Step("a/2 " * 10, count=10, provider="a"),
            does={"a": by_key({1: failure}, answers("a"))},
            keys={"a": 2},
        )
    ),
    *row(
        "both keys rest",
        ["a", "b"],
        Step({"a/1": 1, "a/2": 1, "b": 1}, provider="b"),
        Step({"b": 10}, count=10),
        does={"a": busy("a", "30")},
        keys={"a": 2},
    ),
    *row(
        "both keys are refused",
        ["a", "b"],
        Step({"a/1": 1, "a/2": 1, "b": 1}, provider="b"),
        Step({"b": 10}, count=10),
        does={"a": fails("a", 401)},
        keys={"a": 2},
    ),
]

# Whom a route asks, and how many requests at a time.
PLACES = [
    *row(
        "one place, two requests",
        [("a", {"max_concurrency": 1}), "b"],
        Step({"a": 1, "b": 1}, count=2, at_once=True),
        # The place is free again, whether the answer was good or not.
        Step("a b", attempts=2),
        Step("a"),
        does={"a": [later(1, answers("a")), fails("a", 500), answers("a")]},
    ),
    *row(
        "a client that leaves gives its place back",
        [("a", {"max_concurrency": 1}), "b"],
        Step("a", leaves=0.8),
        Step("a", pause=0.3),
        does={"a": [streams(events("a")[:4], "hang"), answers("a")]},
        stream=True,
    ),
    *row(
        "the only target is asked though it is full",
        [("a", {"max_concurrency": 1})],
        Step({"a": 3}, count=3, at_once=True),
        does={"a": later(0.5, answers("a"))},
    ),
    *row(
        "no failover on this route",
        [("a", ONCE), "b"],
        Step("a", status=500, message="The first words"),
        does={"a": fails("a", 500, "The first words")},
        route={"failover": False},
    ),
]

# What a request's headers say.
WISHES = [
    *row(
        "no failover for this request",
        [("a", ONCE), "b"],
        Step("a", headers={"x-ferro-no-failover": "true"}, status=500, message="The first words"),
        Step("a b"),
        does={"a": fails("a", 500, "The first words")},
    ),
    *row(
        "another route",
        ["a"],
        Step("a", model="any-other-name", headers={"x-ferro-route": "another-route"}),
        stream=False,
    ),
    *row("another provider", ["a", "b"], Step("b", headers={"x-ferro-provider": "b"})),
    *row(
        "another time",
        ["a", "b"],
        Step("a b", headers={"x-ferro-timeout-ms": "400"}),
        does={"a": silent},
    ),
    *row(
        "another time for each attempt",
        ["a", "c"],
        Step("a c", headers={"x-ferro-timeout-ms": "400"}, status=504, code="timeout", provider="a"),
        does={"a": silent, "c": silent},
    ),
    *(
        scenario
        for header, value in (
            ("x-ferro-route", "nobody"),
            ("x-ferro-provider", "nobody"),
            ("x-ferro-timeout-ms", "soon"),
            ("x-ferro-timeout-ms", "-1"),
        )
        for scenario in row(
            f"{header}: {value}",
            ["a"],
            Step("", headers={header: value}, status=400, param=header, own=True),
            stream=False,
        )
    ),
]

SCENARIOS = [*BREAKERS, *RESTS, *PLACES, *WISHES]


# === the tests ===


@pytest.mark.parametrize("scenario", as_params(SCENARIOS))
def test_scenario(plays, scenario):
    plays.outcome(scenario)


def test_an_edit_of_the_configuration_forgets_nothing(tmp_path):
    [scenario] = row(
        "opened before the edit", ["a", "b"], OPENED, does={"a": fails("a", 500)}, route=LASTING, stream=False
    )
    with stage(tmp_path, [scenario], args=("--watch",)) as world:
        play(scenario, world)
        file = yaml.safe_load(world.gateway.file.read_text())
        world.gateway.write(file | {"aliases": {"new-name": scenario.slug}})
        eventually(lambda: "new-name" in _models(world), "the edit is applied")
        play(replace(scenario, steps=(Step({"b": 20}, count=20, at_once=True, states={"a": "open"}),)), world)


def _models(world) -> list[str]:
    answer = httpx.get(world.gateway.url + "/v1/models", trust_env=False)
    return [model["id"] for model in answer.json()["data"]]


def test_a_steady_load_outlives_the_loss_of_a_target(tmp_path):
    """`make soak`, in a few seconds."""
    report = Soak(seconds=6, breaker={"open": "200ms", "max_open": "800ms"}).run(tmp_path)
    assert report.violations == []
