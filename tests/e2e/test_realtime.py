"""Speech both ways: another protocol on the client's connection, whose frames pass in both directions as they are."""

import asyncio
import base64
import contextlib
import hashlib
import os
import socket
import struct
import threading

import pytest

from client import get, raw
from exchange import Request
from gateway import BOUND, eventually
from upstream import Upstream
from world import CLIENT_KEY, key_of, stand_in, world_of

MIB = 1 << 20
HANDSHAKE = (
    "GET /v1/realtime?model={model} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\nauthorization: Bearer " + CLIENT_KEY + "\r\n"
    "sec-websocket-protocol: realtime\r\n\r\n"
)


def accept(key: str) -> str:
    """RFC 6455, 4.2.2."""
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    return base64.b64encode(digest).decode()


def frame(payload: bytes, mask: bool, opcode: int = 2) -> bytes:
    """RFC 6455, 5.2."""
    head = bytes([0x80 | opcode])
    flag = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([flag | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([flag | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([flag | 127]) + struct.pack("!Q", len(payload))
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[place % 4] for place, byte in enumerate(payload))


class Peer(Upstream):
    """A provider that takes every handshake, and gives the connection to a behaviour of its two ends."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.gone = threading.Event()
        self.status = 101
        self.behave = echo

    async def _connected(self, reader, writer) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")[:-2]
            headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
            method, target, _ = first.split(" ", 2)
            request = Request(method, target, "", headers, b"", head, "http/1.1", 0, 0)
            self.requests.append(request)
            if self.status != 101:
                writer.write(b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % self.status)
                await writer.drain()
                return
            lines = ["HTTP/1.1 101 Switching", "connection: Upgrade", "upgrade: websocket",
                     f"sec-websocket-accept: {accept(request.header('sec-websocket-key'))}",
                     "sec-websocket-protocol: realtime", "x-envoy-secret: a", "", ""]
            writer.write("\r\n".join(lines).encode())
            await self.behave(reader, writer)
            await reader.read()
            self.gone.set()
        self.gone.set()
        writer.close()


async def echo(reader, writer) -> None:
    while piece := await reader.read(1 << 16):
        writer.write(piece)
        await writer.drain()


@pytest.fixture(scope="module")
def talks(tmp_path_factory):
    """Two providers that talk, and one that does not."""
    with contextlib.ExitStack() as stack:
        up = {name: stack.enter_context(Peer(name)) for name in ("openai", "second")}
        up["anthropic"] = stack.enter_context(stand_in("anthropic", "anthropic"))
        config = {
            "aliases": {"voice": "openai/gpt-realtime"},
            "routes": [
                {
                    "name": "talk",
                    "match": {"surfaces": ["realtime"], "models": ["talk"]},
                    "targets": [
                        {"provider": "openai", "model": "gpt-realtime"},
                        {"provider": "second", "model": "gpt-realtime-mini"},
                    ],
                }
            ],
        }
        kinds = {"openai": "openai", "second": "openai", "anthropic": "anthropic"}
        yield stack.enter_context(world_of(tmp_path_factory.mktemp("gateway"), up, kinds, config))


@pytest.fixture
def world(talks):
    for name in ("openai", "second"):
        peer = talks.up[name]
        peer.requests.clear()
        peer.gone.clear()
        peer.status, peer.behave = 101, echo
    return talks


def talk(world, model: str = "voice") -> socket.socket:
    """A client's connection after the handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    sock = socket.create_connection(("127.0.0.1", world.gateway.port), timeout=BOUND)
    sock.sendall(HANDSHAKE.format(model=model, key=key).encode())
    received = b""
    while b"\r\n\r\n" not in received:
        piece = sock.recv(1)
        assert piece, received
        received += piece
    head = received.decode().lower()
    assert head.startswith("http/1.1 101"), received
    assert f"sec-websocket-accept: {accept(key).lower()}" in head and "x-envoy-secret" not in head
    assert "x-ferro-provider" in head
    return sock


def read(sock: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        piece = sock.recv(1 << 16)
        assert piece, f"closed after {len(received)} of {length}"
        received += piece
    return bytes(received)


def test_what_is_said_comes_back(world):
    with talk(world) as sock:
        for payload in (b"", b"x", os.urandom(200), os.urandom(70_000)):
            sent = frame(payload, mask=True)
            sock.sendall(sent)
            assert read(sock, len(sent)) == sent
    (request,) = world.up["openai"].requests
    assert request.target == "/v1/realtime?model=gpt-realtime"
    assert request.header("authorization") == f"Bearer {key_of('openai')}"
    assert CLIENT_KEY.encode() not in request.raw
    assert request.header("sec-websocket-protocol") == "realtime"


def test_both_directions_may_be_busy(world):
    """Each side sends 8 MiB at once, without waiting for the other."""
    ours, theirs = os.urandom(8 * MIB), os.urandom(8 * MIB)
    heard = {}

    async def busy(reader, writer):
        async def say():
            for start in range(0, len(theirs), 1 << 16):
                writer.write(theirs[start : start + (1 << 16)])
                await writer.drain()

        _, heard["ours"] = await asyncio.gather(say(), reader.readexactly(len(ours)))

    world.up["openai"].behave = busy
    with talk(world) as sock:
        sender = threading.Thread(target=sock.sendall, args=(ours,))
        sender.start()
        assert read(sock, len(theirs)) == theirs
        sender.join(BOUND)
        eventually(lambda: "ours" in heard, "all has arrived")
    assert heard["ours"] == ours


def test_who_is_silent_is_not_cut_off(world):
    with talk(world) as sock:
        sock.settimeout(2)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(BOUND)
        sock.sendall(b"still there")
        assert read(sock, 11) == b"still there"


def test_a_client_that_leaves_ends_it(world):
    talk(world).close()
    assert world.up["openai"].gone.wait(BOUND)
    lines = eventually(lambda: [line for line in world.gateway.log() if line["path"] == "/v1/realtime"], "a line")
    assert lines[-1]["provider"] == "openai" and lines[-1]["requested_model"] == "voice"


def test_a_provider_that_leaves_ends_it(world):
    async def says_bye(reader, writer):
        writer.write(b"bye")
        await writer.drain()
        writer.close()

    world.up["openai"].behave = says_bye
    with talk(world) as sock:
        assert read(sock, 3) == b"bye"
        assert sock.recv(1) == b""


def test_a_handshake_that_is_refused_is_tried_elsewhere(world):
    world.up["openai"].status = 503
    with talk(world, "talk") as sock:
        sock.sendall(b"hello")
        assert read(sock, 5) == b"hello"
    assert [world.up[name].requests[0].target for name in ("openai", "second")] == [
        "/v1/realtime?model=gpt-realtime", "/v1/realtime?model=gpt-realtime-mini"
    ]


def test_a_handshake_that_nobody_takes_is_an_error(world):
    world.up["openai"].status = 429
    key = base64.b64encode(os.urandom(16)).decode()
    answer = raw(world.gateway.port, HANDSHAKE.format(model="voice", key=key).encode())
    answer.assert_error(429, "rate_limit_error")


@pytest.mark.parametrize(("model", "code"), [("nobody-has-this", "model_not_found"), ("claude-sonnet-4-5", "unsupported_parameter")])
def test_who_does_not_talk_is_not_asked(world, model, code):
    key = base64.b64encode(os.urandom(16)).decode()
    answer = raw(world.gateway.port, HANDSHAKE.format(model=model, key=key).encode())
    assert answer.json()["error"]["code"] == code
    assert not any(world.up[name].requests for name in ("openai", "second"))


def test_a_socket_is_offered_at_its_own_path_only(world):
    head = HANDSHAKE.format(model="voice", key="AAAAAAAAAAAAAAAAAAAAAA==").replace("/v1/realtime?model=voice", "/v1/models")
    answer = raw(world.gateway.port, head.encode())
    assert answer.status == 200 and answer.json()["object"] == "list"


def test_without_an_upgrade_it_is_no_path_to_a_provider(world):
    answer = get(world.gateway, "/v1/realtime?model=voice")
    answer.assert_error(426, "invalid_request_error", "upgrade_required")
    assert world.up["openai"].requests == []
