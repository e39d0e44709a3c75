"""A request moves from target to target, each time in the words of the next, and takes nothing with it."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from client import ask
from gateway import eventually
from upstream import (
    close,
    half,
    refused,
    replies,
    reset,
    reset_after_head,
    silent,
    silent_after_head,
    stale_after,
    streams,
)
from wire import KINDS, WIRES, Said
from world import CLIENT_KEY, World, key_of, provider

EXTRA = {"backup": "openai"}
ORDERS = list(itertools.permutations(KINDS))
PROMPT = "What does every target get to see?"

# What a provider may receive beside its credential and version headers.
ALLOWED = {"host", "content-type", "content-length", "accept", "accept-encoding", "user-agent"}
# What a client, or whoever stands before us, may send along; none of it is a provider's business.
SENT = {
    "authorization": f"Bearer {CLIENT_KEY}",
    "x-api-key": f"{CLIENT_KEY}-x",
    "x-goog-api-key": f"{CLIENT_KEY}-goog",
    "api-key": f"{CLIENT_KEY}-azure",
    "proxy-authorization": f"Basic {CLIENT_KEY}-proxy",
    "cookie": "session=sentinel-cookie",
    "x-forwarded-for": "203.0.113.77",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "sentinel-forwarded.example",
    "x-real-ip": "203.0.113.78",
    "forwarded": "for=203.0.113.79",
    "via": "1.1 sentinel-via",
    "x-request-id": "5e2e7a3c-0000-4000-8000-00000000d00d",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "x-envoy-max-retries": "0",
    "x-envoy-retry-on": "5xx",
    "x-envoy-upstream-rq-timeout-ms": "1",
    "x-envoy-upstream-rq-per-try-timeout-ms": "1",
    "x-envoy-expected-rq-timeout-ms": "1",
    "x-envoy-attempt-count": "7",
    "x-ferro-target": "sentinel-target",
    "x-ferro-retry": "1",
    "x-ferro-plan": "sentinel-plan",
    "anthropic-version": "1999-01-01",
    "anthropic-beta": "sentinel-beta-2025",
    "openai-organization": "sentinel-organization",
    "x-custom": "sentinel-custom",
    "accept": "text/sentinel, */*",
    "accept-encoding": "gzip, br",
    "accept-language": "sentinel-language",
    "user-agent": "sentinel-agent/1.0",
    "origin": "https://sentinel-origin.example",
    "te": "trailers",
}


def config(up):
    def target(name, kind=None, **more):
        return {"provider": name, "model": WIRES[kind or name].model} | more

    def fallback(name, *targets, **retry):
        route = {"name": name, "match": {"models": [name]}, "targets": list(targets)}
        return route | ({"retry": retry} if retry else {})

    # For silent upstreams only: on a busy machine it may cut others as well.
    short = {"per_try_timeout": "400ms", "idle_timeout": "2s"}
    backup = target("backup", "openai")
    down = provider(refused(), "anthropic", "down")
    nowhere = provider("http://no-such-host.invalid", "anthropic", "nowhere")
    return {
        "providers": {"down": down, "nowhere": nowhere},
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "30s"},
        "routes": [
            *(fallback("-".join(order), *(target(kind) for kind in order)) for order in ORDERS),
            fallback("four", target("openai"), target("down", "anthropic"), target("gemini"), backup),
            fallback("no-dns", target("nowhere", "anthropic"), backup),
            fallback("only-down", target("down", "anthropic")),
            *(fallback(f"{kind}-then-backup", target(kind), backup) for kind in KINDS),
            *(fallback(f"{kind}-soon-backup", target(kind), backup, **short) for kind in KINDS),
            *(fallback(f"{kind}-then-refused", target(kind), target("down", "anthropic")) for kind in KINDS),
            *(fallback(f"backup-then-{kind}", backup, target(kind)) for kind in KINDS),
            *(fallback(f"backup-soon-{kind}", backup, target(kind), **short) for kind in KINDS),
            *(fallback(f"only-{kind}", target(kind)) for kind in KINDS),
            *(fallback(f"one-try-{kind}", target(kind, retry={"attempts": 1})) for kind in KINDS),
            fallback("three-tries", target("openai", retry={"attempts": 3})),
            fallback("only-429", target("openai"), backup, on=[429]),
        ],
    }


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streaming(request) -> bool:
    return request.param


def assert_clean(world: World, name: str, kind: str, streaming: bool = False) -> None:
    """What this upstream received is exactly what a provider may receive."""
    wire = WIRES[kind]
    for request in world.up[name].requests:
        expected = ALLOWED | {wire.credential, *wire.versions}
        names = request.names()
        if kind == "anthropic" and "anthropic-beta" in names:
            assert request.header("anthropic-beta") == SENT["anthropic-beta"]
            expected = expected | {"anthropic-beta"}
        assert sorted(names) == sorted(expected), f"{name} received {request.headers}"
        assert request.method == "POST"
        assert request.target == wire.path(wire.model, streaming)
        assert request.header("host") == f"127.0.0.1:{world.up[name].port}"
        assert request.header("content-type") == "application/json"
        assert request.header("content-length") == str(len(request.body))
        assert request.header(wire.credential) == wire.scheme.format(key_of(name))
        assert request.header("user-agent").lower().startswith("ferro")
        for header, value in wire.versions.items():
            assert request.header(header) == value
        for other in [*KINDS, *EXTRA, "down", "nowhere"]:
            if other != name:
                assert key_of(other).encode() not in request.raw, f"{name} received the key of {other}"
        for header, value in SENT.items():
            if header != "anthropic-beta" or kind != "anthropic":
                assert value.encode() not in request.raw or len(value) < 3, f"{name} received {header}"
        for beginning in (b"x-ferro-", b"x-envoy-", b"x-forwarded-"):
            assert beginning not in request.raw.lower()


def assert_native(world: World, name: str, kind: str, prompt: str = PROMPT) -> None:
    """What this upstream received is in its own format, for its own model."""
    for request in world.up[name].requests:
        body = request.json()
        assert WIRES[kind].prompt(body) == prompt
        if kind == "gemini":
            assert "model" not in body and "messages" not in body
        else:
            assert body["model"] == WIRES[kind].model
            assert "contents" not in body


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_each_provider_sees_only_its_own(world, order, streaming):
    first, second, third = order
    world.up[first].script(WIRES[first].fails(503))
    world.up[second].script(WIRES[second].fails(429))
    answer = ask(world.gateway, "-".join(order), PROMPT, SENT, stream=streaming).assert_whole()
    assert answer.text == f"Echo: {PROMPT}"
    assert world.asked() == list(order)
    assert answer.headers["x-ferro-provider"] == third
    assert answer.headers["x-ferro-model"] == WIRES[third].model
    assert answer.headers["x-ferro-attempts"] == "3"
    for name in order:
        assert_clean(world, name, name, streaming)
        assert_native(world, name, name)


def test_503_then_refused_then_429_then_success(world, streaming):
    world.up["openai"].script(WIRES["openai"].fails(503))
    world.up["gemini"].script(WIRES["gemini"].fails(429, headers=[("retry-after", "30")]))
    answer = ask(world.gateway, "four", PROMPT, SENT, stream=streaming).assert_whole()
    assert answer.text == f"Echo: {PROMPT}"
    assert world.asked() == ["openai", "gemini", "backup"]
    assert answer.headers["x-ferro-provider"] == "backup"
    assert answer.headers["x-ferro-route"] == "four"
    assert answer.headers["x-ferro-attempts"] == "4"
    assert "retry-after" not in answer.headers
    for name, kind in [("openai", "openai"), ("gemini", "gemini"), ("backup", "openai")]:
        assert_clean(world, name, kind, streaming)
        assert_native(world, name, kind)


def test_anthropic_beta_reaches_anthropic_only(world):
    world.up["openai"].script(WIRES["openai"].fails(503))
    world.up["anthropic"].script(WIRES["anthropic"].fails(503))
    ask(world.gateway, "openai-anthropic-gemini", headers={"anthropic-beta": "context-1m-2025-08-07"})
    received = {kind: world.up[kind].last.header("anthropic-beta") for kind in KINDS}
    assert received == {"openai": None, "anthropic": "context-1m-2025-08-07", "gemini": None}


def test_a_name_that_does_not_resolve_fails_over(world):
    answer = ask(world.gateway, "no-dns", PROMPT)
    assert answer.assert_whole().text == f"Echo: {PROMPT}"
    assert answer.headers["x-ferro-provider"] == "backup"


def test_twenty_failovers_at_once_all_succeed(world):
    world.up["openai"].script(WIRES["openai"].fails(503))
    world.up["anthropic"].script(WIRES["anthropic"].fails(529))
    with ThreadPoolExecutor(20) as pool:
        prompts = [f"prompt {number}" for number in range(20)]
        answers = list(pool.map(partial(ask, world.gateway, "openai-anthropic-gemini"), prompts))
    assert [answer.assert_whole().text for answer in answers] == [f"Echo: {prompt}" for prompt in prompts]
    assert {name: len(world.up[name].requests) for name in KINDS} == dict.fromkeys(KINDS, 20)


# === what moves on ===


def failures(kind: str) -> dict:
    """Failures of an attempt that another target can heal."""
    wire = WIRES[kind]
    return {
        "401": wire.fails(401),
        "403": wire.fails(403),
        "408": wire.fails(408),
        "429": wire.fails(429),
        "500": wire.fails(500),
        "502": wire.fails(502),
        "503": wire.fails(503),
        "529": wire.fails(529),
        "error that is not JSON": replies(b"<html>Bad gateway</html>", 502, content_type="text/html"),
        "empty error": replies(b"", 503),
        "closed": close,
        "reset": reset,
        "silent": silent,
    }


@pytest.mark.parametrize("failure", failures("openai"))
def test_a_failure_moves_on(world, kind, failure, streaming):
    world.up[kind].script(failures(kind)[failure])
    model = f"{kind}-{'soon' if failure == 'silent' else 'then'}-backup"
    answer = ask(world.gateway, model, PROMPT, stream=streaming).assert_whole()
    assert answer.text == f"Echo: {PROMPT}"
    assert answer.headers["x-ferro-provider"] == "backup"
    assert len(world.up["backup"].requests) == 1


@pytest.mark.parametrize(
    "failure", ["silent after headers", "error as first event", "reset before first byte"]
)
def test_a_stream_that_fails_before_its_first_event_moves_on(world, kind, failure):
    world.up[kind].script(
        {
            "silent after headers": silent_after_head(),
            "error as first event": streams([WIRES[kind].error_event("Overloaded, sorry")]),
            "reset before first byte": reset_after_head(),
        }[failure]
    )
    answer = ask(world.gateway, f"{kind}-soon-backup", PROMPT, stream=True).assert_whole()
    assert answer.text == f"Echo: {PROMPT}"
    assert answer.headers["x-ferro-provider"] == "backup"
    assert len(world.up["backup"].requests) == 1


def test_comments_and_pings_are_no_sign_of_an_answer(world, kind):
    pings = [b": keep-alive\n\n", b": keep-alive\n\n"]
    world.up[kind].script(streams(pings, "hang"))
    answer = ask(world.gateway, f"{kind}-soon-backup", PROMPT, stream=True).assert_whole()
    assert answer.headers["x-ferro-provider"] == "backup"


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_fault_of_the_caller_goes_back_to_the_caller(world, kind, status):
    world.up[kind].script(WIRES[kind].fails(status, "You must not ask that"))
    answer = ask(world.gateway, f"{kind}-then-backup")
    error = answer.assert_error(status, "invalid_request_error")
    assert "You must not ask that" in error["message"]
    assert world.asked() == [kind]
    assert answer.headers["x-ferro-provider"] == kind
    assert answer.headers["x-ferro-attempts"] == "1"


def test_what_retry_on_does_not_name_stays(world):
    world.up["openai"].script(WIRES["openai"].fails(503, "Not now"))
    error = ask(world.gateway, "only-429").assert_error(503, "api_error")
    assert "Not now" in error["message"]
    assert world.asked() == ["openai"]


# === attempts ===


def test_the_only_target_is_asked_twice(world, kind):
    world.up[kind].script(WIRES[kind].fails(503), WIRES[kind].says(Said(("Better",))))
    answer = ask(world.gateway, f"only-{kind}")
    assert answer.assert_whole().text == "Better"
    assert answer.headers["x-ferro-attempts"] == "2"
    assert world.asked() == [kind, kind]
    assert_clean(world, kind, kind)


@pytest.mark.parametrize("headers", [[], [("retry-after", "1")], [("retry-after-ms", "1000")]])
def test_a_busy_provider_is_left_alone_for_a_second(world, kind, headers):
    """The same target, whether it names a time or not."""
    world.up[kind].script(WIRES[kind].fails(429, "Slow down", headers), WIRES[kind].says())
    answer = ask(world.gateway, f"only-{kind}").assert_whole()
    assert "retry-after" not in answer.headers
    first, second = world.up[kind].requests
    assert second.at - first.at >= 1


def test_a_busy_provider_delays_no_move_to_another(world, kind):
    """The time named concerns the one who named it."""
    world.up[kind].script(WIRES[kind].fails(429, "Slow down", [("retry-after", "3000")]))
    answer = ask(world.gateway, f"{kind}-then-backup", PROMPT).assert_whole()
    assert answer.headers["x-ferro-provider"] == "backup"


def test_attempts_are_counted_per_target(world):
    wire = WIRES["openai"]
    world.up["openai"].script(wire.fails(500), wire.fails(500), wire.says())
    assert ask(world.gateway, "three-tries").headers["x-ferro-attempts"] == "3"
    world.up["openai"].script(wire.fails(500))
    answer = ask(world.gateway, "three-tries")
    answer.assert_error(500, "api_error")
    assert len(world.up["openai"].requests) == 3


def without_connections(world: World, kind: str) -> None:
    world.up[kind].close_connections()
    eventually(
        lambda: world.gateway.stat(f"cluster.{kind}.upstream_cx_active") == 0, "a pool without connections"
    )


BREAKS = pytest.mark.parametrize("how", [reset, close], ids=["reset", "closed"])


@BREAKS
@pytest.mark.parametrize("route", ["{}-then-backup", "one-try-{}"])
def test_a_stale_connection_costs_nothing(world, kind, how, route):
    """The provider closes a kept-alive connection just when it is used again: that says nothing about the
    provider, and the next target isn't asked. Nor does it count as the one try of a target that has no more."""
    without_connections(world, kind)
    world.up[kind].script(stale_after(WIRES[kind].stands_in(), how))
    for number in range(8):
        answer = ask(world.gateway, route.format(kind), f"prompt {number}")
        assert answer.assert_whole().text == f"Echo: prompt {number}"
        assert answer.headers["x-ferro-provider"] == kind
    assert world.up["backup"].requests == []
    # Not in vain: connections were indeed used again.
    assert any(request.nth > 0 for request in world.up[kind].requests)


@BREAKS
def test_who_is_asked_once_is_not_asked_twice(world, kind, how, streaming):
    """A new connection that breaks under the request: who broke it may have read it, and begun to work."""
    without_connections(world, kind)
    world.up[kind].script(how, WIRES[kind].says())
    ask(world.gateway, f"one-try-{kind}", stream=streaming).assert_error(503, "api_error")
    assert len(world.up[kind].requests) == 1


def test_who_refuses_to_be_asked_for_a_count_is_asked_without(world):
    """For the log a stream is to end with a count; Mistral refuses a request that says so. It is our wish alone."""
    wire, asked = WIRES["openai"], world.up["openai"]

    async def mistral(exchange) -> None:
        wants = b"stream_options" in exchange.request.body
        refuses = replies(b'{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"]}]}', 422)
        await (refuses if wants else wire.says())(exchange)

    asked.script(mistral)
    for _ in range(8):
        ask(world.gateway, "one-try-openai", stream=True).assert_whole()
    # Each of the two workers learns it once.
    asked_for_it = [request for request in asked.requests if b"stream_options" in request.body]
    assert 1 <= len(asked_for_it) <= 2 and len(asked.requests) == 8 + len(asked_for_it)


# === when nobody is left ===


@pytest.mark.parametrize(
    "first, last, status, kind_of_error",
    [
        (429, 400, 429, "rate_limit_error"),
        (503, 400, 503, "api_error"),
        (500, 404, 500, "api_error"),
        (429, 422, 429, "rate_limit_error"),
    ],
)
def test_the_first_real_cause_survives_what_the_move_provoked(
    world, kind, streaming, first, last, status, kind_of_error
):
    world.up["backup"].script(WIRES["openai"].fails(first, "The first cause", [("retry-after", "33")]))
    world.up[kind].script(WIRES[kind].fails(last, "No such model here"))
    answer = ask(world.gateway, f"backup-then-{kind}", stream=streaming)
    error = answer.assert_error(status, kind_of_error)
    assert "The first cause" in error["message"]
    assert answer.headers.get("retry-after") == "33"
    assert world.asked() == ["backup", kind]


def test_the_first_real_cause_survives_a_refused_connection(world, kind, streaming):
    world.up[kind].script(WIRES[kind].fails(429, "Slow down, please", [("retry-after", "33")]))
    answer = ask(world.gateway, f"{kind}-then-refused", stream=streaming)
    error = answer.assert_error(429, "rate_limit_error")
    assert "Slow down, please" in error["message"]
    assert answer.headers["retry-after"] == "33"


def test_the_first_real_cause_survives_silence(world, kind, streaming):
    world.up["backup"].script(WIRES["openai"].fails(500, "The first cause"))
    world.up[kind].script(silent)
    answer = ask(world.gateway, f"backup-soon-{kind}", stream=streaming)
    error = answer.assert_error(500, "api_error")
    assert "The first cause" in error["message"]


def test_nobody_answers_the_connection(world):
    answer = ask(world.gateway, "only-down")
    answer.assert_error(503, "api_error")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_ours_not_the_callers(world, kind, status):
    world.up[kind].script(WIRES[kind].fails(status, f"This key {status} is not welcome"))
    answer = ask(world.gateway, f"only-{kind}")
    error = answer.assert_error(502, "api_error", "provider_authentication")
    # The provider's words are for who can mend it.
    assert "not welcome" not in error["message"]
    eventually(lambda: f"This key {status} is not welcome" in world.gateway.output, "the words are logged")
    assert len(world.up[kind].requests) == 1


def test_a_bad_key_that_gemini_calls_a_bad_request_is_ours_too(world):
    body = (
        b'{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.",'
        b' "status": "INVALID_ARGUMENT", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo",'
        b' "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]}}'
    )
    world.up["gemini"].script(replies(body, 400))
    error = ask(world.gateway, "only-gemini").assert_error(502, "api_error", "provider_authentication")
    assert "API key not valid" not in error["message"]
    eventually(lambda: "API key not valid" in world.gateway.output, "the words are logged")
    assert ask(world.gateway, "gemini-then-backup", PROMPT).assert_whole().text == f"Echo: {PROMPT}"


def test_retry_after_stays_on_a_final_429(world, kind, streaming):
    world.up[kind].script(WIRES[kind].fails(429, "Slow down", [("retry-after", "33")]))
    answer = ask(world.gateway, f"only-{kind}", stream=streaming)
    error = answer.assert_error(429, "rate_limit_error")
    assert "Slow down" in error["message"]
    assert answer.headers["retry-after"] == "33"
    assert len(world.up[kind].requests) == 1, "a wait of 33 s is beyond backoff.max"


def test_an_error_as_first_event_with_nobody_left_is_an_error_with_its_status(world, kind):
    world.up[kind].script(streams([WIRES[kind].error_event("Overloaded, sorry")]))
    answer = ask(world.gateway, f"one-try-{kind}", stream=True)
    assert answer.status >= 500
    error = answer.assert_error(answer.status, "api_error")
    assert "Overloaded, sorry" in error["message"]


def test_a_silent_target_with_nobody_left_is_504(world, kind):
    world.up[kind].script(silent)
    world.up["backup"].script(silent)
    answer = ask(world.gateway, f"{kind}-soon-backup", stream=True)
    answer.assert_error(504, "api_error", "timeout")
    assert world.asked() == [kind, "backup"], "a silent target is not asked again"


# === streams that break later ===


@pytest.mark.parametrize("ending", ["end", "cut", "reset", "eof"])
def test_a_stream_that_breaks_later_never_looks_whole(world, kind, ending):
    world.up[kind].script(WIRES[kind].breaks(ending))
    answer = ask(world.gateway, f"{kind}-then-backup", PROMPT, stream=True).assert_broken()
    assert answer.text == Said().text, "what came before the break must arrive"
    assert answer.headers["x-ferro-provider"] == kind
    assert world.up["backup"].requests == []
    if ending in ("end", "eof"):
        assert len(answer.errors) == 1, "HTTP calls it complete, so only an error frame can tell"


@pytest.mark.parametrize("lasts", ["shorter", "longer"])
def test_a_stream_that_falls_silent_is_cut(world, kind, lasts):
    """After `idle_timeout`, whether `per_try_timeout` has passed by then or not."""
    wire = WIRES[kind]
    pause = {"shorter": 0.01, "longer": 0.3}[lasts]
    world.up[kind].script(streams(wire.events(Said())[: -wire.terminal], "hang", pause))
    answer = ask(world.gateway, f"{kind}-soon-backup", PROMPT, stream=True).assert_broken()
    assert answer.text == Said().text
    assert world.up["backup"].requests == []


def test_an_error_event_in_mid_stream_is_the_streams_end(world, kind):
    wire = WIRES[kind]
    events = wire.events(Said())
    begun, rest = events[: -wire.terminal], events[-wire.terminal :]
    world.up[kind].script(streams([*begun, wire.error_event("Broke in the middle"), *rest], pause=0.05))
    answer = ask(world.gateway, f"{kind}-then-backup", PROMPT, stream=True).assert_broken()
    assert [error["message"] for error in answer.errors] == ["Broke in the middle"]
    assert answer.text == Said().text
    assert world.up["backup"].requests == []


def test_what_a_finished_stream_lacks_is_added(world, kind):
    """The terminal event was seen: a missing `[DONE]` or usage costs nothing."""
    wire = WIRES[kind]
    events = wire.events(Said())
    if kind == "openai":
        events = events[:-1]
    world.up[kind].script(streams(events, "eof"))
    answer = ask(world.gateway, f"only-{kind}", PROMPT, stream=True).assert_whole()
    assert answer.text == Said().text
    assert answer.finishes == ["stop"]


def test_half_a_whole_answer_moves_on(world, kind):
    """A promised length that never comes: the client must not get half a body as if it were whole."""
    world.up[kind].script(half(WIRES[kind].whole(Said())))
    answer = ask(world.gateway, f"{kind}-then-backup", PROMPT)
    assert answer.assert_whole().text == f"Echo: {PROMPT}"
    assert answer.headers["x-ferro-provider"] == "backup"
