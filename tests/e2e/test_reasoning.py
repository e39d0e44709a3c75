"""Thoughts and their signatures: to the client and back again, whole and streamed."""

import pytest

from client import Answer, ask, send
from wire import KINDS, WIRES, Call, Said, Thought

THOUGHTS = (Thought("Paris is south of Oslo. So:", "c2lnbmF0dXJlLUE="), Thought(redacted="ZW5jcnlwdGVk"))
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
QUESTION = {"role": "user", "content": "Where is it warmer?"}


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streaming(request) -> bool:
    return request.param


def message_of(answer: Answer) -> dict:
    """The assistant's message as a client keeps it for the next turn; a stream's pieces are put together."""
    answer.assert_whole()
    if not answer.is_stream:
        return answer.message
    message: dict = {"role": "assistant", "content": None}
    blocks: dict[int, dict] = {}
    calls: dict[int, dict] = {}
    for delta in answer.deltas:
        for member in ("content", "reasoning_content"):
            if delta.get(member):
                message[member] = (message.get(member) or "") + delta[member]
        if delta.get("extra_content"):
            message["extra_content"] = delta["extra_content"]
        for piece in delta.get("thinking_blocks", []):
            block = blocks.setdefault(piece["index"], {"type": piece["type"]})
            assert block["type"] == piece["type"]
            if piece["type"] == "thinking":
                block["thinking"] = block.get("thinking", "") + piece.get("thinking", "")
                if piece.get("signature"):
                    block["signature"] = block.get("signature", "") + piece["signature"]
            else:
                block["data"] = piece["data"]
        for piece in delta.get("tool_calls", []):
            call = calls.setdefault(piece["index"], {"function": {"name": "", "arguments": ""}})
            for member in ("id", "type", "extra_content"):
                if piece.get(member):
                    call[member] = piece[member]
            for member in ("name", "arguments"):
                call["function"][member] += piece["function"].get(member) or ""
    if blocks:
        message["thinking_blocks"] = [blocks[index] for index in sorted(blocks)]
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    return message


def go_on(world, model: str, message: dict) -> None:
    """Gives the message back as history, with what its calls gave."""
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": "21 degrees"}
        for call in message.get("tool_calls", [])
    ]
    more = [] if results else [{"role": "user", "content": "And now?"}]
    messages = [QUESTION, message, *results, *more]
    send(world.gateway, {"model": model, "messages": messages, "tools": [WEATHER]}).assert_whole()


def test_anthropics_thoughts_come_and_go_back(world, streaming):
    model, wire = "claude-sonnet-4-5", WIRES["anthropic"]
    call = Call("weather", {"city": "Paris"}, "toolu_01")
    world.up["anthropic"].script(wire.says(Said(("I look.",), (call,), THOUGHTS)), wire.says())
    answer = ask(world.gateway, model, "Where is it warmer?", stream=streaming, tools=[WEATHER])
    message = message_of(answer)
    assert message["content"] == "I look."
    assert message["reasoning_content"] == THOUGHTS[0].text
    assert message["thinking_blocks"] == [
        {"type": "thinking", "thinking": THOUGHTS[0].text, "signature": THOUGHTS[0].signature},
        {"type": "redacted_thinking", "data": THOUGHTS[1].redacted},
    ]
    go_on(world, model, message)
    turn = next(m for m in world.up["anthropic"].last.json()["messages"] if m["role"] == "assistant")
    assert turn["content"] == [
        {"type": "thinking", "thinking": THOUGHTS[0].text, "signature": THOUGHTS[0].signature},
        {"type": "redacted_thinking", "data": THOUGHTS[1].redacted},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "toolu_01", "name": "weather", "input": {"city": "Paris"}},
    ]


def gemini_turn(world) -> list[dict]:
    return next(c for c in world.up["gemini"].last.json()["contents"] if c["role"] == "model")["parts"]


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-pro-preview"])
def test_geminis_signatures_come_and_go_back(world, streaming, model):
    wire = WIRES["gemini"]
    calls = (
        Call("weather", {"city": "Paris"}, signature="Z2VtaW5pLXNpZ25hdHVyZQ=="),
        Call("weather", {"city": "Oslo"}),
    )
    said = Said((), calls, (Thought("South is warm."),))
    world.up["gemini"].script(wire.says(said), wire.says())
    answer = ask(world.gateway, model, "Where is it warmer?", stream=streaming, tools=[WEATHER])
    message = message_of(answer)
    assert message["reasoning_content"] == "South is warm."
    first, second = message["tool_calls"]
    assert first["extra_content"] == {"google": {"thought_signature": calls[0].signature}}
    assert "extra_content" not in second
    go_on(world, model, message)
    sent = [part for part in gemini_turn(world) if "functionCall" in part]
    assert [part["functionCall"]["args"]["city"] for part in sent] == ["Paris", "Oslo"]
    assert sent[0]["thoughtSignature"] == calls[0].signature
    assert "thoughtSignature" not in sent[1]


def test_geminis_signature_on_text_comes_and_goes_back(world, streaming):
    wire, signature = WIRES["gemini"], "dGV4dC1zaWduYXR1cmU="
    world.up["gemini"].script(wire.says(Said(("South",), text_signature=signature)), wire.says())
    message = message_of(ask(world.gateway, "gemini-3-pro-preview", stream=streaming))
    assert message["content"] == "South"
    assert message["extra_content"] == {"google": {"thought_signature": signature}}
    go_on(world, "gemini-3-pro-preview", message)
    assert {"text": "South", "thoughtSignature": signature} in gemini_turn(world)


def test_a_history_from_elsewhere_gets_geminis_bypass(world):
    """Gemini 3 refuses a call without a signature; one that another model made has none."""
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
    }
    go_on(world, "gemini-3-pro-preview", {"role": "assistant", "content": None, "tool_calls": [call]})
    sent = next(part for part in gemini_turn(world) if "functionCall" in part)
    assert sent["thoughtSignature"] == "skip_thought_signature_validator"


@pytest.mark.parametrize("kind", KINDS)
def test_a_history_of_anthropics_is_taken_by_all(world, kind):
    blocks = [{"type": "thinking", "thinking": "South is warm.", "signature": "c2ln"}]
    message = {"role": "assistant", "content": "Paris.", "thinking_blocks": blocks}
    go_on(world, WIRES[kind].model, message | {"reasoning_content": "South is warm."})
    assert b"Paris." in world.up[kind].last.body


@pytest.mark.parametrize("effort", ["low", "high"])
def test_effort(world, effort):
    ask(world.gateway, "claude-sonnet-4-5", reasoning_effort=effort, temperature=0.3).assert_whole()
    body = world.up["anthropic"].last.json()
    assert body["thinking"]["type"] == "enabled"
    assert 1024 <= body["thinking"]["budget_tokens"] < body["max_tokens"]
    assert "temperature" not in body, "not beside thinking"
    ask(world.gateway, "gemini-2.5-flash", reasoning_effort=effort).assert_whole()
    thinking = world.up["gemini"].last.json()["generationConfig"]["thinkingConfig"]
    assert thinking["thinkingBudget"] >= 1
    ask(world.gateway, "gemini-3-pro-preview", reasoning_effort=effort).assert_whole()
    thinking = world.up["gemini"].last.json()["generationConfig"]["thinkingConfig"]
    assert thinking["thinkingLevel"].lower() == effort and "thinkingBudget" not in thinking
    ask(world.gateway, "gpt-5", reasoning_effort=effort).assert_whole()
    assert world.up["openai"].last.json()["reasoning_effort"] == effort


def test_no_effort(world):
    ask(world.gateway, "claude-sonnet-4-5", reasoning_effort="none").assert_whole()
    assert world.up["anthropic"].last.json().get("thinking", {"type": "disabled"})["type"] == "disabled"
    ask(world.gateway, "gemini-2.5-flash", reasoning_effort="none").assert_whole()
    config = world.up["gemini"].last.json()["generationConfig"]
    assert config["thinkingConfig"]["thinkingBudget"] == 0
