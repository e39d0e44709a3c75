"""What the gateway says itself: models, health, headers, the log, what was dropped, and never a secret."""

import json
import re
import signal
from pathlib import Path

import httpx
import pytest
import yaml

from client import ask, get, send
from gateway import BOUND, Gateway, eventually, ferro
from upstream import replies, streams
from wire import KINDS, WIRES, Said
from world import CLIENT_KEY, THREE, key_of, provider, variable, world_of

SLASHED = "meta-llama/Llama-3.1-8B-Instruct"
EXTRA = {"local": "openai"}
# Written into the file itself instead of named by a variable.
LITERAL = "sk-literal-00112233445566778899"
ENV = {variable(kind): key_of(kind) for kind in KINDS}


def config(up):
    local = {"kind": "openai-compatible", "endpoint": up["local"].endpoint + "/api/v3/", "api_key": LITERAL}
    return {
        "aliases": {"fast": "gpt-4o-mini", "smart": "anthropic/claude-sonnet-4-5"},
        "providers": {"local": local | {"models": [SLASHED, "llama-*"]}},
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "20s"},
        "routes": [
            {
                "name": "house-route",
                "match": {"models": ["house-model", "team-*"]},
                "targets": [
                    {"provider": "openai", "model": "gpt-4o"},
                    {"provider": "anthropic", "model": "claude-sonnet-4-5"},
                ],
            }
        ],
    }


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


# === models and health ===


def test_models(world):
    answer = get(world.gateway, "/v1/models")
    assert answer.status == 200 and answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert set(body) == {"object", "data"} and body["object"] == "list"
    ids = [model["id"] for model in body["data"]]
    assert len(ids) == len(set(ids))
    for model in body["data"]:
        assert set(model) == {"id", "object", "created", "owned_by"}
        assert model["object"] == "model" and isinstance(model["created"], int)
    listed = {"fast", "smart", "house-model", SLASHED, "gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash"}
    assert listed <= set(ids)
    assert not [name for name in ids if "*" in name]
    owners = {model["id"]: model["owned_by"] for model in body["data"]}
    assert owners[SLASHED] == "local" and owners["gpt-4o"] == "openai" and owners["smart"] == "anthropic"


@pytest.mark.parametrize("path", [SLASHED, SLASHED.replace("/", "%2F"), "smart", "gpt-4o", "house-model"])
@pytest.mark.parametrize("tail", ["", "/", "?x=1"])
def test_one_model(world, path, tail):
    body = get(world.gateway, f"/v1/models/{path}{tail}").json()
    assert body["id"] == path.replace("%2F", "/") and body["object"] == "model"


@pytest.mark.parametrize("path", ["nobody", "gpt-4", "meta-llama/nobody", "%00", "..%2f..", "*"])
def test_a_model_that_is_not_listed(world, path):
    answer = get(world.gateway, f"/v1/models/{path}")
    answer.assert_error(404, "invalid_request_error", "model_not_found")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health(world, path):
    assert get(world.gateway, path).status == 200
    assert world.asked() == []


# === headers of an answer ===


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_headers_of_an_answer(world, streaming):
    first, second = (ask(world.gateway, "house-model", stream=streaming).headers for _ in range(2))
    assert first["x-ferro-provider"] == "openai"
    assert first["x-ferro-model"] == "gpt-4o"
    assert first["x-ferro-route"] == "house-route"
    assert first["x-ferro-attempts"] == "1"
    assert first["x-ferro-request-id"] and first["x-ferro-request-id"] != second["x-ferro-request-id"]
    assert first["content-type"].startswith("text/event-stream" if streaming else "application/json")
    assert "x-ferro-retry" not in first and "x-ferro-after" not in first


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5", "nobody-has-it"])
def test_the_clients_own_id_comes_back(world, model):
    headers = ask(world.gateway, model, headers={"x-request-id": "mine-1"}).headers
    assert headers["x-request-id"] == "mine-1" and headers["x-ferro-request-id"] != "mine-1"


def test_headers_after_a_failover(world):
    world.up["openai"].script(WIRES["openai"].fails(503, headers=[("x-ferro-model", "forged")]))
    headers = ask(world.gateway, "team-a").headers
    assert headers["x-ferro-provider"] == "anthropic"
    assert headers["x-ferro-model"] == "claude-sonnet-4-5"
    assert headers["x-ferro-attempts"] == "2"


FORGED = [
    ("x-ferro-retry", "1"),
    ("x-ferro-after", "1"),
    ("x-ferro-provider", "forged"),
    ("x-ferro-model", "forged"),
    ("x-ferro-evil", "forged"),
    ("x-envoy-ratelimited", "true"),
    ("x-envoy-evil", "forged"),
    ("x-envoy-immediate-health-check-fail", "forged"),
]


@pytest.mark.parametrize("status", [200, 400, 503])
def test_an_upstreams_own_marks_never_pass(world, kind, status):
    wire = WIRES[kind]
    body = wire.whole(Said()) if status == 200 else wire.error(status, "busy")
    world.up[kind].script(replies(body, status, FORGED))
    answer = ask(world.gateway, wire.model)
    assert answer.status == status
    assert answer.headers["x-ferro-provider"] == kind
    assert answer.headers["x-ferro-model"] == wire.model
    for name in ("retry", "after", "evil"):
        assert f"x-ferro-{name}" not in answer.headers
    for name in ("ratelimited", "evil", "immediate-health-check-fail"):
        assert f"x-envoy-{name}" not in answer.headers
    # A forged mark asks for no attempt, and a forged rate limit suppresses none.
    assert len(world.up[kind].requests) == (2 if status == 503 else 1)


def test_the_same_dialect_keeps_the_providers_headers_and_bytes(world):
    body = WIRES["openai"].whole(Said())[:-1] + b' , "unknown": {"b": 1.0, "a": null}}\n'
    world.up["openai"].script(replies(body, headers=[("x-ratelimit-remaining-tokens", "5")]))
    answer = ask(world.gateway, "gpt-4o")
    assert answer.raw == body
    assert answer.headers["x-ratelimit-remaining-tokens"] == "5"


def test_an_endpoint_with_a_path_is_used_as_it_is(world):
    assert ask(world.gateway, SLASHED, "Hello").assert_whole().text == "Echo: Hello"
    request = world.up["local"].last
    assert request.target == "/api/v3/chat/completions"
    assert request.header("authorization") == f"Bearer {LITERAL}"
    assert request.json()["model"] == SLASHED


# === what a target cannot express ===


def test_what_was_dropped_is_said(world):
    odd = {"seed": 7, "logit_bias": {"1": 2}, "temperature": 0.5}
    answer = ask(world.gateway, "claude-sonnet-4-5", **odd).assert_whole()
    assert set(answer.headers["x-ferro-dropped"].split(", ")) == {"seed", "logit_bias"}
    assert "x-ferro-dropped" not in ask(world.gateway, "gpt-4o", **odd).headers
    assert "x-ferro-dropped" not in ask(world.gateway, "claude-sonnet-4-5").headers


def test_what_was_dropped_is_said_of_the_last_attempt(world):
    """Not of those that failed: what they could not express may have been expressed in the end."""
    world.up["openai"].script(WIRES["openai"].fails(503))
    assert ask(world.gateway, "house-model", seed=7).headers["x-ferro-dropped"] == "seed"
    world.up["openai"].script()
    assert "x-ferro-dropped" not in ask(world.gateway, "house-model", seed=7).headers


@pytest.mark.parametrize("policy", ["drop", "reject"])
def test_other_policies_for_what_a_target_cannot_express(upstreams, tmp_path, policy):
    routes = [
        {
            "name": "both",
            "match": {"models": ["both"]},
            "targets": [
                {"provider": "anthropic", "model": "claude-sonnet-4-5"},
                {"provider": "openai", "model": "gpt-4o"},
            ],
        }
    ]
    config = {"compatibility": {"unsupported_params": policy}, "routes": routes}
    with world_of(tmp_path, upstreams, THREE, config) as world:
        world.reset()
        answer = ask(world.gateway, "claude-sonnet-4-5", seed=7)
        both = ask(world.gateway, "both", seed=7).assert_whole()
        if policy == "drop":
            answer.assert_whole()
            assert both.headers["x-ferro-provider"] == "anthropic"
            assert "x-ferro-dropped" not in answer.headers
        else:
            answer.assert_error(400, "invalid_request_error", "unsupported_parameter", "seed")
            assert both.headers["x-ferro-provider"] == "openai"
            assert world.asked() == ["openai"], "a target that cannot express the request is not asked"


# === the log, and secrets ===


def test_a_log_line_for_each_request(world):
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    ask(world.gateway, "house-model", "a prompt for nobody's eyes", headers).assert_whole()
    ask(world.gateway, "nobody-serves-this", headers=headers)

    def logged(*words: str) -> list[str]:
        lines = [json.dumps(line) for line in world.gateway.log()]
        return [line for line in lines if all(word in line for word in words)]

    eventually(lambda: logged("200", "house-model", "house-route", "openai"), "a line for an answer")
    eventually(lambda: logged("404"), "a line for an error")
    assert not logged("nobody's eyes"), "log.requests: metadata says nothing of what was said"
    assert not logged(CLIENT_KEY)


@pytest.mark.parametrize("policy", ["none", "full"])
def test_how_much_is_logged(upstreams, tmp_path, policy):
    with world_of(tmp_path, upstreams, THREE, {"log": {"requests": policy}, "admin": False}) as world:
        world.reset()
        headers = {"authorization": f"Bearer {CLIENT_KEY}"}
        for kind in KINDS:
            ask(world.gateway, WIRES[kind].model, "what was asked", headers).assert_whole()
        assert _refused(world.gateway.admin), "admin: false"
    log = world.gateway.stdout
    if policy == "full":
        assert log.count("what was asked") >= 3 and "Echo: " in log
    else:
        assert world.gateway.log() == []
    assert not [secret for secret in secrets_of(world) if secret in log]


def secrets_of(world) -> list[str]:
    return [*(key_of(name) for name in (*THREE, "local")), LITERAL, CLIENT_KEY]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_no_key_in_an_error_even_if_the_upstream_echoes_it(world, kind, status, streaming):
    wire = WIRES[kind]
    words = f"Incorrect API key provided: {key_of(kind)}. Check your key {wire.scheme.format(key_of(kind))}!"
    world.up[kind].script(wire.fails(status, words, [("x-echo", "harmless")]))
    answer = ask(world.gateway, wire.model, stream=streaming)
    assert answer.status >= 400
    refused = status in (401, 403)
    assert ("Incorrect API key provided" in answer.json()["error"]["message"]) != refused
    shown = answer.raw.decode() + str(answer.headers)
    assert not [secret for secret in secrets_of(world) if secret in shown]


def test_no_key_in_an_error_of_a_stream(world, kind):
    wire = WIRES[kind]
    events = wire.events(Said())[: -wire.terminal]
    world.up[kind].script(streams([*events, wire.error_event(f"The key {key_of(kind)} is not welcome")]))
    answer = ask(world.gateway, wire.model, stream=True)
    # What comes in one piece with the stream's beginning fails before any of it has left.
    error = answer.assert_broken().errors[0] if answer.status == 200 else answer.json()["error"]
    assert "is not welcome" in error["message"]
    assert key_of(kind).encode() not in answer.raw


def test_no_key_in_an_error_that_is_plain_text(world, kind):
    world.up[kind].script(replies(f"bad key {key_of(kind)}".encode(), 400, content_type="text/plain"))
    answer = ask(world.gateway, WIRES[kind].model)
    error = answer.assert_error(400, "invalid_request_error")
    assert "bad key" in error["message"] and key_of(kind) not in error["message"]


def test_no_key_in_what_envoy_shows_or_logs(world):
    for kind in KINDS:
        world.up[kind].script(WIRES[kind].fails(401, f"no such key: {key_of(kind)}"))
        ask(world.gateway, WIRES[kind].model, headers={"authorization": f"Bearer {CLIENT_KEY}"})
    ask(world.gateway, "nobody-serves-this", headers={"authorization": f"Bearer {CLIENT_KEY}"})
    send(world.gateway, b"{", headers={"authorization": f"Bearer {CLIENT_KEY}", "cookie": CLIENT_KEY})
    shown = [world.gateway.output]
    with httpx.Client(trust_env=False, timeout=BOUND) as client:
        for page in ("config_dump?include_eds", "clusters", "stats", "server_info", "listeners", "memory"):
            response = client.get(f"{world.gateway.admin}/{page}")
            assert response.status_code == 200, page
            shown.append(response.text)
    for secret in secrets_of(world):
        assert not [page[:80] for page in shown if secret in page], f"{secret} is shown"
    log = eventually(lambda: len(world.gateway.log()) >= 5 and world.gateway.stdout, "the access log")
    assert not [secret for secret in secrets_of(world) if secret in log]


def test_no_key_in_the_arguments_of_a_process(world):
    """Whoever may run `ps` may read them."""
    own = [path for path in Path("/proc").glob("[0-9]*") if _in_session(path, world.gateway.process.pid)]
    assert len(own) >= 2, "ferro and Envoy"
    for path in own:
        arguments = (path / "cmdline").read_text(errors="replace")
        assert not [secret for secret in secrets_of(world) if secret in arguments]


def _in_session(path, leader: int) -> bool:
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[3]) == leader
    except OSError:
        return False


def test_no_key_in_what_is_rendered(upstreams, tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump({"providers": {kind: provider(upstreams[kind], kind) for kind in KINDS}}))
    done = ferro("render", "-c", str(file), "--for", "envoy", env=ENV)
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    assert not [kind for kind in KINDS if key_of(kind) in done.stdout + done.stderr]


def test_a_literal_key_is_refused_where_it_would_be_printed(upstreams, tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump({"providers": {"openai": {"kind": "openai", "api_key": LITERAL}}}))
    done = ferro("render", "-c", str(file), "--for", "envoy")
    assert done.returncode != 0
    assert "providers.openai.api_key" in done.stderr + done.stdout
    assert LITERAL not in done.stderr + done.stdout


def test_ctrl_c_stops_everything(upstreams, tmp_path):
    gateway = Gateway(tmp_path, {"providers": {"openai": provider(upstreams["openai"], "openai")}}, ENV)
    try:
        gateway.start()
        gateway.process.send_signal(signal.SIGINT)
        assert gateway.process.wait(20) is not None
        eventually(lambda: _refused(gateway.url), "Envoy has gone too")
    finally:
        gateway.stop()


def _refused(url: str) -> bool:
    try:
        httpx.get(url, trust_env=False)
    except httpx.ConnectError:
        return True
    return False


def test_the_ready_line_says_where(world):
    assert re.search(rf"127\.0\.0\.1:{world.gateway.port}", world.gateway.output)
