"""Cohere's native wire format, as far as the tests need it: what it would answer to a chat request (whole,
streamed, or failing), and what a request that reached it says.

Written from the vendor's documentation, not from the product: <https://docs.cohere.com/v2/reference/chat>,
<https://docs.cohere.com/v2/docs/streaming>, <https://docs.cohere.com/v2/reference/errors>.
"""

import json

from wire import Wire, of_url, sse


class Cohere(Wire):
    kind = "cohere"
    model = "command-a-03-2025"
    credential = "authorization"
    scheme = "Bearer {}"
    versions = {}

    def path(self, model, stream):
        return "/v2/chat"

    def usage(self, said):
        tokens = {"input_tokens": said.prompt_tokens, "output_tokens": said.completion_tokens}
        return {"billed_units": {"input_tokens": 1, "output_tokens": 1}, "tokens": tokens, "cached_tokens": 2}

    def calls(self, said):
        def function(call):
            return {"name": call.name, "arguments": json.dumps(call.arguments)}

        return [{"id": call.id, "type": "function", "function": function(call)} for call in said.calls]

    def finish(self, said):
        return "TOOL_CALL" if said.calls else "COMPLETE"

    def content(self, said):
        thoughts = [{"type": "thinking", "thinking": thought.text} for thought in said.thoughts]
        return thoughts + ([{"type": "text", "text": said.text}] if said.text else [])

    def whole(self, said):
        message = {"role": "assistant"}
        if content := self.content(said):
            message["content"] = content
        if said.calls:
            message |= {"tool_plan": PLAN, "tool_calls": self.calls(said)}
        body = {"id": "29f14a5a", "message": message, "finish_reason": self.finish(said)}
        return json.dumps(body | {"usage": self.usage(said)}).encode()

    def events(self, said):
        empty = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        events = [("message-start", {"id": "29f14a5a", "delta": {"message": empty}})]
        for index, piece in enumerate(self.content(said)):
            kind = piece["type"]
            texts = said.texts if kind == "text" else [piece[kind]]
            start = {"content": {"type": kind, kind: ""}}
            events.append(("content-start", {"index": index, "delta": {"message": start}}))
            for text in texts:
                more = {"content": {kind: text}}
                events.append(("content-delta", {"index": index, "delta": {"message": more}}))
            events.append(("content-end", {"index": index}))
        if said.calls:
            events.append(("tool-plan-delta", {"delta": {"message": {"tool_plan": PLAN}}}))
        for index, call in enumerate(self.calls(said)):
            arguments = call["function"].pop("arguments")
            start = call | {"function": call["function"] | {"arguments": ""}}
            events.append(("tool-call-start", {"index": index, "delta": {"message": {"tool_calls": start}}}))
            for half in (arguments[:5], arguments[5:]):
                more = {"tool_calls": {"function": {"arguments": half}}}
                events.append(("tool-call-delta", {"index": index, "delta": {"message": more}}))
            events.append(("tool-call-end", {"index": index}))
        end = {"finish_reason": self.finish(said), "usage": self.usage(said)}
        events.append(("message-end", {"delta": end}))
        return [sse({"type": name, **data}, name) for name, data in events]

    def error(self, status, message):
        return json.dumps({"id": "d2a1c3f0", "message": message}).encode()

    def error_event(self, message):
        end = {"finish_reason": "ERROR", "error": message}
        return sse({"type": "message-end", "delta": end}, "message-end")

    def wants_stream(self, request):
        return bool(request.json().get("stream"))

    def _parts(self, message):
        content = message.get("content") or []
        return [{"type": "text", "text": content}] if isinstance(content, str) else content

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
        return body.get("response_format", {}).get("json_schema")


PLAN = "I will look out of both windows."
COHERE = Cohere()
