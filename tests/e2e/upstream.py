"""Scripted upstreams that misbehave on demand: HTTP/1.1 on raw sockets, and HTTP/2 behind TLS.

An `Upstream` listens on a free port of the loopback, records every `Request` it gets, and answers each with
the next behaviour of its script; the last one repeats. A behaviour is a coroutine over an `Exchange`: it may
answer, stream, stay silent, reset, or break off half way. All upstreams of a process share one event loop in
one thread.
"""

import asyncio
import contextlib
import functools
import itertools
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from exchange import Exchange, Headers, Request
from http2 import Http2

Behaviour = Callable[[Exchange], Awaitable[None]]


# === behaviours ===


def replies(
    body: bytes, status: int = 200, headers: Headers = (), content_type: str = "application/json"
) -> Behaviour:
    """A whole answer."""

    async def behave(exchange: Exchange) -> None:
        await exchange.head(status, [("content-type", content_type), *headers], length=len(body))
        await exchange.write(body)
        await exchange.end()

    return behave


def until(go_on: threading.Event, before: int) -> Callable[[int], Awaitable[None]]:
    """For `on_event`: a stream stands still before the event of this number until it may go on."""

    async def wait(index: int) -> None:
        while index == before and not go_on.is_set():
            await asyncio.sleep(0.01)

    return wait


def streams(
    events: Iterable[bytes],
    ending: str = "end",
    pause: float = 0,
    headers: Headers = (),
    trailers: Headers = (),
    on_event: Callable[[int], Awaitable[None]] | None = None,
    content_type: str = "text/event-stream",
) -> Behaviour:
    """A stream, of server-sent events mostly. `ending`: end (as it should), cut (closed without the last chunk),
    reset, hang (silence), eof (`connection: close` and no chunks, then closed: looks complete to HTTP)."""

    async def behave(exchange: Exchange) -> None:
        sent = [("content-type", content_type), *headers]
        await exchange.head(200, [*sent, ("connection", "close")] if ending == "eof" else sent)
        for index, event in enumerate(events):
            if on_event:
                await on_event(index)
            await exchange.write(event)
            await asyncio.sleep(pause)
        match ending:
            case "end":
                await exchange.end(trailers)
            case "cut" | "eof":
                await exchange.close()
            case "reset":
                await asyncio.sleep(0.1)  # a reset overtakes what was just sent
                await exchange.reset()
            case "hang":
                await asyncio.Event().wait()

    return behave


async def silent(exchange: Exchange) -> None:
    """Takes the request and never answers."""
    await asyncio.Event().wait()


def silent_after_head(content_type: str = "text/event-stream") -> Behaviour:
    """Sends 200 and headers, and then nothing."""

    async def behave(exchange: Exchange) -> None:
        await exchange.head(200, [("content-type", content_type)])
        await asyncio.Event().wait()

    return behave


async def reset(exchange: Exchange) -> None:
    """Resets the connection instead of answering."""
    await exchange.reset()


def reset_after_head(content_type: str = "text/event-stream") -> Behaviour:
    """Sends 200 and headers and resets before the first byte of the body."""

    async def behave(exchange: Exchange) -> None:
        await exchange.head(200, [("content-type", content_type)])
        await asyncio.sleep(0.1)
        await exchange.reset()

    return behave


async def close(exchange: Exchange) -> None:
    """Closes the connection instead of answering."""
    await exchange.close()


def half(body: bytes, content_type: str = "application/json") -> Behaviour:
    """Promises a body and closes after half of it."""

    async def behave(exchange: Exchange) -> None:
        await exchange.head(200, [("content-type", content_type)], length=len(body))
        await exchange.write(body[: len(body) // 2])
        await exchange.close()

    return behave


def slow(body: bytes, pieces: int = 20, pause: float = 0.01) -> Behaviour:
    """A whole answer in drops."""

    async def behave(exchange: Exchange) -> None:
        await exchange.head(200, [("content-type", "application/json")], length=len(body))
        size = max(1, len(body) // pieces)
        for start in range(0, len(body), size):
            await exchange.write(body[start : start + size])
            await asyncio.sleep(pause)
        await exchange.end()

    return behave


def interim(status: int, then: Behaviour) -> Behaviour:
    """A 1xx answer before the real one; HTTP/1.1 only."""

    async def behave(exchange: _Http1) -> None:
        await exchange.write_raw(f"HTTP/1.1 {status} Interim\r\n\r\n".encode())
        await then(exchange)

    return behave


def stale_after(first: Behaviour, how: Behaviour = reset) -> Behaviour:
    """Answers the first request of every connection, and breaks when the connection is used again."""

    async def behave(exchange: Exchange) -> None:
        await (first if exchange.request.nth == 0 else how)(exchange)

    return behave


# === servers ===


class Loop:
    """The one event loop all upstreams of this process run in."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)


@functools.cache
def shared_loop() -> Loop:
    return Loop()


class Upstream:
    """A server on a free port of 127.0.0.1 (and ::1 where there is one). Use it as a context."""

    def __init__(
        self, name: str, default: Behaviour | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.name = name
        self.default = default or replies(b"{}")
        self.requests: list[Request] = []
        # What this upstream could not make sense of: a request that is not in its format.
        self.errors: list[str] = []
        self._tls = tls
        self._script: deque[Behaviour] = deque([self.default])
        self._connections = itertools.count()
        self._writers: set[asyncio.StreamWriter] = set()
        self._servers: list[asyncio.Server] = []
        self.port = 0

    def __enter__(self) -> "Upstream":
        shared_loop().run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        shared_loop().run(self._stop())

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}" if self._tls else f"http://127.0.0.1:{self.port}"

    def script(self, *behaviours: Behaviour) -> "Upstream":
        """Answers the coming requests with these, in order, the last for ever. Forgets what was recorded."""
        self.requests.clear()
        self.errors.clear()
        self._script = deque(behaviours or [self.default])
        return self

    @property
    def last(self) -> Request:
        return self.requests[-1]

    def close_connections(self) -> None:
        """Ends all connections that clients have kept."""

        async def close_all() -> None:
            for writer in self._writers:
                writer.close()

        shared_loop().run(close_all())

    async def _start(self) -> None:
        start = functools.partial(asyncio.start_server, self._connected, limit=1 << 20, ssl=self._tls)
        self._servers.append(await start("127.0.0.1", 0))
        self.port = self._servers[0].sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):  # `localhost` may mean either
            self._servers.append(await start("::1", self.port))

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        number = next(self._connections)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                tls = writer.get_extra_info("ssl_object")
                if tls and tls.selected_alpn_protocol() == "h2":
                    await Http2(self.serve, number, reader, writer).serve()
                else:
                    await self._serve_http1(number, reader, writer)
            finally:
                self._writers.discard(writer)
                writer.close()

    async def _serve_http1(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        early = b""
        for nth in itertools.count():
            request = await _read_request(reader, early, number, nth)
            if request is None:
                return
            exchange = _Http1(request, writer)
            work = asyncio.ensure_future(self.serve(exchange))
            watch = asyncio.ensure_future(reader.read(1))
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not watch.done():
                watch.cancel()
            early = b""
            try:
                early = await watch
            except asyncio.CancelledError:
                left = False
            except ConnectionError:
                left = True
            else:
                left = not early
            if left and not exchange.closed:
                request.gone.set()
                work.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await work
            if exchange.closed or left:
                return

    async def serve(self, exchange: Exchange) -> None:
        """Records the request and answers it with the next behaviour."""
        self.requests.append(exchange.request)
        behaviour = self._script.popleft() if len(self._script) > 1 else self._script[0]
        try:
            await behaviour(exchange)
        except ConnectionError:
            raise
        except Exception as error:
            self.errors.append(f"{type(error).__name__} {error}: {exchange.request.raw[:2000]!r}")
            raise ConnectionAbortedError from error


_refusing: list[socket.socket] = []


def refused() -> str:
    """An endpoint that refuses connections until this process ends: its port is bound, but nobody listens."""
    _refusing.append(socket.socket())
    _refusing[-1].bind(("127.0.0.1", 0))
    return f"http://127.0.0.1:{_refusing[-1].getsockname()[1]}"


# === HTTP/1.1 ===


async def _read_request(reader: asyncio.StreamReader, early: bytes, number: int, nth: int) -> Request | None:
    try:
        head = early + await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    known = {name.lower(): value for name, value in headers}
    body = b""
    if "chunked" in known.get("transfer-encoding", ""):
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    elif length := int(known.get("content-length", 0)):
        body = await reader.readexactly(length)
    return Request(method, target, known.get("host", ""), headers, body, head, "http/1.1", number, nth)


class _Http1(Exchange):
    def __init__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.request = request
        self._writer = writer
        self._chunked = False

    async def write_raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, status: int, headers: Headers = (), length: int | None = None) -> None:
        headers = list(headers)
        if length is not None:
            headers.append(("content-length", str(length)))
        elif ("connection", "close") not in headers:
            headers.append(("transfer-encoding", "chunked"))
            self._chunked = True
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers), "", ""]
        await self.write_raw("\r\n".join(lines).encode("latin-1"))

    async def write(self, data: bytes) -> None:
        if data:
            await self.write_raw(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)

    async def end(self, trailers: Headers = ()) -> None:
        if self._chunked:
            lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
            await self.write_raw(f"0\r\n{lines}\r\n".encode())

    async def close(self) -> None:
        self.closed = True
        self._writer.close()

    async def reset(self) -> None:
        self.closed = True
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
