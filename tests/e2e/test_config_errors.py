"""A configuration with mistakes: all of them at once, each with its path, line and column, and what to do."""

import json
import re
import socket
from dataclasses import dataclass

import pytest

from gateway import Gateway, envoy, ferro

# Ten mistakes. `#!` stands behind the line at fault, with the path and a word that the message must hold; the
# mark is cut off before the file is written.
TEN = """\
listen: 127.0.0.1:18080
providers:
  openai: {}
  eu:
    kind: azure                             #! providers.eu.kind | azure
    endpoint: https://eu.example
  broken:
    kind: openai-compatible
    endpoint: https://broken.example/?key=1 #! providers.broken.endpoint | query
retry:
  on: [429, 6xx]                            #! retry.on[1] | 6xx
  backoff: {base: quickly}                  #! retry.backoff.base | quickly
routes:
  - name: first
    match: {models: ["gpt-*"]}
    strategy: single                        #! routes[0].strategy | single
    targets:
      - {provider: openai}
      - {provider: openai, model: gpt-4o}
  - name: second
    match: {models: ["claude-*"]}
    strategy: weighted
    targets:
      - provider: opnai                     #! routes[1].targets[0].provider | openai
        weight: 1
      - provider: openai
        wieght: 2                           #! routes[1].targets[1].wieght | weight
guardrails: []                              #! guardrails | not supported by this version
limits: {max_request_bytes: lots}           #! limits.max_request_bytes | lots
compatability: {unsupported_params: warn}   #! compatability | compatibility
"""


@dataclass
class Mistake:
    line: int
    column: int
    path: str
    word: str


def mistakes(text: str) -> list[Mistake]:
    """The mistakes that a text marks, at their key or at their value."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        content, _, mark = line.partition("#!")
        if mark:
            path, _, word = (part.strip() for part in mark.partition("|"))
            found.append(Mistake(number, len(content) - len(content.lstrip()) + 1, path, word))
    return found


@pytest.fixture
def config(tmp_path):
    """Writes a configuration, without its marks."""

    def write(text: str) -> str:
        file = tmp_path / "gateway.yaml"
        file.write_text("\n".join(line.partition("#!")[0].rstrip() for line in text.splitlines()) + "\n")
        return str(file)

    return write


def messages(output: str) -> list[str]:
    """The lines that name a place: `gateway.yaml:5:11: …`, or `line 5, column 11`."""
    return [line for line in output.splitlines() if re.search(r":\d+:\d+\b|line \d+,? column \d+", line)]


def place(message: str) -> tuple[int, int]:
    found = re.search(r":(\d+):(\d+)\b", message) or re.search(r"line (\d+),? column (\d+)", message)
    return int(found[1]), int(found[2])


def test_ten_mistakes_are_ten_messages(config):
    expected = mistakes(TEN)
    assert len(expected) == 10
    done = ferro("validate", "-c", config(TEN))
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    found = messages(done.stdout + done.stderr)
    for mistake in expected:
        named = re.compile(rf"(?<![\w.]){re.escape(mistake.path)}(?![\w.\[])")
        about = [message for message in found if named.search(message)]
        assert len(about) == 1, f"{len(about)} messages about {mistake.path}: {found}"
        line, column = place(about[0])
        assert line == mistake.line, about[0]
        assert mistake.column <= column <= 50, about[0]
        assert mistake.word in about[0], about[0]
    assert len(found) == 10, found


def test_run_refuses_the_same_mistakes(config):
    done = ferro("run", "-c", config(TEN))
    assert done.returncode == 2
    assert len(messages(done.stdout + done.stderr)) == 10


ONE = {
    "a secret is never repeated": (
        "providers: {x: {kind: openai, api_keyy: sk-secret-1}}",
        "providers.x.api_keyy",
    ),
    "a target without a provider": ("routes: [{name: a, targets: [{model: x}]}]", "routes[0].targets[0]"),
    "weights without meaning": (
        "providers: {openai: {}}\nroutes: [{name: a, targets: [{provider: openai, weight: 2}]}]",
        "routes[0].targets[0].weight",
    ),
    "a negative weight": (
        "providers: {openai: {}}\n"
        "routes: [{name: a, strategy: weighted, targets: [{provider: openai, weight: -1}]}]",
        "routes[0].targets[0].weight",
    ),
    "all weights zero": (
        "providers: {openai: {}}\n"
        "routes: [{name: a, strategy: weighted, targets: [{provider: openai, weight: 0}]}]",
        "routes[0]",
    ),
    "idle below per try": ("retry: {per_try_timeout: 20s, idle_timeout: 10s}", "retry"),
    "two routes of one name": ("routes: [{name: a}, {name: a}]", "routes[1]"),
    "a later feature": ("guardrails: []", "guardrails"),
    "an unknown strategy": ("routes: [{name: a, strategy: cheapest}]", "routes[0].strategy"),
    "a key of another strategy": ("routes: [{name: a, sticky: {by: key}}]", "routes[0].sticky"),
    "a price of nobody's": ("prices: {opnai/gpt-4o: {input: 1, output: 2}}", "prices.opnai/gpt-4o"),
    "a later condition": ("routes: [{name: a, match: {roles: [x]}}]", "routes[0].match.roles"),
    "one key and several": (
        "providers: {openai: {api_key: '${A}', api_keys: ['${B}']}}",
        "providers.openai.api_keys",
    ),
    "too many attempts": (
        "providers: {openai: {}}\nroutes: [{name: a, targets: [{provider: openai, retry: {attempts: 99}}]}]",
        "routes[0].targets[0].retry.attempts",
    ),
    "userinfo": ("providers: {x: {kind: openai, endpoint: 'https://u:p@h.example'}}", "providers.x.endpoint"),
    "a fragment": (
        "providers: {x: {kind: openai, endpoint: 'https://h.example/#x'}}",
        "providers.x.endpoint",
    ),
    "no scheme": ("providers: {x: {kind: openai, endpoint: h.example}}", "providers.x.endpoint"),
    "a port of 70000": ("listen: 127.0.0.1:70000", "listen"),
    "a list for an object": ("providers: []", "providers"),
    "a key given twice": ("listen: 127.0.0.1:8081\nlisten: 127.0.0.1:8082", "listen"),
}


@pytest.mark.parametrize("case", ONE)
def test_one_mistake(config, case):
    text, path = ONE[case]
    done = ferro("validate", "-c", config(text))
    assert done.returncode == 2, (done.stdout, done.stderr)
    found = messages(done.stdout + done.stderr)
    assert len(found) == 1 and path in found[0], found
    assert "sk-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("text", ["providers: {", "a: b: c", "- x", "'", "\tx: 1", "listen: *nowhere"])
def test_a_file_that_is_not_yaml(config, text):
    done = ferro("validate", "-c", config(text))
    assert done.returncode == 2
    output = done.stdout + done.stderr
    assert output.strip() and "panicked" not in output


def test_a_file_that_is_not_there(tmp_path):
    done = ferro("validate", "-c", str(tmp_path / "nowhere.yaml"))
    assert done.returncode != 0
    assert "nowhere.yaml" in done.stderr and "panicked" not in done.stderr


def test_a_good_file(config):
    """YAML as people write it: `on` and `off` unquoted, anchors, comments, an empty provider."""
    text = """
        listen: 127.0.0.1:8080   # a comment
        providers:
          openai:
          anthropic: {}
          local: {kind: openai-compatible, endpoint: "http://127.0.0.1:8000/v1/", models: ["llama-*"]}
        retry: &retry
          on: [reset, 429, 5xx]
          backoff: {base: 100ms, max: 2s}
        aliases: {smart: anthropic/claude-sonnet-4-5}
        routes:
          - name: chat
            match: {models: [smart, "gpt-*"]}
            strategy: weighted
            targets:
              - {provider: openai, model: gpt-4o, weight: 70, retry: {attempts: 2}}
              - {provider: anthropic, model: claude-sonnet-4-5, weight: 30}
            retry: *retry
        compatibility: {unsupported_params: warn}
        limits: {max_request_bytes: 32MiB}
        log: {requests: metadata}
    """
    env = {"OPENAI_API_KEY": "sk-1234567890", "ANTHROPIC_API_KEY": "sk-0987654321"}
    done = ferro("validate", "-c", config(text), env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    rendered = ferro("render", "-c", config(text), "--for", "envoy", env=env)
    assert rendered.returncode == 0, rendered.stderr
    assert json.loads(rendered.stdout)["static_resources"]


def test_an_undefined_variable_is_a_warning_for_validate_and_an_error_for_run(config):
    text = "providers: {openai: {api_key: '${E2E_NEVER_SET}'}}"
    done = ferro("validate", "-c", config(text))
    assert done.returncode == 0
    assert "E2E_NEVER_SET" in done.stdout + done.stderr
    done = ferro("run", "-c", config(text))
    assert done.returncode not in (0, None)
    assert "E2E_NEVER_SET" in done.stdout + done.stderr


def test_run_says_what_to_do_without_envoy(config, tmp_path):
    env = {"OPENAI_API_KEY": "sk-1234567890"}
    done = ferro(
        "run", "-c", config("providers: {openai: {}}"), "--envoy", str(tmp_path / "no-envoy"), env=env
    )
    assert done.returncode != 0
    assert "no-envoy" in done.stderr and "panicked" not in done.stderr


def test_run_says_that_its_port_is_taken(tmp_path):
    config = {"providers": {"x": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:1"}}}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        gateway = Gateway(tmp_path, config)
        gateway.port = taken.getsockname()[1]
        gateway.write(config)
        done = ferro("run", "-c", str(gateway.file), *envoy())
    assert done.returncode != 0
    assert str(gateway.port) in done.stdout + done.stderr


def test_errors_are_plain_where_nobody_looks(config):
    """Colours only on a terminal."""
    done = ferro("validate", "-c", config(TEN))
    assert "\x1b[" not in done.stdout + done.stderr
