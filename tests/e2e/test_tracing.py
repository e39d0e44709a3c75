"""Where an operator's Envoy traces, its span is the parent of what providers do. The collector need not answer."""

import contextlib
import json
import os
import subprocess

import pytest

from client import chat_body, send
from gateway import REPOSITORY, Gateway, envoy, eventually, ferro
from upstream import Upstream
from wire import WIRES
from world import key_of, provider, variable

TRACE = "0af7651916cd43dd8448eb211c80319c"
CLIENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "tracestate": "vendor=1"}


def typed(kind: str, **message) -> dict:
    return {"@type": f"type.googleapis.com/{kind}", **message}


def with_tracing(rendered: dict, own_spans: bool) -> None:
    """As an operator adds it; `own_spans` gives each attempt one."""
    http2 = {"explicit_http_config": {"http2_protocol_options": {}}}
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    nobody = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 9}}}}
    rendered["static_resources"]["clusters"].append(
        {
            "name": "collector",
            "type": "STATIC",
            "load_assignment": {"cluster_name": "collector", "endpoints": [{"lb_endpoints": [nobody]}]},
            "typed_extension_protocol_options": {options: typed(options, **http2)},
        }
    )
    tracer = typed(
        "envoy.config.trace.v3.OpenTelemetryConfig",
        grpc_service={"envoy_grpc": {"cluster_name": "collector"}, "timeout": "0.25s"},
        service_name="gateway",
    )
    for listener in rendered["static_resources"]["listeners"]:
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        manager["tracing"] = {"provider": {"name": "envoy.tracers.opentelemetry", "typed_config": tracer}}
        if own_spans:
            manager["tracing"]["spawn_upstream_span"] = True


@contextlib.contextmanager
def tracing(directory, config: dict, change):
    """An Envoy with what is rendered, and what an operator made of it."""
    gateway = Gateway(directory, config, {variable(name): key_of(name) for name in config["providers"]})
    rendered = json.loads(ferro("render", "-c", str(gateway.file), env=gateway.env).stdout)
    change(rendered)
    (directory / "envoy.json").write_text(json.dumps(rendered))
    program = envoy()[1] if envoy() else str(REPOSITORY / ".envoy/envoy")
    command = [program, "--config-path", directory / "envoy.json", "--disable-hot-restart", "--concurrency", "1"]
    with open(directory / "stdout", "wb") as out, open(directory / "stderr", "wb") as err:
        gateway.process = subprocess.Popen(command, env={**os.environ, **gateway.env}, stdout=out, stderr=err)
    try:
        eventually(gateway._is_up, "it answers")
        yield gateway
    finally:
        gateway.process.kill()
        gateway.process.wait()


@pytest.mark.parametrize("traces", ["no", "yes", "each attempt"])
def test_the_trace_goes_on_through_envoy_s_span(tmp_path, traces):
    first, second = Upstream("first", WIRES["openai"].fails(503)), Upstream("second", WIRES["openai"].stands_in())
    silent = Upstream("silent", WIRES["openai"].stands_in())
    with first, second, silent:
        providers = {
            upstream.name: provider(upstream, "openai-compatible", upstream.name)
            for upstream in (first, second, silent)
        }
        providers["silent"]["kind"] = "openai"
        targets = [{"provider": name, "model": "m", "retry": {"attempts": 1}} for name in ("first", "second")]
        config = {
            "providers": providers,
            "routes": [{"name": "both", "match": {"models": ["both"]}, "targets": targets}],
        }

        def change(rendered: dict) -> None:
            if traces != "no":
                with_tracing(rendered, traces == "each attempt")

        with tracing(tmp_path, config, change) as gateway:
            assert send(gateway, chat_body("both"), headers=CLIENT).status == 200
            told = [upstream.last.header("traceparent") for upstream in (first, second)]
            assert [upstream.last.header("tracestate") for upstream in (first, second)] == [CLIENT["tracestate"]] * 2
            if traces == "no":
                assert told == [CLIENT["traceparent"]] * 2
            else:
                assert all(parent.split("-")[1] == TRACE for parent in told), told
                assert CLIENT["traceparent"] not in told
                assert (told[0] != told[1]) is (traces == "each attempt"), told
            # A trace that begins here.
            assert send(gateway, chat_body("second/m")).status == 200
            parent = second.last.header("traceparent")
            assert (parent is None) is (traces == "no") and not (parent and TRACE in parent), parent
            # Who is told of no trace is told of none.
            assert send(gateway, chat_body("silent/m"), headers=CLIENT).status == 200
            assert not {"traceparent", "tracestate"} & set(silent.last.names())
