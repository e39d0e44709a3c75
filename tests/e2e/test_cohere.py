"""The official OpenAI SDK for Python before a provider that speaks Cohere's format, alone and behind another."""

import json

import openai
import pytest
from pydantic import BaseModel

from client import ask, sdk
from upstream import replies, streams
from wire import WIRES, Call, Said, Thought, fingerprint, of_url
from wire_cohere import COHERE, PLAN
from world import key_of, provider

EXTRA = {"cohere": "openai"}
# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CALLING = Said(
    (), (Call("look_out", {"city": "Paris"}, "call_a"), Call("look_out", {"city": "Oslo"}, "call_b"))
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
    targets = [{"provider": "openai", "model": "gpt-4o"}, {"provider": "cohere", "model": COHERE.model}]
    return {
        "providers": {"cohere": provider(up["cohere"], "cohere")},
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "20s"},
        "routes": [
            {"name": "both", "match": {"models": ["both"]}, "targets": targets},
            {"name": "cohere-first", "match": {"models": ["cohere-first"]}, "targets": targets[::-1]},
            {
                "name": "once",
                "match": {"models": ["once"]},
                "targets": [{"provider": "cohere", "model": COHERE.model, "retry": {"attempts": 1}}],
            },
        ],
    }


@pytest.fixture
def client(world):
    world.up["cohere"].script(COHERE.stands_in())
    with sdk(world.gateway) as client:
        yield client


def user(content) -> list[dict]:
    return [{"role": "user", "content": content}]


def test_chat(client, world):
    system = {"role": "system", "content": "Be brief"}
    completion = client.chat.completions.create(
        model=COHERE.model, messages=[system, *user("Hello")], temperature=0.25, max_tokens=99, top_p=0.5
    )
    assert completion.choices[0].message.content == "Echo: Hello"
    assert completion.choices[0].finish_reason == "stop"
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (11, 7)
    assert completion.usage.prompt_tokens_details.cached_tokens == 2
    request = world.up["cohere"].last
    assert request.target == "/v2/chat"
    assert dict(request.headers)["authorization"] == f"Bearer {key_of('cohere')}"
    assert request.json() == {
        "model": COHERE.model,
        "stream": False,
        "messages": [system, *user("Hello")],
        "max_tokens": 99,
        "temperature": 0.25,
        "p": 0.5,
    }


def test_stream(client):
    stream = client.chat.completions.create(
        model=COHERE.model, messages=user("Hello"), stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = stream
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Echo: Hello"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert (last.choices, last.usage.total_tokens) == ([], 18)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_two_calls_are_answered(client, world, streaming):
    """Two parallel calls of a tool whose name Cohere would refuse, answered, and the conversation goes on."""
    question, model = user("Where is it warmer?"), "command-r7b-12-2024"
    asked = {"model": model, "messages": question, "tools": [WEATHER]}
    world.up["cohere"].script(COHERE.says(CALLING), COHERE.stands_in())
    if streaming:
        with client.chat.completions.stream(**asked) as stream:
            completion = stream.get_final_completion()
    else:
        completion = client.chat.completions.create(**asked)
    message = completion.choices[0].message
    assert completion.choices[0].finish_reason == "tool_calls"
    assert message.reasoning_content == PLAN
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
        model=model, messages=[*question, kept, *results], tools=[WEATHER]
    )
    assert second.choices[0].message.content == "Results: 21 degrees; 9 degrees"
    body = world.up["cohere"].last.json()
    assert COHERE.tools(body) == ["look_out"]
    assert body["messages"][1]["tool_plan"] == PLAN
    assert [message.get("tool_call_id") for message in body["messages"]] == [None, None, "call_a", "call_b"]


def test_thoughts(client, world):
    said = Said(thoughts=(Thought("It is a greeting."),))
    world.up["cohere"].script(COHERE.says(said))
    with client.chat.completions.stream(
        model="command-a-reasoning-08-2025", messages=user("Hello"), reasoning_effort="low"
    ) as stream:
        message = stream.get_final_completion().choices[0].message
    assert (message.content, message.reasoning_content) == ("Hello there", "It is a greeting.")
    assert world.up["cohere"].last.json()["thinking"] == {"type": "enabled", "token_budget": 1024}


def test_structured_output(client, world):
    completion = client.chat.completions.parse(
        model=COHERE.model, messages=user("Who?"), response_format=Person
    )
    assert completion.choices[0].message.parsed == Person(name="Ada", age=36)
    schema = COHERE.schema(world.up["cohere"].last.json())
    assert (schema["type"], set(schema["required"])) == ("object", {"name", "age"})


def test_vision(client):
    url = f"data:image/png;base64,{PNG}"
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    completion = client.chat.completions.create(model="command-a-vision-07-2025", messages=user(parts))
    assert completion.choices[0].message.content == f"{fingerprint(of_url(url))} "


ERRORS = {
    400: openai.BadRequestError,
    401: openai.InternalServerError,  # our key is wrong, not the caller's: 502
    404: openai.NotFoundError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    498: openai.BadRequestError,
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
    message = "too many tokens: total number of tokens in the prompt cannot exceed 128000 - received 128292."
    world.up["cohere"].script(COHERE.fails(400, message))
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="once", messages=user("Hello"))
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_openai_fails_and_cohere_serves(client, world, streaming):
    world.up["openai"].script(WIRES["openai"].fails(503))
    raw = client.chat.completions.with_raw_response.create(
        model="both", messages=user("Hello"), stream=streaming, n=2
    )
    assert raw.headers["x-ferro-provider"] == "cohere"
    assert raw.headers["x-ferro-dropped"] == "n"
    answer = raw.parse()
    if streaming:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in answer)
    else:
        text = answer.choices[0].message.content
    assert text == "Echo: Hello"
    assert world.asked()[-1] == "cohere"


def test_what_cohere_cannot_be_told_is_not_sent_there(client, world):
    world.up["openai"].script(WIRES["openai"].fails(503))
    pdf = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjc="}
    with pytest.raises(openai.APIStatusError):
        client.chat.completions.create(model="both", messages=user([{"type": "file", "file": pdf}]))
    assert world.up["cohere"].requests == []


@pytest.mark.parametrize("ending", ["end", "cut", "reset", "eof"])
def test_a_stream_that_breaks_off_is_not_whole(world, ending):
    """Without `message-end`, whatever the transport says."""
    world.up["cohere"].script(COHERE.breaks(ending))
    ask(world.gateway, "once", "Hello", stream=True).assert_broken()


def test_a_model_that_gives_up_late_is_an_error(client, world):
    events = [*COHERE.events(Said())[:-1], COHERE.error_event("internal error during generation")]
    world.up["cohere"].script(streams(events, pause=0.03))
    with pytest.raises(openai.APIError, match="internal error during generation"):
        list(client.chat.completions.create(model="once", messages=user("Hello"), stream=True))


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_model_that_gives_up_at_once_is_passed_by(world, streaming):
    start, *_ = COHERE.events(Said())
    whole = {"id": "x", "message": {"role": "assistant"}, "finish_reason": "ERROR"}
    gives_up = {True: streams([start, COHERE.error_event("no")]), False: replies(json.dumps(whole).encode())}
    world.up["cohere"].script(gives_up[streaming])
    answer = ask(world.gateway, "cohere-first", "Hello", stream=streaming).assert_whole()
    assert (answer.text, answer.headers["x-ferro-provider"]) == ("Echo: Hello", "openai")
