"""No secret is anywhere: not in a log, not in what Envoy shows, in no file, no answer and no argument of a
process, of all those that a gateway with keys has to do with: signing keys, callers' keys, providers' keys.

Envoy has them in its environment, and there they can be read by who may: that is said in `SECURITY.md`.
"""

import contextlib
import itertools
import json
from pathlib import Path

import httpx
import pytest

from access import (
    BY_NAME,
    PLACES,
    PROVIDERS,
    REVOKED,
    STATIC,
    VARIABLES,
    Provider,
    Shown,
    Surface,
    config,
    good,
    request,
)
from client import raw
from gateway import BOUND, eventually, ferro
from keepalive import ask_all
from keys import Wanted, hmac_signer
from leaks import core, sees
from world import key_of, provider, variable, world_of

ISSUED = {
    "good": good("developer").text,
    "of a pair": good("developer", "pair").text,
    "of an administrator": good("admin").text,
    "narrow": Wanted("gpt", more={1: b"nightly builds"}).key(hmac_signer("k2")).text,
    "expired": good("developer", issued=-60, expires=-1).text,
    "revoked": REVOKED["newer"].text,
    "may little": good("listing").text,
}
OTHERS = {"static": STATIC, **VARIABLES}
NOWHERE = Surface("nowhere", "", "POST", "/nowhere", lambda model: b"{")
BROKEN = Surface("broken", "chat", "POST", "/v1/chat/completions", lambda model: b"{")


def in_their_places() -> list[bytes]:
    """Every key in every place, for what is served, refused, unknown and broken."""
    surfaces = [*BY_NAME.values(), NOWHERE, BROKEN]
    keys = [*ISSUED.values(), *OTHERS.values()]
    found = [
        request(surface, "gpt-4o", PLACES[place](key))
        for key in keys
        for place in PLACES
        for surface in surfaces
    ]
    two = [
        Shown(PLACES[one](ISSUED["good"]).lines + PLACES[two](STATIC).lines)
        for one, two in itertools.permutations(PLACES, 2)
    ]
    return found + [request(BY_NAME["chat"], "gpt-4o", shown) for shown in two]


def elsewhere(key: str) -> list[bytes]:
    """Where no key belongs, by somebody who has mistaken it for something else."""
    good_one = PLACES["authorization"](ISSUED["good"])
    chat = BY_NAME["chat"]
    said = Surface(
        "said",
        "chat",
        "POST",
        chat.path,
        lambda model: json.dumps(
            {"model": "gpt-4o", "user": key, "messages": [{"role": "user", "content": f"My key is {key}"}]}
        ).encode(),
    )
    lines = [
        f"{name}: {key}"
        for name in (
            "x-request-id",
            "user-agent",
            "referer",
            "cookie",
            "traceparent",
            "x-forwarded-for",
            "x-ferro-route",
            "x-ferro-provider",
            "content-language",
            "x-trace",
        )
    ]
    return [
        request(chat, key, good_one),
        request(chat, f"openai/{key}", good_one),
        request(said, "", good_one),
        *(request(chat, "gpt-4o", good_one, line) for line in lines),
        *(
            request(Surface("path", "", "GET", path), "", good_one)
            for path in (
                f"/v1/models/{key}",
                f"/v1/files/{key}",
                f"/{key}",
                f"/admin/keys/{key}",
                f"/healthz?key={key}&a={key}",
            )
        ),
        request(
            Surface("revoke", "", "POST", "/admin/keys/revoke", lambda _: json.dumps({"key": key}).encode()),
            "",
            PLACES["api-key"](ISSUED["of an administrator"]),
        ),
    ]


def to_envoy(key: str) -> list[bytes]:
    """What Envoy itself refuses."""
    host = "host: localhost\r\n"
    both = "content-length: 1\r\ntransfer-encoding: chunked\r\n"
    heads = [
        f"GET /v1/models?key={key} HTTP/9.9\r\n{host}",
        f"GET /v1/models?key={key} HTTP/1.1\r\nauthorization: Bearer {key}\r\n",
        f"GET /v1/models?key={key} HTTP/1.1\r\n{host}x-long: {'a' * 200_000}\r\n",
        f"GET /v1/models?key={key} HTTP/1.1\r\n{host}authorization: Bearer \x01{key}\r\n",
        f"POST /v1/files?key={key} HTTP/1.1\r\n{host}{both}",
        f"{key} /v1/models HTTP/1.1\r\n{host}",
        f"GET /v1/models/../../{key} HTTP/1.1\r\nhost: {key}\r\n",
        f"CONNECT {key}:443 HTTP/1.1\r\nhost: {key}:443\r\nauthorization: Bearer {key}\r\n",
    ]
    return [f"{head}\r\n".encode() for head in heads]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """All that can be seen of a gateway that was asked all of it, by where it is."""
    directory = tmp_path_factory.mktemp("shown")
    (directory / "temporary").mkdir()
    up = {name: Provider(name) for name in PROVIDERS}
    written = config(log={"requests": "full"})
    written["access"]["break_glass"] = True
    with up["openai"], up["second"]:
        written["providers"] = {
            name: provider(
                f"{up[name].endpoint}/v1", "openai-compatible", name, models=models, forwards=["x-trace"]
            )
            for name, models in PROVIDERS.items()
        }
        env = VARIABLES | {"TMPDIR": str(directory / "temporary")}
        with world_of(directory, up, {}, written, env=env, args=("--log-level", "info")) as world:
            found = {}
            for name, requests in {
                "answers": in_their_places(),
                "": [data for key in ISSUED.values() for data in elsewhere(key)],
            }.items():
                answers = ask_all(world.gateway.port, requests)
                found[name] = b"\n".join(answer.raw + repr(answer.headers.raw).encode() for answer in answers)
            # What the client itself has said where no key belongs may be said to it again.
            del found[""]
            for up["openai"].status in (401, 500, 200):
                ask_all(
                    world.gateway.port,
                    [request(BY_NAME["chat"], "gpt-4o", PLACES["api-key"](ISSUED["good"]))],
                )
            for key in ISSUED.values():
                for data in to_envoy(key):
                    with contextlib.suppress(httpx.RemoteProtocolError, ConnectionError):
                        raw(world.gateway.port, data)
            found |= pages(world.gateway)
            eventually(lambda: "/v1/files" in world.gateway.stdout, "the access log")
            found |= {
                f"arguments of {path}": (path / "cmdline").read_bytes()
                for path in processes(world.gateway.process.pid)
            }
            found |= {f"{path}": path.read_bytes() for path in directory.rglob("*") if path.is_file()}
        rendered = ferro(
            "render",
            "-c",
            str(directory / "gateway.yaml"),
            "--for",
            "envoy",
            env=env | {variable(name): key_of(name) for name in PROVIDERS},
        )
        assert rendered.returncode == 0, rendered.stderr
        found |= {"stdout": world.gateway.stdout.encode(), "stderr": world.gateway.stderr.encode()}
        found |= {"rendered": rendered.stdout.encode() + rendered.stderr.encode()}
    return found


def pages(gateway) -> dict[str, bytes]:
    names = (
        "config_dump?include_eds",
        "clusters",
        "stats",
        "stats/prometheus",
        "server_info",
        "listeners",
        "memory",
        "certs",
    )
    with httpx.Client(trust_env=False, timeout=BOUND) as client:
        return {page: client.get(f"{gateway.admin}/{page}").content for page in names}


def processes(leader: int) -> list[Path]:
    """Those that the gateway has started, and itself."""

    def is_own(path: Path) -> bool:
        try:
            return int((path / "stat").read_text().rpartition(")")[2].split()[3]) == leader
        except OSError:
            return False

    found = [path for path in Path("/proc").glob("[0-9]*") if is_own(path)]
    assert len(found) >= 2, "ferro and Envoy"
    return found


SECRETS = ISSUED | OTHERS | {f"key of {name}": key_of(name) for name in PROVIDERS}


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_anywhere(shown, name):
    secret = SECRETS[name]
    # What our own stand-ins are told is theirs to know.
    places = {place: data for place, data in shown.items() if secret.encode() in data}
    assert not places, {
        place: data[max(data.find(secret.encode()) - 200, 0) :][:400] for place, data in places.items()
    }


def test_nor_in_another_spelling(shown):
    cores = [core(secret) for secret in SECRETS.values()]
    for place, data in shown.items():
        lines = [line[:600] for line in data.splitlines() if sees(line, cores)]
        assert not lines, (place, len(lines), lines[:3])


def test_all_of_it_was_looked_at(shown):
    """Where there is nothing to see, nothing can be found."""
    assert all(
        data for place, data in shown.items() if place not in ("memory",) and "arguments" not in place
    ), [place for place, data in shown.items() if not data]
    assert b"E2E_NEWER" in shown["config_dump?include_eds"] and b"k2" in shown["config_dump?include_eds"]
    log = [json.loads(line) for line in shown["stdout"].decode().splitlines() if line.startswith("{")]
    assert len(log) > 500 and {line.get("status") for line in log} >= {200, 400, 401, 403, 404}
