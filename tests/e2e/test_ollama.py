"""The official OpenAI SDK for Python before a server that speaks Ollama's own API, alone and behind another."""

import json

import openai
import pytest
from pydantic import BaseModel

from client import ask, sdk
from upstream import replies, streams
from wire import WIRES, Call, Said, Thought, fingerprint
from wire_ollama import OLLAMA
from world import key_of, provider

EXTRA = {"ollama": "openai"}
# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CALLING = Said(
    (), (Call("look-out", {"city": "Paris"}, "call_a"), Call("look-out", {"city": "Oslo"}, "call_b"))
)
WEATHER = {
    "type": "function",
    "function": {
        "name": "look-out",
        "description": "Looks out of the window",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Person(BaseModel):
    name: str
    age: int


def config(up):
    targets = [{"provider": "openai", "model": "gpt-4o"}, {"provider": "ollama", "model": OLLAMA.model}]
    by_format = {"operations": {"chat": {"format": "ollama", "path": "/api/chat"}}}
    # Chats are all that the stand-in knows.
    usual = {"kind": "ollama", "endpoint": up["ollama"].endpoint, "discover": False}
    return {
        "providers": {
            "ollama": provider(up["ollama"], "ollama-native", "ollama", models=["qwen*"], discover=False),
            "by-format": usual | by_format,
            "usual": usual,
        },
        "retry": {
            "backoff": {"base": "10ms", "max": "1s"},
            "per_try_timeout": "20s",
            "on": ["reset", "5xx", "context_length"],
        },
        "routes": [
            {"name": "both", "match": {"models": ["both"]}, "targets": targets},
            {"name": "ollama-first", "match": {"models": ["ollama-first"]}, "targets": targets[::-1]},
            {
                "name": "once",
                "match": {"models": ["once"]},
                "targets": [{"provider": "ollama", "model": OLLAMA.model, "retry": {"attempts": 1}}],
            },
        ],
    }


@pytest.fixture
def client(world):
    world.up["ollama"].script(OLLAMA.stands_in())
    with sdk(world.gateway) as client:
        yield client


def user(content) -> list[dict]:
    return [{"role": "user", "content": content}]


def test_chat(client, world):
    """What OpenAI's format has no words for goes beside its own."""
    system = {"role": "system", "content": "Be brief"}
    completion = client.chat.completions.create(
        model=OLLAMA.model,
        messages=[system, *user("Hello")],
        temperature=0.25,
        max_tokens=99,
        stop=["END"],
        extra_body={"num_ctx": 8192, "keep_alive": "30m", "think": False, "options": {"min_p": 0.05}},
    )
    assert completion.choices[0].message.content == "Echo: Hello"
    assert completion.choices[0].finish_reason == "stop"
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (11, 7)
    request = world.up["ollama"].last
    assert request.target == "/api/chat"
    assert dict(request.headers)["authorization"] == f"Bearer {key_of('ollama')}"
    assert request.json() == {
        "model": OLLAMA.model,
        "stream": False,
        "messages": [system, *user("Hello")],
        "think": False,
        "keep_alive": "30m",
        "options": {"num_ctx": 8192, "num_predict": 99, "temperature": 0.25, "stop": ["END"], "min_p": 0.05},
    }


def test_stream(client, world):
    raw = client.chat.completions.with_raw_response.create(
        model=OLLAMA.model, messages=user("Hello"), stream=True, stream_options={"include_usage": True}
    )
    assert raw.headers["content-type"] == "text/event-stream"
    *chunks, last = raw.parse()
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Echo: Hello"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert (last.choices, last.usage.total_tokens) == ([], 18)
    assert dict(world.up["ollama"].last.headers)["accept"] == "application/x-ndjson"


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_another_kind_speaks_it_by_its_operation(client, world, streaming):
    answer = ask(world.gateway, f"by-format/{OLLAMA.model}", "Hello", stream=streaming).assert_whole()
    assert answer.text == "Echo: Hello"
    assert world.up["ollama"].last.target == "/api/chat"


def test_its_usual_kind_speaks_openais_format(client, world):
    world.up["ollama"].script(WIRES["openai"].stands_in())
    answer = ask(world.gateway, f"usual/{OLLAMA.model}", "Hello").assert_whole()
    assert answer.text == "Echo: Hello"
    assert world.up["ollama"].last.target == "/v1/chat/completions"


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_two_calls_are_answered(client, world, streaming):
    """Two parallel calls, answered, and the conversation goes on with the thoughts before them."""
    question = user("Where is it warmer?")
    asked = {"model": OLLAMA.model, "messages": question, "tools": [WEATHER]}
    said = Said((), CALLING.calls, thoughts=(Thought("Both windows."),))
    world.up["ollama"].script(OLLAMA.says(said), OLLAMA.stands_in())
    if streaming:
        with client.chat.completions.stream(**asked) as stream:
            completion = stream.get_final_completion()
    else:
        completion = client.chat.completions.create(**asked)
    message = completion.choices[0].message
    assert completion.choices[0].finish_reason == "tool_calls"
    assert message.reasoning_content == "Both windows."
    assert [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls] == [
        ("look-out", {"city": "Paris"}),
        ("look-out", {"city": "Oslo"}),
    ]
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"{degrees} degrees"}
        for call, degrees in zip(message.tool_calls, (21, 9), strict=True)
    ]
    kept = message.model_dump(exclude_none=True, include={"role", "tool_calls", "reasoning_content"})
    second = client.chat.completions.create(
        model=OLLAMA.model, messages=[*question, kept, *results], tools=[WEATHER]
    )
    assert second.choices[0].message.content == "Results: 21 degrees; 9 degrees"
    _, called, first, last = world.up["ollama"].last.json()["messages"]
    assert called["thinking"] == "Both windows."
    assert [call["function"]["arguments"] for call in called["tool_calls"]] == [
        {"city": "Paris"},
        {"city": "Oslo"},
    ]
    assert [(result["tool_name"], result["tool_call_id"]) for result in (first, last)] == [
        ("look-out", "call_a"),
        ("look-out", "call_b"),
    ]


@pytest.mark.parametrize(
    "effort, think", [("none", False), ("minimal", "low"), ("medium", "medium"), ("xhigh", "high")]
)
def test_thoughts(client, world, effort, think):
    world.up["ollama"].script(OLLAMA.says(Said(thoughts=(Thought("It is "), Thought("a greeting.")))))
    with client.chat.completions.stream(
        model=OLLAMA.model, messages=user("Hello"), reasoning_effort=effort
    ) as stream:
        message = stream.get_final_completion().choices[0].message
    assert (message.content, message.reasoning_content) == ("Hello there", "It is a greeting.")
    assert world.up["ollama"].last.json()["think"] == think


def test_structured_output(client, world):
    completion = client.chat.completions.parse(
        model=OLLAMA.model, messages=user("Who?"), response_format=Person
    )
    assert completion.choices[0].message.parsed == Person(name="Ada", age=36)
    schema = OLLAMA.schema(world.up["ollama"].last.json())
    assert (schema["type"], set(schema["required"])) == ("object", {"name", "age"})


def test_vision(client):
    url = f"data:image/png;base64,{PNG}"
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    completion = client.chat.completions.create(model=OLLAMA.model, messages=user(parts))
    assert completion.choices[0].message.content == f"{fingerprint(f'image/png:{PNG}')} "


def test_an_image_behind_a_url_is_refused_by_name(client, world):
    url = "https://example.com/cat.png"
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model=OLLAMA.model, messages=user([{"type": "image_url", "image_url": {"url": url}}])
        )
    assert caught.value.param == "messages[0].content[0].image_url.url"
    assert world.up["ollama"].requests == []


ERRORS = {
    400: openai.BadRequestError,
    401: openai.InternalServerError,  # our key is wrong, not the caller's: 502
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    499: openai.InternalServerError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status", ERRORS)
def test_errors(client, status, streaming):
    with pytest.raises(ERRORS[status]) as caught:
        client.chat.completions.create(model="once", messages=user(f"fail {status}"), stream=streaming)
    words = "refuses the gateway's credential" if status == 401 else f"asked to fail {status}"
    assert words in str(caught.value)


def test_a_prompt_that_is_too_long_has_openais_code(client, world):
    world.up["ollama"].script(
        OLLAMA.fails(400, "prompt too long; exceeded max context length by 4 tokens")
    )
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="once", messages=user("Hello"))
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_prompt_that_is_too_long_is_another_targets(client, world, streaming):
    world.up["ollama"].script(
        OLLAMA.fails(400, "prompt too long; exceeded max context length by 4 tokens")
    )
    answer = ask(world.gateway, "ollama-first", "Hello", stream=streaming).assert_whole()
    assert (answer.text, answer.headers["x-ferro-provider"]) == ("Echo: Hello", "openai")


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_openai_fails_and_ollama_serves(client, world, streaming):
    world.up["openai"].script(WIRES["openai"].fails(503))
    raw = client.chat.completions.with_raw_response.create(
        model="both", messages=user("Hello"), stream=streaming, n=2
    )
    assert raw.headers["x-ferro-provider"] == "ollama"
    assert raw.headers["x-ferro-dropped"] == "n"
    answer = raw.parse()
    if streaming:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in answer)
    else:
        text = answer.choices[0].message.content
    assert text == "Echo: Hello"
    assert world.asked()[-1] == "ollama"


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_model_that_fails_at_once_is_passed_by(world, streaming):
    """In an answer of status 200, with an error in its first line."""
    fails = OLLAMA.error_event("model runner has unexpectedly stopped")
    first = {True: streams([fails], content_type=OLLAMA.stream_type), False: replies(fails)}
    world.up["ollama"].script(first[streaming])
    answer = ask(world.gateway, "ollama-first", "Hello", stream=streaming).assert_whole()
    assert (answer.text, answer.headers["x-ferro-provider"]) == ("Echo: Hello", "openai")


@pytest.mark.parametrize("ending", ["end", "cut", "reset", "eof"])
def test_a_stream_that_breaks_off_is_not_whole(world, ending):
    """Without `done`, whatever the transport says."""
    world.up["ollama"].script(OLLAMA.breaks(ending))
    ask(world.gateway, "once", "Hello", stream=True).assert_broken()


def test_a_model_that_fails_late_is_an_error(client, world):
    said = [*OLLAMA.events(Said())[:-1], OLLAMA.error_event("an error was encountered while running the model")]
    world.up["ollama"].script(streams(said, pause=0.03, content_type=OLLAMA.stream_type))
    with pytest.raises(openai.APIError, match="an error was encountered while running the model"):
        list(client.chat.completions.create(model="once", messages=user("Hello"), stream=True))


def test_lines_come_in_any_pieces(client, world):
    text = b"".join(OLLAMA.events(Said(("Hel", "lo \u20ac"))))
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    world.up["ollama"].script(streams(pieces, content_type=OLLAMA.stream_type))
    answer = ask(world.gateway, "once", "Hello", stream=True).assert_whole()
    assert answer.text == "Hello \u20ac"
