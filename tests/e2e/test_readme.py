"""What the README promises a newcomer: the demo's answer to its first request, word for word."""

import json
import re
import signal
import subprocess
import urllib.request

import pytest

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


def ask(url: str, body: bytes):
    request = urllib.request.Request(f"{url}/v1/chat/completions", body, {"content-type": "application/json"})
    return urllib.request.urlopen(request, timeout=BOUND)


def test_the_first_answer_is_the_readmes(demo):
    asked = re.search(r"-d '(\{.*\})'", README)[1]
    promised = re.search(r"<!-- demo-answer -->\n```json\n(.*)\n```", README)[1]
    pattern = re.escape(promised).replace("…", "[0-9]+")
    answer = ask(demo, asked.encode()).read().decode()
    assert re.fullmatch(pattern, answer), answer


def test_the_failures_it_names_are_answered_by_the_next(demo):
    message = {"role": "user", "content": "Hello!"}
    for model in ("demo-503", "demo-429", "demo-silent", "demo-reset"):
        answer = ask(demo, json.dumps({"model": model, "messages": [message]}).encode())
        assert answer.headers["x-ferro-provider"] == "anthropic", model
