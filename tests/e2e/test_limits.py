"""Limits hold in a real Envoy with two workers: what callers and targets may take, and what is given back."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import re
import socket
import time

import httpx
import openai
import pytest

from client import CHAT, chat_body, get, send, sent
from gateway import BOUND, eventually
from hostile import read_answer
from upstream import Upstream, refused, replies, reset, silent, streams
from wire import WIRES, Said, sse
from world import FORGETFUL, THREE, key_of, provider, variable, world_of

SIGNING = "a signing key's secret of more than 32 bytes"
# One dollar a token: what is left of a budget tells what was taken, to the token.
DEAR = {"input": 1_000_000, "output": 1_000_000}
RICH = {"usd": 1_000_000, "per": "forever"}

ROLES = {
    "steady": {"requests_per_minute": 600},
    "thrifty": {"tokens_per_minute": 1500},
    "poor": {"budget": {"usd": 900, "per": "forever"}},
    "few": {"concurrent_requests": 3},
    "one": {"concurrent_requests": 1, "models": ["*"], "deny_models": ["forbidden"]},
    "ledger": {"budget": RICH, "requests_per_minute": 100_000},
    "short": {"max_output_tokens": 50},
    "told": {"requests_per_minute": 1, "tokens_per_minute": 100},
    "family": {"requests_per_minute": 4, "shared": True},
    "wide": {"requests_per_minute": 1000},
    "many": {"budget": {"usd": 100, "per": "month"}, "requests_per_minute": 100},
    "free": {},
}


def key(role: str, number: int = 0) -> str:
    return f"a-test-key-of-{role}-{number}"


def bearer(text: str) -> dict:
    return {"authorization": f"Bearer {text}"}


def issued(role: str, number: int = 0, narrowing: bytes = b"", seconds: int = 3600) -> str:
    """An issued key: its claims as `filter/core/access/claims.rs` has them."""
    now = int(time.time())
    key_id = (now * 1000).to_bytes(6, "big") + number.to_bytes(10, "big")
    texts = b"".join(bytes([len(text)]) + text for text in (b"k1", role.encode(), narrowing))
    claims = b"\x01" + key_id + (now + seconds).to_bytes(4, "big") + texts
    signature = hmac.new(SIGNING.encode(), b"ferro issued key\0" + claims, hashlib.sha256).digest()[:16]
    return "sk-ferro-" + base64.urlsafe_b64encode(claims + signature).rstrip(b"=").decode()


def config(up: dict[str, Upstream]) -> dict:
    def route(name: str, *targets: dict, **more) -> dict:
        once = {"retry": {"attempts": 1}}
        return {
            "name": name,
            "match": {"models": [name]},
            "breaker": FORGETFUL,
            "targets": [once | target for target in targets],
        } | more

    openai_, anthropic, gemini = ({"provider": kind, "model": WIRES[kind].model} for kind in THREE)
    keys = [
        {"id": f"{role}-{number}", "role": role, "sha256": hashlib.sha256(key(role, number).encode()).hexdigest()}
        for role in ROLES
        for number in range(4)
    ]
    return {
        "access": {"keys": keys, "roles": ROLES, "signing_key": "${E2E_SIGNING}"},
        "log": {"requests": "metadata"},
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "60s"},
        "providers": {"nobody": provider(refused(), "openai", "nobody")},
        "prices": {f"{kind}/{WIRES[kind].model}": DEAR for kind in THREE}
        | {"openai/embed": DEAR, "openai/answers": DEAR},
        "aliases": {"nickname": WIRES["openai"].model},
        "routes": [
            route("fails-over", openai_, anthropic),
            route("gemini", gemini),
            route("anthropic", anthropic),
            route("nobody", {"provider": "nobody", "model": "m"}),
            route("two", openai_ | {"model": "small", "requests_per_minute": 3}, gemini),
            route("alone", openai_ | {"model": "alone", "requests_per_minute": 3}),
            route("costly", anthropic | {"model": "costly", "budget": {"usd": 0, "per": "day"}}),
        ],
    }


@pytest.fixture(scope="module")
def world(upstreams, tmp_path_factory):
    written = config(upstreams)
    env = {"E2E_SIGNING": SIGNING}
    directory = tmp_path_factory.mktemp("gateway")
    with world_of(directory, upstreams, THREE, written, env=env, args=("--watch",)) as world:
        yield world


@pytest.fixture(autouse=True)
def at_their_best(upstreams):
    for upstream in upstreams.values():
        upstream.script()
    yield
    assert [error for up in upstreams.values() for error in up.errors] == []


OPENAI = WIRES["openai"].model


def chat(world, who: str, model: str = OPENAI, **more):
    return send(world.gateway, chat_body(model, **more), bearer(who))


def left(world, who: str) -> float:
    """What is left of a budget: a request that is too dear is told."""
    answer = chat(world, who, max_tokens=3_000_000)
    answer.assert_error(402, "insufficient_quota", "budget_exceeded")
    return float(answer.headers["x-ferro-budget-remaining-usd"])


def estimate(body: dict) -> int:
    return len(json.dumps(body).encode()) // 4 + body.get("max_tokens", 500)


# === many at once ===


async def _crowd(port: int, requests: list[bytes], connections: int, pause: float = 0) -> list:
    waiting, answers = iter(requests), []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            writer.write(request)
            answers.append(await asyncio.wait_for(read_answer(reader), BOUND))
            if pause:
                await asyncio.sleep(pause)
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return answers


def crowd(world, requests: list[bytes], connections: int) -> list:
    """Answers to requests that several connections send, as quickly as they can."""
    return asyncio.run(_crowd(world.gateway.port, requests, connections))


def written(who: str, model: str = OPENAI, **more) -> bytes:
    body = json.dumps(chat_body(model, **more)).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer {who}\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def counted(answers: list, *expected: int) -> list[int]:
    statuses = [answer.status for answer in answers]
    assert set(statuses) <= set(expected), [answer for answer in answers if answer.status not in expected][0]
    return [statuses.count(status) for status in expected]


def test_ten_thousand_requests_of_600_a_minute(world):
    began = time.monotonic()
    answers = crowd(world, [written(key("steady"))] * 10_000, 16)
    elapsed = time.monotonic() - began
    admitted, _ = counted(answers, 200, 429)
    due = 600 + elapsed * 600 / 60
    assert 0.99 * due - 1 <= admitted <= 1.01 * due, (admitted, due, elapsed)
    assert len(world.up["openai"].requests) == admitted
    refusal = next(answer for answer in answers if answer.status == 429)
    assert refusal.headers["retry-after"] == "1"
    assert refusal.headers["x-ratelimit-limit-requests"] == "600"
    assert json.loads(refusal.raw)["error"]["code"] == "rate_limit_exceeded"


def test_tokens_overshoot_by_no_more_than_is_under_way(world):
    began = time.monotonic()
    request = written(key("thrifty"), max_tokens=4)  # 18 are used
    answers = crowd(world, [request] * 600, 8)
    admitted, refused = counted(answers, 200, 429)
    most = 1500 * (1 + (time.monotonic() - began) / 60)
    assert admitted * 18 <= most + 8 * 18 and refused, (admitted, most)
    assert admitted * 18 >= 1500 - 8 * estimate(chat_body(OPENAI, max_tokens=4)), admitted


def test_budgets_overshoot_by_no_more_than_is_under_way(world):
    request = written(key("poor"), max_tokens=4)
    admitted, refused = counted(crowd(world, [request] * 400, 8), 200, 402)
    assert 900 - 8 * estimate(chat_body(OPENAI, max_tokens=4)) <= admitted * 18 <= 900 + 8 * 18, admitted
    assert refused


def test_no_more_requests_at_one_time_than_there_may_be(world):
    active, most = 0, 0

    async def behave(exchange) -> None:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.02)
        active -= 1
        await WIRES["openai"].says()(exchange)

    world.up["openai"].script(behave)
    admitted, refused = counted(crowd(world, [written(key("few"))] * 300, 12), 200, 429)
    assert most == 3 and admitted >= 3 and refused, (most, admitted, refused)
    world.up["openai"].script(silent)
    with contextlib.ExitStack() as stack:
        for number in range(3):
            stack.enter_context(sent(world.gateway, chat_body(OPENAI), bearer(key("few"))))
            eventually(lambda n=number: len(world.up["openai"].requests) == n + 1, "it is under way")
        chat(world, key("few")).assert_error(429, "rate_limit_error", "rate_limit_exceeded")
    world.up["openai"].script()
    eventually(lambda: chat(world, key("few")).status == 200, "places are given back")


def test_places_are_given_back_however_a_request_ends(world):
    who = key("one")
    up = world.up["openai"]

    def is_free() -> None:
        up.script()
        eventually(lambda: chat(world, who).status == 200, "the place is free again")

    for behaviour in (WIRES["openai"].fails(500), WIRES["openai"].fails(400), reset, WIRES["openai"].breaks("cut")):
        up.script(behaviour)
        chat(world, who, stream=True)
        is_free()
    chat(world, who, "forbidden").assert_error(403, "permission_error", "model_not_allowed")
    assert chat(world, who, "nobody").status == 503
    is_free()
    for body in (chat_body(OPENAI), chat_body(OPENAI, stream=True)):
        up.script(silent)
        with sent(world.gateway, body, bearer(who)):
            eventually(lambda: up.requests, "it is under way")
            chat(world, who).assert_error(429, "rate_limit_error", "rate_limit_exceeded")
        is_free()


# === what is charged ===


def test_what_an_answer_counts_is_charged(world):
    who = key("ledger")
    assert left(world, who) == 1_000_000
    asked = [{}, {"model": "nickname"}, {"model": "anthropic", "stream": True}, {"model": "gemini", "stream": True}]
    for number, more in enumerate(asked):
        chat(world, who, **more).assert_whole()
        eventually(lambda n=number: left(world, who) == 1_000_000 - 18 * (n + 1), f"{more} is charged")


def test_a_stream_is_asked_for_its_count_and_the_client_does_not_see_it(world):
    who = key("ledger", 1)
    wire = WIRES["openai"]

    async def behave(exchange) -> None:
        assert exchange.request.json()["stream_options"] == {"include_usage": True}
        usage = {"prompt_tokens": 100, "completion_tokens": 23, "total_tokens": 123}
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
        *events, done = wire.events(Said())
        await streams([*events, sse(chunk | {"usage": usage}), done])(exchange)

    before = left(world, who)
    world.up["openai"].script(behave)
    answer = chat(world, who, stream=True).assert_whole()
    assert b"usage" not in answer.raw and all(chunk["choices"] for chunk in answer.chunks)
    world.up["openai"].script()
    eventually(lambda: left(world, who) == before - 123, "the count is charged")


def test_who_counts_nothing_is_charged_by_estimate(world):
    who = key("ledger", 2)
    whole = json.loads(WIRES["openai"].whole(Said()))
    del whole["usage"]
    world.up["openai"].script(replies(json.dumps(whole).encode()))
    body = chat_body(OPENAI, max_tokens=40)
    before = left(world, who)
    world.up["openai"].script(replies(json.dumps(whole).encode()))
    answer = send(world.gateway, body, bearer(who)).assert_whole()
    eventually(lambda: left(world, who) == before - estimate(body), "the estimate is charged")
    assert line_of(world, answer)["estimated"] == "true"


def line_of(world, answer) -> dict:
    wanted = answer.headers["x-ferro-request-id"]
    lines = lambda: [line for line in world.gateway.log() if line["request_id"] == wanted]
    return eventually(lines, "its line in the log")[0]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_who_leaves_in_mid_stream_pays_for_what_came(world, kind):
    who, wire = issued("ledger", 100 + len(kind)), WIRES[kind]
    said = Said(tuple(f"word number {number} " for number in range(40)))
    before = left(world, who)
    events = [event for event in wire.events(said)[:30]]
    world.up[kind].script(streams(events, "hang"))
    body = chat_body(wire.model, max_tokens=4000, stream=True)
    with socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND) as sock:
        sock.sendall(written(who, wire.model, max_tokens=4000, stream=True))
        received = b""
        while b"word number 20 " not in received:
            received += sock.recv(1 << 16)
        known = re.search(rb"x-ferro-request-id: (\S+)", received)[1].decode()
    world.up[kind].script()
    # More than its input, and less than all that it might have been.
    entry = eventually(
        lambda: [line for line in world.gateway.log() if line["request_id"] == known], "its line in the log"
    )[0]
    assert (entry["outcome"], entry["estimated"]) == ("gone", "true"), entry
    taken = before - left(world, who)
    least = estimate(body) - 4000 if kind == "openai" else 11
    assert least + 20 <= taken <= least + 200, taken


def test_who_leaves_before_the_answer_pays_for_the_input(world):
    who = key("ledger", 3)
    body = chat_body(OPENAI, max_tokens=4000)
    before = left(world, who)
    world.up["openai"].script(silent)
    with sent(world.gateway, body, bearer(who)):
        eventually(lambda: world.up["openai"].requests, "it is under way")
    eventually(lambda: left(world, who) == before - (estimate(body) - 4000), "its input is charged")


def test_a_failover_counts_once_and_failures_cost_nothing(world):
    who = issued("ledger", 7)
    before = chat(world, who, max_tokens=3_000_000).headers
    world.up["openai"].script(WIRES["openai"].fails(503))
    chat(world, who, "fails-over").assert_whole()
    eventually(lambda: left(world, who) == 1_000_000 - 18, "one answer is charged")
    world.up["openai"].script(WIRES["openai"].fails(400))
    assert chat(world, who).status == 400
    assert chat(world, who, "no-such-model").status == 404 and chat(world, who, "nobody").status == 503
    eventually(lambda: left(world, who) == 1_000_000 - 18, "nothing else is")
    assert before["x-ratelimit-limit-requests"] == "100000"


def test_other_surfaces_are_charged(world):
    who = issued("ledger", 8)
    spent = 0
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    embeddings = {"object": "list", "model": "embed", "data": [{"object": "embedding", "index": 0, "embedding": [1]}]}
    response = {"id": "resp_1", "object": "response", "usage": {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13}}
    for path, body, answer, tokens in [
        ("/v1/embeddings", {"model": "openai/embed", "input": "hi"}, embeddings | {"usage": usage}, 5),
        ("/v1/responses", {"model": "openai/answers", "input": "hi"}, response, 13),
    ]:
        world.up["openai"].script(replies(json.dumps(answer).encode()))
        headers = bearer(who) | {"content-type": "application/json"}
        got = get(world.gateway, path, "POST", headers, json.dumps(body).encode())
        assert got.status == 200 and got.json() == answer, got.raw
        spent += tokens
        eventually(lambda: left(world, who) == 1_000_000 - spent, f"{path} is charged")


# === what is told ===


def test_the_sdk_understands(world):
    def client(who: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{world.gateway.url}/v1", api_key=who, max_retries=0, timeout=BOUND)

    messages = [{"role": "user", "content": "Hi"}]
    world.up["openai"].script(replies(json.dumps(json.loads(WIRES["openai"].whole(Said(prompt_tokens=700)))).encode()))
    with client(key("told")) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(model=OPENAI, messages=messages, max_tokens=10)
        assert raw.headers["x-ratelimit-limit-requests"] == "1"
        assert raw.headers["x-ratelimit-remaining-requests"] == "0"
        assert raw.headers["x-ratelimit-reset-requests"] == "1m0s"

        def waits_long() -> openai.RateLimitError | None:
            with pytest.raises(openai.RateLimitError) as caught:
                sdk.chat.completions.create(model=OPENAI, messages=messages, max_tokens=10)
            headers = caught.value.response.headers
            return caught.value if re.fullmatch(r"[67]m\d+s", headers["x-ratelimit-reset-tokens"]) else None

        error = eventually(waits_long, "what the answer took is charged")
        assert (error.code, error.type) == ("rate_limit_exceeded", "rate_limit_error")
        assert 0 < int(error.response.headers["retry-after"]) <= 60
        assert error.response.headers["x-ratelimit-remaining-tokens"] == "0"
    with client(key("poor", 1)) as sdk, pytest.raises(openai.APIStatusError) as caught:
        sdk.chat.completions.create(model=OPENAI, messages=messages, max_tokens=100_000)
    assert (caught.value.status_code, caught.value.code) == (402, "budget_exceeded")
    assert caught.value.type == "insufficient_quota"


def test_an_answer_is_no_longer_than_it_may_be(world):
    who = key("short")
    for model, kind, member in [
        (OPENAI, "openai", ("max_completion_tokens",)),
        ("anthropic", "anthropic", ("max_tokens",)),
        ("gemini", "gemini", ("generationConfig", "maxOutputTokens")),
    ]:
        for asked, want, dropped in [({}, 50, None), ({"max_tokens": 7}, 7, None), ({"max_tokens": 70}, 50, "max_tokens"), ({"max_tokens": -1}, 50, "max_tokens")]:
            if asked.get("max_tokens") == -1 and kind != "openai":
                continue  # it is refused
            answer = chat(world, who, model, **asked).assert_whole()
            value = world.up[kind].last.json()
            name = ("max_tokens",) if kind == "openai" and asked.get("max_tokens", -1) > 0 else member
            for part in name:
                value = value[part]
            assert (value, answer.headers.get("x-ferro-dropped")) == (want, dropped), (model, asked)
    body = {"model": "openai/answers", "input": "hi", "max_output_tokens": 4000}
    world.up["openai"].script(replies(b'{"object":"response"}'))
    headers = bearer(who) | {"content-type": "application/json"}
    get(world.gateway, "/v1/responses", "POST", headers, json.dumps(body).encode())
    assert world.up["openai"].last.json()["max_output_tokens"] == 50


def test_keys_of_a_role_may_share_and_a_key_may_have_less(world):
    statuses = [chat(world, key("family", number % 2)).status for number in range(6)]
    assert statuses == [200] * 4 + [429] * 2
    narrow = issued("wide", 9, bytes([3, 1, 2]))
    assert [chat(world, narrow).status for _ in range(3)] == [200, 200, 429]
    assert chat(world, key("wide")).status == 200


def test_targets_have_limits_of_their_own(world):
    who = key("free")
    for _ in range(5):
        chat(world, who, "two").assert_whole()
    assert len(world.up["openai"].requests) == 3 and len(world.up["gemini"].requests) == 2
    statuses = [status for status in counted(crowd(world, [written(who, "alone")] * 40, 8), 200, 429)]
    assert statuses == [3, 37]
    refusal = chat(world, who, "alone")
    refusal.assert_error(429, "rate_limit_error", "rate_limit_exceeded")
    assert 0 < int(refusal.headers["retry-after"]) <= 20
    chat(world, who, "costly").assert_error(402, "insufficient_quota", "budget_exceeded")
    assert world.up["anthropic"].requests == []


# === what is remembered ===


def test_an_edit_of_the_configuration_keeps_what_was_spent(world):
    who = issued("ledger", 10)
    chat(world, who).assert_whole()
    eventually(lambda: left(world, who) == 1_000_000 - 18, "it is charged")
    edited = config(world.up)
    three = {name: provider(world.up[name], kind, name) for name, kind in THREE.items()}
    edited["providers"] = three | edited["providers"]
    edited["access"]["roles"] = ROLES | {"ledger": {"budget": {"usd": 2_000_000, "per": "month"}}}
    world.gateway.write(edited)
    eventually(lambda: left(world, who) == 2_000_000 - 18, "the limit is another, and what was spent is not")


def get_stats(world) -> bytes:
    return httpx.get(f"{world.gateway.admin}/stats/prometheus", trust_env=False).content


def test_fifty_thousand_keys_leave_memory_bounded_and_spent_budgets_spent(world):
    spenders = [issued("many", 1_000_000 + number) for number in range(200)]
    world.up["openai"].script(replies(WIRES["openai"].whole(Said(prompt_tokens=200))))
    counted(crowd(world, [written(who, max_tokens=1) for who in spenders], 8), 200)
    eventually(lambda: b"ferro_vm_bytes" in get_stats(world), "the filter has told how much it holds")
    memory, held = world.gateway.memory(), world.gateway.vm_bytes()
    others = [written(issued("many", 2_000_000 + number), "nobody", max_tokens=1) for number in range(50_000)]
    counted(crowd(world, others, 16), 503)
    counted(crowd(world, [written(who, max_tokens=1) for who in spenders], 8), 402)
    grown = world.gateway.memory() - memory
    assert grown < 64, f"Envoy has grown by {grown} MiB"
    assert world.gateway.vm_bytes() < held + 16 * (1 << 20)
