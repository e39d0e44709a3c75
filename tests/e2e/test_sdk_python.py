"""The official OpenAI SDK for Python, as its users use it, against all three kinds of provider."""

import asyncio
import json

import openai
import pytest
from pydantic import BaseModel

from client import sdk
from gateway import BOUND, eventually
from upstream import streams
from wire import KINDS, WIRES, Said, fingerprint, of_url

# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Looks out of the window",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Person(BaseModel):
    name: str
    age: int


def config(up):
    def once(kind):
        target = {"provider": kind, "model": WIRES[kind].model, "retry": {"attempts": 1}}
        return {"name": f"once-{kind}", "match": {"models": [f"once-{kind}"]}, "targets": [target]}

    return {
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "20s"},
        "routes": [once(kind) for kind in KINDS],
    }


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def wire(kind):
    return WIRES[kind]


@pytest.fixture
def client(world):
    with sdk(world.gateway) as client:
        yield client


def user(content) -> list[dict]:
    return [{"role": "user", "content": content}]


def test_chat(client, world, kind, wire):
    system = {"role": "system", "content": "Be brief"}
    completion = client.chat.completions.create(model=wire.model, messages=[system, *user("Hello")])
    assert completion.choices[0].message.content == "Echo: Hello"
    assert completion.choices[0].message.role == "assistant"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.object == "chat.completion"
    assert completion.id and completion.created > 0
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (11, 7)
    assert completion.usage.total_tokens == 18
    assert b"Be brief" in world.up[kind].last.body


def test_stream(client, wire):
    stream = client.chat.completions.create(model=wire.model, messages=user("Hello"), stream=True)
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Echo: Hello"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert [chunk.usage for chunk in chunks if chunk.usage] == []


@pytest.mark.parametrize("kind", ["anthropic", "gemini"])
def test_stream_with_usage(client, wire):
    options = {"include_usage": True}
    stream = client.chat.completions.create(
        model=wire.model, messages=user("Hello"), stream=True, stream_options=options
    )
    *chunks, last = stream
    assert last.choices == []
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (11, 7)
    assert [chunk.usage for chunk in chunks if chunk.usage] == []


def test_stream_helper(client, wire):
    with client.chat.completions.stream(model=wire.model, messages=user("Hello")) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        completion = stream.get_final_completion()
    assert "".join(deltas) == "Echo: Hello"
    assert completion.choices[0].message.content == "Echo: Hello"


def test_tools(client, world, kind, wire):
    """Two parallel calls, answered, and the conversation goes on."""
    question = user("Where is it warmer?")
    first = client.chat.completions.create(model=wire.model, messages=question, tools=[WEATHER])
    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    assert [call.function.name for call in message.tool_calls] == ["weather", "weather"]
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [
        {"city": "Paris"},
        {"city": "Oslo"},
    ]
    assert len({call.id for call in message.tool_calls}) == 2
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"{degrees} degrees"}
        for call, degrees in zip(message.tool_calls, (21, 9), strict=True)
    ]
    second = client.chat.completions.create(
        model=wire.model, messages=[*question, message, *results], tools=[WEATHER]
    )
    assert second.choices[0].message.content == "Results: 21 degrees; 9 degrees"
    assert second.choices[0].finish_reason == "stop"
    body = world.up[kind].last.json()
    assert wire.results(body) == ["21 degrees", "9 degrees"]
    assert wire.tools(body) == ["weather"]


def test_tools_streamed(client, wire):
    with client.chat.completions.stream(
        model=wire.model, messages=user("Where is it warmer?"), tools=[WEATHER]
    ) as stream:
        completion = stream.get_final_completion()
    calls = completion.choices[0].message.tool_calls
    assert completion.choices[0].finish_reason == "tool_calls"
    assert [(call.function.name, json.loads(call.function.arguments)) for call in calls] == [
        ("weather", {"city": "Paris"}),
        ("weather", {"city": "Oslo"}),
    ]
    assert len({call.id for call in calls}) == 2


def test_tool_indexes_are_dense(client, wire):
    stream = client.chat.completions.create(
        model=wire.model, messages=user("Where is it warmer?"), tools=[WEATHER], stream=True
    )
    pieces = [call for chunk in stream for call in chunk.choices[0].delta.tool_calls or []]
    assert {call.index for call in pieces} == {0, 1}
    assert [call.index for call in pieces if call.id] == [0, 1]


def test_structured_output(client, world, kind, wire):
    completion = client.chat.completions.parse(
        model=wire.model, messages=user("Who?"), response_format=Person
    )
    assert completion.choices[0].message.parsed == Person(name="Ada", age=36)
    schema = wire.schema(world.up[kind].last.json())
    assert set(schema["properties"]) == {"name", "age"}
    assert set(schema["required"]) == {"name", "age"}


def test_structured_output_streamed(client, wire):
    with client.chat.completions.stream(
        model=wire.model, messages=user("Who?"), response_format=Person
    ) as stream:
        completion = stream.get_final_completion()
    assert completion.choices[0].message.parsed == Person(name="Ada", age=36)


@pytest.mark.parametrize("url", [f"data:image/png;base64,{PNG}", "https://images.example/cat.png"])
def test_vision(client, world, kind, wire, url):
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    completion = client.chat.completions.create(model=wire.model, messages=user(parts))
    assert completion.choices[0].message.content == f"{fingerprint(of_url(url))} "
    body = world.up[kind].last.json()
    assert wire.images(body) == [of_url(url)]
    assert wire.prompt(body) == "What is it?"


ERRORS = {
    400: openai.BadRequestError,
    401: openai.InternalServerError,  # our key is wrong, not the caller's: 502
    403: openai.InternalServerError,
    404: openai.NotFoundError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
    529: openai.InternalServerError,
}


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status", ERRORS)
def test_errors(client, kind, status, streaming):
    with pytest.raises(ERRORS[status]) as caught:
        client.chat.completions.create(
            model=f"once-{kind}", messages=user(f"fail {status}"), stream=streaming
        )
    shown = {401: 502, 403: 502, 529: 503}.get(status, status)
    assert caught.value.status_code == shown
    # What a provider says of the gateway's credential is not for callers.
    assert (f"asked to fail {status}" in caught.value.body["message"]) == (status not in (401, 403))


def test_an_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="nobody-serves-this", messages=user("Hello"))
    assert caught.value.code == "model_not_found"


def test_an_error_in_mid_stream(client, world, kind, wire):
    events = [*wire.events(Said())[: -wire.terminal], wire.error_event("Broke in the middle")]
    world.up[kind].script(streams(events, pause=0.05))
    with pytest.raises(openai.APIError, match="Broke in the middle"):
        list(client.chat.completions.create(model=wire.model, messages=user("Hello"), stream=True))


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_the_sdk_retries(client, world, kind, wire, streaming):
    """A 429 whose time is named reaches the SDK, which waits and asks again."""
    world.up[kind].script(wire.fails(429, "Slow down", [("retry-after", "1")]), wire.says(Said(("At last",))))
    asked = client.with_options(max_retries=1).chat.completions.create(
        model=f"once-{kind}", messages=user("Hello"), stream=streaming
    )
    if streaming:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in asked)
    else:
        text = asked.choices[0].message.content
    assert text == "At last"
    first, second = world.up[kind].requests
    assert second.at - first.at >= 0.9


def test_the_gateway_retries(client, world, kind, wire):
    world.up[kind].script(wire.fails(503), wire.says(Said(("At last",))))
    completion = client.chat.completions.create(model=wire.model, messages=user("Hello"))
    assert completion.choices[0].message.content == "At last"
    assert len(world.up[kind].requests) == 2


def test_the_sdk_closes_a_stream(client, world, kind, wire):
    world.up[kind].script(wire.breaks("hang"))
    with client.chat.completions.create(model=wire.model, messages=user("Hello"), stream=True) as stream:
        next(iter(stream))
    eventually(world.up[kind].last.gone.is_set, "the upstream hears that the client has left")


def test_raw_response_headers(client, kind, wire):
    response = client.chat.completions.with_raw_response.create(model=wire.model, messages=user("Hello"))
    assert response.headers["x-ferro-provider"] == kind
    assert response.parse().choices[0].message.content == "Echo: Hello"


def test_models(client):
    listed = {model.id: model for model in client.models.list()}
    assert {"gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash", "once-openai"} <= set(listed)
    model = client.models.retrieve("claude-sonnet-4-5")
    assert (model.id, model.object) == ("claude-sonnet-4-5", "model")
    assert model.owned_by == "anthropic"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody-serves-this")


def test_the_async_client(world, kind, wire):
    async def talk():
        base_url = f"{world.gateway.url}/v1"
        async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-client", max_retries=0) as client:
            texts = []
            for prompt in ("one", "two"):
                stream = await client.chat.completions.create(
                    model=wire.model, messages=user(prompt), stream=True
                )
                texts.append("".join([chunk.choices[0].delta.content or "" async for chunk in stream]))
            return texts

    assert asyncio.run(talk()) == ["Echo: one", "Echo: two"]


def test_a_stream_whose_upstream_never_ends_it(client, world, kind, wire):
    """The answer ends, but neither `[DONE]` nor an end of the stream comes: the SDK waits for neither."""
    said = wire.events(Said(texts=("All", " of it")))
    usage = b'data: {"id": "u", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 7}}'
    ended = [*said[:-1], usage + b"\n\n"] if kind == "openai" else said
    world.up[kind].script(streams(ended, "hang"))
    stream = client.chat.completions.create(
        model=wire.model,
        messages=user("Hello"),
        stream=True,
        stream_options={"include_usage": True},
        timeout=BOUND,
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "All of it"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.completion_tokens == 7
