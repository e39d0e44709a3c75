"""The way to providers: whom they must be, what they are shown, proxies between, connections that stay alive."""

import asyncio
import base64
import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading

import httpx
import pytest
import trustme

from client import ask
from gateway import BOUND, eventually, ferro, free_port
from http2 import Http2
from test_edge import Certificates, by_links, by_renaming, in_place
from upstream import Upstream
from wire import WIRES, Said
from world import provider, world_of

NAME = "llm.internal.example.com"
"""A name that nobody here can resolve."""


@pytest.fixture(autouse=True)
def at_their_best(upstreams):
    for upstream in upstreams.values():
        upstream.script()


# === TLS of a provider's own ===


def server_context(ca: trustme.CA, name: str, clients: trustme.CA | None = None) -> ssl.SSLContext:
    """Of a server that `ca` vouches for; of `clients` it wants a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    if clients:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.fixture(scope="module")
def private(tmp_path_factory):
    """Providers of a company: its authority vouches for all of them, and nobody of the system's does."""
    folder = tmp_path_factory.mktemp("private")
    ca, clients = trustme.CA(), trustme.CA()
    ca.cert_pem.write_to_path(folder / "company.crt")
    shown = clients.issue_cert("gateway.example.com")
    (folder / "client.crt").write_bytes(b"".join(pem.bytes() for pem in shown.cert_chain_pems))
    (folder / "client.key").write_bytes(shown.private_key_pem.bytes())
    contexts = {
        "plain": server_context(ca, "localhost"),
        "named": server_context(ca, NAME),
        "mutual": server_context(ca, "localhost", clients),
    }
    with contextlib.ExitStack() as stack:
        up = {
            name: stack.enter_context(Upstream(name, WIRES["openai"].stands_in(), context))
            for name, context in contexts.items()
        }
        up["backup"] = stack.enter_context(Upstream("backup", WIRES["openai"].stands_in()))
        file = {"ca": "company.crt"}  # named from the folder of the configuration
        pair = {"certificate": str(folder / "client.crt"), "key": str(folder / "client.key")}
        tls = {
            "plain": ("plain", file),
            "untrusted": ("plain", None),
            "named": ("named", file | {"server_name": NAME}),
            "misnamed": ("named", file),
            "mutual": ("mutual", file | pair),
            "unknown": ("mutual", file),
        }
        providers = {}
        for name, (whose, own) in tls.items():
            endpoint = up[whose].endpoint
            providers[name] = provider(endpoint, "openai", name) | ({"tls": own} if own else {})
        targets = [{"provider": name, "model": "gpt-4o"} for name in ("untrusted", "misnamed", "unknown", "backup")]
        routes = [{"name": "doubtful", "match": {"models": ["doubtful"]}, "targets": targets}]
        config = {"providers": providers, "routes": routes}
        kinds = {"backup": "openai"}
        yield stack.enter_context(world_of(folder, up, kinds, config))


@pytest.mark.parametrize("name", ["plain", "named", "mutual"])
def test_a_provider_is_known_by_its_own_authority_and_name(private, name):
    answer = ask(private.gateway, f"{name}/gpt-4o", "who").assert_whole()
    assert answer.text == "Echo: who"
    assert private.up[name].last.protocol == "h2"


@pytest.mark.parametrize("name", ["untrusted", "misnamed", "unknown"])
def test_a_provider_that_is_another_is_not_asked(private, name):
    for upstream in private.up.values():
        upstream.script()
    ask(private.gateway, f"{name}/gpt-4o").assert_error(503, "api_error")
    assert private.asked() == []


def test_who_is_not_known_is_passed_by(private):
    for upstream in private.up.values():
        upstream.script()
    answer = ask(private.gateway, "doubtful", "who").assert_whole()
    assert answer.headers["x-ferro-provider"] == "backup" and private.asked() == ["backup"]


class Doorman:
    """A provider that wants to know who asks, and answers each connection once."""

    def __init__(self, ca: trustme.CA, clients: trustme.CA) -> None:
        self.context = server_context(ca, "localhost", clients)
        self.context.set_alpn_protocols(["http/1.1"])
        self.seen: list[int] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"https://localhost:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), self.context.wrap_socket(sock, server_side=True) as tls:
            self.seen.append(int(tls.getpeercert()["serialNumber"], 16))
            tls.recv(1 << 16)
            body = WIRES["openai"].whole(Said())
            head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: "
            tls.sendall(f"{head}{len(body)}\r\n\r\n".encode() + body)


def test_a_renewed_certificate_is_shown_to_the_provider(tmp_path):
    ca, clients = trustme.CA(), trustme.CA()
    (tmp_path / "own").mkdir()
    ca.cert_pem.write_to_path(tmp_path / "company.crt")
    pair = Certificates(tmp_path / "own", clients)
    tls = {"ca": "company.crt", "certificate": "own/tls.crt", "key": "own/tls.key"}
    doorman = Doorman(ca, clients)
    own = provider(doorman.endpoint, "openai", "doorman") | {"tls": tls}
    with doorman.listener, world_of(tmp_path, {}, {}, {"providers": {"doorman": own}}) as world:
        for renew in (None, in_place, by_links, by_renaming):
            if renew:
                renew(pair)

            def shown(serial=pair.serial) -> bool:
                ask(world.gateway, "gpt-4o").assert_whole()
                return doorman.seen[-1] == serial

            eventually(shown, f"the new one, {renew}")


WRONG = {
    "no file": ({"ca": "nowhere.crt"}, "providers.p.tls.ca: this file cannot be read", 0),
    "no certificate": ({"ca": "gateway.yaml"}, "providers.p.tls.ca: there is no certificate here", 2),
    "half a pair": ({"key": "k"}, 'providers.p.tls: missing key "certificate"', 2),
    "the other half": ({"certificate": "c"}, 'providers.p.tls: missing key "key"', 2),
    "an address for a name": ({"server_name": "10.0.0.1"}, "providers.p.tls.server_name: expected a name", 2),
    "an unknown key": ({"cert": "c"}, "providers.p.tls.cert: unknown key", 2),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_can_only_be_wrong_is_told(tmp_path, wrong):
    tls, message, code = WRONG[wrong]
    file = tmp_path / "gateway.yaml"
    own = {"kind": "openai", "endpoint": "https://llm.example.com", "tls": tls}
    file.write_text(json.dumps({"providers": {"p": own}}))
    done = ferro("validate", "-c", str(file), env={"OPENAI_API_KEY": "sk-1"})
    assert done.returncode == code and message in done.stdout + done.stderr, done.stderr
    done = ferro("run", "-c", str(file), env={"OPENAI_API_KEY": "sk-1"})
    assert done.returncode == 2 and message in done.stderr, done.stderr


def test_tls_without_tls_is_told(tmp_path):
    file = tmp_path / "gateway.yaml"
    own = {"kind": "openai", "endpoint": "http://llm.example.com", "tls": {"server_name": "a"}}
    file.write_text(json.dumps({"providers": {"p": own}}))
    done = ferro("validate", "-c", str(file), env={"OPENAI_API_KEY": "sk-1"})
    assert done.returncode == 2 and "providers.p.tls: its endpoint is http://" in done.stderr, done.stderr


# === proxies ===


class Proxy:
    """An HTTP proxy that makes tunnels. It alone knows where names lead: to this machine."""

    def __init__(self, wants: str | None = None) -> None:
        self.wants = wants
        self.leaves = False
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def targets(self) -> list[str]:
        return [target for target, _ in self.heard]

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := client.recv(1 << 16)):
                    return
                head += piece
            first, *lines = head.partition(b"\r\n\r\n")[0].decode().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            method, target, _ = first.split()
            self.heard.append((target, headers))
            if method != "CONNECT":
                client.sendall(b"HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n")
                return
            if self.wants and headers.get("proxy-authorization") != self.wants:
                client.sendall(b"HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n")
                return
            if self.leaves:
                return
            port = int(target.rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join(BOUND)


def _pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := one.recv(1 << 16):
            other.sendall(piece)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


PASSWORD = "Basic " + base64.b64encode(b"ferro:correct horse").decode()


@pytest.fixture
def proxies():
    """One that lets everybody through, and one that wants a password."""
    both = Proxy(), Proxy(PASSWORD)
    yield both
    for one in both:
        one.close()


@contextlib.contextmanager
def behind(folder, config: dict, env: dict | None = None):
    """A provider over TLS under a name that only a proxy knows; one without TLS; one on this machine."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "company.crt")
    with contextlib.ExitStack() as stack:
        contexts = {"tls": server_context(ca, NAME)}
        up = {
            name: stack.enter_context(Upstream(name, WIRES["openai"].stands_in(), contexts.get(name)))
            for name in ("tls", "clear", "here")
        }
        endpoints = {
            "tls": f"https://{NAME}:{up['tls'].port}",
            "clear": f"http://{NAME}:{up['clear'].port}",
            "here": up["here"].endpoint,
        }
        providers = {name: provider(endpoint, "openai", name) for name, endpoint in endpoints.items()}
        providers["tls"]["tls"] = {"ca": "company.crt"}
        for name, more in config.pop("own", {}).items():
            providers[name] |= more
        config = config | {"providers": providers}
        yield stack.enter_context(world_of(folder, up, {}, config, env=env or {}))


@pytest.mark.parametrize("streaming", [False, True])
def test_providers_are_reached_through_a_proxy(tmp_path, proxies, streaming):
    """It hears the provider's name and nothing else: no credential, no prompt."""
    proxy, _ = proxies
    with behind(tmp_path, {"proxy": proxy.url}) as world:
        for name in ("tls", "clear", "here"):
            answer = ask(world.gateway, f"{name}/gpt-4o", "through", stream=streaming).assert_whole()
            assert answer.text == "Echo: through"
        assert world.up["tls"].last.protocol == "h2"
        assert world.up["tls"].last.authority == f"{NAME}:{world.up['tls'].port}"
        want = [f"{NAME}:{world.up[name].port}" for name in ("tls", "clear")]
        assert sorted(set(proxy.targets())) == sorted(want), "this machine is not asked of a proxy"
        for _, headers in proxy.heard:
            assert set(headers) <= {"host"}, headers


def test_each_provider_may_have_its_own_proxy_or_none(tmp_path, proxies):
    proxy, other = proxies
    other.wants = None
    own = {"clear": {"proxy": other.url}, "here": {"proxy": other.url}, "tls": {"proxy": "none"}}
    with behind(tmp_path, {"proxy": proxy.url, "own": own}) as world:
        ask(world.gateway, "clear/gpt-4o").assert_whole()
        ask(world.gateway, "here/gpt-4o").assert_whole()
        assert ask(world.gateway, "tls/gpt-4o").status == 503
        assert proxy.heard == [] and len(set(other.targets())) == 2


def test_an_edit_that_names_a_proxy_loses_no_request(tmp_path, proxies):
    proxy, _ = proxies
    with Upstream("here", WIRES["openai"].stands_in()) as upstream:
        own = {"here": provider(upstream, "openai", "here")}
        with world_of(tmp_path, {"here": upstream}, {}, {"providers": own}, args=("--watch",)) as world:
            ask(world.gateway, "gpt-4o").assert_whole()
            for written, is_asked in ((proxy.url, True), ("none", False), (proxy.url, True)):
                edits = world.gateway.stderr.count("applied")
                world.gateway.write({"providers": {"here": own["here"] | {"proxy": written}}})

                def settled(edits=edits, is_asked=is_asked) -> bool:
                    ask(world.gateway, "gpt-4o").assert_whole()
                    return world.gateway.stderr.count("applied") > edits and (bool(proxy.heard) or not is_asked)

                eventually(settled, written)


def test_a_proxy_s_password_is_nowhere_but_there(tmp_path, proxies):
    _, proxy = proxies
    variable = "E2E_PROXY_AUTHORIZATION"
    config = {"proxy": {"url": proxy.url, "authorization": f"${{{variable}}}"}}
    folder = tmp_path / "private"
    folder.mkdir()
    with behind(tmp_path, config, {variable: PASSWORD, "TMPDIR": str(folder)}) as world:
        ask(world.gateway, "tls/gpt-4o", "through").assert_whole()
        assert proxy.heard[-1][1]["proxy-authorization"] == PASSWORD
        dump = httpx.get(f"{world.gateway.admin}/config_dump?include_eds", trust_env=False).text
        files = [file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file()]
        told = [dump, world.gateway.output, *files]
        assert not [text for text in told if PASSWORD in text or PASSWORD.split()[1] in text]
        assert not any("proxy-authorization" in request.names() for up in world.up.values() for request in up.requests)
        assert variable in dump


@pytest.mark.parametrize("state", ["wants a password", "is not there", "breaks off"])
def test_a_proxy_that_does_not_help_is_a_provider_that_cannot_be_reached(tmp_path, proxies, state):
    proxy, strict = proxies
    proxy.leaves = state == "breaks off"
    url = {"wants a password": strict.url, "breaks off": proxy.url}.get(state, f"http://127.0.0.1:{free_port()}")
    targets = [{"provider": name, "model": "gpt-4o"} for name in ("tls", "here")]
    routes = [{"name": "both", "match": {"models": ["both"]}, "targets": targets}]
    with behind(tmp_path, {"proxy": url, "routes": routes}) as world:
        ask(world.gateway, "tls/gpt-4o").assert_error(503, "api_error")
        answer = ask(world.gateway, "both", "then").assert_whole()
        assert answer.headers["x-ferro-provider"] == "here"
        assert world.up["tls"].requests == []


MISTAKES = {
    "http://me:secret@proxy:3128": "proxy: credentials may not stand here",
    "https://proxy:3128": "proxy: a proxy that is itself asked over TLS is not supported",
    "http://proxy:3128/path": "proxy: a proxy has no path",
    "proxy:3128": "proxy: expected a proxy such as http://proxy.example.com:3128, or none",
    "socks5://proxy:1080": "proxy: expected a proxy such as http://proxy.example.com:3128, or none",
}


@pytest.mark.parametrize("written", MISTAKES)
@pytest.mark.parametrize("where", ["", "providers.p."])
def test_a_proxy_that_can_only_be_wrong_is_told(tmp_path, written, where):
    file = tmp_path / "gateway.yaml"
    proxy = {"proxy": written}
    own = {"kind": "openai"} | (proxy if where else {})
    file.write_text(json.dumps({"providers": {"p": own}} | ({} if where else proxy)))
    done = ferro("validate", "-c", str(file), env={"OPENAI_API_KEY": "sk-1"})
    assert done.returncode == 2 and where + MISTAKES[written] in done.stderr, done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_refused_aloud(tmp_path, variable):
    file = tmp_path / "gateway.yaml"
    quiet = {name: "" for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")}
    env = quiet | {variable: "http://me:secret@proxy:3128", "OPENAI_API_KEY": "sk-1"}
    for config, said in (
        ({"openai": {}}, True),
        ({"local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:9"}}, False),
    ):
        file.write_text(json.dumps({"providers": config}))
        for command in ("validate", "doctor"):
            done = ferro(command, "-c", str(file), env=env)
            told = done.stdout + done.stderr
            assert (f"{variable} is set" in told) is said, (command, told)
            assert "secret" not in told
        file.write_text(json.dumps({"providers": config, "proxy": "none"}))
        assert f"{variable} is set" not in ferro("validate", "-c", str(file), env=env).stderr


# === connections that stay alive ===


@pytest.mark.skipif(not shutil.which("ss"), reason="needs ss")
@pytest.mark.parametrize("name", ["plain", "backup"])
def test_quiet_connections_are_kept_alive_by_the_system(private, name):
    ask(private.gateway, f"{name}/gpt-4o").assert_whole()
    port = private.up[name].port
    command = ["ss", "--tcp", "--numeric", "--options", "state", "established", "dport", "=", f":{port}"]
    table = subprocess.run(command, capture_output=True, text=True, timeout=BOUND).stdout
    assert "timer:(keepalive," in table, table


def test_a_quiet_http_2_connection_is_asked_whether_it_lives(private):
    """While the model thinks."""
    asked = threading.Event()
    usual = Http2.react

    async def react(self, event) -> None:
        if type(event).__name__ == "PingReceived":
            asked.set()
        await usual(self, event)

    async def thinks(exchange) -> None:
        while not asked.is_set():
            await asyncio.sleep(0.1)
        await WIRES["openai"].stands_in()(exchange)

    Http2.react = react
    try:
        private.up["plain"].script(thinks)
        assert ask(private.gateway, "plain/gpt-4o", "long").assert_whole().text == "Echo: long"
        assert asked.is_set()
    finally:
        Http2.react = usual
