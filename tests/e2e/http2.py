"""An upstream's side of one HTTP/2 connection."""

import asyncio
from collections.abc import Awaitable, Callable

import h2.config
import h2.connection
import h2.errors
import h2.events

from exchange import Exchange, Headers, Request


class Http2:
    """One HTTP/2 connection."""

    def __init__(
        self,
        serve: Callable[[Exchange], Awaitable[None]],
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ):
        self.answer = serve
        self.number = number
        self.reader = reader
        self.writer = writer
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.requests: dict[int, Request] = {}
        self.tasks: dict[int, asyncio.Future] = {}
        self.window = asyncio.Condition()

    async def serve(self) -> None:
        self.state.initiate_connection()
        await self.flush()
        try:
            while data := await self.reader.read(1 << 16):
                for event in self.state.receive_data(data):
                    await self.react(event)
                await self.flush()
        finally:
            for stream_id in list(self.tasks):
                self.leave(stream_id)

    async def flush(self) -> None:
        self.writer.write(self.state.data_to_send())
        await self.writer.drain()

    async def react(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived():
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers]
                pseudo = {name: value for name, value in headers if name.startswith(":")}
                plain = [(name, value) for name, value in headers if not name.startswith(":")]
                self.requests[event.stream_id] = Request(
                    pseudo[":method"], pseudo[":path"], pseudo[":authority"], plain, b"",
                    "".join(f"{name}: {value}\n" for name, value in headers).encode("latin-1"),
                    "h2", self.number, len(self.requests),
                )  # fmt: skip
            case h2.events.DataReceived():
                request = self.requests[event.stream_id]
                request.body += event.data
                self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.StreamReset():
                self.leave(event.stream_id)
            case h2.events.WindowUpdated() | h2.events.RemoteSettingsChanged():
                async with self.window:
                    self.window.notify_all()
        if isinstance(event, h2.events.StreamEnded):
            exchange = _Http2Exchange(self, event.stream_id)
            self.tasks[event.stream_id] = asyncio.ensure_future(self.answer(exchange))

    def leave(self, stream_id: int) -> None:
        if task := self.tasks.pop(stream_id, None):
            if not task.done():
                self.requests[stream_id].gone.set()
            task.cancel()


class _Http2Exchange(Exchange):
    def __init__(self, connection: Http2, stream_id: int) -> None:
        self.request = connection.requests[stream_id]
        self._connection = connection
        self._stream = stream_id

    async def head(self, status: int, headers: Headers = (), length: int | None = None) -> None:
        plain = [(name, value) for name, value in headers if name != "connection"]
        if length is not None:
            plain.append(("content-length", str(length)))
        self._connection.state.send_headers(self._stream, [(":status", str(status)), *plain])
        await self._connection.flush()

    async def write(self, data: bytes) -> None:
        state = self._connection.state
        while data:
            async with self._connection.window:
                await self._connection.window.wait_for(
                    lambda: state.local_flow_control_window(self._stream) > 0
                )
            room = min(state.local_flow_control_window(self._stream), state.max_outbound_frame_size)
            state.send_data(self._stream, data[:room])
            data = data[room:]
            await self._connection.flush()

    async def end(self, trailers: Headers = ()) -> None:
        if trailers := list(trailers):
            self._connection.state.send_headers(self._stream, trailers, end_stream=True)
        else:
            self._connection.state.end_stream(self._stream)
        await self._connection.flush()

    async def close(self) -> None:
        self._connection.writer.close()

    async def reset(self) -> None:
        self._connection.state.reset_stream(self._stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
        await self._connection.flush()
