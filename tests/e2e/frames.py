"""HTTP/2 as an attacker speaks it: frame by frame, in any order, and true to no state."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import hpack
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)

from client import CHAT
from gateway import BOUND

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
Fields = Iterable[tuple[str, str]]


@dataclass
class Heard:
    """What the other side said until it was done with a stream, or with us."""

    statuses: dict[int, int] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)
    # All header fields and trailers.
    fields: list[tuple[str, str]] = field(default_factory=list)
    reset: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    # It closed the connection, or said that it will.
    gone: bool = False
    # It answered a ping.
    alive: bool = False

    def is_over(self, stream: int) -> bool:
        """Nothing more will come of this stream."""
        return self.gone or stream in self.reset or stream in self.ended


def fields(model: str, length: int, *more: tuple[str, str], **pseudo: str) -> list[tuple[str, str]]:
    """The header fields of a chat request; pseudo headers may be others."""
    own = {"method": "POST", "scheme": "http", "authority": "localhost", "path": CHAT} | pseudo
    first = [(f":{name}", value) for name, value in own.items() if value is not None]
    return [*first, ("content-type", "application/json"), ("content-length", str(length)), *more]


def headers(stream: int, block: Fields, *flags: str) -> bytes:
    """A header block in one frame, and where it is too long in others."""
    data = hpack.Encoder().encode(list(block), huffman=False)
    return block_of(stream, data, *flags)


def block_of(stream: int, data: bytes, *flags: str, end: bool = True) -> bytes:
    """The same for a block that is encoded already."""
    pieces = [data[start : start + 16_000] for start in range(0, len(data), 16_000)] or [b""]
    frames: list[Frame] = [HeadersFrame(stream, pieces[0], flags=list(flags))]
    frames += [ContinuationFrame(stream, piece) for piece in pieces[1:]]
    if end:
        frames[-1].flags.add("END_HEADERS")
    return b"".join(frame.serialize() for frame in frames)


def data(stream: int, body: bytes, *flags: str) -> bytes:
    return DataFrame(stream, body, flags=list(flags)).serialize()


def raw_frame(kind: int, flags: int, stream: int, body: bytes = b"", length: int | None = None) -> bytes:
    """A frame of any kind, as long as it claims to be."""
    claimed = len(body) if length is None else length
    return struct.pack(">I", claimed)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def converse(
    port: int, said: Iterable[bytes], stream: int = 1, pings: bool = False, timeout: float = BOUND
) -> Heard:
    """Says all this after the preface, and listens until the stream is over, or the connection; or until what
    was said last is answered, which is a ping."""
    heard, decoder = Heard(), hpack.Decoder()
    opening = PREFACE + SettingsFrame(0, settings={}).serialize()
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=timeout)) as sock:
        threading.Thread(target=_say, args=(sock, opening, said, pings), daemon=True).start()
        received = b""
        while not heard.is_over(stream) and not (pings and heard.alive):
            piece = _receive(sock)
            received += piece
            while len(received) >= 9:
                frame, length = Frame.parse_frame_header(memoryview(received[:9]))
                if len(received) < 9 + length:
                    break
                frame.parse_body(memoryview(received[9 : 9 + length]))
                received = received[9 + length :]
                _hear(heard, frame, decoder)
            if not piece:
                heard.gone = True
    return heard


def _receive(sock: socket.socket) -> bytes:
    try:
        return sock.recv(1 << 16)
    except ConnectionError:
        return b""


def _hear(heard: Heard, frame: Frame, decoder: hpack.Decoder) -> None:
    match frame:
        case HeadersFrame():
            said = decoder.decode(frame.data)
            heard.fields += said
            block = dict(said)
            if ":status" in block and int(block[":status"]) >= 200:
                heard.statuses[frame.stream_id] = int(block[":status"])
        case DataFrame():
            heard.bodies[frame.stream_id] = heard.bodies.get(frame.stream_id, b"") + frame.data
        case RstStreamFrame():
            heard.reset.add(frame.stream_id)
        case GoAwayFrame():
            heard.gone = True
        case PingFrame():
            heard.alive |= "ACK" in frame.flags
    if "END_STREAM" in frame.flags:
        heard.ended.add(frame.stream_id)


def _say(sock: socket.socket, opening: bytes, said: Iterable[bytes], pings: bool) -> None:
    with contextlib.suppress(OSError):  # they may hang up first
        sock.sendall(opening)
        for piece in said:
            sock.sendall(piece)
        if pings:
            sock.sendall(PingFrame(0, b"are you?").serialize())
