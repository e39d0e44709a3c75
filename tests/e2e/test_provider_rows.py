"""A provider that only the file knows: a path of three variables, a chat on a host of its own, a credential and
headers that travel in their own way, and a format of its own making. What reaches it is what `gateway.yaml` says."""

import json

from client import ask
from upstream import replies, streams
from wire import sse

EXTRA = {"toy": "openai"}
ANSWER = {
    "id": "a",
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "model_length"}],
    "x": {"in": 3, "out": 4},
}


def config(up):
    return {
        "providers": {
            "written": {
                "kind": "openai-compatible",
                # Nobody is there: the chat has a host of its own.
                "endpoint": "http://{region}.example.invalid",
                "variables": {"region": "eu", "project": "p 1", "api_version": "2026-11-01"},
                "api_key": "${E2E_WRITTEN_KEY}",
                "auth": {"header": "x-toy-key"},
                "headers": {"x-toy-client": "ferro", "x-toy-team": "id ${E2E_TOY_KEY}"},
                "forwards": ["x-toy-trace"],
                "models": ["toy-*"],
                "operations": {
                    "chat": {
                        "endpoint": up["toy"].endpoint.removesuffix("/v1"),
                        "path": "/{region}/{project}/{model+}/{stream?stream:chat}?api-version={api_version}",
                    }
                },
                "quirks": {
                    "rename": {"seed": "random_seed"},
                    "drop": ["user"],
                    "require": {"max_tokens": 4096},
                    "usage": {"prompt": "/x/in", "completion": "/x/out"},
                    "finish": {"model_length": "length"},
                },
            },
        },
    }


def test_what_reaches_it_is_what_the_file_says(world):
    world.up["toy"].script(replies(json.dumps(ANSWER).encode()))
    answer = ask(world.gateway, "toy-a/b", "Hi", headers={"x-toy-trace": "t1", "x-other": "o"}, seed=7, user="u")
    assert answer.status == 200
    (request,) = world.up["toy"].requests
    headers = dict(request.headers)
    assert request.target == "/eu/p%201/toy-a%2Fb/chat?api-version=2026-11-01"
    assert headers["x-toy-key"].startswith("sk-written-")
    assert headers["x-toy-team"].startswith("id sk-toy-")
    assert (headers["x-toy-client"], headers["x-toy-trace"]) == ("ferro", "t1")
    assert not {"authorization", "x-other"} & set(headers)
    sent = request.json()
    assert (sent["random_seed"], sent["max_tokens"]) == (7, 4096)
    assert not {"seed", "user"} & set(sent)
    assert answer.headers["x-ferro-dropped"] == "user"
    assert answer.headers["x-ferro-provider"] == "written"
    told = answer.json()
    assert told["choices"][0]["finish_reason"] == "length"
    assert told["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def test_its_stream_is_brought_to_the_format(world):
    chunk = {"id": "a", "object": "chat.completion.chunk", "x": ANSWER["x"]}
    ends = [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "model_length"}]
    events = [sse({**chunk, "choices": ends}), b"data: [DONE]\n\n"]
    world.up["toy"].script(streams(events))
    answer = ask(world.gateway, "toy-1", "Hi", stream=True)
    assert world.up["toy"].requests[0].target == "/eu/p%201/toy-1/stream?api-version=2026-11-01"
    assert (answer.text, answer.finishes, answer.done) == ("Hi", ["length"], True)
    assert answer.chunks[-1]["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def test_a_model_that_would_walk_is_refused(world):
    answer = ask(world.gateway, "toy-/../admin", "Hi")
    assert (answer.status, answer.json()["error"]["param"]) == (400, "model")
    assert world.up["toy"].requests == []


def test_no_secret_of_a_header_comes_back(world):
    key = world.gateway.env["E2E_TOY_KEY"]
    body = json.dumps({"error": {"message": f"it has id {key}", "type": "t"}}).encode()
    world.up["toy"].script(replies(body, status=400))
    answer = ask(world.gateway, "toy-1", "Hi")
    assert answer.status == 400
    assert key.encode() not in answer.raw and b"***" in answer.raw
    assert key not in world.gateway.output
