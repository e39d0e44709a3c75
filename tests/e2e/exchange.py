"""One request that reached an upstream, and the means to answer it, well or badly, over either HTTP."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field

Headers = Iterable[tuple[str, str]]


@dataclass
class Request:
    """One request as it arrived."""

    method: str
    target: str
    authority: str
    headers: list[tuple[str, str]]
    body: bytes
    # What came before the body.
    top: bytes
    protocol: str
    connection: int
    nth: int
    at: float = field(default_factory=time.monotonic)
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def raw(self) -> bytes:
        """All bytes of it, as far as HTTP tells."""
        return self.top + self.body

    def json(self):
        return json.loads(self.body)

    def names(self) -> list[str]:
        """Header names in lower case, in the order they came, HTTP/1.1's `host` included."""
        return [name.lower() for name, _ in self.headers]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


class Exchange(ABC):
    """A request and the means to answer it, well or badly."""

    request: Request
    closed = False
    # Whether a stream is asked for, where somebody has looked.
    streaming = False

    @abstractmethod
    async def head(self, status: int, headers: Headers = (), length: int | None = None) -> None:
        """Sends status and headers; without a length the body is chunked."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Sends a piece of the body."""

    @abstractmethod
    async def end(self, trailers: Headers = ()) -> None:
        """Ends the body as it should end."""

    @abstractmethod
    async def close(self) -> None:
        """Closes the connection, whatever was promised."""

    @abstractmethod
    async def reset(self) -> None:
        """Breaks off: TCP RST, or RST_STREAM."""
