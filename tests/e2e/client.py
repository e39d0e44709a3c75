"""A client that looks closer than an SDK does: whole answers, streams to their last byte, and raw sockets."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import openai

from gateway import BOUND

CHAT = "/v1/chat/completions"
# Every client would otherwise read all trust roots anew.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class Answer:
    """An answer as far as it came, whole or streamed. `broken` is what the transport complains of."""

    status: int
    headers: httpx.Headers
    raw: bytes = b""
    broken: Exception | None = None
    # Of a stream:
    chunks: list[dict] = field(default_factory=list)
    errors: list[dict] = field(default_factory=list)
    done: bool = False

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    def json(self):
        return json.loads(self.raw)

    @property
    def message(self) -> dict:
        return self.json()["choices"][0]["message"]

    @property
    def deltas(self) -> list[dict]:
        return [choice["delta"] for chunk in self.chunks for choice in chunk["choices"]]

    @property
    def text(self) -> str:
        """What the model said."""
        messages = self.deltas if self.is_stream else [self.message]
        return "".join(message.get("content") or "" for message in messages)

    @property
    def finishes(self) -> list[str]:
        bodies = self.chunks if self.is_stream else [self.json()]
        choices = [choice for body in bodies for choice in body["choices"]]
        return [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]

    def read_events(self) -> "Answer":
        """Takes the events out of the bytes. Every event must be one that OpenAI's format knows."""
        for event in self.raw.decode().replace("\r\n", "\n").split("\n\n"):
            lines = [line for line in event.split("\n") if line and not line.startswith(":")]
            if not lines:
                continue
            assert all(line.startswith("data: ") for line in lines), f"not OpenAI's format: {event!r}"
            assert not self.done, f"after [DONE]: {event!r}"
            data = "\n".join(line[6:] for line in lines)
            if data == "[DONE]":
                self.done = True
                continue
            try:
                chunk = json.loads(data)
            except ValueError:
                assert self.broken, f"half an event: {event!r}"
                continue
            if "error" in chunk:
                self.errors.append(chunk["error"])
            else:
                assert chunk["object"] == "chat.completion.chunk", event
                self.chunks.append(chunk)
        return self

    def assert_whole(self) -> "Answer":
        """What every complete answer looks like."""
        assert self.status == 200 and not self.broken and not self.errors, (
            self.status,
            self.broken,
            self.raw,
        )
        assert len(self.finishes) == 1, self.raw
        if self.is_stream:
            assert self.done, self.raw
            roles = [index for index, delta in enumerate(self.deltas) if "role" in delta]
            assert roles == [0], f"role in deltas {roles}"
            for member in ("id", "created", "model"):
                values = {chunk[member] for chunk in self.chunks}
                assert len(values) == 1, f"{member} changes within the stream: {values}"
        return self

    def assert_broken(self) -> "Answer":
        """What a broken stream looks like: never complete, and either cut or with one error at its end."""
        assert self.status == 200 and self.is_stream, (self.status, self.raw)
        assert b"[DONE]" not in self.raw, self.raw
        assert [reason for reason in self.finishes if reason == "stop"] == [], self.raw
        assert self.broken or len(self.errors) == 1, f"looks whole: {self.raw!r}"
        return self

    def assert_error(self, status: int, kind: str, code: str | None = None, param: str | None = None) -> dict:
        """An error in OpenAI's shape, of exactly four members, which names the field at fault. Returns it."""
        assert self.status == status, (self.status, self.raw)
        assert self.headers["content-type"].startswith("application/json")
        assert set(self.json()) == {"error"}, self.raw
        error = self.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}, error
        assert isinstance(error["message"], str) and error["message"]
        assert isinstance(error["code"], str | None) and isinstance(error["param"], str | None), error
        # An OpenAI-shaped provider's error passes as it is, and OpenAI's own word for `api_error` is another.
        own = "server_error" if kind == "api_error" and "x-ferro-provider" in self.headers else kind
        assert error["type"] in (kind, own), error
        if code is not None:
            assert error["code"] == code, error
        if param is not None:
            assert (error["param"] or "").startswith(param), error
        return error


def chat_body(model: str, prompt: str = "Hi", **more) -> dict:
    return {"model": model, "messages": [{"role": "user", "content": prompt}]} | more


def ask(gateway, model: str, prompt: str = "Hi", headers=None, **more) -> Answer:
    """Asks a model, and reads the answer to its end, whatever that is."""
    return send(gateway, chat_body(model, prompt, **more), headers)


def send(gateway, body: dict | bytes, headers=None, client: httpx.Client | None = None) -> Answer:
    """Sends a chat request."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": "application/json"} | (headers or {})
    with contextlib.ExitStack() as stack:
        client = client or stack.enter_context(httpx.Client(trust_env=False, timeout=BOUND, verify=_NO_TLS))
        request = client.stream("POST", gateway.url + CHAT, content=content, headers=sent)
        response = stack.enter_context(request)
        answer = Answer(response.status_code, response.headers)
        try:
            for piece in response.iter_raw():
                answer.raw += piece
        except (httpx.ReadError, httpx.RemoteProtocolError) as error:  # a silence is not an end
            answer.broken = error
    return answer.read_events() if answer.is_stream else answer


def sdk(gateway, key: str = "sk-client") -> openai.OpenAI:
    """The official SDK, as an application has it. Use it as a context."""
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=0, timeout=BOUND)


@contextlib.contextmanager
def sent(gateway, body: dict, headers=None) -> Iterator[None]:
    """A chat request that is sent, and whose client leaves with the block, whatever has come by then."""
    content = json.dumps(body).encode()
    fields = {"host": "localhost", "content-type": "application/json", "content-length": len(content)}
    head = "".join(f"{name}: {value}\r\n" for name, value in (fields | (headers or {})).items())
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=BOUND) as sock:
        sock.sendall(f"POST {CHAT} HTTP/1.1\r\n{head}\r\n".encode() + content)
        yield


def get(gateway, path: str, method: str = "GET", headers=None, content: bytes | None = None) -> Answer:
    """Any other request."""
    with httpx.Client(trust_env=False, timeout=BOUND, verify=_NO_TLS) as client:
        response = client.request(method, gateway.url + path, headers=headers, content=content)
    return Answer(response.status_code, response.headers, response.content)


# === raw sockets ===


def raw(port: int, data: bytes, timeout: float = BOUND) -> Answer:
    """Sends bytes as they are and reads one answer, also when it comes before all was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        threading.Thread(target=_send, args=(sock, data), daemon=True).start()
        received = b""
        while b"\r\n\r\n" not in received:
            piece = sock.recv(1 << 16)
            if not piece:
                raise httpx.RemoteProtocolError(f"closed after {received!r}")
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = httpx.Headers([tuple(line.split(": ", 1)) for line in lines])
        while len(body) < int(headers.get("content-length", 0)) and (piece := sock.recv(1 << 16)):
            body += piece
    return Answer(int(first.split()[1]), headers, body)


def _send(sock: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # the answer may come first
        sock.sendall(data)


def raw_chat(port: int, body: bytes, headers: bytes = b"") -> Answer:
    """Sends any bytes as a chat request's body, with any bytes as further header lines."""
    head = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" % CHAT.encode()
    return raw(port, head + headers + b"content-length: %d\r\n\r\n" % len(body) + body)
