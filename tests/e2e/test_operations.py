"""What an operator relies on: who may connect, what Envoy's admin interface lets others do, and that clients
who stall, do not read or want too much find a bound."""

import contextlib
import itertools
import json
import os
import socket
import stat
import threading
import time

import h2.config
import h2.connection
import h2.events
import h2.settings
import httpx
import pytest

from client import CHAT, Answer, ask, chat_body, raw, send
from gateway import BOUND, Gateway, eventually, ferro
from upstream import replies, streams
from wire import WIRES, Said
from world import THREE, key_of, provider, variable, world_of

MIB = 1 << 20


@pytest.fixture(scope="module")
def bounded(upstreams, tmp_path_factory):
    """A gateway whose clients have a second."""
    limits = {"request_timeout": "1s", "idle_timeout": "1s"}
    retry = {"per_try_timeout": "60s"}
    with world_of(
        tmp_path_factory.mktemp("bounded"), upstreams, THREE, {"limits": limits, "retry": retry}
    ) as world:
        yield world


@pytest.fixture(autouse=True)
def at_their_best(upstreams):
    for upstream in upstreams.values():
        upstream.script()


# === who may connect ===


def test_an_address_that_others_reach_is_opened_in_words(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("listen: 0.0.0.0:8080\nproviders: {openai: {api_key: '${K}'}}\n")
    done = ferro("run", "-c", str(file), env={"K": "sk-1"})
    assert done.returncode == 2 and "write `access: none`" in done.stderr, done.stderr
    file.write_text("access: none\n" + file.read_text())
    done = ferro("run", "-c", str(file), "--envoy", "/nowhere", env={"K": "sk-1"})
    assert "everybody who reaches this address can spend the providers' credentials" in done.stderr


# === Envoy's admin interface ===

CHANGING = [
    "quitquitquit",
    "logging?level=debug",
    "drain_listeners",
    "drain_listeners?graceful",
    "healthcheck/fail",
    "healthcheck/ok",
    "runtime_modify?x=1",
    "reset_counters",
    "reopen_logs",
    "cpuprofiler?enable=y",
    "heapprofiler?enable=y",
    "allocprofiler?enable=y",
    "heap_dump",
    "peak_heap_dump",
    "stats/recentlookups/enable",
    "quitquitquit?/stats",
    "quitquitquit#/stats",
    "stats/../quitquitquit",
    "%71uitquitquit",
]
READING = ["ready", "stats", "stats?usedonly", "stats/prometheus", "server_info", "clusters?format=json"]
READING += ["listeners", "config_dump", "memory", "certs", "init_dump", "runtime", "help"]


def test_an_admin_address_only_reads(bounded):
    admin = bounded.gateway.admin
    for path in READING:
        assert httpx.get(f"{admin}/{path}", trust_env=False).status_code == 200, path
    for path in CHANGING:
        for method in ("GET", "POST"):
            answer = raw_admin(bounded.gateway.admin_port, method, path)
            assert b" 403 " in answer or b" 404 " in answer or b" 400 " in answer, (method, path, answer)
    assert ask(bounded.gateway, "gpt-4o").status == 200
    assert bounded.gateway.process.poll() is None
    for name in THREE:
        assert key_of(name) not in httpx.get(f"{admin}/config_dump", trust_env=False).text


def raw_admin(port: int, method: str, path: str) -> bytes:
    """The status line: the path goes as it is written here."""
    with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as sock:
        sock.sendall(f"{method} /{path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n".encode())
        return sock.recv(1 << 16).partition(b"\r\n")[0]


@pytest.mark.parametrize("written", [{}, {"admin": False}], ids=["absent", "false"])
def test_the_admin_interface_is_otherwise_a_socket_of_ferros_own(upstreams, tmp_path, written):
    folder = tmp_path / "t"
    folder.mkdir()
    config = {"providers": {"openai": provider(upstreams["openai"], "openai")}} | written
    gateway = Gateway(tmp_path, config, {variable("openai"): key_of("openai"), "TMPDIR": str(folder)})
    if "admin" not in written:
        gateway.file.write_text(gateway.file.read_text().replace("admin: ", "# admin: "))
    before = os.umask(0o000)
    try:
        gateway.start()
        (private,) = folder.iterdir()
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        for path in private.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            assert path.is_socket() or "sk-" not in path.read_text(), path
        transport = httpx.HTTPTransport(uds=str(private / "admin.sock"))
        with httpx.Client(transport=transport, trust_env=False) as client:
            assert client.get("http://ferro/ready").text == "LIVE\n"
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{gateway.admin}/ready", trust_env=False)
    finally:
        os.umask(before)
        gateway.stop()
    assert list(folder.iterdir()) == []


# === clients that stall ===


def test_a_body_that_stalls_is_ended(bounded):
    head = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" % CHAT.encode()
    answer = raw(bounded.gateway.port, head + b"content-length: 1000\r\n\r\n{", timeout=BOUND)
    assert answer.status == 408, answer.raw
    assert answer.headers["content-type"].startswith("application/json")
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == "request_timeout", error
    assert bounded.asked() == []


def test_headers_that_stall_are_ended(bounded):
    answer = raw(bounded.gateway.port, b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n", timeout=BOUND)
    assert answer.status == 408, answer.raw
    assert answer.json()["error"]["code"] == "request_timeout"


def test_a_connection_without_a_request_is_closed(bounded):
    with socket.create_connection(("127.0.0.1", bounded.gateway.port), timeout=BOUND) as sock:
        assert sock.recv(1) == b""


def test_a_stream_may_last_longer_than_its_request(bounded):
    wire = WIRES["openai"]
    said = Said(tuple(f"{number} " for number in range(30)))
    bounded.up["openai"].script(streams(wire.events(said), pause=0.1))
    answer = ask(bounded.gateway, "gpt-4o", stream=True).assert_whole()
    assert answer.text == "".join(said.texts)


# === clients that read slowly ===

READERS = 40
LENGTH = 30 * MIB
PIECE = "y" * (64 << 10)


def long_stream(kind: str):
    return streams(WIRES[kind].events(Said((PIECE,) * (LENGTH // len(PIECE)))))


def chat_request(model: str, stream: bool = True) -> bytes:
    body = json.dumps(chat_body(model, stream=stream)).encode()
    head = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (CHAT.encode(), len(body)) + body


def connect(gateway: Gateway) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", gateway.port))
    return sock


def reads_nothing(gateway: Gateway, model: str) -> list[socket.socket]:
    readers = [connect(gateway) for _ in range(READERS)]
    for reader in readers:
        reader.sendall(chat_request(model))
    return readers


def reads_nothing_of_http2(gateway: Gateway, model: str) -> list[socket.socket]:
    """Each has a connection of its own, and says that it has room for everything."""
    readers = [connect(gateway) for _ in range(READERS)]
    for reader in readers:
        reader.sendall(over_two(model))
    return readers


def over_two(model: str, stream: bool = True, window: int = LENGTH * 2, state=None) -> bytes:
    state = state or h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    state.initiate_connection()
    state.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
    if window > WINDOW:
        state.increment_flow_control_window(window)
    body = json.dumps(chat_body(model, stream=stream)).encode()
    headers = {":method": "POST", ":path": CHAT, ":authority": "localhost", ":scheme": "http"}
    headers |= {"content-type": "application/json", "content-length": str(len(body))}
    state.send_headers(1, list(headers.items()))
    state.send_data(1, body, end_stream=True)
    return state.data_to_send()


def memory(gateway: Gateway) -> int:
    """What Envoy has of the machine's memory, in bytes."""
    children = f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children"
    with open(children) as file:
        (envoy,) = file.read().split()
    with open(f"/proc/{envoy}/status") as file:
        (line,) = (line for line in file if line.startswith("VmRSS:"))
    return int(line.split()[1]) << 10


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory is read from /proc")
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("readers", [reads_nothing, reads_nothing_of_http2])
def test_a_reader_that_does_not_read_holds_little(upstreams, tmp_path, kind, readers):
    model = WIRES[kind].model
    retry = {"per_try_timeout": "120s", "idle_timeout": "600s"}
    with world_of(tmp_path, upstreams, THREE, {"retry": retry}) as world:
        gateway = world.gateway
        ask(gateway, model, stream=True).assert_whole()
        before = memory(gateway)
        world.up[kind].script(long_stream(kind))
        with contextlib.ExitStack() as stack:
            for reader in readers(gateway, model):
                stack.enter_context(reader)
            paused = f"cluster.{kind}.upstream_flow_control_paused_reading_total"
            eventually(lambda: gateway.stat(paused) >= READERS, "nothing more is read for anybody")
            held = memory(gateway) - before
        assert held < READERS * LENGTH / 3, f"{held >> 20} MiB for {READERS} readers"


@pytest.fixture(scope="module")
def hasty(upstreams, tmp_path_factory):
    """A gateway where nobody who stands still may stand long."""
    retry = {"per_try_timeout": "2s", "idle_timeout": "2s"}
    config = {"retry": retry, "limits": {"idle_timeout": "1s", "fetch_timeout": "8s"}}
    with world_of(tmp_path_factory.mktemp("hasty"), upstreams, THREE, config) as world:
        yield world


def whole(kind: str, length: int):
    return replies(WIRES[kind].whole(Said(("z" * length,))))


WINDOW = 65_535

UNREAD = {
    # More than what is taken of a provider: it is paused.
    "a long stream": long_stream,
    "a long answer": lambda kind: whole(kind, 12 * MIB),
    # All of it is here, and nobody fetches it.
    "a short stream": lambda kind: streams(WIRES[kind].events(Said((PIECE,) * 12))),
    "a short answer": lambda kind: whole(kind, 900 << 10),
}


ASKED = {
    "HTTP/1.1": chat_request,
    "HTTP/2": over_two,
    "HTTP/2 without a window": lambda model, stream: over_two(model, stream, window=0),
}


def test_a_reader_that_never_reads_is_ended(hasty):
    """Whatever it speaks and asks for, and of whom: nobody keeps a connection, nor what stands in it, for
    ever. All wait side by side."""
    gateway, kinds = hasty.gateway, ("openai", "anthropic")
    connected = r"http\.ferro\.downstream_cx_active"
    with contextlib.ExitStack() as stack:
        for kind, (name, behaviour) in itertools.product(kinds, UNREAD.items()):
            upstream = hasty.up[kind]
            upstream.script(behaviour(kind))
            for asked in ASKED.values():
                reader = stack.enter_context(connect(gateway))
                reader.sendall(asked(WIRES[kind].model, "stream" in name))
            eventually(lambda up=upstream: len(up.requests) == len(ASKED), "all have asked")
        eventually(lambda: gateway.stat(connected) == 0, "none of them is connected any more")
        assert gateway.active() == 0
        for kind in kinds:
            active = rf"cluster\.{kind}\.upstream_rq_active"
            eventually(lambda name=active: gateway.stat(name) == 0, "nor its provider")
    for kind in kinds:
        hasty.up[kind].script()
        ask(gateway, WIRES[kind].model).assert_whole()


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_reader_that_reads_slowly_gets_all(hasty, kind):
    """Over HTTP/2, piece by piece, for longer than a connection may be without a request."""
    hasty.up[kind].script(whole(kind, 900 << 10))
    state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    received, over = b"", False
    with socket.create_connection(("127.0.0.1", hasty.gateway.port), timeout=BOUND) as sock:
        sock.sendall(over_two(WIRES[kind].model, stream=False, window=WINDOW, state=state))
        pending = 0
        while not over:
            for event in state.receive_data(sock.recv(1 << 16)):
                assert not isinstance(event, h2.events.StreamReset), len(received)
                if isinstance(event, h2.events.DataReceived):
                    received += event.data
                    pending += event.flow_controlled_length
                over = over or isinstance(event, h2.events.StreamEnded)
            if pending >= WINDOW and not over:
                time.sleep(0.2)
                state.increment_flow_control_window(pending, 1)
                state.increment_flow_control_window(pending)
                pending = 0
            sock.sendall(state.data_to_send())
    assert b"z" * 1000 in received and json.loads(received)["choices"]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_reader_of_http_1_that_reads_slowly_gets_all(hasty, kind):
    hasty.up[kind].script(whole(kind, 900 << 10))
    received = b""
    with connect(hasty.gateway) as sock:
        sock.sendall(chat_request(WIRES[kind].model, stream=False))
        while not received.endswith((b"}", b"0\r\n\r\n")):
            piece = sock.recv(WINDOW)
            assert piece, f"closed after {len(received)}"
            received += piece
            time.sleep(0.25 * len(piece) / WINDOW)
    assert len(received) > 900 << 10


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_long_request_moves_on_whole(upstreams, tmp_path, kind):
    """What answers may hold is no bound for what is asked, also when it is asked again."""
    targets = [{"provider": "gemini", "model": "gemini-2.5-pro"}, {"provider": kind, "model": WIRES[kind].model}]
    routes = [{"name": "both", "match": {"models": ["both"]}, "targets": targets}]
    with world_of(tmp_path, upstreams, THREE, {"routes": routes}) as world:
        world.up["gemini"].script(WIRES["gemini"].fails(503))
        prompt = "x" * (30 * MIB)
        answer = ask(world.gateway, "both", prompt)
        assert answer.assert_whole().headers["x-ferro-provider"] == kind
        assert world.asked() == ["gemini", kind]
        assert prompt.encode() in world.up["gemini"].last.body and prompt.encode() in world.up[kind].last.body


def test_what_is_not_yet_judged_may_be_long(world):
    """A translated answer is held until its end: 12 MiB are."""
    said = Said(("x" * (12 * MIB),))
    world.up["anthropic"].script(WIRES["anthropic"].says(said))
    assert ask(world.gateway, WIRES["anthropic"].model).assert_whole().text == said.text


def test_a_long_request_passes(world):
    body = json.dumps(chat_body("gpt-4o", "x" * (30 * MIB))).encode()
    assert send(world.gateway, body).assert_whole().text
    assert world.up["openai"].last.body == body


# === a provider whose name nobody knows ===


def test_nobody_can_listen_where_an_unknown_name_leads(upstreams, tmp_path):
    """The port is that of every cluster's last host; who may listen on it hears nothing."""
    heard = []
    with contextlib.ExitStack() as stack:
        trap = stack.enter_context(socket.socket())
        trap.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trap.bind(("", 1))
        except PermissionError:
            pytest.skip("needs the right to port 1")
        trap.listen()
        threading.Thread(target=listen, args=(trap, heard), daemon=True).start()
        gone = {"kind": "openai", "endpoint": "http://gone.invalid"}
        route = {"name": "gone", "match": {"models": ["gone"]}, "targets": [{"provider": "gone"}]}
        then = {"name": "then", "match": {"models": ["then"]}, "targets": [*route["targets"]]}
        then["targets"].append({"provider": "openai", "model": "gpt-4o"})
        config = {"providers": {"gone": gone | {"api_key": "${E2E_GONE_KEY}"}}, "routes": [route, then]}
        world = stack.enter_context(world_of(tmp_path, upstreams, THREE, config))
        answer = ask(world.gateway, "then").assert_whole()
        assert answer.headers["x-ferro-provider"] == "openai" and answer.headers["x-ferro-attempts"] == "2"
        assert ask(world.gateway, "gone").status == 503
        assert world.gateway.stat("cluster.gone.upstream_cx_connect_fail") >= 2
        assert world.gateway.stat("cluster.gone.upstream_cx_connect_timeout") == 0
    assert heard == []


def listen(trap: socket.socket, heard: list) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, address = trap.accept()
            heard.append(address)
            connection.close()


# === too much for the machine ===


OVERLOAD_REFRESH = 0.25
"""How often Envoy looks at its memory, in seconds (`overload.rs`)."""


def test_new_requests_are_refused_before_memory_runs_out(upstreams, tmp_path):
    """Requests that are not all there yet are held; with enough of them others are refused, until they go."""
    config = {"limits": {"max_heap": "192MiB"}}
    head = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    unfinished = head % (CHAT.encode(), 30 * MIB) + b"x" * (4 * MIB)
    with world_of(tmp_path, upstreams, THREE, config) as world, contextlib.ExitStack() as stack:
        held = []

        def one_more() -> None:
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", world.gateway.port), BOUND))
            with contextlib.suppress(OSError):  # nothing is read of whom there is no memory for
                sock.sendall(unfinished)
            held.append(sock)

        def answer() -> Answer | None:
            with contextlib.suppress(httpx.TransportError):  # in the worst case nobody is let in
                return ask(world.gateway, "gpt-4o")
            return None

        def refused() -> Answer | None:
            """Between requests that are refused and connections that are, there are 5 % of the heap: small steps, each
            seen by Envoy before the next, and one back where it was too far."""
            found = answer()
            if found and found.status == 503:
                return found
            one_more() if found else held.pop().close()
            time.sleep(1.2 * OVERLOAD_REFRESH)
            return None

        error = eventually(refused, "somebody is refused")
        assert error.json()["error"]["code"] == "overloaded", error.raw
        assert error.json()["error"]["type"] == "api_error"
        assert error.headers["retry-after"] == "2"
        assert error.headers["content-type"].startswith("application/json")
        stack.close()
        eventually(
            lambda: (found := answer()) and found.status == 200, "everybody is let in again", BOUND
        )
