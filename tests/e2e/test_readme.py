"""What the README promises a newcomer: what the demo answers, word for word, and that it has the rest."""

import json
import re
import signal
import subprocess
import urllib.request
from types import SimpleNamespace

import pytest

from client import sdk
from gateway import BOUND, FERRO, REPOSITORY, envoy, eventually, free_port

README = (REPOSITORY / "README.md").read_text()


@pytest.fixture(scope="module")
def demo():
    """`ferro demo`, on a port of its own."""
    port = free_port()
    process = subprocess.Popen(
        [FERRO, "demo", "--listen", f"127.0.0.1:{port}", *envoy()],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: process.poll() is not None or is_healthy(url), "the demo is ready")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=BOUND)


def is_healthy(url: str) -> bool:
    try:
        return urllib.request.urlopen(f"{url}/healthz", timeout=1).status == 200
    except OSError:
        return False


def ask(url: str, body: bytes, path: str = "chat/completions"):
    request = urllib.request.Request(f"{url}/v1/{path}", body, {"content-type": "application/json"})
    return urllib.request.urlopen(request, timeout=BOUND)


# Each: where it is asked, what, and the answer, which may stand in a block of its own.
PROMISES = re.findall(
    r"/v1/(\S+) .*\\\n +-d '(\{.*\})'\n(?:```\n<!-- demo-answer -->\n```json\n)?(\{.*\})\n", README
)


@pytest.mark.parametrize("path, asked, promised", PROMISES, ids=[path for path, _, _ in PROMISES])
def test_answers_are_the_readmes(demo, path, asked, promised):
    pattern = re.escape(promised).replace("…", "[0-9]+")
    answer = ask(demo, asked.encode(), path).read().decode()
    assert re.fullmatch(pattern, answer), answer


def test_the_readme_promises_answers():
    assert [path for path, _, _ in PROMISES] == ["chat/completions", "embeddings"]


PNG = b'"b64_json":"iVBORw0KGgo'
TASKS = [
    ("embeddings", {"model": "text-embedding-3-small", "input": "a text"}, b'"embedding":['),
    ("images/generations", {"model": "gpt-image-1", "prompt": "a cat"}, PNG),
    ("images/generations", {"model": "gemini-2.5-flash-image", "prompt": "a cat"}, PNG),
    ("audio/speech", {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Hi"}, b"\xff\xf3"),
    ("moderations", {"model": "omni-moderation-latest", "input": "Hi"}, b'"flagged":false'),
    ("completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"}, b"You said: Hi"),
    ("completions", {"model": "claude-sonnet-4-5", "prompt": "Hi"}, b"You said: Hi"),
    ("responses", {"model": "gpt-5", "input": "Hi"}, b"You said: Hi"),
]


@pytest.mark.parametrize("path, body, part", TASKS, ids=[f"{task[0]} {task[1]['model']}" for task in TASKS])
def test_the_demo_has_what_is_no_chat(demo, path, body, part):
    assert part in ask(demo, json.dumps(body).encode(), path).read()


def test_the_demo_keeps_files_and_responses(demo):
    with sdk(SimpleNamespace(url=demo)) as client:
        made = client.files.create(file=("a.jsonl", b"{}\n"), purpose="batch")
        assert client.files.retrieve(made.id) == made
        assert made.id in [file.id for file in client.files.list()]
        assert client.files.content(made.id).read() == b"{}\n"
        assert client.files.delete(made.id).deleted
        first = client.responses.create(model="gpt-5", input="Hi")
        assert client.responses.retrieve(first.id).output_text == first.output_text
        with client.responses.stream(model="gpt-5", input="Hi", previous_response_id=first.id) as stream:
            next_one = stream.get_final_response()
        assert next_one.output_text == first.output_text
        assert next_one.usage.input_tokens > first.usage.input_tokens
        client.responses.delete(first.id)


def test_the_failures_it_names_are_answered_by_the_next(demo):
    message = {"role": "user", "content": "Hello!"}
    for model in ("demo-503", "demo-429", "demo-silent", "demo-reset"):
        answer = ask(demo, json.dumps({"model": model, "messages": [message]}).encode())
        assert answer.headers["x-ferro-provider"] == "anthropic", model
