"""The three providers' native wire formats, as far as the tests need them: what a provider would answer to a
chat request (whole, streamed, or failing), and what a request that reached it says.

Written from the vendors' documentation, not from the product: <https://platform.openai.com/docs/api-reference/chat>,
<https://docs.claude.com/en/api/messages>, <https://ai.google.dev/api/generate-content>.
"""

import hashlib
import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from exchange import Exchange, Request
from upstream import Behaviour, replies, streams


@dataclass(frozen=True)
class Call:
    """A function call of the model."""

    name: str
    arguments: dict
    id: str = "call_1"
    signature: str | None = None


@dataclass(frozen=True)
class Thought:
    """A piece of thinking; `redacted` holds encrypted thoughts instead."""

    text: str = ""
    signature: str | None = None
    redacted: str | None = None


@dataclass(frozen=True)
class Said:
    """An answer of a model, in no format yet. `texts` are the pieces in which a stream sends it."""

    texts: tuple[str, ...] = ("Hello", " there")
    calls: tuple[Call, ...] = ()
    thoughts: tuple[Thought, ...] = ()
    prompt_tokens: int = 11
    completion_tokens: int = 7
    text_signature: str | None = None

    @property
    def text(self) -> str:
        return "".join(self.texts)


def sse(data: dict | str, event: str | None = None) -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


class Wire(ABC):
    """One provider's format."""

    kind: str
    model: str
    # The header that carries the credential, and how.
    credential: str
    scheme: str = "{}"
    # Other headers a request has, by name.
    versions: dict[str, str] = {}
    # How many events at a stream's end make it complete.
    terminal: int = 1
    # What a stream says it is.
    stream_type: str = "text/event-stream"

    @abstractmethod
    def path(self, model: str, stream: bool) -> str: ...
    @abstractmethod
    def whole(self, said: Said) -> bytes: ...
    @abstractmethod
    def events(self, said: Said) -> list[bytes]: ...
    @abstractmethod
    def error(self, status: int, message: str) -> bytes: ...
    @abstractmethod
    def error_event(self, message: str) -> bytes: ...
    @abstractmethod
    def wants_stream(self, request: Request) -> bool: ...
    @abstractmethod
    def prompt(self, body: dict) -> str:
        """Text of the last message that the user wrote."""

    @abstractmethod
    def images(self, body: dict) -> list[str]:
        """Images: `image/png:<base64>` or a URL."""

    @abstractmethod
    def tools(self, body: dict) -> list[str]: ...
    @abstractmethod
    def results(self, body: dict) -> list[str]:
        """What calls gave, as text, in order."""

    @abstractmethod
    def schema(self, body: dict) -> dict | None:
        """The JSON Schema an answer must match."""

    # --- behaviours ---

    def says(self, said: Said = Said(), pause: float = 0, on_event=None) -> Behaviour:
        """Answers whole or streamed, as it is asked."""

        async def behave(exchange: Exchange) -> None:
            if self.wants_stream(exchange.request):
                events, kind = self.events(said), self.stream_type
                await streams(events, pause=pause, content_type=kind, on_event=on_event)(exchange)
            else:
                await replies(self.whole(said))(exchange)

        return behave

    def fails(self, status: int, message: str = "it broke", headers=()) -> Behaviour:
        return replies(self.error(status, message), status, headers)

    def breaks(self, ending: str, said: Said = Said()) -> Behaviour:
        """A stream that stops before its terminal event, in a way of `upstream.streams`, but not at once: its
        first events have reached the client by then."""
        return streams(
            self.events(said)[: -self.terminal], ending, pause=0.03, content_type=self.stream_type
        )

    def stands_in(self) -> Behaviour:
        """Answers by what is asked for: calls tools, fills schemas, names images, fails, or echoes."""

        async def behave(exchange: Exchange) -> None:
            body = exchange.request.json()
            prompt = self.prompt(body)
            if match := re.match(r"fail (\d+)", prompt):
                await self.fails(int(match[1]), f"asked to {match[0]}")(exchange)
                return
            if results := self.results(body):
                said = Said(("Results: ", "; ".join(results)))
            elif self.tools(body):
                paris = Call("weather", {"city": "Paris"}, "call_a")
                said = Said((), (paris, Call("weather", {"city": "Oslo"}, "call_b")))
            elif self.schema(body):
                said = Said(('{"name": "Ada",', ' "age": 36}'))
            elif images := self.images(body):
                said = Said(tuple(f"{fingerprint(image)} " for image in images))
            else:
                said = Said(("Echo: ", prompt))
            await self.says(said)(exchange)

        return behave


def fingerprint(image: str) -> str:
    """Names an image: its URL, or its type and a digest of its base64."""
    kind, _, data = image.partition(":")
    return image if "//" in image else f"{kind} {hashlib.sha256(data.encode()).hexdigest()[:12]}"


def of_url(url: str) -> str:
    """An OpenAI image URL as `Wire.images` spells it."""
    if not url.startswith("data:"):
        return url
    head, _, data = url[5:].partition(",")
    return f"{head.split(';')[0]}:{data}"


class OpenAI(Wire):
    kind = "openai"
    model = "gpt-4o"
    credential = "authorization"
    scheme = "Bearer {}"
    versions = {}
    terminal = 2  # finish_reason and [DONE]

    def path(self, model, stream):
        return "/v1/chat/completions"

    def usage(self, said):
        total = said.prompt_tokens + said.completion_tokens
        return {
            "prompt_tokens": said.prompt_tokens,
            "completion_tokens": said.completion_tokens,
            "total_tokens": total,
        }

    def calls(self, said, arguments=json.dumps):
        return [
            {
                "id": c.id,
                "type": "function",
                "function": {"name": c.name, "arguments": arguments(c.arguments)},
            }
            for c in said.calls
        ]

    def whole(self, said):
        message = {"role": "assistant", "content": said.text or None, "refusal": None}
        if said.calls:
            message["tool_calls"] = self.calls(said)
        finish = "tool_calls" if said.calls else "stop"
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        body = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "gpt-4o-2024-08-06",
        }
        return json.dumps(body | {"choices": [choice], "usage": self.usage(said)}).encode()

    def chunk(self, delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000}
        return sse(base | {"model": "gpt-4o-2024-08-06", "choices": [choice]})

    def events(self, said):
        events = [self.chunk({"role": "assistant", "content": ""})]
        events += [self.chunk({"content": text}) for text in said.texts]
        for index, call in enumerate(self.calls(said)):
            arguments = call["function"].pop("arguments")
            events.append(
                self.chunk(
                    {
                        "tool_calls": [
                            {"index": index, **call, "function": {**call["function"], "arguments": ""}}
                        ]
                    }
                )
            )
            for half in (arguments[:5], arguments[5:]):
                events.append(self.chunk({"tool_calls": [{"index": index, "function": {"arguments": half}}]}))
        return [*events, self.chunk({}, "tool_calls" if said.calls else "stop"), sse("[DONE]")]

    def error(self, status, message):
        kind = "rate_limit_error" if status == 429 else "invalid_request_error"
        error = {"message": message, "type": "server_error" if status >= 500 else kind}
        return json.dumps({"error": error | {"param": None, "code": None}}).encode()

    def error_event(self, message):
        return sse({"error": {"message": message, "type": "server_error", "param": None, "code": None}})

    def wants_stream(self, request):
        return bool(request.json().get("stream"))

    def _parts(self, message):
        content = message["content"]
        return [{"type": "text", "text": content}] if isinstance(content, str) else content or []

    def prompt(self, body):
        last = [message for message in body["messages"] if message["role"] == "user"][-1]
        return "".join(part.get("text", "") for part in self._parts(last))

    def images(self, body):
        parts = [part for message in body["messages"] for part in self._parts(message)]
        return [of_url(part["image_url"]["url"]) for part in parts if part["type"] == "image_url"]

    def tools(self, body):
        return [tool["function"]["name"] for tool in body.get("tools", [])]

    def results(self, body):
        tools = [message for message in body["messages"] if message["role"] == "tool"]
        return ["".join(part["text"] for part in self._parts(tool)) for tool in tools]

    def schema(self, body):
        return body.get("response_format", {}).get("json_schema", {}).get("schema")


class Anthropic(Wire):
    kind = "anthropic"
    terminal = 2  # the reason for the end, and the end
    model = "claude-sonnet-4-5"
    credential = "x-api-key"
    versions = {"anthropic-version": "2023-06-01"}

    def path(self, model, stream):
        return "/v1/messages"

    def blocks(self, said):
        thoughts = [
            {"type": "redacted_thinking", "data": thought.redacted}
            if thought.redacted
            else {"type": "thinking", "thinking": thought.text, "signature": thought.signature}
            for thought in said.thoughts
        ]
        texts = [{"type": "text", "text": said.text}] if said.text else []
        calls = [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in said.calls]
        return thoughts + texts + calls

    def message(self, said, **more):
        base = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929"}
        return base | {"stop_reason": None, "stop_sequence": None, "content": []} | more

    def whole(self, said):
        usage = {"input_tokens": said.prompt_tokens, "output_tokens": said.completion_tokens}
        stop = "tool_use" if said.calls else "end_turn"
        return json.dumps(
            self.message(said, content=self.blocks(said), stop_reason=stop, usage=usage)
        ).encode()

    def events(self, said):
        usage = {"input_tokens": said.prompt_tokens, "output_tokens": 1}
        events = [("message_start", {"message": self.message(said, usage=usage)}), ("ping", {})]
        for index, block in enumerate(self.blocks(said)):
            match block["type"]:
                case "text":
                    start = block | {"text": ""}
                    deltas = [{"type": "text_delta", "text": text} for text in said.texts]
                case "tool_use":
                    start = block | {"input": {}}
                    text = json.dumps(block["input"])
                    pieces = [text[:5], text[5:]] if block["input"] else []
                    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
                case "thinking":
                    start = block | {"thinking": "", "signature": ""}
                    half = len(block["thinking"]) // 2
                    pieces = [block["thinking"][:half], block["thinking"][half:]]
                    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
                    deltas.append({"type": "signature_delta", "signature": block["signature"]})
                case _:
                    start, deltas = block, []
            events.append(("content_block_start", {"index": index, "content_block": start}))
            events += [("content_block_delta", {"index": index, "delta": delta}) for delta in deltas]
            events.append(("content_block_stop", {"index": index}))
        stop = {"stop_reason": "tool_use" if said.calls else "end_turn", "stop_sequence": None}
        events.append(("message_delta", {"delta": stop, "usage": {"output_tokens": said.completion_tokens}}))
        events.append(("message_stop", {}))
        return [sse({"type": name, **data}, name) for name, data in events]

    def error(self, status, message):
        kinds = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error"}
        kinds |= {
            404: "not_found_error",
            413: "request_too_large",
            429: "rate_limit_error",
            529: "overloaded_error",
        }
        return json.dumps(
            {"type": "error", "error": {"type": kinds.get(status, "api_error"), "message": message}}
        ).encode()

    def error_event(self, message):
        return sse({"type": "error", "error": {"type": "overloaded_error", "message": message}}, "error")

    def wants_stream(self, request):
        return bool(request.json().get("stream"))

    def _parts(self, body, role="user"):
        messages = [message["content"] for message in body["messages"] if message["role"] == role]
        return [
            [{"type": "text", "text": content}] if isinstance(content, str) else content
            for content in messages
        ]

    def prompt(self, body):
        return "".join(part["text"] for part in self._parts(body)[-1] if part["type"] == "text")

    def images(self, body):
        sources = [p["source"] for parts in self._parts(body) for p in parts if p["type"] == "image"]
        return [s["url"] if s["type"] == "url" else f"{s['media_type']}:{s['data']}" for s in sources]

    def tools(self, body):
        return [tool["name"] for tool in body.get("tools", [])]

    def results(self, body):
        contents = [p["content"] for parts in self._parts(body) for p in parts if p["type"] == "tool_result"]
        return [c if isinstance(c, str) else "".join(part["text"] for part in c) for c in contents]

    def schema(self, body):
        return body.get("output_config", {}).get("format", {}).get("schema")


class Gemini(Wire):
    kind = "gemini"
    model = "gemini-2.5-flash"
    credential = "x-goog-api-key"
    versions = {}

    def path(self, model, stream):
        return f"/v1beta/models/{model}:" + ("streamGenerateContent?alt=sse" if stream else "generateContent")

    def usage(self, said):
        return {"promptTokenCount": said.prompt_tokens, "candidatesTokenCount": said.completion_tokens}

    def body(self, parts, **candidate):
        content = {"role": "model", "parts": parts}
        return {
            "candidates": [{"content": content, "index": 0, **candidate}],
            "modelVersion": "gemini-2.5-flash-001",
            "responseId": "resp-1",
        }

    def parts(self, said):
        thoughts = [
            {"text": thought.text, "thought": True}
            | ({"thoughtSignature": thought.signature} if thought.signature else {})
            for thought in said.thoughts
        ]
        texts = [{"text": text} for text in said.texts]
        if said.text_signature and texts:
            texts[-1]["thoughtSignature"] = said.text_signature
        calls = [
            {"functionCall": {"name": call.name, "args": call.arguments}}
            | ({"thoughtSignature": call.signature} if call.signature else {})
            for call in said.calls
        ]
        return thoughts + texts + calls

    def whole(self, said):
        body = self.body(self.parts(said), finishReason="STOP")
        return json.dumps(body | {"usageMetadata": self.usage(said)}).encode()

    def events(self, said):
        events = [self.body([part]) for part in self.parts(said)]
        events.append(self.body([{"text": ""}], finishReason="STOP") | {"usageMetadata": self.usage(said)})
        return [sse(event) for event in events]

    def error(self, status, message):
        words = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
        words |= {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
        return json.dumps(
            {"error": {"code": status, "message": message, "status": words.get(status, "INTERNAL")}}
        ).encode()

    def error_event(self, message):
        return sse({"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}})

    def wants_stream(self, request):
        return ":streamGenerateContent" in request.target

    def _parts(self, body):
        return [part for content in body["contents"] for part in content["parts"]]

    def prompt(self, body):
        last = [content for content in body["contents"] if content.get("role", "user") == "user"][-1]
        return "".join(part.get("text", "") for part in last["parts"])

    def images(self, body):
        found = []
        for part in self._parts(body):
            if data := part.get("inlineData"):
                found.append(f"{data['mimeType']}:{data['data']}")
            elif file := part.get("fileData"):
                found.append(file["fileUri"])
        return found

    def tools(self, body):
        return [
            function["name"] for tool in body.get("tools", []) for function in tool["functionDeclarations"]
        ]

    def results(self, body):
        responses = [
            part["functionResponse"]["response"] for part in self._parts(body) if "functionResponse" in part
        ]
        return [
            str(next(iter(response.values()))) if len(response) == 1 else json.dumps(response)
            for response in responses
        ]

    def schema(self, body):
        config = body.get("generationConfig", {})
        return config.get("responseJsonSchema") or config.get("responseSchema")


WIRES: dict[str, Wire] = {wire.kind: wire for wire in (OpenAI(), Anthropic(), Gemini())}
KINDS = list(WIRES)
