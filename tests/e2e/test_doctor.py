"""What `ferro doctor` says of providers: Envoy looks, as the gateway will."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
import trustme

from gateway import ferro, free_port
from test_towards import NAME, Doorman, Proxy, server_context
from upstream import Upstream
from world import key_of, provider, variable


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """An authority that nobody knows but who is told, and what its clients are shown."""
    folder = tmp_path_factory.mktemp("company")
    ca, clients = trustme.CA(), trustme.CA()
    ca.cert_pem.write_to_path(folder / "company.crt")
    for name, issuer in ("client", clients), ("stranger", trustme.CA()):
        shown = issuer.issue_cert("gateway.example.com")
        (folder / f"{name}.crt").write_bytes(b"".join(pem.bytes() for pem in shown.cert_chain_pems))
        (folder / f"{name}.key").write_bytes(shown.private_key_pem.bytes())
    expired = server_context(ca, "localhost")
    ca.issue_cert("localhost", not_before=datetime(2019, 1, 1), not_after=datetime(2020, 1, 1)).configure_cert(expired)
    contexts = {
        "right": server_context(ca, "localhost"),
        "other": server_context(ca, NAME),
        "expired": expired,
        "mutual": server_context(ca, "localhost", clients),
        "clear": None,
    }
    with contextlib.ExitStack() as stack:
        up = {name: stack.enter_context(Upstream(name, tls=context)) for name, context in contexts.items()}
        yield folder, up, (ca, clients)


@pytest.fixture(scope="module")
def strict(company) -> Iterator[str]:
    """Where a provider is that says why it does not take a certificate."""
    ca, clients = company[2]
    doorman = Doorman(ca, clients)
    with doorman.listener:
        yield doorman.endpoint


def doctor(folder, providers: dict, **more) -> tuple[int, str]:
    """Its exit code and what it says; no key is told or sent."""
    file = folder / "gateway.yaml"
    config = {"listen": f"127.0.0.1:{free_port()}", "admin": False, "providers": providers} | more
    file.write_text(json.dumps(config))
    env = {variable(name): key_of(name) for name in providers}
    done = ferro("doctor", "-c", str(file), env=env)
    assert not done.stderr.strip(), done.stderr
    assert not any(key in done.stdout for key in env.values())
    return done.returncode, done.stdout


def line(said: str, name: str) -> str:
    return next(line for line in said.splitlines() if line[2:].startswith(f"{name}:"))


def https(port: int, host: str = "localhost") -> str:
    return f"https://{host}:{port}"


def test_all_is_well(company):
    folder, up, _ = company
    pair = {"certificate": "client.crt", "key": "client.key"}
    own = {
        "right": {"ca": "company.crt"},
        "other": {"ca": "company.crt", "server_name": NAME},
        "mutual": {"ca": "company.crt"} | pair,
        "clear": None,
    }
    for upstream in up.values():
        upstream.script()
    providers = {
        name: provider(up[name], "openai", name) | ({"tls": tls} if tls else {}) for name, tls in own.items()
    }
    code, said = doctor(folder, providers)
    assert code == 0, said
    for name in own:
        found = line(said, name)
        assert found.startswith("✓") and f"{up[name].port}" in found, said
        assert ("its certificate is in order" in found) is (name != "clear"), said
        (request,) = up[name].requests
        assert (request.method, request.target, request.body) == ("HEAD", "/", b""), request
        assert set(request.names()) <= {"user-agent", "host", "transfer-encoding"}, request.names()
        assert key_of(name) not in repr(request)


WRONG = {
    "self-made": ("right", {}, "is by an authority that is not trusted here", "`providers.p.tls.ca`"),
    "another authority": ("right", {"ca": "client.crt"}, "is not by an authority of `providers.p.tls.ca`", ""),
    "another name": (
        "other",
        {"ca": "company.crt"},
        f"its certificate is not for this name, but for: {NAME}.",
        "name it in `providers.p.tls.server_name`",
    ),
    "expired": ("expired", {"ca": "company.crt"}, "its certificate has expired", ""),
    "wants a certificate": (
        "strict",
        {"ca": "company.crt"},
        "It may want to be shown a certificate",
        "`providers.p.tls.certificate` and `key`",
    ),
    "wants another one": (
        "strict",
        {"ca": "company.crt", "certificate": "stranger.crt", "key": "stranger.key"},
        "it does not take the certificate that it is shown",
        "`providers.p.tls.certificate`",
    ),
    "leaves when it is shown none": (
        "mutual",
        {"ca": "company.crt"},
        "It may want to be shown a certificate",
        "`providers.p.tls.certificate` and `key`",
    ),
    "no tls": ("spoken", {}, "it does not speak TLS", "http:// in place of https://"),
    "no tls and no word": ("clear", {}, "it takes the connection and begins no TLS", "http:// in place of https://"),
}


@contextlib.contextmanager
def talking(words: bytes) -> Iterator[int]:
    """The port of somebody who says the same whatever it hears, and leaves the connection open."""
    kept = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                kept.append(listener.accept()[0])
                kept[-1].sendall(words)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def wrong(company, strict) -> tuple[int, str]:
    folder, up, _ = company
    with talking(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n") as spoken:
        places = {name: https(upstream.port) for name, upstream in up.items()}
        places |= {"strict": strict, "spoken": https(spoken)}
        providers = {}
        for name, (whose, tls, *_) in WRONG.items():
            own = provider(places[whose], "openai", name.replace(" ", "-"))
            providers[name.replace(" ", "-")] = own | ({"tls": tls} if tls else {})
        return doctor(folder, providers)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_certificate_is_told(wrong, name):
    code, said = wrong
    own = f"providers.{name.replace(' ', '-')}."
    what, way_out = (words.replace("providers.p.", own) for words in WRONG[name][2:])
    found = line(said, name.replace(" ", "-"))
    assert code == 1 and found.startswith("✗"), said
    assert what in found and way_out in found, found
    assert "localhost (127.0.0.1:" in found, found


def test_who_cannot_be_reached_is_told_with_the_reason(company):
    folder, up, _ = company
    port = free_port()
    endpoints = {
        "refused": https(port),
        "nameless": "https://nobody.invalid",
        "tls": f"http://localhost:{up['right'].port}",
    }
    code, said = doctor(folder, {name: provider(endpoint, "openai", name) for name, endpoint in endpoints.items()})
    assert code == 1
    assert f"localhost (127.0.0.1:{port}): Connection refused. Is it running" in line(said, "refused")
    assert "nobody.invalid has no address" in line(said, "nameless") and "DNS" in line(said, "nameless")
    assert "it does not speak HTTP" in line(said, "tls") and "https:// in place of http://" in line(said, "tls")


@pytest.mark.parametrize("state", ["lets through", "refuses", "is not there", "has a password"])
def test_a_proxy_is_part_of_the_way(company, state, monkeypatch):
    folder, up, _ = company
    proxy = Proxy("Basic x" if state in ("refuses", "has a password") else None)
    port = free_port() if state == "is not there" else proxy.port
    url = f"http://127.0.0.1:{port}"
    providers = {
        "known": provider(https(up["other"].port, NAME), "openai", "known") | {"tls": {"ca": "company.crt"}},
        "unknown": provider(https(up["other"].port, NAME), "openai", "unknown"),
    }
    written = {"url": url, "authorization": "${E2E_PROXY}"} if state == "has a password" else url
    monkeypatch.setenv("E2E_PROXY", "Basic x")
    code, said = doctor(folder, providers, proxy=written)
    proxy.close()
    known, unknown = line(said, "known"), line(said, "unknown")
    through = f"through the proxy at 127.0.0.1:{port}"
    match state:
        case "lets through":
            assert known.startswith("✓") and through in known and "in order" in known, said
            assert "is by an authority that is not trusted here" in unknown and through in unknown, said
        case "refuses":
            assert "the proxy opens no way to it" in known and "`proxy.authorization`" in known, said
        case "is not there":
            assert f"127.0.0.1 (127.0.0.1:{port})" in known and "refused" in known, said
        case "has a password":
            assert code == 0 and through in known and "in order" not in known and proxy.heard == [], said


def test_what_a_variable_hides_no_message_shows(company, monkeypatch):
    folder, up, _ = company
    monkeypatch.setenv("E2E_WHERE", https(up["other"].port))
    own = provider("${E2E_WHERE}", "openai", "hidden") | {"tls": {"ca": "company.crt"}}
    code, said = doctor(folder, {"hidden": own})
    found = line(said, "hidden")
    assert code == 1 and "its certificate is not for this name" in found and "tls.server_name" in found, said
    assert str(up["other"].port) not in said and NAME not in said and "localhost" not in found, said


def test_without_envoy_it_is_only_connected_to(company):
    folder, up, _ = company
    file = folder / "gateway.yaml"
    providers = {"right": provider(up["right"], "openai", "right")}
    file.write_text(json.dumps({"listen": f"127.0.0.1:{free_port()}", "admin": False, "providers": providers}))
    env = {variable("right"): key_of("right")}
    done = ferro("doctor", "-c", str(file), "--envoy", "/nowhere/envoy", env=env)
    assert done.returncode == 1 and "✗ Envoy: --envoy" in done.stdout
    found = line(done.stdout, "right")
    assert found.startswith("✓") and "certificate" not in found, found
