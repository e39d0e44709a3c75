"""Failures that would pass as success, if anybody looked less closely: answers of status 200 that are none,
and streams that end without an end. Where nothing has left yet the next target is asked, and what has left
never looks whole.

What else a provider may do who means harm is in `test_leaks.py` and `test_excess.py`.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator

import pytest

from actors import ACTORS, events, said, whole
from attacks import Steady
from client import Answer
from exchange import Headers
from scenario import Plays, Scenario, Step, as_params, chosen, row, stage
from upstream import Behaviour, replies, streams
from wire import WIRES, sse

MIB = 1 << 20
LETTERS = "acd"
# A bound for what stays silent, long enough for a busy machine.
SOON = {"retry": {"per_try_timeout": "15s", "idle_timeout": "15s"}}


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


def changed(letter: str, change: Callable[[dict], object]) -> bytes:
    """This actor's answer but for one thing."""
    answer = json.loads(whole(letter))
    change(answer)
    return dumped(answer)


def without(*path: str | int) -> Callable[[dict], object]:
    return lambda answer: _within(answer, path[:-1]).pop(path[-1])


def with_value(value: object, *path: str | int) -> Callable[[dict], object]:
    return lambda answer: _within(answer, path[:-1]).__setitem__(path[-1], value)


def _within(answer: dict, path: tuple) -> object:
    for step in path:
        answer = answer[step]
    return answer


# === whole answers that are none ===

ERROR = {"message": "Overloaded, sorry", "type": "server_error", "code": 500, "status": "UNAVAILABLE"}
# Of any format: each with status 200.
NONE_AT_ALL: dict[str, bytes] = {
    "an empty object": b"{}",
    "a list": b"[]",
    "null": b"null",
    "a text": b'"All is well"',
    "an empty text": b'""',
    "a number": b"7",
    "true": b"true",
    "nothing but blanks": b" \n \n ",
    "half a brace": b"{",
    "no JSON": b"All is well",
    "a page": b"<!doctype html><html><body>Please log in</body></html>",
    "bytes": bytes(range(256)),
    "a stream's end": b"data: [DONE]\n\n",
    "an error": dumped({"error": ERROR}),
    "an error with an id": dumped({"id": "x", "error": ERROR}),
    "an error in the end": dumped({"id": "x", "object": "chat.completion", "created": 1, "error": ERROR}),
    "an error of text": dumped({"error": "Overloaded, sorry"}),
    "an error of nothing": dumped({"error": {}}),
    "an error of true": dumped({"error": True}),
    "an error's object": dumped({"object": "error", "message": "Overloaded, sorry", "code": 40303}),
    "an error's type": dumped({"type": "error", "error": {"type": "overloaded_error", "message": "sorry"}}),
    "errors": dumped({"errors": [{"message": "Overloaded, sorry"}]}),
    "a detail": dumped({"detail": "Overloaded, sorry"}),
    "a message": dumped({"message": "Overloaded, sorry"}),
    "a code": dumped({"code": 500, "msg": "Overloaded, sorry"}),
    "a status": dumped({"status": 503, "success": False}),
    "an id only": dumped({"id": "x", "object": "chat.completion", "created": 1, "model": "m"}),
    "an error in a list": dumped([{"error": ERROR}]),
    "an error after 60 KiB": dumped({"id": "x", "padding": "x" * (60 << 10), "error": ERROR}),
    "an error after 100 KiB": dumped({"id": "x", "padding": "x" * (100 << 10), "error": ERROR}),
    "an error after a megabyte": dumped({"padding": ["x" * 1000] * 1000, "error": ERROR}),
    "an error after many members": dumped({f"k{n}": n for n in range(20_000)} | {"error": ERROR}),
    "an error with its name escaped": dumped({"id": "x", "error": ERROR}).replace(
        b'"error"', b'"\\u0065rror"'
    ),
    "an error after blanks": b" " * 70_000 + dumped({"error": ERROR}),
    "an error deep in blanks": b"{" + b"\n" * 70_000 + dumped({"error": ERROR})[1:],
    "depth": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}
# Of each format: its own answer but for one thing.
ALMOST: dict[str, dict[str, bytes]] = {
    "a": {
        "no choices": changed("a", without("choices")),
        "choices of null": changed("a", with_value(None, "choices")),
        "choices of nothing": changed("a", with_value([], "choices")),
        "choices of text": changed("a", with_value("All is well", "choices")),
        "choices of an object": changed("a", with_value({"0": {}}, "choices")),
        "a choice of null": changed("a", with_value([None], "choices")),
        "an error beside choices": changed("a", with_value(ERROR, "error")),
        "an error beside no choices": changed(
            "a", lambda answer: answer.update(choices=[], error={"message": "sorry", "code": 502})
        ),
        "choices within": dumped({"response": json.loads(whole("a"))}),
    },
    "c": {
        "no content": changed("c", without("content")),
        "content of null": changed("c", with_value(None, "content")),
        "content of an object": changed("c", with_value({}, "content")),
        "content of null blocks": changed("c", with_value([None], "content")),
        "no stop": changed("c", without("stop_reason")),
        "a stop of null": changed("c", with_value(None, "stop_reason")),
        "a stop of a number": changed("c", with_value(7, "stop_reason")),
        "the type of an error": changed("c", with_value("error", "type")),
        "an error beside content": changed("c", with_value(ERROR, "error")),
        "an answer of another format": whole("a"),
    },
    "d": {
        "no candidates": changed("d", without("candidates")),
        "candidates of null": changed("d", with_value(None, "candidates")),
        "candidates of nothing": changed("d", with_value([], "candidates")),
        "candidates of text": changed("d", with_value("All is well", "candidates")),
        "a candidate of null": changed("d", with_value([None], "candidates")),
        "a candidate of nothing": changed("d", with_value([{}], "candidates")),
        "no reason": changed("d", without("candidates", 0, "finishReason")),
        "a reason of null": changed("d", with_value(None, "candidates", 0, "finishReason")),
        "a reason of a number": changed("d", with_value(7, "candidates", 0, "finishReason")),
        "parts of text": changed("d", with_value("All is well", "candidates", 0, "content", "parts")),
        "an error beside candidates": changed("d", with_value(ERROR, "error")),
        "an answer in a list": b"[" + whole("d") + b"]",
        "an answer of another format": whole("a"),
    },
}


def spoilt(letter: str) -> dict[str, bytes]:
    """A good answer that JSON or its length spoils, though HTTP finds nothing wrong."""
    good = whole(letter)
    return {
        "cut by one byte": good[:-1],
        "cut in the middle": good[: len(good) // 2],
        "cut at its first byte": good[:1],
        "cut in a text": good[: good.index(f"{letter}3".encode())],
        "rubbish after it": good + b"rubbish",
        "a brace after it": good + b"}",
        "twice": good + good,
        "twice, in lines": good + b"\n" + good,
        "an error after it": good + dumped({"error": ERROR}),
        "a stream around it": b"data: " + good + b"\n\n",
        "a comma too many": good[:-1] + b",}",
        "quotes of the wrong kind": good.replace(b'"', b"'"),
        "bytes that are no text": good.replace(f"{letter}3".encode(), b"\xff\xfe"),
        "a raw new line": good.replace(f"{letter}3".encode(), b"\n"),
        "something before it": b"while(1);" + good,
        "letters of sixteen bits": good.decode().encode("utf-16"),
    }


def whole_answers() -> Iterator[Scenario]:
    for letter in LETTERS:
        for name, body in (NONE_AT_ALL | ALMOST[letter] | spoilt(letter)).items():
            yield from moves_on(f"{name} {letter}", letter, replies(body), stream=False)
        for status in (201, 202, 203, 204, 205, 206, 207, 208, 226, 250, 299):
            body = b"" if status in (204, 205) else whole(letter)
            yield from moves_on(f"status {status} {letter}", letter, replies(body, status), stream=False)
            if body:
                told = told_with(status, events(letter))
                yield from moves_on(f"status {status} of a stream {letter}", letter, told, stream=True)
        for kind in ("text/html", "text/plain", "image/png"):
            page = replies(NONE_AT_ALL["a page"], content_type=kind)
            yield from moves_on(f"a page as {kind} {letter}", letter, page)
        for encoding, packed in PACKED.items():
            headers = [("content-encoding", encoding)]
            does = replies(packed(whole(letter)), headers=headers)
            yield from moves_on(f"an answer of {encoding} {letter}", letter, does, stream=False)
            does = told_with(200, [packed(b"".join(events(letter)))], headers)
            yield from moves_on(f"a stream of {encoding} {letter}", letter, does, stream=True)
        told = streams(events(letter))
        yield from moves_on(f"a stream for who asked for none {letter}", letter, told, stream=False)
        for name, behaviour in cuts(whole(letter)).items():
            step = Step(f"{letter} b") if letter != "a" else Step(None, honest=True)
            yield from row(
                f"{name} {letter}", [letter, "b"], step, does={letter: behaviour}, route=SOON, stream=False
            )


# We ask for none of this, and whoever is told what it is not cannot read it.
PACKED = {"gzip": gzip.compress, "deflate": zlib.compress, "br": lambda data: b"\x8b" + data[::-1]}


def moves_on(name: str, letter: str, does: Behaviour, **more) -> list[Scenario]:
    """Nobody takes this for an answer: the next one is asked, and serves."""
    return row(name, [letter, "b"], Step(f"{letter} b"), does={letter: does}, route=SOON, **more)


def cuts(body: bytes) -> dict[str, Behaviour]:
    """Ways to break off what HTTP has promised."""

    def cut(
        *head: tuple[str, str], length: int | None = None, ending: str = "close", part: float = 0.5
    ) -> Behaviour:
        async def behave(exchange) -> None:
            await exchange.head(200, [("content-type", "application/json"), *head], length=length)
            await exchange.write(body[: int(len(body) * part)])
            await (exchange.close() if ending == "close" else exchange.reset())

        return behave

    return {
        "a length that is not reached": cut(length=len(body)),
        "a length that is not reached by far": cut(length=10 * MIB),
        "a length that is not reached, reset": cut(length=len(body), ending="reset"),
        "all of it, but not what was promised": cut(length=len(body) + 1, part=1),
        "chunks without an end": cut(),
        "chunks without an end, all of it": cut(part=1),
        "chunks that are reset": cut(ending="reset"),
        "chunks of one byte": cut(part=0.003),
        "an end that the connection tells too early": cut(("connection", "close")),
    }


def told_with(status: int, told: list[bytes], headers: Headers = ()) -> Behaviour:
    """A stream with another status, or other headers."""

    async def behave(exchange) -> None:
        await exchange.head(status, [("content-type", "text/event-stream"), *headers])
        for event in told:
            await exchange.write(event)
        await exchange.end()

    return behave


# === streams that are none ===

EVENTS_OF_ERRORS = {
    "of text": b"event: error\ndata: Overloaded, sorry\n\n",
    "of an empty object": b"event: error\ndata: {}\n\n",
    "of nothing": b"event: error\n\n",
    "of no data": b"event: error\ndata:\n\n",
    "of a list": b"event: error\ndata: []\n\n",
    "of an object": b'event: error\ndata: {"message": "Overloaded, sorry"}\n\n',
    "of a good chunk": b'event: error\ndata: {"choices": [{"index": 0, "delta": {"content": "x"}}]}\n\n',
    "of a broken object": b'event: error\ndata: {"message": "Over\n\n',
    "of a number": b"event: error\ndata: 503\n\n",
    "without a blank": b"event:error\ndata:{}\n\n",
    "after its data": b"data: {}\nevent: error\n\n",
    "with returns": b"event: error\r\ndata: {}\r\n\r\n",
}


def begins(letter: str) -> dict[str, list[bytes]]:
    """Streams that are over before anything was said."""
    told, error = events(letter), WIRES[ACTORS[letter]].error_event("Overloaded, sorry")
    found = {
        "nothing": [],
        "comments": [b": keep-alive\n\n"] * 20,
        "blank lines": [b"\n\n\n\n\n\n"],
        "a mark of byte order": [b"\xef\xbb\xbf"],
        "done at once": [b"data: [DONE]\n\n"],
        "half an event": [told[0][:-2]],
        "half a line": [told[0][:9]],
        "an error": [error],
        "an error after comments": [b": wait\n\n", error],
        "a page": [b"<html><body>Please log in</body></html>"],
        "a line that never ends": [b"data: " + b"x" * 1000] * 20,
        "an event without end": [b"data: " + b"x" * MIB] + [b"x" * MIB] * 5,
        "lines without an end": [b"data: x\n" * 100_000] * 6,
        "a comment without end": [b": " + b"x" * MIB] + [b"x" * MIB] * 5,
        "a name without end": [b"event: " + b"x" * MIB] + [b"x" * MIB] * 5,
        "an error in OpenAI's format": [sse({"error": ERROR})],
        "an error of text": [sse({"error": "Overloaded, sorry"})],
    }
    if letter == "c":
        found["pings"] = [sse({"type": "ping"}, "ping")] * 3
    found |= {f"an event {name}": [event] for name, event in EVENTS_OF_ERRORS.items()}
    return found


def breaks_off(letter: str) -> dict[str, list[bytes]]:
    """Streams that have begun, and end without their end."""
    wire, told = WIRES[ACTORS[letter]], events(letter)
    middle = told[: len(told) // 2]
    rest = told[len(told) // 2 :]
    found = {
        "an error": [*middle, wire.error_event("Overloaded, sorry")],
        "an error, and the rest": [*middle, wire.error_event("Overloaded, sorry"), *rest],
        "nothing more": middle,
        "done": [*middle, b"data: [DONE]\n\n"],
        "half an event": [*middle, told[-1][: len(told[-1]) // 2]],
        "an event over 4 MiB": [*middle, b"data: " + b"x" * 5 * MIB + b"\n\n", *rest],
        "an object over 4 MiB": [*middle, sse({"choices": [], "padding": "x" * 5 * MIB}), *rest],
        "an event without end": [*middle, b"data: " + b"x" * MIB, *[b"x" * MIB] * 5],
    }
    for name, event in EVENTS_OF_ERRORS.items():
        found[f"an event {name}"] = [*middle, event]
        found[f"an event {name}, and the rest"] = [*middle, event, *rest]
    return found


OPENAI = WIRES["openai"]
DONE = sse("[DONE]")


def chunk(index: int, content: str | None = None, finish: str | None = None) -> bytes:
    """A chunk of one of several choices."""
    delta = {} if content is None else {"role": "assistant", "content": content}
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "m"}
    return sse(base | {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]})


# Streams for who asked for two choices, and whether they are whole.
CHOICES = {
    "both end": (
        [chunk(0, "a0 "), chunk(1, "a1 "), chunk(0, finish="stop"), chunk(1, finish="stop"), DONE],
        True,
    ),
    "both end, one after the other": (
        [chunk(0, "a0 "), chunk(0, finish="stop"), chunk(1, "a1 "), chunk(1, finish="stop"), DONE],
        True,
    ),
    "one ends": ([chunk(0, "a0 "), chunk(1, "a1 "), chunk(0, finish="stop"), DONE], False),
    "the other ends": ([chunk(0, "a0 "), chunk(1, "a1 "), chunk(1, finish="stop"), DONE], False),
    "one ends, nobody is done": ([chunk(0, "a0 "), chunk(1, "a1 "), chunk(0, finish="stop")], False),
    "one ends twice": (
        [chunk(0, "a0 "), chunk(1, "a1 "), chunk(0, finish="stop"), chunk(0, finish="stop"), DONE],
        False,
    ),
    "one ends twice, nobody is done": (
        [chunk(0, "a0 "), chunk(1, "a1 "), chunk(0, finish="stop"), chunk(0, finish="stop")],
        False,
    ),
    "one ends in two ways": (
        [chunk(0, "a0 "), chunk(1, "a1 "), chunk(0, finish="stop"), chunk(0, finish="length"), DONE],
        False,
    ),
    "a third ends": (
        [chunk(0, "a0 "), chunk(1, "a1 "), chunk(0, finish="stop"), chunk(2, finish="stop"), DONE],
        False,
    ),
    "none ends": ([chunk(0, "a0 "), chunk(1, "a1 "), DONE], False),
}


def both_end(answer: Answer) -> None:
    assert not answer.broken and not answer.errors and answer.done, answer.raw
    ended = {
        choice["index"] for each in answer.chunks for choice in each["choices"] if choice["finish_reason"]
    }
    assert ended == {0, 1}, answer.raw


def not_both_end(answer: Answer) -> None:
    assert not answer.done and (answer.broken or len(answer.errors) == 1), answer.raw


def claude(*parts: tuple[str, dict]) -> list[bytes]:
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": []}
    message = start | {"stop_reason": None, "usage": {"input_tokens": 30, "output_tokens": 1}}
    return [
        sse({"type": name} | data, name) for name, data in [("message_start", {"message": message}), *parts]
    ]


OPENED = ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
SPOKEN = ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": said("c").text}})
CLOSED = ("content_block_stop", {"index": 0})
STOPPED = ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}})
UNSTOPPED = ("message_delta", {"delta": {"stop_reason": None}, "usage": {"output_tokens": 3}})
OVER = ("message_stop", {})
# In the second place what becomes of it: whole, broken, or the next is asked.
CLAUDES = {
    "all of it": ([OPENED, SPOKEN, CLOSED, STOPPED, OVER], "whole"),
    "no stop at the end": ([OPENED, SPOKEN, CLOSED, STOPPED], "whole"),
    "a block left open, no stop": ([OPENED, SPOKEN, STOPPED], "broken"),
    "a second block left open": (
        [OPENED, SPOKEN, CLOSED, (OPENED[0], OPENED[1] | {"index": 1}), STOPPED],
        "broken",
    ),
    "a stop without a reason": ([OPENED, SPOKEN, CLOSED, OVER], "broken"),
    "a reason of null": ([OPENED, SPOKEN, CLOSED, UNSTOPPED, OVER], "broken"),
    "no reason and no stop": ([OPENED, SPOKEN, CLOSED], "broken"),
    "a reason of null and no stop": ([OPENED, SPOKEN, CLOSED, UNSTOPPED], "broken"),
    "a stop at once": ([OVER], "broken"),
}


def streamed() -> Iterator[Scenario]:
    for letter in LETTERS:
        for name, told in begins(letter).items():
            for ending in ("end", "eof"):
                does = streams(told, ending)
                yield from moves_on(f"begins with {name}, {ending} {letter}", letter, does, stream=True)
        for name, told in breaks_off(letter).items():
            for ending in ("end", "eof", "cut") if name in ("nothing more", "half an event") else ("end",):
                yield from row(
                    f"goes on with {name}, {ending} {letter}",
                    [letter, "b"],
                    Step(None, honest=True, never=b"xxxx"),
                    does={letter: streams(told, ending, pause=0.01)},
                    route=SOON,
                    stream=True,
                )
    for name, (told, is_whole) in CHOICES.items():
        yield from row(
            f"two choices, {name}",
            ["a", "b"],
            Step("a", more={"n": 2}, judge=both_end if is_whole else not_both_end),
            does={"a": streams(told, pause=0.01)},
            stream=True,
        )
    for name, (parts, becomes) in CLAUDES.items():
        step = {"whole": Step("c"), "broken": Step("c", broken=True), "next": Step("c b")}[becomes]
        yield from row(
            f"of Claude, {name}",
            ["c", "b"],
            step,
            does={"c": streams(claude(*parts), pause=0.01)},
            stream=True,
        )


SCENARIOS = [*whole_answers(), *streamed()]


# === the tests ===


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory):
    scenarios = chosen(request)
    with (
        stage(tmp_path_factory.mktemp("gateway"), scenarios) as world,
        Steady(world.gateway) as steady,
        Plays(scenarios, world) as plays,
    ):
        yield plays
        plays.wait()
        steady.check()


@pytest.mark.parametrize("scenario", as_params(SCENARIOS))
def test_scenario(plays, scenario):
    plays.outcome(scenario)
