"""Limits that two gateways share, by the real service and a real Redis."""

import contextlib
import hashlib
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from client import CHAT, Answer, ask, chat_body
from gateway import BOUND, Gateway, eventually
from store import RATELIMIT, REDIS, Store, store_of
from upstream import Upstream, streams
from wire import WIRES, Said, sse
from world import stand_in, world_of

pytestmark = pytest.mark.skipif(
    not (RATELIMIT and REDIS), reason="no rate limit service or no Redis: `make store` says why"
)

OPENAI = WIRES["openai"]
# What every answer says it has taken: at a thousand dollars for a million tokens.
SAID = Said(prompt_tokens=400, completion_tokens=200)
TOKENS, DOLLARS = 600, 0.6

LIMITS = {
    "requests": {"requests_per_minute": 3},
    "tokens": {"tokens_per_minute": 1000},
    "team": {"tokens_per_minute": 1000, "shared": True},
    "money": {"budget": {"usd": 1, "per": "day"}},
    # More than the service can count in micro-dollars.
    "rich": {"budget": {"usd": 5000, "per": "month"}},
    "free": {},
}
# Every play takes another key.
KEYS = {role: [f"{role}-{number}" for number in range(20)] for role in LIMITS}
_NEXT = {role: iter(keys) for role, keys in KEYS.items()}


def fresh(role: str) -> str:
    return next(_NEXT[role])


CONFIG = {
    "aliases": {"rare": "openai/gpt-rare", "rarer": "openai/gpt-rarer"},
    "prices": {"openai/gpt-4o": {"input": 1000, "output": 1000}},
    "access": {
        "roles": LIMITS,
        "keys": [
            {"id": key, "sha256": hashlib.sha256(key.encode()).hexdigest(), "role": role}
            for role, keys in KEYS.items()
            for key in keys
        ],
    },
}

# What the service limits by itself.
OF_SERVICE = {
    "domain": "ferro",
    "descriptors": [
        {
            "key": "measure",
            "value": "requests",
            "descriptors": [
                {"key": "model", "value": "gpt-rare", "rate_limit": {"unit": "year", "requests_per_unit": 2}}
            ],
        },
        {
            "key": "measure",
            "value": "tokens",
            "descriptors": [
                {
                    "key": "role",
                    "value": "free",
                    "descriptors": [
                        {
                            "key": "model",
                            "value": "gpt-rarer",
                            "rate_limit": {"unit": "year", "requests_per_unit": TOKENS},
                        }
                    ],
                }
            ],
        },
    ],
}


@dataclass
class Two:
    """Two gateways, and what they share. The second refuses while the service is away."""

    store: Store
    up: Upstream
    gateways: tuple[Gateway, Gateway]

    def turns(self, key: str, **more) -> "itertools.chain[Answer]":
        """Asks one gateway and then the other, without end."""
        return (ask(gateway, **asked(key), **more) for gateway in itertools.cycle(self.gateways))

    def charged(self, measure: str, account: str, amount: int) -> None:
        """Waits until so much was taken of a limit."""
        eventually(lambda: self.store.taken(measure, account) >= amount, f"{amount} {measure} of {account}")
        assert self.store.taken(measure, account) == amount


def asked(key: str, model: str = "gpt-4o") -> dict:
    # Few tokens are reserved, so that it is the service that refuses, and not the gateway's own count.
    return {"model": model, "headers": {"authorization": f"Bearer {key}"}, "max_tokens": 5}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(store_of(tmp_path_factory.mktemp("store"), OF_SERVICE))
        up = stack.enter_context(stand_in("openai", "openai"))
        gateways = [
            stack.enter_context(
                world_of(
                    tmp_path_factory.mktemp("gateway"),
                    {"openai": up},
                    {"openai": "openai"},
                    CONFIG | {"limits": {"store": {"ratelimit": store.place, "fail": fail}}},
                )
            ).gateway
            for fail in ("open", "closed")
        ]
        yield Two(store, up, tuple(gateways))


@pytest.fixture(autouse=True)
def answers(two: Two):
    two.up.script(OPENAI.says(SAID))
    yield
    assert two.up.errors == []


def within_a_minute(play: Callable[[str], None], role: str) -> None:
    """Plays with a key of a role; with another one, if a minute of the service's has ended meanwhile."""
    for _ in range(4):
        began = time.time() // 60
        try:
            play(fresh(role))
        except AssertionError:
            if time.time() // 60 == began:
                raise
        else:
            return
    raise AssertionError("no minute was long enough")


def assert_limited(answer: Answer) -> None:
    answer.assert_error(429, "rate_limit_error", "rate_limit_exceeded")
    assert "over all gateways" in answer.json()["error"]["message"]
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["x-ferro-request-id"]
    assert "x-ratelimit-limit" not in answer.headers and "x-envoy-ratelimited" not in answer.headers


def test_requests_per_minute_are_those_of_both(two):
    def play(key: str) -> None:
        turns = two.turns(key)
        for _ in range(3):
            next(turns).assert_whole()
        assert_limited(next(turns))
        assert_limited(next(turns))

    within_a_minute(play, "requests")


@pytest.mark.parametrize("stream", [False, True])
def test_tokens_are_those_that_were_used(two, stream):
    if stream:
        usage = sse({"object": "chat.completion.chunk", "choices": [], "usage": OPENAI.usage(SAID)})
        *events, done = OPENAI.events(SAID)
        two.up.script(streams([*events, usage, done]))

    def play(key: str) -> None:
        turns = two.turns(key, stream=stream)
        for nth in (1, 2):
            next(turns).assert_whole()
            two.charged("tokens", f"key of a role {key}", nth * TOKENS)
        before = len(two.up.requests)
        assert_limited(next(turns))
        assert_limited(next(turns))
        assert len(two.up.requests) == before, "nobody is asked"
        # What was refused has taken nothing.
        two.charged("tokens", f"key of a role {key}", 2 * TOKENS)

    within_a_minute(play, "tokens")


def test_all_keys_of_a_role_may_share_a_limit(two):
    def play(key: str) -> None:
        taken = two.store.taken("tokens", "role team")
        for nth, gateway in enumerate(two.gateways, 1):
            ask(gateway, **asked(key if nth == 1 else fresh("team"))).assert_whole()
            two.charged("tokens", "role team", taken + nth * TOKENS)
        assert_limited(ask(two.gateways[0], **asked(fresh("team"))))

    within_a_minute(play, "team")


def test_a_client_that_leaves_is_charged(two):
    key = fresh("tokens")
    account = f"key of a role {key}"
    events = OPENAI.events(SAID)
    two.up.script(streams(events[:2], ending="hang"))
    body = chat_body("gpt-4o", "Hi " * 200, stream=True, max_tokens=5)
    headers = {"authorization": f"Bearer {key}"}
    with (
        httpx.Client(trust_env=False, timeout=BOUND) as client,
        client.stream("POST", two.gateways[0].url + CHAT, json=body, headers=headers) as answer,
    ):
        pieces = answer.iter_raw()
        assert b"data: " in next(pieces)
        assert two.store.taken("tokens", account) == 0
    eventually(lambda: two.store.taken("tokens", account) > 100, "who has left is charged")
    line = eventually(lambda: [line for line in two.gateways[0].log() if line["key"] == key], "its line")
    assert line[0]["outcome"] == "gone", line


def test_money_is_that_which_was_spent(two):
    def play(key: str) -> None:
        turns = two.turns(key)
        for nth in (1, 2):
            next(turns).assert_whole()
            two.charged("money", f"key of a role {key} day in 1000", int(nth * DOLLARS * 1_000_000))
        for refused in (next(turns), next(turns)):
            refused.assert_error(402, "insufficient_quota", "budget_exceeded")
            assert 1 <= int(refused.headers["retry-after"]) <= 24 * 60 * 60

    within_a_minute(play, "money")


def test_much_money_is_counted_in_larger_units(two):
    key = fresh("rich")
    ask(two.gateways[0], **asked(key)).assert_whole()
    two.charged("money", f"key of a role {key} month * in 1000000", int(DOLLARS * 1000))


def test_the_service_may_limit_models_by_itself(two):
    key = fresh("free")
    turns = (ask(gateway, **asked(key, "rare")) for gateway in itertools.cycle(two.gateways))
    for _ in range(2):
        next(turns).assert_whole()
    refused = next(turns)
    refused.assert_error(429, "rate_limit_error", "rate_limit_exceeded")
    assert "retry-after" not in refused.headers, "only the service knows"
    ask(two.gateways[0], **asked(key)).assert_whole()


def test_the_service_may_limit_a_roles_model_by_its_tokens(two):
    account = "tokens_role_free_model_gpt-rarer"
    for nth, gateway in enumerate(two.gateways, 1):
        ask(gateway, **asked(fresh("free"), "rarer")).assert_whole()
        two.charged("measure", account, nth * TOKENS)
    ask(two.gateways[0], **asked(fresh("free"), "rarer")).assert_error(429, "rate_limit_error")
    ask(two.gateways[0], **asked(fresh("rich"), "rarer")).assert_whole()


def test_a_client_cannot_say_what_its_limits_are(two):
    def play(key: str) -> None:
        # An object without members.
        forged = {"authorization": f"Bearer {key}", "x-ferro-store": "KgA="}
        for _ in range(3):
            ask(two.gateways[0], "gpt-4o", headers=forged, max_tokens=5).assert_whole()
        # Two of them are no way around it, either.
        with httpx.Client(trust_env=False, timeout=BOUND) as client:
            twice = [*forged.items(), ("x-ferro-store", "KgA=")]
            content = json.dumps(chat_body("gpt-4o", max_tokens=5))
            refused = client.post(
                two.gateways[1].url + CHAT, content=content, headers=[*twice, ("content-type", "application/json")]
            )
        assert refused.status_code == 429, refused.text

    within_a_minute(play, "requests")
    assert all(b"x-ferro-store" not in request.raw.lower() for request in two.up.requests)


def test_without_the_service_requests_pass_or_are_refused(two):
    opened, closed = two.gateways
    two.store.service.kill()
    ask(opened, **asked(fresh("free"))).assert_whole()
    refused = ask(closed, **asked(fresh("free")))
    refused.assert_error(503, "api_error", "limits_unavailable")
    assert refused.headers["retry-after"] == "1"
    lines = eventually(lambda: [line for line in closed.log() if line["cause"] == "limits_unavailable"], "its line")
    assert [line["outcome"] for line in lines] == ["failed"]

    # What the gateway counts by itself still holds.
    key = fresh("requests")
    assert "the service of limits.store has not answered" not in opened.output
    answers = [ask(opened, **asked(key)).status for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    eventually(lambda: "the service of limits.store has not answered" in opened.output, "a warning")

    assert opened.stat(r"cluster\.openai\.ratelimit\.rates\.failure_mode_allowed") >= 4
    assert closed.stat(r"cluster\.openai\.ratelimit\.rates\.error") >= 1

    two.store.service.start()
    eventually(lambda: ask(closed, **asked(key)).status == 200, "it is asked again")
