"""Where clients connect: old and new versions of HTTP, offers that may be passed over, base paths, web pages, proxies
before us, TLS of our own."""

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
from datetime import UTC, datetime

import httpx
import pytest
import trustme
from cryptography import x509

import frames
from client import CHAT, Answer, ask, chat_body, get, raw, raw_chat, send
from gateway import BOUND, eventually, ferro, free_port
from upstream import replies, streams
from wire import WIRES, Said
from world import THREE, provider, world_of

BASE = "/llm"
PAGE = "https://chat.example.com"
APP = "capacitor://localhost"


@pytest.fixture(scope="module")
def ports():
    """Further ports of the gateway: below a base path, and for everybody, with IPv6 and IPv4."""
    return {"based": free_port(), "both": free_port()}


@pytest.fixture(scope="module")
def edge(upstreams, ports, tmp_path_factory):
    """Places of all kinds."""

    def listen(address: str) -> list:
        below = {"address": f"127.0.0.1:{ports['based']}", "path": f"{BASE}/"}
        return [address, below, {"address": f"[::]:{ports['both']}"}]

    config = {
        "listen": listen,
        "access": "none",
        "trusted_hops": 1,
        "cors": {"origins": [PAGE, APP]},
        "limits": {"request_timeout": "2s"},
    }
    with world_of(tmp_path_factory.mktemp("edge"), upstreams, THREE, config) as world:
        yield world


@pytest.fixture(autouse=True)
def at_their_best(upstreams):
    for upstream in upstreams.values():
        upstream.script()


def exchange(port: int, data: bytes) -> bytes:
    """Sends bytes and reads until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as sock:
        sock.sendall(data)
        received = b""
        while piece := sock.recv(1 << 16):
            received += piece
    return received


def request(version: str, *lines: str, **more) -> bytes:
    body = json.dumps(chat_body("gpt-4o", "two and two", **more)).encode()
    head = [f"POST {CHAT} HTTP/{version}", "content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*head, *lines, "", ""]).encode() + body


# === HTTP/1.0 ===


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5"])
@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("lines", [[], ["host: localhost"], ["connection: close"]], ids=str)
def test_http_1_0_is_served(edge, model, streaming, lines):
    """Without a host, and without chunks in the answer, which HTTP/1.0 does not know."""
    data = request("1.0", *lines, stream=streaming).replace(b"gpt-4o", model.encode())
    data = data.replace(b"content-length: ", b"content-length: %d\r\nx: " % len(data.partition(b"\r\n\r\n")[2]))
    head, _, body = exchange(edge.gateway.port, data).partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0].split()[1] == b"200", head
    assert b"transfer-encoding" not in head.lower(), head
    if streaming:
        assert body.startswith((b"data: ", b": ")) and body.endswith(b"data: [DONE]\n\n"), body
    else:
        assert json.loads(body)["choices"][0]["message"]["content"] == "Echo: two and two"


def test_http_1_0_gets_errors_in_our_shape(edge):
    head, _, body = exchange(edge.gateway.port, b"GET /nothing HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
    assert b" 404 " in head.split(b"\r\n")[0] and json.loads(body)["error"]["code"] == "unknown_url"


def test_a_connection_of_http_1_0_is_kept_where_it_asks(edge):
    with socket.create_connection(("127.0.0.1", edge.gateway.port), timeout=BOUND) as sock:
        for _ in range(2):
            sock.sendall(b"GET /healthz HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
            received = b""
            while not received.endswith(b"}"):
                received += sock.recv(1 << 16)
            assert b" 200 " in received and b"connection: keep-alive" in received.lower(), received


# === offers that may be passed over ===

OFFERS = [
    ["connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__"],
    ["connection: upgrade", "upgrade: TLS/1.2"],
    ["connection: upgrade", "upgrade: TLS/1.0, HTTP/1.1"],
    ["connection: upgrade", "upgrade: h2c, websocket"],
    ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-key: AA=="],
    ["connection: keep-alive, Upgrade", "Upgrade: h2,h2c"],
    ["upgrade: h2c"],
    ["connection: upgrade"],
    ["upgrade-insecure-requests: 1"],
    ["connection: upgrade", "upgrade: something/7"],
]


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer[-1])
@pytest.mark.parametrize("model", ["gpt-4o", "gemini-2.5-pro"])
def test_an_offer_to_upgrade_is_passed_over(edge, offer, model):
    body = json.dumps(chat_body(model, "two and two")).encode()
    answer = raw_chat(edge.gateway.port, body, "".join(f"{line}\r\n" for line in offer).encode())
    assert answer.status == 200, answer.raw
    assert "upgrade" not in answer.headers
    (name,) = (name for name in THREE if edge.up[name].requests)
    assert not {"upgrade", "http2-settings", "connection"} & set(edge.up[name].last.names())


@pytest.mark.parametrize("option", ["--http1.0", "--http1.1", "--http2", "--http2-prior-knowledge"])
@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_curl_in_every_version(edge, option):
    command = ["curl", "--silent", "--fail", "--noproxy", "*", option, "-H", "content-type: application/json"]
    command += ["-d", json.dumps(chat_body("gpt-4o", "Hi")), edge.gateway.url + CHAT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND)
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "Echo: Hi"


def test_http_2_without_tls(edge):
    body = json.dumps(chat_body("gpt-4o", "Hi")).encode()
    opened = frames.headers(1, frames.fields("gpt-4o", len(body)), "END_HEADERS")
    heard = frames.converse(edge.gateway.port, [opened + frames.data(1, body, "END_STREAM")])
    assert heard.statuses == {1: 200} and b"Echo: Hi" in heard.bodies[1], heard


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_who_asks_whether_to_go_on_is_told(edge, version):
    """HTTP/1.0 does not know the question: it is passed over (RFC 9110, 10.1.1)."""
    data = request(version, "host: localhost", "expect: 100-continue", "connection: close")
    head, _, body = data.partition(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", edge.gateway.port), timeout=BOUND) as sock:
        sock.sendall(head + b"\r\n\r\n")
        if version == "1.1":
            assert sock.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(body)
        received = b""
        while piece := sock.recv(1 << 16):
            received += piece
    assert b" 200 " in received and b"Echo: two and two" in received, received
    assert "expect" not in edge.up["openai"].last.names()


# === several places ===


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_unspecified_address_takes_both_versions_of_ip(edge, ports, host):
    with httpx.Client(trust_env=False, timeout=BOUND) as client:
        answer = client.get(f"http://{host}:{ports['both']}/v1/models")
    assert answer.status_code == 200
    line = eventually(lambda: logged(edge, "/v1/models"), "the log")
    assert line["client"] in ("127.0.0.1", "::1"), line


PATHS = {
    "/llm/v1/models": 200,
    "/llm/v1/models/": 200,
    "/llm/v1/models?limit=1": 200,
    "/llm/healthz": 200,
    "/llm/readyz": 200,
    "/llm/nothing": 404,
    "/llm": 404,
    "/llm/": 404,
    "/llm?v1/models": 404,
    "/llmv1/models": 404,
    "/LLM/v1/models": 404,
    "//llm/v1/models": 404,
    "/llm//v1/models": 404,
    "/llm/llm/v1/models": 404,
    "/x/../llm/v1/models": 404,
    "/llm/../v1/models": 404,
    "/%6clm/v1/models": 404,
    "/v1/models": 404,
    "/healthz": 404,
    "/": 404,
}


@pytest.mark.parametrize("path", PATHS)
def test_below_a_base_path_is_what_is_elsewhere_at_the_root(edge, ports, path):
    answer = raw(ports["based"], f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    assert answer.status == PATHS[path], answer.raw
    if answer.status == 404:
        error = answer.assert_error(404, "invalid_request_error", "unknown_url")
        assert path.partition("?")[0] in error["message"], "it names what the client asked for"
    elsewhere = raw(edge.gateway.port, f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    assert elsewhere.status == (200 if path in ("/v1/models", "/healthz") else 404)


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5"])
@pytest.mark.parametrize("streaming", [False, True])
def test_a_chat_below_a_base_path(edge, ports, model, streaming):
    below = type("Place", (), {"url": f"http://127.0.0.1:{ports['based']}{BASE}"})
    answer = ask(below, model, "one", stream=streaming).assert_whole()
    assert answer.text == "Echo: one"
    (name,) = (name for name in THREE if edge.up[name].requests)
    assert BASE not in edge.up[name].last.target
    line = eventually(lambda: logged(edge, BASE + CHAT), "the log")
    assert line["status"] == 200
    wrong = send(below, chat_body(model) | {"messages": 7})
    wrong.assert_error(400, "invalid_request_error")


def logged(world, path: str) -> dict | None:
    return next((line for line in reversed(world.gateway.log()) if line["path"] == path), None)


def test_a_method_that_is_not_allowed_names_the_client_s_path(edge, ports):
    answer = raw(ports["based"], b"GET /llm/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n\r\n")
    error = answer.assert_error(405, "invalid_request_error", "method_not_allowed")
    assert BASE + CHAT in error["message"]


# === web pages ===

SENT = ["authorization", "content-type", "x-stainless-os", "x-stainless-runtime-version", "x-api-key"]
SENT += ["anthropic-version", "openai-organization", "x-ferro-route"]


def preflight(gateway, origin: str, path: str = CHAT, **more: str) -> Answer:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": ", ".join(SENT)}
    return get(gateway, path, "OPTIONS", {"origin": origin} | asked | more)


def cors(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [PAGE, APP])
def test_a_page_that_may_ask_is_told_so(edge, origin):
    answer = preflight(edge.gateway, origin, **{"access-control-request-private-network": "true"})
    assert answer.status == 200 and edge.asked() == []
    assert answer.headers["access-control-allow-origin"] == origin
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert not [name for name in SENT if name not in allowed] and "*" in allowed
    assert int(answer.headers["access-control-max-age"]) > 0
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-credentials" not in answer.headers


STRANGERS = ["https://evil.example", f"{PAGE}.evil.example", PAGE.upper(), f"{PAGE}:8443", PAGE[:-1], "null"]
STRANGERS += [PAGE.replace("https", "http"), f"{PAGE}/", "*", "https://chatXexample.com", f"x{PAGE}"]


@pytest.mark.parametrize("origin", STRANGERS)
def test_another_page_is_told_nothing(edge, origin):
    answer = preflight(edge.gateway, origin)
    assert cors(answer) == {}
    for streaming in (False, True):
        answer = ask(edge.gateway, "gpt-4o", headers={"origin": origin}, stream=streaming)
        assert cors(answer) == {}


def evil(kind: str, streaming: bool):
    """An upstream's own word on pages."""
    own = [("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true")]
    own += [("access-control-expose-headers", "x-evil")]
    wire = WIRES[kind]
    if streaming:
        return streams(wire.events(Said()), headers=own)
    return replies(wire.whole(Said()), headers=own)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("kind", THREE)
@pytest.mark.parametrize("origin", [PAGE, "https://evil.example", None])
def test_what_a_provider_says_of_pages_never_passes(edge, kind, streaming, origin):
    edge.up[kind].script(evil(kind, streaming))
    headers = {"origin": origin, "sec-fetch-site": "cross-site"} if origin else {}
    answer = ask(edge.gateway, WIRES[kind].model, headers=headers, stream=streaming).assert_whole()
    told = cors(answer)
    if origin != PAGE:
        assert told == {}
        return
    assert told.pop("access-control-allow-origin") == PAGE
    shown = told.pop("access-control-expose-headers").split(", ")
    assert {"x-ferro-request-id", "x-ferro-provider", "retry-after", "*"} <= set(shown)
    assert told == {} and "x-evil" not in shown


def failing(gateway) -> list[Answer]:
    page = {"origin": PAGE}
    return [
        send(gateway, b"{", page),
        ask(gateway, "nobody", headers=page),
        get(gateway, "/v1/nothing", headers=page),
        get(gateway, "/v1/models", headers=page),
        get(gateway, CHAT, "DELETE", headers=page),
        raw_chat(gateway.port, b"", f"origin: {PAGE}\r\n".encode()),
    ]


def test_a_page_sees_errors_too(edge):
    edge.up["openai"].script(WIRES["openai"].fails(500))
    for answer in [*failing(edge.gateway), ask(edge.gateway, "gpt-4o", headers={"origin": PAGE})]:
        assert answer.headers.get("access-control-allow-origin") == PAGE, (answer.status, answer.raw)
    stalled = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\norigin: %s\r\n\r\n{"
    late = raw(edge.gateway.port, stalled % (CHAT.encode(), PAGE.encode()))
    assert late.status == 408 and late.headers["access-control-allow-origin"] == PAGE, late.headers


def test_a_page_that_may_ask_reaches_a_gateway_on_its_reader_s_machine(upstreams, tmp_path):
    with world_of(tmp_path, upstreams, THREE, {"cors": {"origins": [PAGE]}}) as world:
        page = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
        ask(world.gateway, "gpt-4o", headers=page | {"origin": PAGE}).assert_whole()
        for origin in (["https://evil.example"], [], [PAGE, "https://evil.example"]):
            headers = httpx.Headers([*page.items(), *(("origin", one) for one in origin)])
            with httpx.Client(trust_env=False, timeout=BOUND) as client:
                answer = client.post(world.gateway.url + CHAT, json=chat_body("gpt-4o"), headers=headers)
            assert answer.status_code == 403, origin
        assert preflight(world.gateway, PAGE).headers["access-control-allow-origin"] == PAGE
        # Under another name than this machine's nobody asks, whatever page it is of.
        answer = ask(world.gateway, "gpt-4o", headers={"origin": PAGE, "host": "evil.example"})
        assert answer.status == 403


# === proxies before us ===

FORWARDED = {
    "198.51.100.7": "198.51.100.7",
    "6.6.6.6, 198.51.100.7": "198.51.100.7",
    "6.6.6.6,7.7.7.7 , 2001:db8::7": "2001:db8::7",
    "": "127.0.0.1",
    "nobody": "127.0.0.1",
}


def test_who_a_trusted_proxy_says_the_client_is(edge):
    paths = {said: f"/v1/{said.encode().hex()}" for said in FORWARDED}
    for said, path in paths.items():
        get(edge.gateway, path, headers={"x-forwarded-for": said} if said else {})
    for said, path in paths.items():
        line = eventually(lambda path=path: logged(edge, path), "the log")
        assert line["client"] == FORWARDED[said], (said, line)


def test_without_a_trusted_proxy_nobody_says_who_the_client_is(world):
    get(world.gateway, "/v1/nothing", headers={"x-forwarded-for": "198.51.100.7"})
    line = eventually(lambda: logged(world, "/v1/nothing"), "the log")
    assert line["client"] == "127.0.0.1", line


def test_behind_a_proxy_of_the_same_machine_the_gateway_goes_by_other_names(upstreams, tmp_path):
    """Where the file says that there is one, and that everybody may call."""
    host = {"host": "llm.example.com", "x-forwarded-for": "198.51.100.7"}
    for name, more, status in (("open", {"access": "none"}, 200), ("closed", {}, 403)):
        (tmp_path / name).mkdir()
        with world_of(tmp_path / name, upstreams, THREE, {"trusted_hops": 1} | more) as world:
            assert ask(world.gateway, "gpt-4o", headers=host).status == status
            # What is for this machine only is not for those who come through the proxy.
            assert get(world.gateway, "/admin/targets", headers=host).status == (404 if more else 403)
            assert get(world.gateway, "/admin/targets").status == (404 if more else 200)


# === TLS of our own ===


class Certificates:
    """A certificate, its key, and those who vouch for it, in files."""

    def __init__(self, folder, ca: trustme.CA) -> None:
        self.folder, self.ca = folder, ca
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self.own = folder / "ca.crt"
        ca.cert_pem.write_to_path(self.own)
        self.write()

    def issue(self):
        return self.ca.issue_cert("localhost", "127.0.0.1")

    def write(self) -> None:
        self.issued = self.issue()
        self.certificate.write_bytes(b"".join(pem.bytes() for pem in self.issued.cert_chain_pems))
        self.key.write_bytes(self.issued.private_key_pem.bytes())

    def listen(self, **more):
        tls = {"certificate": str(self.certificate), "key": str(self.key)} | more
        return lambda address: {"address": address, "tls": tls, "path": BASE}

    def client(self, **more) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.own))
        if shown := more.pop("shown", None):
            shown.configure_cert(context)
        return httpx.Client(trust_env=False, timeout=BOUND, verify=context, **more)

    @property
    def serial(self) -> int:
        """Of the certificate that is in the file."""
        pem = self.issued.cert_chain_pems[0].bytes()
        return x509.load_pem_x509_certificate(pem).serial_number

    def shown(self, port: int) -> int:
        """The serial number of the certificate that a new connection is shown."""
        context = ssl.create_default_context(cafile=str(self.own))
        with (
            socket.create_connection(("127.0.0.1", port), timeout=BOUND) as sock,
            context.wrap_socket(sock, server_hostname="localhost") as tls,
        ):
            return int(tls.getpeercert()["serialNumber"], 16)


@pytest.fixture
def certificates(tmp_path):
    return Certificates(tmp_path, trustme.CA())


def in_place(it: Certificates) -> None:
    it.write()


def by_renaming(it: Certificates) -> None:
    drafts = it.folder / "new"
    drafts.mkdir(exist_ok=True)
    final = it.certificate, it.key
    it.certificate, it.key = drafts / "c", drafts / "k"
    it.write()
    for draft, name in zip((it.certificate, it.key), final, strict=True):
        draft.replace(name)
    it.certificate, it.key = final


def by_links(it: Certificates) -> None:
    """As certbot does: other files, and links that are made anew."""
    folder = it.folder / f"archive-{os.urandom(4).hex()}"
    folder.mkdir()
    final = it.certificate, it.key
    it.certificate, it.key = folder / "c", folder / "k"
    it.write()
    for file, name in zip((it.certificate, it.key), final, strict=True):
        name.unlink()
        name.symlink_to(file)
    it.certificate, it.key = final


def test_tls_with_both_versions_of_http_and_renewal(upstreams, tmp_path, certificates):
    (tmp_path / "other").mkdir()
    with world_of(tmp_path, upstreams, THREE, {"listen": certificates.listen()}) as world:
        listens = f"Ferro listens on {world.gateway.url}"
        eventually(lambda: listens in world.gateway.output, "it says where it listens")
        assert world.gateway.url.startswith("https://") and world.gateway.url.endswith(BASE)
        for http2, version in ((True, "HTTP/2"), (False, "HTTP/1.1")):
            with certificates.client(http2=http2) as client:
                answer = send(world.gateway, chat_body("gpt-4o", "one", stream=True), client=client)
                assert answer.assert_whole().text == "Echo: one"
                models = client.get(f"{world.gateway.url}/v1/models")
                assert models.status_code == 200 and models.http_version == version
        with pytest.raises(httpx.TransportError):
            httpx.get(world.gateway.url.replace("https", "http"), trust_env=False)
        silent = socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND)
        for renew in (by_renaming, in_place, by_links, in_place, by_renaming):
            renew(certificates)
            eventually(lambda: certificates.shown(world.gateway.port) == certificates.serial, renew.__name__)
        # Half a renewal changes nothing.
        before = certificates.serial
        certificates.key.write_bytes(certificates.issue().private_key_pem.bytes())
        with world_of(tmp_path / "other", upstreams, THREE, {}):  # which takes some seconds
            assert certificates.shown(world.gateway.port) == before
        in_place(certificates)
        eventually(lambda: certificates.shown(world.gateway.port) == certificates.serial, "a whole one does")
        with silent:
            assert silent.recv(1) == b"", "who says nothing is not waited for"
        own = rf"listener\.127\.0\.0\.1_{world.gateway.port}"
        assert world.gateway.stat(rf"{own}\.downstream_cx_transport_socket_connect_timeout") == 1
        secrets = [line for line in certificates.key.read_text().splitlines() if line]
        assert not [line for line in secrets[1:-1] if line in world.gateway.output]


def test_clients_without_a_certificate_are_not_let_in(upstreams, tmp_path, certificates):
    clients = trustme.CA()
    authorities = tmp_path / "clients.crt"
    clients.cert_pem.write_to_path(authorities)

    def listen(address: str) -> list:
        own = certificates.listen(client_ca=str(authorities))(f"127.0.0.1:{port}")
        return [address, own]

    port = free_port()
    with world_of(tmp_path, upstreams, THREE, {"listen": listen}) as world:
        url = f"https://localhost:{port}{BASE}/v1/models"
        with certificates.client(shown=clients.issue_cert("client.example")) as client:
            assert client.get(url).status_code == 200
        for stranger in (None, trustme.CA().issue_cert("client.example")):
            with certificates.client(shown=stranger) as client, pytest.raises(httpx.TransportError):
                client.get(url)
        assert get(world.gateway, "/v1/models").status == 200


def test_a_new_certificate_comes_with_an_edit(upstreams, tmp_path, certificates):
    """`--watch`: TLS where there was none."""
    with world_of(tmp_path, upstreams, THREE, {}, args=("--watch",)) as world:
        port = free_port()
        config = {name: provider(world.up[name], name) for name in THREE}
        listen = certificates.listen()(f"127.0.0.1:{port}")
        world.gateway.write({"providers": config, "listen": lambda address: [address, listen]})
        eventually(lambda: "applied" in world.gateway.stderr, "the edit is applied")
        with certificates.client(http2=True) as client:
            url = f"https://localhost:{port}{BASE}/v1/models"

            def asked() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return client.get(url).status_code == 200
                return False

            eventually(asked, "the new place")


WRONG = {
    "no certificate": (lambda it: it.certificate.unlink(), "listen.tls.certificate: this file cannot be read"),
    "no key": (lambda it: it.key.unlink(), "listen.tls.key: this file cannot be read"),
    "another's key": (
        lambda it: it.key.write_bytes(it.issue().private_key_pem.bytes()),
        "listen.tls.key: this private key is not that of the certificate",
    ),
    "a key for a certificate": (
        lambda it: it.certificate.write_bytes(it.key.read_bytes()),
        "listen.tls.certificate: there is a private key here, and no certificate",
    ),
    "nothing": (lambda it: it.certificate.write_text(""), "listen.tls.certificate: there is no certificate here"),
    "nonsense": (
        lambda it: it.certificate.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        "listen.tls.certificate: certificate 1 here cannot be read",
    ),
    "a folder": (
        lambda it: (it.certificate.unlink(), it.certificate.mkdir()),
        "listen.tls.certificate: this file cannot be read",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("command", ["run", "doctor"])
def test_files_that_cannot_be_shown_are_told_before_the_start(certificates, wrong, command):
    spoil, message = WRONG[wrong]
    file = certificates.folder / "gateway.yaml"
    file.write_text("listen: {tls: {certificate: tls.crt, key: tls.key}}\nproviders: {openai: {api_key: '${K}'}}\n")
    spoil(certificates)
    done = ferro(command, "-c", str(file), env={"K": "sk-1"})
    said = done.stdout + done.stderr
    assert done.returncode != 0 and message in said and "Envoy ended" not in said, said


def test_a_certificate_that_has_ended_is_warned_about(tmp_path):
    certificates = Certificates(tmp_path, trustme.CA())
    certificates.issue = lambda: certificates.ca.issue_cert("localhost", not_after=datetime(2026, 1, 31, tzinfo=UTC))
    certificates.write()
    file = tmp_path / "gateway.yaml"
    file.write_text("listen: {tls: {certificate: tls.crt, key: tls.key}}\nproviders: {openai: {}}\n")
    done = ferro("validate", "-c", str(file), env={"OPENAI_API_KEY": "sk-1"})
    assert done.returncode == 0, done.stderr
    assert "listen.tls.certificate: this certificate ended on 2026-01-31" in done.stderr, done.stderr


@pytest.mark.parametrize("kind", ["RSA", "EC"])
def test_keys_of_every_kind_are_known(tmp_path, kind):
    """As other tools write them."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    options = {"RSA": ["rsa:2048"], "EC": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]}[kind]
    names = ("a", "b")
    for name in names:
        command = ["openssl", "req", "-x509", "-nodes", "-newkey", *options, "-subj", "/CN=localhost"]
        command += ["-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.crt"]
        subprocess.run(command, check=True, capture_output=True, timeout=BOUND)
    file = tmp_path / "gateway.yaml"
    for certificate in names:
        for key in names:
            tls = f"{{certificate: {certificate}.crt, key: {key}.key}}"
            file.write_text(f"listen: {{tls: {tls}}}\nproviders: {{openai: {{}}}}\n")
            done = ferro("validate", "-c", str(file), env={"OPENAI_API_KEY": "sk-1"})
            assert done.returncode == (0 if certificate == key else 2), done.stderr
    for options, want in (["-traditional"], 0), (["-aes256", "-passout", "pass:x"], 2):
        command = ["openssl", kind.lower() if want == 0 else "pkey", "-in", tmp_path / "a.key", *options]
        command = [part for part in command if kind == "RSA" or part != "-traditional"]
        key = subprocess.run(command, check=True, capture_output=True, timeout=BOUND).stdout
        (tmp_path / "other.key").write_bytes(key)
        file.write_text("listen: {tls: {certificate: a.crt, key: other.key}}\nproviders: {openai: {}}\n")
        done = ferro("validate", "-c", str(file), env={"OPENAI_API_KEY": "sk-1"})
        assert done.returncode == want, (options, done.stderr)
