"""`/v1/models` of providers whose models nobody has written down: they are asked, at no cost to anybody."""

import contextlib
import json
from urllib.parse import quote

import httpx
import pytest

from client import ask
from exchange import Request
from gateway import eventually
from upstream import Behaviour, Upstream, half, replies, reset, silent
from wire import WIRES
from world import World, key_of, provider, variable, world_of

WORKERS = 3
"""Who asks: each of Envoy's threads, of which there is one more than workers."""


def is_list(request: Request) -> bool:
    return request.target.split("?")[0].endswith("/models")


def has(*models: str) -> Behaviour:
    """A list of models, as OpenAI has it."""
    data = [{"id": model, "object": "model", "owned_by": "someone"} for model in models]
    return replies(json.dumps({"object": "list", "data": data}).encode())


class Local:
    """A server that speaks OpenAI's format; `lists` answers when it is asked which models it has."""

    def __init__(self, lists: Behaviour) -> None:
        self.lists = lists

    async def __call__(self, exchange) -> None:
        await (self.lists if is_list(exchange.request) else WIRES["openai"].says())(exchange)


@contextlib.contextmanager
def before(tmp_path, lists: Behaviour, config: dict | None = None, kind="openai-compatible", args=(), **more):
    """A gateway with a provider `local` that has this list. `more` is what the file says of it."""
    with Upstream("local", Local(lists)) as up:
        written = provider(up, kind, "local", **more)
        file = {"providers": {"local": written}} | (config or {})
        with world_of(tmp_path, {"local": up}, {}, file, args=args) as world:
            yield world


def lists_of(world: World, name: str = "local") -> list[Request]:
    return [request for request in world.up[name].requests if is_list(request)]


def models(world: World) -> dict[str, str]:
    """Who owns what, as one of the workers says."""
    answer = httpx.get(world.gateway.url + "/v1/models", trust_env=False)
    assert answer.status_code == 200
    listed = answer.json()
    assert listed["object"] == "list" and all(model["object"] == "model" for model in listed["data"])
    assert len({model["id"] for model in listed["data"]}) == len(listed["data"])
    return {model["id"]: model["owned_by"] for model in listed["data"]}


def all_list(world: World, *wanted: str) -> None:
    """Every worker comes to list these models, and no other."""
    eventually(lambda: all(set(models(world)) == set(wanted) for _ in range(12)), f"{wanted} are listed")


def warnings(world: World) -> list[str]:
    return [line for line in world.gateway.output.splitlines() if "does not say which models" in line]


def test_what_a_provider_has_is_listed_and_can_be_asked_for(tmp_path):
    more = {"models": ["llama-*"], "headers": {"x-tenant": "acme"}}
    with before(tmp_path, has("llama-3", "llama/4:free", "llama-3", "other"), **more) as world:
        all_list(world, "llama-3")
        assert models(world) == {"llama-3": "local"}
        one = httpx.get(world.gateway.url + "/v1/models/llama-3", trust_env=False)
        assert one.json()["owned_by"] == "local"
        ask(world.gateway, "llama-3").assert_whole()
        unknown = ask(world.gateway, "lama-3")
        error = unknown.assert_error(404, "invalid_request_error", "model_not_found", "model")
        assert "llama-3" in error["message"]
        asked = lists_of(world)
        # It is good for ten minutes.
        assert len(asked) == WORKERS
        for request in asked:
            assert (request.method, request.target, request.body) == ("GET", "/v1/models", b"")
            assert request.header("authorization") == f"Bearer {key_of('local')}"
            assert request.header("x-tenant") == "acme"
            assert request.header("user-agent").startswith("ferro/")


def test_a_provider_that_owns_nothing_is_pinned(tmp_path):
    with before(tmp_path, has("llama-3", "org/m", "local")) as world:
        all_list(world, "local/llama-3", "local/org/m", "local/local")
        for model, asked_for in [("local/llama-3", "llama-3"), ("local/org/m", "org/m")]:
            one = httpx.get(f"{world.gateway.url}/v1/models/{quote(model, safe='')}", trust_env=False)
            assert one.json()["id"] == model
            ask(world.gateway, model).assert_whole()
            assert world.up["local"].last.json()["model"] == asked_for


def test_a_route_for_everything_needs_no_pin(tmp_path):
    routes = {"routes": [{"name": "all", "targets": [{"provider": "local"}]}]}
    with before(tmp_path, has("llama-3"), routes) as world:
        all_list(world, "llama-3")


@pytest.mark.parametrize(
    "kind, target, lists",
    [
        ("anthropic", "/v1/models?limit=1000", {"data": [{"id": "claude-9"}], "has_more": False}),
        ("gemini", "/v1beta/models?pageSize=1000", {"models": [{"name": "models/gemini-9", "version": "9"}]}),
        ("openai", "/v1/models", {"object": "list", "data": [{"id": "gpt-9"}, {"id": "nobodys-1"}]}),
    ],
)
def test_other_formats_are_asked_where_the_file_says_so(tmp_path, kind, target, lists):
    with before(tmp_path, replies(json.dumps(lists).encode()), kind=kind, discover=True) as world:
        found = {"anthropic": "claude-9", "gemini": "gemini-9", "openai": "gpt-9"}[kind]
        eventually(lambda: all(found in models(world) for _ in range(12)), "it is listed")
        assert "nobodys-1" not in models(world)
        assert {request.target for request in lists_of(world)} == {target}
        assert lists_of(world)[0].header(WIRES[kind].credential).endswith(key_of("local"))


NOT_ASKED = {
    "unwanted": ("openai-compatible", {"discover": False, "models": ["llama-*"]}),
    "named": ("openai-compatible", {"models": ["llama-*", "mine"]}),
    "of-callers": ("openai-compatible", {"auth": "caller", "api_key": None}),
    "of-one-path": ("openai-compatible", {"operations": {"chat": {"path": "/chat/completions"}}}),
    "a": ("openai", {}),
    "c": ("anthropic", {}),
    "d": ("gemini", {}),
}


def test_who_is_not_to_be_asked_is_not(tmp_path):
    """Another provider is: once that one was, these would have been."""
    with contextlib.ExitStack() as stack:
        up = {"other": stack.enter_context(Upstream("other", Local(has("x"))))}
        written = {"other": provider(up["other"], "openai-compatible", "other")}
        for name, (kind, more) in NOT_ASKED.items():
            up[name] = stack.enter_context(Upstream(name, Local(has("llama-3"))))
            written[name] = provider(up[name], kind, name, **more)
        world = stack.enter_context(world_of(tmp_path, up, {}, {"providers": written}))
        eventually(lambda: len(lists_of(world, "other")) >= WORKERS, "the other one is asked")
        eventually(lambda: "other/x" in models(world), "and listed")
        for name in NOT_ASKED:
            assert up[name].requests == [], name


HUGE = json.dumps({"data": [{"id": f"huge-{number}", "about": "x" * 1000} for number in range(4000)]})


NO_LISTS = {
    "silent": silent,
    "reset": reset,
    "half": half(b'{"data": [{"id": "half-3"}]}'),
    "html": replies(b"<html>sign in</html>", content_type="text/html"),
    "cut": replies(b'{"data": [{"id": "cut-3"}'),
    "no-list": replies(b'{"data": {"id": "no-list-3"}}'),
    "deep": replies(b"[" * 100_000),
    "huge": replies(HUGE.encode()),
    "refused": replies(b'{"error": {"message": "%s"}}' % key_of("refused").encode(), status=401),
    "redirect": replies(b"", status=302, headers=[("location", "http://127.0.0.1:1/models")]),
    "failed": replies(b"", status=500),
}


def test_what_is_no_list_costs_nothing(tmp_path):
    """Each is a provider's, and all of these stand side by side."""
    with contextlib.ExitStack() as stack:
        up = {name: stack.enter_context(Upstream(name, Local(lists))) for name, lists in NO_LISTS.items()}
        written = {name: provider(up[name], "openai-compatible", name, models=[f"{name}-*"]) for name in up}
        world = stack.enter_context(world_of(tmp_path, up, {}, {"providers": written}))
        for name in NO_LISTS:
            eventually(lambda name=name: len(lists_of(world, name)) >= WORKERS, f"{name} is asked")
        for _ in range(8):
            assert models(world) == {}
            for name in NO_LISTS:
                ask(world.gateway, f"{name}-3").assert_whole()
        assert key_of("refused") not in world.gateway.output
        for name in NO_LISTS:
            up[name].script(Local(has(f"{name}-3")))
        all_list(world, *(f"{name}-3" for name in NO_LISTS if name != "silent"))
        for name in NO_LISTS:
            assert len([line for line in warnings(world) if f"{name} does not say" in line]) <= WORKERS, name


def test_what_is_no_name_is_passed_over(tmp_path):
    odd = ["llama-0", 7, {"id": ["llama-1"]}, {"id": "llama-\n"}, {"id": "llama-" + "x" * 300}]
    data = [*odd, {"id": f"llama-{key_of('local')}"}, {"id": "llama-3"}]
    with before(tmp_path, replies(json.dumps({"data": data}).encode()), models=["llama-*"]) as world:
        all_list(world, "llama-3")
        assert warnings(world) == []


def test_failures_are_told_once_and_asked_again(tmp_path):
    refuses = replies(b'{"error": {"message": "%s"}}' % key_of("local").encode(), status=401)
    with before(tmp_path, refuses) as world:
        eventually(lambda: len(lists_of(world)) >= 3 * WORKERS, "it is asked again and again")
        said = eventually(lambda: warnings(world), "it is logged")
        assert len(said) <= WORKERS and "local does not say" in said[0] and "401" in said[0]
        assert key_of("local") not in world.gateway.output


def test_a_long_list_is_cut(tmp_path):
    with before(tmp_path, has(*(f"llama-{number}" for number in range(5000))), models=["llama-*"]) as world:
        all_list(world, *(f"llama-{number}" for number in range(1000)))


def test_another_credential_has_its_turn(tmp_path):
    good = key_of("good")

    async def knows(exchange) -> None:
        known = exchange.request.header("authorization") == f"Bearer {good}"
        await (has("llama-3") if known else replies(b"{}", status=401))(exchange)

    with Upstream("local", Local(knows)) as up:
        written = provider(up, "openai-compatible", "local", models=["llama-*"])
        del written["api_key"]
        written["api_keys"] = [f"${{{variable(name)}}}" for name in ("bad", "good")]
        env = {variable(name): key_of(name) for name in ("bad", "good")}
        with world_of(tmp_path, {"local": up}, {}, {"providers": {"local": written}}, env=env) as world:
            all_list(world, "llama-3")


def test_an_edit_of_the_file_keeps_the_lists(tmp_path):
    with before(tmp_path, has("llama-3"), models=["llama-*"], args=("--watch",)) as world:
        all_list(world, "llama-3")
        asked = len(lists_of(world))
        written = provider(world.up["local"], "openai-compatible", "local", models=["llama-*"])
        world.gateway.write({"providers": {"local": written}, "aliases": {"house": "llama-3"}})
        all_list(world, "llama-3", "house")
        assert len(lists_of(world)) == asked
        # Another place is asked for its own.
        with Upstream("other", Local(has("llama-9"))) as other:
            moved = written | {"endpoint": other.endpoint}
            world.gateway.write({"providers": {"local": moved}})
            world.up["other"] = other
            all_list(world, "llama-9")
            assert {request.header("authorization") for request in lists_of(world, "other")} == {
                f"Bearer {key_of('local')}"
            }
            # And one that is asked no more is not listed any more.
            world.gateway.write({"providers": {"local": moved | {"discover": False}}})
            all_list(world)
