"""What is no chat: prompts that are completed, images, speech and recordings, by the official SDK for Python and byte by
byte. Forms pass without being held, wherever their file stands."""

import base64
import json
import threading
import time

import httpx
import openai
import pytest

from client import sdk
from gateway import BOUND
from upstream import replies, streams
from wire import KINDS, WIRES

MIB = 1 << 20
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(64)).decode()
# Of a name that only the configuration knows: what reaches a provider has another.
LISTEN, DRAW, SPEAK = "listen", "draw", "speak"


def config(up):
    def route(name, *targets):
        asked = [{"provider": provider, "model": model, "retry": {"attempts": 1}} for provider, model in targets]
        return {"name": name, "match": {"models": [name]}, "targets": asked}

    return {
        "retry": {"per_try_timeout": "60s"},
        "limits": {"max_request_bytes": "64MiB"},
        "routes": [
            route(LISTEN, ("openai", "whisper-1")),
            route(DRAW, ("gemini", "gemini-2.5-flash-image"), ("openai", "gpt-image-1")),
            route(SPEAK, ("gemini", "gemini-3.8-flash-tts"), ("openai", "gpt-4o-mini-tts")),
        ],
    }


@pytest.fixture
def client(world):
    with sdk(world.gateway) as client:
        yield client


def sent(request) -> str:
    """The model that a form names."""
    _, _, rest = request.body.partition(b'name="model"\r\n\r\n')
    return rest.partition(b"\r\n")[0].decode()


# === prompts ===


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_is_completed(client, kind):
    completion = client.completions.create(model=WIRES[kind].model, prompt="Hello", max_tokens=50)
    assert completion.choices[0].text == "Echo: Hello"
    assert (completion.object, completion.choices[0].finish_reason) == ("text_completion", "stop")
    assert completion.usage.total_tokens == 18


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_is_completed_in_a_stream(client, kind):
    options = {"include_usage": True}
    stream = client.completions.create(
        model=WIRES[kind].model, prompt=["Hello"], echo=True, stream=True, stream_options=options
    )
    chunks = list(stream)
    said = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.text for choice in said) == "HelloEcho: Hello"
    assert [choice.finish_reason for choice in said if choice.finish_reason] == ["stop"]
    # OpenAI's stand-in counts nothing in a stream.
    assert kind == "openai" or chunks[-1].usage.total_tokens == 18


def test_several_prompts_are_refused_by_their_name(client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.completions.create(model=WIRES["anthropic"].model, prompt=["a", "b"])
    assert refused.value.param == "prompt"


# === images ===


def drawn(data: str) -> bytes:
    part = {"inlineData": {"mimeType": "image/png", "data": data}}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 1290}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    return json.dumps({"candidates": [candidate], "usageMetadata": usage}).encode()


def test_an_image_of_geminis(client, world):
    world.up["gemini"].script(replies(drawn(PNG)))
    image = client.images.generate(model=DRAW, prompt="a cat", size="1536x1024")
    assert image.data[0].b64_json == PNG
    assert image.usage.total_tokens == 1293
    body = world.up["gemini"].last.json()
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "3:2"}


def test_a_blocked_image_is_an_error(client, world):
    world.up["gemini"].script(replies(b'{"promptFeedback": {"blockReason": "SAFETY"}}'))
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model=DRAW, prompt="a cat")
    assert refused.value.code == "content_policy_violation"


def test_an_image_of_openais(client, world):
    world.up["gemini"].script(replies(b"{}", status=503))
    own = json.dumps({"created": 1, "data": [{"b64_json": PNG, "revised_prompt": "A cat"}]}).encode()
    world.up["openai"].script(replies(own))
    image = client.images.generate(model=DRAW, prompt="a cat", quality="high")
    assert (image.data[0].b64_json, image.data[0].revised_prompt) == (PNG, "A cat")
    assert world.up["openai"].last.json() == {"model": "gpt-image-1", "prompt": "a cat", "quality": "high"}


def test_a_large_image_fits(client, world):
    data = base64.b64encode(bytes(15 * MIB)).decode()
    world.up["gemini"].script(replies(drawn(data)))
    for _ in range(3):
        image = client.images.generate(model=DRAW, prompt="a cat")
        assert image.data[0].b64_json == data


# === speech ===


def test_speech_passes_as_it_comes(client, world):
    sound = bytes(range(256)) * 4096
    world.up["openai"].script(replies(sound, content_type="audio/mpeg"))
    said = client.audio.speech.create(model=SPEAK, voice="alloy", input="Hello")
    assert said.content == sound
    assert said.response.headers["content-type"] == "audio/mpeg"
    # What Gemini cannot encode was not asked of it.
    assert world.asked() == ["openai"]


def test_speech_is_streamed(client, world):
    events = [b'data: {"type":"speech.audio.delta","audio":"aWE="}\n\n'] * 3
    world.up["openai"].script(streams(events, pause=0.02))
    asked = client.audio.speech.with_streaming_response
    with asked.create(model=SPEAK, voice="alloy", input="Hello", stream_format="sse") as answer:
        assert b"".join(answer.iter_bytes()) == b"".join(events)


def test_speech_of_geminis_is_a_file(client, world):
    data = base64.b64encode(bytes(4800)).decode()
    part = {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": data}}
    candidate = {"content": {"parts": [part]}, "finishReason": "STOP"}
    world.up["gemini"].script(replies(json.dumps({"candidates": [candidate]}).encode()))
    said = client.audio.speech.create(model=SPEAK, voice="Kore", input="Hello", response_format="wav")
    assert said.content[:4] == b"RIFF" and len(said.content) == 4844
    assert said.response.headers["content-type"] == "audio/wav"


# === recordings ===


def test_a_recording_is_transcribed(client, world):
    world.up["openai"].script(replies(b'{"text": "Hi"}'))
    recording = ("a.mp3", bytes(range(256)) * 64)
    assert client.audio.transcriptions.create(model=LISTEN, file=recording).text == "Hi"
    assert sent(world.up["openai"].last) == "whisper-1"
    with pytest.deprecated_call():
        assert client.audio.translations.create(model=LISTEN, file=recording).text == "Hi"
    assert world.up["openai"].last.target == "/v1/audio/translations"


def test_a_long_recording_is_not_held(client, world):
    """Twenty-five mebibytes pass, and the filter is no larger for it."""
    world.up["openai"].script(replies(b'{"text": "Hi"}'))
    recording = ("a.wav", bytes(25 * MIB))
    client.audio.transcriptions.create(model=LISTEN, file=("a.wav", bytes(MIB)))
    held, most, over = world.gateway.vm_bytes(), world.gateway.memory(), threading.Event()
    before = most

    def watch():
        nonlocal most
        while not over.is_set():
            most = max(most, world.gateway.memory())
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(3):
            assert client.audio.transcriptions.create(model=LISTEN, file=recording).text == "Hi"
    finally:
        over.set()
        watcher.join()
    assert len(world.up["openai"].last.body) > 25 * MIB
    assert world.gateway.vm_bytes() - held <= 2 * MIB
    assert most - before < 32, f"Envoy grew by {most - before:.1f} MiB"


def form(*parts: tuple[str, bytes]) -> bytes:
    """A form of boundary `x`, in this order. What is called `file` is one."""
    written = []
    for name, value in parts:
        filename = '; filename="a.wav"\r\ncontent-type: audio/wav' if name == "file" else ""
        head = f'--x\r\ncontent-disposition: form-data; name="{name}"{filename}\r\n\r\n'
        written += [head.encode(), value, b"\r\n"]
    return b"".join([*written, b"--x--\r\n"])


def upload(world, content) -> httpx.Response:
    return httpx.post(
        f"{world.gateway.url}/v1/audio/transcriptions",
        content=content,
        headers={"content-type": "multipart/form-data; boundary=x"},
        timeout=BOUND,
        trust_env=False,
    )


@pytest.mark.parametrize("size", [0, 1000, 200_000, 900_000])
def test_a_short_file_may_come_first(world, size):
    world.up["openai"].script(replies(b'{"text": "Hi"}'))
    recording = bytes(range(256)) * (size // 256)
    answer = upload(world, form(("file", recording), ("model", LISTEN.encode()), ("language", b"en")))
    assert answer.json() == {"text": "Hi"}, answer.text
    want = form(("file", recording), ("model", b"whisper-1"), ("language", b"en"))
    assert world.up["openai"].last.body == want


def test_nobody_waits_for_what_stands_behind_a_long_file(world):
    answer = upload(world, form(("file", bytes(3 * MIB)), ("model", LISTEN.encode())))
    assert answer.status_code == 400 and answer.json()["error"]["param"] == "model", answer.text


def test_a_form_may_come_slowly(world):
    world.up["openai"].script(replies(b'{"text": "Hi"}'))
    whole = form(("model", LISTEN.encode()), ("file", bytes(range(256)) * 40))

    def drops():
        for start in range(0, len(whole), 97):
            yield whole[start : start + 97]
            time.sleep(0.005)

    assert upload(world, drops()).json() == {"text": "Hi"}
    want = form(("model", b"whisper-1"), ("file", bytes(range(256)) * 40))
    assert world.up["openai"].last.body == want
