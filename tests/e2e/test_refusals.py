"""What a context or a policy refuses may be served by the next target, where retry.on says so."""

import json

import pytest

from client import ask
from upstream import replies, streams
from wire import KINDS, WIRES

PROMPT = "May I?"
EXTRA = {"backup": "openai"}

TOO_LONG = {
    "openai": {
        "error": {"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}
    },
    "anthropic": {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "prompt is too long: 3 tokens > 2 maximum"},
    },
    "gemini": {
        "error": {
            "code": 400,
            "message": "The input token count (3) exceeds the maximum number of tokens allowed (2).",
            "status": "INVALID_ARGUMENT",
        }
    },
}

REFUSED = {
    "openai": {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}
        ],
    },
    "anthropic": {
        "id": "msg_x",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_reason": "refusal",
        "usage": {"input_tokens": 3, "output_tokens": 0},
    },
    "gemini": {"candidates": [{"content": {"role": "model"}, "finishReason": "SAFETY", "index": 0}]},
}

REFUSED_STREAMS = {
    "openai": [
        {
            "id": "x",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
        },
        {"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]},
    ],
    "anthropic": [
        {
            "type": "message_start",
            "message": {"id": "msg_x", "usage": {"input_tokens": 3, "output_tokens": 0}},
        },
        {"type": "message_delta", "delta": {"stop_reason": "refusal"}, "usage": {"output_tokens": 0}},
        {"type": "message_stop"},
    ],
    "gemini": [REFUSED["gemini"]],
}


def events(kind: str) -> list[bytes]:
    def event(data: dict) -> bytes:
        name = f"event: {data['type']}\n" if kind == "anthropic" else ""
        return f"{name}data: {json.dumps(data)}\n\n".encode()

    return [event(data) for data in REFUSED_STREAMS[kind]]


def config(up):
    def route(name, *kinds, on=("context_length", "content_filter")):
        models = {kind: WIRES[kind].model for kind in KINDS} | {"backup": "gpt-with-more-room"}
        targets = [{"provider": kind, "model": models[kind]} for kind in kinds]
        return {"name": name, "match": {"models": [name]}, "targets": targets, "retry": {"on": list(on)}}

    return {
        "routes": [
            *(route(f"{kind}-then-backup", kind, "backup") for kind in KINDS),
            *(route(f"{kind}-stays", kind, "backup", on=["5xx"]) for kind in KINDS),
            *(route(f"only-{kind}", kind) for kind in KINDS),
        ]
    }


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


def behaviours(kind: str) -> dict:
    return {
        "too long": replies(json.dumps(TOO_LONG[kind]).encode(), 400),
        "refused": replies(json.dumps(REFUSED[kind]).encode()),
        "refused in a stream": streams(events(kind)),
    }


@pytest.mark.parametrize("refusal", behaviours("openai"))
def test_a_refusal_moves_on(world, kind, refusal):
    world.up[kind].script(behaviours(kind)[refusal])
    answer = ask(world.gateway, f"{kind}-then-backup", PROMPT, stream="stream" in refusal).assert_whole()
    assert answer.text == f"Echo: {PROMPT}"
    assert answer.headers["x-ferro-provider"] == "backup"
    assert world.asked() == [kind, "backup"]


@pytest.mark.parametrize("model", ["stays", "only"])
def test_where_nobody_else_may_be_asked_the_caller_learns_why(world, kind, model):
    model = f"only-{kind}" if model == "only" else f"{kind}-stays"
    world.up[kind].script(behaviours(kind)["too long"])
    error = ask(world.gateway, model, PROMPT).assert_error(400, "invalid_request_error")
    assert error["code"] == "context_length_exceeded"
    world.up[kind].script(behaviours(kind)["refused"])
    answer = ask(world.gateway, model, PROMPT)
    assert answer.status == 200
    assert answer.json()["choices"][0]["finish_reason"] == "content_filter"
    assert world.asked() == [kind]
