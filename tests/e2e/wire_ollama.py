"""Ollama's native wire format, as far as the tests need it: what it would answer to a chat request (whole, streamed, or
failing), and what a request that reached it says.

Written from the vendor's documentation, not from the product: <https://docs.ollama.com/api/chat>,
<https://docs.ollama.com/api/streaming>, <https://docs.ollama.com/api/errors>.
"""

import json

from wire import Wire

TAG = {"model": "qwen3:8b", "created_at": "2026-11-30T10:00:00.123456Z"}


class Ollama(Wire):
    kind = "ollama-native"
    model = "qwen3:8b"
    credential = "authorization"
    scheme = "Bearer {}"
    versions = {}
    stream_type = "application/x-ndjson"

    def path(self, model, stream):
        return "/api/chat"

    def end(self, said):
        counts = {"prompt_eval_count": said.prompt_tokens, "eval_count": said.completion_tokens}
        return {"done": True, "done_reason": "stop", "total_duration": 174560334, **counts}

    def calls(self, said):
        return [
            {"id": call.id, "function": {"index": index, "name": call.name, "arguments": call.arguments}}
            for index, call in enumerate(said.calls)
        ]

    def message(self, content="", **more):
        return {"role": "assistant", "content": content, **more}

    def whole(self, said):
        more = {"thinking": "".join(thought.text for thought in said.thoughts)} if said.thoughts else {}
        if said.calls:
            more["tool_calls"] = self.calls(said)
        return json.dumps(TAG | {"message": self.message(said.text, **more)} | self.end(said)).encode()

    def line(self, message, **more):
        return json.dumps(TAG | {"message": message, "done": False, **more}).encode() + b"\n"

    def events(self, said):
        thoughts = [self.line(self.message(thinking=thought.text)) for thought in said.thoughts]
        texts = [self.line(self.message(text)) for text in said.texts if text]
        calls = [self.line(self.message(tool_calls=[call])) for call in self.calls(said)]
        return [*thoughts, *texts, *calls, self.line(self.message(), **self.end(said))]

    def error(self, status, message):
        return json.dumps({"error": message}).encode()

    def error_event(self, message):
        return self.error(500, message) + b"\n"

    def wants_stream(self, request):
        return request.json().get("stream", True)

    def prompt(self, body):
        return [message for message in body["messages"] if message["role"] == "user"][-1]["content"]

    def images(self, body):
        return [f"image/png:{image}" for message in body["messages"] for image in message.get("images", [])]

    def tools(self, body):
        return [tool["function"]["name"] for tool in body.get("tools", [])]

    def results(self, body):
        return [message["content"] for message in body["messages"] if message["role"] == "tool"]

    def schema(self, body):
        return body["format"] if isinstance(body.get("format"), dict) else None


OLLAMA = Ollama()
