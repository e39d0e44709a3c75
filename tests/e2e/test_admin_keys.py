"""Keys of callers, made and taken back in band: used with the official SDK, refused by every worker at once,
and in no line of any log."""

import json
import subprocess

import httpx
import openai
import pytest

from client import chat_body, get, sdk, send
from gateway import FERRO, eventually
from world import world_of

SIGNING_KEY = "a-signing-key-of-more-than-thirty-two-bytes"
BREAK_GLASS = {"authorization": f"Bearer {SIGNING_KEY}"}
MODEL = "gpt-4o"


@pytest.fixture(scope="module")
def world(upstreams, tmp_path_factory):
    config = {
        "access": {
            "signing_key": "${FERRO_SIGNING_KEY}",
            "break_glass": True,
            "roles": {
                "admin": {"admin": True, "models": ["none"]},
                "developer": {"models": ["gpt-*"], "requests_per_minute": 6000},
            },
        },
        "log": {"requests": "full"},
    }
    env = {"FERRO_SIGNING_KEY": SIGNING_KEY}
    directory = tmp_path_factory.mktemp("keys")
    with world_of(directory, {"openai": upstreams["openai"]}, {"openai": "openai"}, config, env=env) as world:
        yield world


def post(world, path: str, body: dict, headers: dict = BREAK_GLASS):
    return get(world.gateway, path, "POST", headers, json.dumps(body).encode())


def mint(world, **wanted) -> dict:
    """A key that was made, and what is said of it."""

    def made():
        answer = post(world, "/admin/keys", {"role": "developer"} | wanted)
        return answer if answer.status != 429 else None

    answer = eventually(made, "a key may be made")
    assert answer.status == 201, answer.raw
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def says(world, key: str, model: str = MODEL) -> str:
    with sdk(world.gateway, key) as client:
        answer = client.chat.completions.create(**chat_body(model, "Hello"))
        return answer.choices[0].message.content


def connections(world) -> list[int]:
    """How many connections each worker has taken."""
    pattern = rf"^listener\.127\.0\.0\.1_{world.gateway.port}\.worker_\d+\.downstream_cx_total$"
    page = httpx.get(f"{world.gateway.admin}/stats", params={"filter": pattern}, trust_env=False).text
    return [int(line.rpartition(":")[2]) for line in page.splitlines()]


def codes(world, key: str) -> set[str | None]:
    """What a key is told, on new connections, until both workers have told it something."""
    told = set()
    before = connections(world)
    assert len(before) == 2, before

    def asked() -> bool:
        answer = get(world.gateway, "/v1/models", headers={"x-api-key": key})
        told.add(None if answer.status == 200 else answer.json()["error"]["code"])
        return all(now >= then + 3 for now, then in zip(connections(world), before, strict=True))

    eventually(asked, "both workers were asked")
    return told


def test_a_key_is_made_used_and_taken_back_everywhere(world):
    made = mint(world, label="e2e", expires_in="1h", models=[MODEL], requests_per_minute=600)
    key, ident = made["key"], made["id"]
    assert made["role"] == "developer" and made["limits"] == {"models": [MODEL], "requests_per_minute": 600}
    assert says(world, key) == "Echo: Hello"
    assert codes(world, key) == {None}
    with pytest.raises(openai.PermissionDeniedError) as refused:
        says(world, key, "gpt-4.1")
    assert refused.value.code == "model_not_allowed"
    known = get(world.gateway, f"/admin/keys/{ident}", headers=BREAK_GLASS).json()
    assert (known["revoked"], known["issued"], known["role"]) == (False, made["issued"], None)

    answer = post(world, "/admin/keys/revoke", {"key": key})
    assert answer.status == 200 and answer.json()["revoked_in"] == "process", answer.raw
    assert f"access: {{revoked: [{ident}]}}" in answer.json()["message"]
    assert key not in answer.raw.decode()
    assert codes(world, key) == {"revoked_api_key"}
    with pytest.raises(openai.AuthenticationError) as refused:
        says(world, key)
    assert refused.value.code == "revoked_api_key"
    known = get(world.gateway, f"/admin/keys/{ident}", headers=BREAK_GLASS).json()
    assert (known["revoked"], known["revoked_in"]) == (True, "process")


def test_the_command_line_knows_a_key_that_was_made_in_band(world):
    made = mint(world)
    command = [FERRO, "keys", "inspect", "-", "--json", "-c", world.gateway.file]
    env = world.gateway.env
    seen = subprocess.run(command, input=made["key"], env=env, capture_output=True, text=True, check=True)
    seen = json.loads(seen.stdout)
    assert seen["valid"] is True
    assert all(seen[name] == made[name] for name in ("id", "role", "issued", "expires", "limits", "signer"))


def test_who_is_no_administrator_makes_none(world):
    developer, admin = mint(world)["key"], mint(world, role="admin")["key"]
    for key, status, code in [
        (developer, 403, "surface_not_allowed"),
        ("sk-ferro-nonsense", 401, "invalid_api_key"),
        (None, 401, "missing_api_key"),
    ]:
        headers = {"x-api-key": key} if key else {}
        for path in ("/admin/keys", "/admin/keys/revoke"):
            answer = post(world, path, {"role": "admin"}, headers)
            assert (answer.status, answer.json()["error"]["code"]) == (status, code), (path, key)
    answer = post(world, "/admin/keys", {"role": "developer"}, {"x-api-key": admin})
    assert answer.status in (201, 429), answer.raw
    assert get(world.gateway, "/admin/targets", headers={"x-api-key": admin}).status == 200


def test_a_key_ends(world):
    key = mint(world, expires_in="2s")["key"]

    def code():
        answer = send(world.gateway, chat_body(MODEL), {"authorization": f"Bearer {key}"})
        return answer.status == 401 and answer.json()["error"]["code"]

    assert eventually(code, "the key ends") == "expired_api_key"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"role": "nobody"}, "role"),
        ({"role": "developer", "requests_per_minute": 6001}, "requests_per_minute"),
        ({"role": "developer", "models": ["claude-sonnet-4-5"]}, "models"),
        ({"role": "developer", "expires_in": "9000d"}, "expires_in"),
        ({"role": "developer", "label": "x" * 100}, "label"),
    ],
)
def test_what_would_widen_or_not_fit_is_refused(world, body, param):
    answer = post(world, "/admin/keys", body)
    error = answer.json()["error"]
    assert (answer.status, error["type"], error["param"]) == (400, "invalid_request_error", param)


def test_so_many_keys_are_made_in_a_minute_by_all_workers(world):
    answers = [post(world, "/admin/keys", {"role": "developer"}) for _ in range(100)]
    late = [answer for answer in answers if answer.status == 429]
    made = [answer.json()["id"] for answer in answers if answer.status == 201]
    assert late and len(made) + len(late) == 100 and len(set(made)) == len(made)
    assert late[0].json()["error"]["code"] == "rate_limit_exceeded" and late[0].headers["retry-after"] == "1"


def test_no_log_has_a_key(world):
    made = mint(world, label="unlogged")
    key = made["key"]
    assert says(world, key) == "Echo: Hello"
    get(world.gateway, f"/admin/keys/{key}", headers=BREAK_GLASS)
    get(world.gateway, f"/admin/keys?key={key}", "POST")
    get(world.gateway, f"/v1/models/{key}?key={key}")
    last = get(world.gateway, "/v1/models?last", headers={"x-api-key": key})
    ident = last.headers["x-ferro-request-id"]
    eventually(lambda: ident in world.gateway.stdout, "the last line")
    lines = world.gateway.log()
    assert any(line.get("key_label") == "unlogged" and line.get("response") for line in lines)
    admin = [line for line in lines if line.get("path", "").startswith("/admin")]
    assert admin and not any(line.get("request") or line.get("response") for line in admin)
    signature = key.removeprefix("sk-ferro-")[-22:]
    for secret in (key, signature, SIGNING_KEY):
        assert secret not in world.gateway.output
