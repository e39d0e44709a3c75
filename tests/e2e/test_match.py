"""What a route's `match` may ask of a request: each condition met and missed, alone and with others."""

import re

import pytest
import yaml

from client import ask, get, send
from gateway import REPOSITORY, ferro
from world import world_of

PIXEL = "data:image/png;base64,iVBORw0KGgo="
NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": NOTHING}}]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": NOTHING}}

# Every route has a model's name of its own, so that one gateway serves all; what misses goes to `default`.
CONDITIONS = {
    "surface": {"surfaces": ["chat"]},
    "header": {"headers": {"X-Team": ["research", "lab-*"]}},
    "headers": {"headers": {"x-team": "research", "x-tier": "*"}},
    "contains": {"prompt": {"contains": ["translate", "ÜBERSETZE"]}},
    "not-contains": {"prompt": {"not_contains": ["secret"]}},
    "regex": {"prompt": {"regex": ["^sum+ari[sz]e\\b", "(?i)tl;dr"]}},
    "wording": {"prompt": {"contains": ["translate"], "not_contains": ["secret"], "regex": ["please$"]}},
    "tools": {"tools": True},
    "no-tools": {"tools": False},
    "images": {"images": True},
    "no-images": {"images": False},
    "json-schema": {"json_schema": True},
    "no-json-schema": {"json_schema": False},
    "stream": {"stream": True},
    "no-stream": {"stream": False},
    "long": {"min_input_tokens": 25},
    "short": {"max_input_tokens": 25},
    "several": {"headers": {"x-team": "research"}, "tools": True, "max_input_tokens": 100},
}


def config(up):
    def route(name, conditions):
        targets = [{"provider": "anthropic", "model": "claude-sonnet-4-5"}]
        return {"name": name, "match": {"models": [f"gpt-{name}"]} | conditions, "targets": targets}

    routes = [route(name, conditions) for name, conditions in CONDITIONS.items()]
    late = {"name": "pin-or-name", "match": {"prompt": {"contains": ["everywhere"]}}}
    return {"routes": [*routes, late], "aliases": {"alias": "gpt-contains"}}


def user(*texts: str) -> list[dict]:
    return [{"role": "user", "content": text} for text in texts]


def parts(*parts: dict) -> list[dict]:
    return [{"role": "user", "content": list(parts)}]


def text(said: str) -> dict:
    return {"type": "text", "text": said}


IMAGE = {"type": "image_url", "image_url": {"url": PIXEL}}

MET = [
    ("surface", {}, {}),
    ("header", {}, {"x-team": "research"}),
    ("header", {}, {"X-TEAM": "lab-7"}),
    ("headers", {}, {"x-team": "research", "x-tier": "gold"}),
    ("contains", {"messages": user("Please TRANSLATE this.")}, {}),
    ("contains", {"messages": user("hi", "übersetze das")}, {}),
    ("contains", {"messages": parts(text("hi"), text("translate"))}, {}),
    ("not-contains", {"messages": user("hi")}, {}),
    ("not-contains", {"messages": [{"role": "system", "content": "secret"}, *user("hi")]}, {}),
    ("regex", {"messages": user("hi", "summarize it")}, {}),
    ("regex", {"messages": user("all this, TL;DR")}, {}),
    ("wording", {"messages": user("translate it, please")}, {}),
    ("tools", {"tools": TOOLS}, {}),
    ("no-tools", {}, {}),
    ("images", {"messages": parts(text("what?"), IMAGE)}, {}),
    ("no-images", {"messages": parts(text("what?"))}, {}),
    ("json-schema", {"response_format": SCHEMA}, {}),
    ("no-json-schema", {"response_format": {"type": "text"}}, {}),
    ("stream", {"stream": True}, {}),
    ("no-stream", {"stream": False}, {}),
    ("long", {"messages": user("x" * 100)}, {}),
    ("long", {"messages": [{"role": "system", "content": "x" * 60}, *user("ü" * 20)]}, {}),
    ("short", {"messages": user("x" * 103)}, {}),
    ("short", {"messages": parts(text("what?"), IMAGE)}, {}),
    ("several", {"tools": TOOLS}, {"x-team": "research"}),
]

MISSED = [
    ("header", {}, {}),
    ("header", {}, {"x-team": "Research"}),
    ("header", {}, {"x-team": "my-lab-7"}),
    ("headers", {}, {"x-team": "research"}),
    ("contains", {"messages": user("trans", "late")}, {}),
    ("contains", {"messages": [{"role": "system", "content": "translate"}, *user("hi")]}, {}),
    ("not-contains", {"messages": user("hi", "a SECRET")}, {}),
    ("regex", {"messages": user("please summarize")}, {}),
    ("regex", {"messages": user("Summarize it")}, {}),
    ("wording", {"messages": user("translate the secret, please")}, {}),
    ("wording", {"messages": user("translate it")}, {}),
    ("tools", {}, {}),
    ("no-tools", {"tools": TOOLS}, {}),
    ("images", {"messages": parts(text("what?"))}, {}),
    ("no-images", {"messages": parts(IMAGE)}, {}),
    ("json-schema", {"response_format": {"type": "text"}}, {}),
    ("no-json-schema", {"response_format": SCHEMA}, {}),
    ("stream", {}, {}),
    ("no-stream", {"stream": True}, {}),
    ("long", {"messages": user("x" * 99)}, {}),
    ("long", {"messages": parts(text("what?"), IMAGE)}, {}),
    ("short", {"messages": user("x" * 104)}, {}),
    ("several", {"tools": TOOLS}, {"x-team": "sales"}),
    ("several", {}, {"x-team": "research"}),
    ("several", {"tools": TOOLS, "messages": user("x" * 400)}, {"x-team": "research"}),
]


def route_of(world, name: str, more: dict, headers: dict) -> str:
    """The route that took the request."""
    return ask(world.gateway, name, headers=headers, **more).assert_whole().headers["x-ferro-route"]


@pytest.mark.parametrize("name, more, headers", MET)
def test_met(world, name, more, headers):
    assert route_of(world, f"gpt-{name}", more, headers) == name
    assert world.asked() == ["anthropic"]


@pytest.mark.parametrize("name, more, headers", MISSED)
def test_missed(world, name, more, headers):
    assert route_of(world, f"gpt-{name}", more, headers) == "default"
    assert world.asked() == ["openai"]


def test_every_condition_is_met_and_missed():
    always = {"surface"}  # there is no other yet
    assert {name for name, _, _ in MET} == set(CONDITIONS)
    assert {name for name, _, _ in MISSED} == set(CONDITIONS) - always


def test_a_header_that_is_sent_twice(world):
    headers = [("content-type", "application/json"), ("x-team", "sales"), ("x-team", "lab-1")]
    body = b'{"model": "gpt-header", "messages": [{"role": "user", "content": "hi"}]}'
    answer = get(world.gateway, "/v1/chat/completions", "POST", headers, body)
    assert answer.assert_whole().headers["x-ferro-route"] == "header"


def test_an_alias_is_matched_by_what_it_stands_for(world):
    assert route_of(world, "alias", {"messages": user("translate")}, {}) == "contains"


def test_a_pin_skips_a_route_without_names(world):
    said = {"messages": user("everywhere")}
    assert route_of(world, "gpt-4o", said, {}) == "pin-or-name"
    assert route_of(world, "openai/gpt-4o", said, {}) == "default"


def test_what_routes_look_at_does_not_reach_a_provider(world):
    headers = {"x-team": "research", "x-tier": "gold"}
    assert route_of(world, "gpt-headers", {}, headers) == "headers"
    assert not {"x-team", "x-tier"} & set(world.up["anthropic"].last.names())


@pytest.mark.parametrize("cut", ["translate \\ud83d", "\\ude00 translate"])
def test_half_an_emoji_hides_nothing(world, cut):
    """Clients cut texts inside of surrogate pairs. OpenAI's format passes that on; no route chokes on it."""
    body = f'{{"model": "gpt-wording", "messages": [{{"role": "user", "content": "secret {cut}"}}]}}'
    answer = send(world.gateway, body.encode()).assert_whole()
    assert answer.headers["x-ferro-route"] == "default"
    body = f'{{"model": "openai/x", "messages": [{{"role": "user", "content": "{cut}"}}]}}'
    assert send(world.gateway, body.encode()).assert_whole().headers["x-ferro-route"] == "default"


def test_a_long_prompt(world):
    """Regular expressions look at the first 64 KiB."""
    words = "nothing to be found here, " * 2_000
    more = words * 20
    assert route_of(world, "gpt-regex", {"messages": user(words + more)}, {}) == "default"
    assert route_of(world, "gpt-regex", {"messages": user(words + "tl;dr" + more)}, {}) == "regex"
    assert route_of(world, "gpt-regex", {"messages": user(words + more + "tl;dr")}, {}) == "default"


def test_the_models_of_all_routes_are_listed(world):
    listed = {model["id"]: model["owned_by"] for model in get(world.gateway, "/v1/models").json()["data"]}
    assert {listed[f"gpt-{name}"] for name in CONDITIONS} == {"anthropic"}
    assert listed["gpt-4o"] == "openai"


# === the example ===

EXAMPLE = REPOSITORY / "examples/conditional"


@pytest.fixture(scope="module")
def example(upstreams, tmp_path_factory):
    """The gateway of the example, before the stand-ins."""
    routes = yaml.safe_load((EXAMPLE / "gateway.yaml").read_text())["routes"]
    kinds = {kind: kind for kind in upstreams}
    with world_of(tmp_path_factory.mktemp("example"), upstreams, kinds, {"routes": routes}) as world:
        yield world


def test_the_example_answers_as_its_readme_says(example, world):
    readme = (EXAMPLE / "README.md").read_text()
    body = re.search(r"-d '(\{.*\})'", readme)[1].encode()

    def chosen(body, headers=None):
        answer = send(example.gateway, body, headers).assert_whole()
        return [answer.headers[f"x-ferro-{name}"] for name in ("route", "model")]

    route, model = chosen(body)
    assert f"```\nx-ferro-route: {route}\nx-ferro-model: {model}\n```" in readme
    assert chosen(body, {"x-team": "lab-7"}) == ["research", "claude-opus-4-1"]
    assert chosen(body.replace(b"good morning", b"this poem")) == ["rest", "claude-sonnet-4-5"]


def test_a_route_that_can_never_match_is_named(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("routes:\n  - name: all\n  - name: tools\n    match: {tools: true}\n")
    done = ferro("validate", "-c", str(file))
    assert done.returncode == 0
    assert f'{file}:3:5: routes[1]: can never match: routes[0] ("all") takes everything first' in done.stderr
