"""Vendors who speak OpenAI's format for chats, but not quite: the official SDK before their stand-ins sees OpenAI's, and
each of them what it takes."""

import json

import pytest

from client import ask, sdk
from upstream import replies, streams
from wire import sse
from world import provider

VENDORS = ["mistral", "deepseek", "groq", "together", "xai"]
EXTRA = dict.fromkeys(VENDORS, "openai")
THINKER = "magistral-medium-latest"
DEVELOPER = {"role": "developer", "content": "Be brief."}


def config(up):
    return {"providers": {kind: provider(up[kind], kind, discover=False) for kind in VENDORS}}


@pytest.fixture
def client(world):
    with sdk(world.gateway) as client:
        yield client


def thinking(text: str, **more) -> dict:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]} | more


def chunk(delta: dict, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return sse({"id": "a", "object": "chat.completion.chunk", "created": 1, "model": THINKER, "choices": [choice]})


def answer(content) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 30, "total_tokens": 39}
    body = {"id": "a", "object": "chat.completion", "created": 1, "model": THINKER, "choices": [choice]}
    return json.dumps(body | {"usage": usage}).encode()


# === Mistral's parts ===


def test_parts_are_a_string_and_thoughts_and_go_back_as_parts(client, world):
    mistral = world.up["mistral"]
    cited = {"type": "reference", "reference_ids": [1, 2]}
    parts = [thinking("17*20=340, 17*3=51.", closed=True), {"type": "text", "text": "It is "}]
    mistral.script(replies(answer([*parts, {"type": "text", "text": "391."}, cited])))
    asked = [DEVELOPER, {"role": "user", "name": "ada", "content": "17*23?"}]
    first = client.chat.completions.create(model=THINKER, messages=asked, seed=7)
    message = first.choices[0].message
    assert message.content == "It is 391."
    assert message.model_extra["reasoning_content"] == "17*20=340, 17*3=51."
    assert message.model_extra["content_parts"] == [cited]
    assert first.usage.total_tokens == 39
    sent = mistral.last.json()
    assert sent["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "17*23?"},
    ]
    assert (sent["random_seed"], "seed" in sent) == (7, False)

    mistral.script(replies(answer("Yes.")))
    again = [*asked, message.model_dump(exclude_none=True), {"role": "user", "content": "Sure?"}]
    second = client.chat.completions.with_raw_response.create(model=THINKER, messages=again)
    assert second.parse().choices[0].message.content == "Yes."
    assert second.headers["x-ferro-dropped"] == "messages[].name, messages[].content_parts"
    assert mistral.last.json()["messages"][2] == {
        "role": "assistant",
        "content": [thinking("17*20=340, 17*3=51.", closed=True), {"type": "text", "text": "It is 391."}],
    }


@pytest.mark.parametrize("pause", [0, 0.02])
def test_parts_are_a_string_and_thoughts_in_a_stream(client, world, pause):
    events = [
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": [thinking("Hm")]}),
        chunk({"content": [thinking(", é.", closed=True), {"type": "text", "text": "39"}]}),
        chunk({"content": "1."}),
        chunk({"content": ""}, "model_length"),
        b"data: [DONE]\n\n",
    ]
    # Cut anywhere: the second byte of the letter comes with the next piece.
    whole = b"".join(events)
    pieces = [whole[start : start + 97] for start in range(0, len(whole), 97)]
    world.up["mistral"].script(streams(pieces, pause=pause))
    messages = [{"role": "user", "content": "17*23?"}]
    choices = [
        choice
        for event in client.chat.completions.create(model=THINKER, messages=messages, stream=True)
        for choice in event.choices
    ]
    assert "".join(choice.delta.content or "" for choice in choices) == "391."
    thoughts = [choice.delta.model_extra.get("reasoning_content") or "" for choice in choices]
    assert "".join(thoughts) == "Hm, é."
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["length"]


# === histories ===


def test_thoughts_go_to_who_demands_them(client, world):
    world.up["deepseek"].script(replies(answer("391")))
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        DEVELOPER,
        {"role": "user", "content": "17*23?"},
        {"role": "assistant", "content": None, "reasoning": "A tool.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "391"},
    ]
    got = client.chat.completions.with_raw_response.create(model="deepseek-v4-pro", messages=messages)
    assert "x-ferro-dropped" not in got.headers
    sent = world.up["deepseek"].last.json()["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "tool"]
    assert sent[2]["reasoning_content"] == "A tool."
    assert "reasoning" not in sent[2]


def test_a_name_that_is_refused_is_left_out(client, world):
    world.up["groq"].script(replies(answer("Hi")))
    messages = [DEVELOPER | {"name": "boss"}, {"role": "user", "name": "ada", "content": "Hi"}]
    got = client.chat.completions.with_raw_response.create(model="groq/gpt-oss-120b", messages=messages, n=1)
    assert got.headers["x-ferro-dropped"] == "messages[].name"
    sent = world.up["groq"].last.json()
    assert sent["messages"] == [DEVELOPER, {"role": "user", "content": "Hi"}]


def test_a_body_that_needs_nothing_is_the_clients_own(world):
    world.up["groq"].script(replies(answer("Hi")))
    assert ask(world.gateway, "groq/m", "Hi", temperature=0.5).status == 200
    sent = world.up["groq"].last.json()
    assert (sent["messages"], sent["temperature"]) == ([{"role": "user", "content": "Hi"}], 0.5)


# === images ===


def test_an_image_of_togethers(client, world):
    image = {"index": 0, "b64_json": "aWE=", "type": "b64_json"}
    world.up["together"].script(replies(json.dumps({"id": "a", "object": "list", "data": [image]}).encode()))
    got = client.images.with_raw_response.generate(
        model="together/black-forest-labs/FLUX.1.1-pro",
        prompt="a cat",
        size="1536x1024",
        response_format="b64_json",
        quality="hd",
        extra_body={"steps": 4},
    )
    images = got.parse()
    assert (images.data[0].b64_json, images.created > 0) == ("aWE=", True)
    assert got.headers["x-ferro-dropped"] == "quality"
    assert world.up["together"].last.json() == {
        "model": "black-forest-labs/FLUX.1.1-pro",
        "prompt": "a cat",
        "width": 1536,
        "height": 1024,
        "response_format": "base64",
        "steps": 4,
    }


def test_an_image_of_xais(client, world):
    image = {"url": "https://imgen.x.ai/1.png", "revised_prompt": "A cat"}
    world.up["xai"].script(replies(json.dumps({"data": [image]}).encode()))
    images = client.images.generate(model="grok-imagine-image", prompt="a cat", size="1024x1536", style="vivid")
    assert (images.data[0].url, images.created > 0) == ("https://imgen.x.ai/1.png", True)
    sent = world.up["xai"].last.json()
    assert sent == {"model": "grok-imagine-image", "prompt": "a cat", "aspect_ratio": "2:3"}
