"""Which provider gets a request: owners of names, aliases, pins, routes, and the shares of a weighted one."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import ask
from wire import KINDS, WIRES
from world import provider

EXTRA = {"exact": "openai", "globs": "openai", "later": "openai", "compatible": "openai"}
REQUESTS = 400


def config(up):
    def models(name, kind, *globs, **more):
        # Who is asked is counted, so nobody is asked for models.
        return provider(up[name], kind, name, models=list(globs), discover=False) | more

    def route(name, *targets, models=None, **more):
        return {"name": name, "match": {"models": models or [name]}, "targets": list(targets)} | more

    def target(name, model="gpt-4o", **more):
        return {"provider": name, "model": model} | more

    return {
        "providers": {
            "globs": models("globs", "openai-compatible", "llama-*", "*-instruct", "org/*", "gpt-oss-*"),
            "later": models("later", "openai-compatible", "llama-*", "llama-4-*", "org/team/*"),
            "exact": models("exact", "openai-compatible", "llama-3", "gpt-4o-exact", "llama-4-instruct"),
            "compatible": {
                "kind": "openai-compatible",
                "endpoint": up["compatible"].endpoint,
                "models": ["keyless"],
            },
        },
        "aliases": {
            "fast": "gpt-4o-mini",
            "smart": "anthropic/claude-sonnet-4-5",
            "house": "llama-3",
            "spread": "weighted",
            "gpt-4o-old": "gpt-4o",
        },
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "20s"},
        "routes": [
            route(
                "weighted",
                target("openai", weight=70),
                target("anthropic", "claude-sonnet-4-5", weight=30),
                target("gemini", "gemini-2.5-flash", weight=0),
                strategy="weighted",
            ),
            route("even", *(target(kind, WIRES[kind].model) for kind in KINDS), strategy="weighted"),
            route("plain", target("globs"), target("exact")),
            route("one", target("later", "other-model"), strategy="single"),
            route("clients-model", {"provider": "later"}, models=["team-*"]),
            route("owner", models=["llama-routed", "house"]),
            route("first", target("exact"), models=["both-*"]),
            route("second", target("later"), models=["both-routes"]),
            route("with-slash", target("exact"), models=["openai/gpt-special*"]),
        ],
    }


def served_by(world, model: str) -> tuple[str, str]:
    """Who answered, and for which model it was asked."""
    answer = ask(world.gateway, model).assert_whole()
    return answer.headers["x-ferro-provider"], answer.headers["x-ferro-model"]


@pytest.mark.parametrize(
    "model, who, asked_for",
    [
        # a kind's own prefixes
        ("gpt-4o", "openai", "gpt-4o"),
        ("gpt-5.1-next", "openai", "gpt-5.1-next"),
        ("o3-mini", "openai", "o3-mini"),
        ("claude-opus-9", "anthropic", "claude-opus-9"),
        ("gemini-9-flash", "gemini", "gemini-9-flash"),
        # exact names first, then the longest pattern, then the order of the file
        ("llama-3", "exact", "llama-3"),
        ("gpt-4o-exact", "exact", "gpt-4o-exact"),
        ("llama-2", "globs", "llama-2"),
        ("llama-4-scout", "later", "llama-4-scout"),
        ("gpt-oss-20b", "globs", "gpt-oss-20b"),
        ("llama-4-instruct", "exact", "llama-4-instruct"),
        ("mistral-instruct", "globs", "mistral-instruct"),
        # a slash that pins nobody
        ("org/model", "globs", "org/model"),
        ("org/team/model", "later", "org/team/model"),
        # aliases, once and before all else
        ("fast", "openai", "gpt-4o-mini"),
        ("smart", "anthropic", "claude-sonnet-4-5"),
        ("gpt-4o-old", "openai", "gpt-4o"),
        # pins
        ("later/llama-3", "later", "llama-3"),
        ("exact/anything/at-all", "exact", "anything/at-all"),
        ("anthropic/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
        ("gemini/gemini-2.5-flash", "gemini", "gemini-2.5-flash"),
        ("keyless", "compatible", "keyless"),
        # routes
        ("one", "later", "other-model"),
        ("team-x", "later", "team-x"),
        ("llama-routed", "globs", "llama-routed"),
        ("both-routes", "exact", "gpt-4o"),
        # a pin skips routes, unless one of their globs has the slash
        ("openai/plain", "openai", "plain"),
        ("openai/gpt-special-1", "exact", "gpt-4o"),
    ],
)
def test_who_serves_a_name(world, model, who, asked_for):
    assert served_by(world, model) == (who, asked_for)
    request = world.up[who].last
    if who in ("anthropic", "gemini"):
        assert asked_for in (request.target + request.body.decode())
    else:
        assert request.json()["model"] == asked_for


def test_a_route_without_targets_asks_the_owner(world):
    answer = ask(world.gateway, "house").assert_whole()
    assert answer.headers["x-ferro-route"] == "owner"
    assert (answer.headers["x-ferro-provider"], answer.headers["x-ferro-model"]) == ("exact", "llama-3")


def test_the_owner_does_not_fail_over(world):
    """Only a route moves on to others."""
    world.up["openai"].script(WIRES["openai"].fails(503))
    ask(world.gateway, "gpt-4o").assert_error(503, "api_error")
    assert set(world.asked()) == {"openai"}


def test_a_provider_without_a_key_is_sent_none(world):
    ask(world.gateway, "keyless", headers={"authorization": "Bearer sk-client"}).assert_whole()
    assert "authorization" not in world.up["compatible"].last.names()


@pytest.mark.parametrize(
    "model, nearest", [("gpt4o", "gpt-4o"), ("llama3", "llama-3"), ("smrt", "smart"), ("keylss", "keyless")]
)
def test_a_model_nobody_serves_names_the_nearest(world, model, nearest):
    error = ask(world.gateway, model).assert_error(404, "invalid_request_error", "model_not_found", "model")
    assert nearest in error["message"] and model in error["message"]
    assert world.asked() == []


def share(world, model: str) -> Counter:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(world.gateway, model), range(REQUESTS)))
    for answer in answers:
        assert answer.assert_whole().headers["x-ferro-attempts"] == "1"
    return Counter(answer.headers["x-ferro-provider"] for answer in answers)


def test_weights(world):
    """Within five standard deviations of 400 draws, and never the one that is drained."""
    shares = share(world, "weighted")
    assert set(shares) == {"openai", "anthropic"}
    assert abs(shares["openai"] - REQUESTS * 0.7) <= 5 * (REQUESTS * 0.7 * 0.3) ** 0.5, shares
    assert world.up["gemini"].requests == []


def test_weights_default_to_one(world):
    shares = share(world, "even")
    for kind in KINDS:
        assert abs(shares[kind] - REQUESTS / 3) <= 5 * (REQUESTS / 3 * 2 / 3) ** 0.5, shares


def test_a_drained_target_is_never_asked_even_as_the_last(world):
    for kind in ("openai", "anthropic"):
        world.up[kind].script(WIRES[kind].fails(503))
    ask(world.gateway, "weighted").assert_error(503, "api_error")
    assert world.up["gemini"].requests == []
    assert {"openai", "anthropic"} == set(world.asked())


@pytest.mark.parametrize("broken, left", [("openai", "anthropic"), ("anthropic", "openai")])
def test_the_others_of_a_weighted_route_follow(world, broken, left):
    world.up[broken].script(WIRES[broken].fails(503))
    answers = [ask(world.gateway, "weighted").assert_whole() for _ in range(12)]
    assert {answer.headers["x-ferro-provider"] for answer in answers} == {left}


def test_fallback_keeps_its_order(world):
    answers = [ask(world.gateway, "plain").assert_whole() for _ in range(10)]
    assert {answer.headers["x-ferro-provider"] for answer in answers} == {"globs"}


def test_an_alias_of_a_routes_name(world):
    """A route sees the name that was sent and what it stands for."""
    assert ask(world.gateway, "spread").assert_whole().headers["x-ferro-route"] == "weighted"
