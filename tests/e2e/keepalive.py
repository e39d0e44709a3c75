"""A client for thousands of requests: a few connections that are kept, bytes out and answers in."""

import queue
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import httpx

from client import Answer
from gateway import BOUND


class Connection:
    """One connection, opened again when the other end closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sock: socket.socket | None = None
        self._read = b""

    def close(self) -> None:
        if self._sock:
            self._sock.close()
        self._sock, self._read = None, b""

    def ask(self, data: bytes) -> Answer:
        """Sends a request and reads its answer; once more if the connection was closed while it was kept."""
        kept = self._sock is not None
        try:
            return self._ask(data)
        except (ConnectionError, EOFError):
            self.close()
            if not kept:
                raise
            return self._ask(data)

    def _ask(self, data: bytes) -> Answer:
        if self._sock is None:
            self._sock = socket.create_connection(("127.0.0.1", self._port), timeout=BOUND)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.sendall(data)
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        status = int(first.split()[1])
        headers = httpx.Headers([tuple(line.split(": ", 1)) for line in lines])
        if status == 101:
            self.close()
            return Answer(status, headers)
        body = b"" if data.startswith(b"HEAD ") else self._body(headers)
        if headers.get("connection") == "close":
            self.close()
        return Answer(status, headers, body)

    def _body(self, headers: httpx.Headers) -> bytes:
        if "chunked" not in headers.get("transfer-encoding", ""):
            return self._exactly(int(headers.get("content-length", 0)))
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _more(self) -> None:
        piece = self._sock.recv(1 << 16)
        if not piece:
            raise EOFError("closed within an answer")
        self._read += piece

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._read:
            self._more()
        found, _, self._read = self._read.partition(mark)
        return found + mark

    def _exactly(self, length: int) -> bytes:
        while len(self._read) < length:
            self._more()
        found, self._read = self._read[:length], self._read[length:]
        return found


Item = TypeVar("Item")
Result = TypeVar("Result")


def ask_all(port: int, requests: Iterable[bytes], connections: int = 8) -> list[Answer]:
    """Asks them all, many at once; the answers in order."""
    return each(port, list(requests), lambda request: request, lambda _, answer: answer, connections)


def each(
    port: int,
    items: Sequence[Item],
    request: Callable[[Item], bytes],
    result: Callable[[Item, Answer], Result],
    connections: int = 8,
) -> list[Result]:
    """Makes a request of every item and a result of every answer."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for place in range(len(items)):
        waiting.put(place)
    results: list[Result | None] = [None] * len(items)
    errors: list[BaseException] = []

    def work() -> None:
        connection = Connection(port)
        try:
            while not errors:
                try:
                    place = waiting.get_nowait()
                except queue.Empty:
                    return
                results[place] = result(items[place], connection.ask(request(items[place])))
        except BaseException as error:  # whatever it is, the test is to see it
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
    return results
