"""Credentials as people paste them: told by the variable's name before anything starts, or left out where others serve."""

import json
import os
import subprocess

import pytest

from client import ask
from gateway import REPOSITORY, Gateway, envoy, eventually, ferro, running
from world import key_of, provider, variable

GOOD = key_of("openai")
PASTED = {
    "a shell's reference": "$OPENAI_API_KEY",
    "a reference with braces": "${OPENAI_API_KEY}",
    "LiteLLM's reference": "os.environ/OPENAI_API_KEY",
    "a reference with a dot": "env.OPENAI_API_KEY",
    "a reference with a colon": "env:OPENAI_API_KEY",
    "a template": '{{ env "OPENAI_API_KEY" }}',
    "double quotation marks": f'"{GOOD}"',
    "single quotation marks": f"'{GOOD}'",
    "the scheme": f"Bearer {GOOD}",
    "the whole line": f"OPENAI_API_KEY={GOOD}",
    "a placeholder": "sk-...",
    "another placeholder": "your-api-key",
    "two lines": f"{GOOD}\n{GOOD}",
    "a header of somebody's": f"{GOOD}\r\nx-evil: 1",
    "an escape": f"{GOOD}\x1b[0m",
    "a letter beyond ASCII": f"{GOOD}é",
    "white space inside": f"{GOOD} {GOOD}",
}


@pytest.mark.parametrize("case", PASTED)
def test_a_variable_that_holds_no_credential_is_told_before_anything_starts(tmp_path, case):
    file = tmp_path / "gateway.yaml"
    file.write_text("providers: {openai: {api_key: '${E2E_PASTED}'}}\n")
    usual = tmp_path / "usual.yaml"
    usual.write_text("providers: {openai: {}}\n")
    for command in ("run", "doctor", "validate"):
        for name, path in (("E2E_PASTED", file), ("OPENAI_API_KEY", usual)):
            done = ferro(command, "-c", str(path), env={name: PASTED[case]})
            said = done.stdout + done.stderr
            assert done.returncode == (1 if command == "doctor" else 2), said
            lines = [line for line in said.splitlines() if f"the environment variable {name} holds" in line]
            assert len(lines) == 1, said
            assert "providers.openai" in lines[0] and GOOD not in said and "Envoy 1" not in done.stderr, said


@pytest.mark.parametrize("around", ["\n", "\r\n", " ", "\t", "\n\n"])
def test_white_space_around_a_credential_is_taken_away(upstreams, tmp_path, around):
    if around != "\n":
        file = tmp_path / "gateway.yaml"
        file.write_text("providers: {openai: {api_key: '${E2E_PASTED}'}}\n")
        assert ferro("validate", "-c", str(file), env={"E2E_PASTED": around + GOOD + around}).stderr == ""
        return
    config = {"providers": {"openai": provider(upstreams["openai"].script(), "openai")}}
    with running(tmp_path, config, {variable("openai"): around + GOOD + around}) as gateway:
        assert ask(gateway, "gpt-4o").status == 200
        assert upstreams["openai"].last.header("authorization") == f"Bearer {GOOD}"


KEYS = [f"${{E2E_KEY_{number}}}" for number in range(4)]
VALUES = {"E2E_KEY_0": f"Bearer {GOOD}", "E2E_KEY_1": GOOD, "E2E_KEY_2": f"{GOOD}\nx", "E2E_KEY_3": "$KEY"}


def test_a_bad_key_of_several_costs_no_request(upstreams, tmp_path):
    more = provider(upstreams["openai"].script(), "openai") | {"api_keys": KEYS}
    del more["api_key"]
    with running(tmp_path, {"providers": {"openai": more}}, VALUES) as gateway:
        for name in ("E2E_KEY_0", "E2E_KEY_2", "E2E_KEY_3"):
            assert f"the environment variable {name} holds" in gateway.stderr
        served_with_the_good_one(gateway, upstreams["openai"])


def test_an_envoy_of_ones_own_leaves_a_bad_key_out_and_says_so(upstreams, tmp_path):
    more = provider(upstreams["openai"].script(), "openai") | {"api_keys": KEYS}
    del more["api_key"]
    gateway = Gateway(tmp_path, {"providers": {"openai": more}}, VALUES)
    rendered = ferro("render", "-c", str(gateway.file), env=gateway.env)
    assert rendered.returncode == 0 and GOOD not in rendered.stdout
    (tmp_path / "envoy.json").write_text(json.dumps(json.loads(rendered.stdout)))
    program = envoy()[1] if envoy() else str(REPOSITORY / ".envoy/envoy")
    command = [program, "--config-path", "envoy.json", "--disable-hot-restart", "--log-level", "warning"]
    with open(tmp_path / "stderr", "wb") as err:
        env = os.environ | gateway.env
        gateway.process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.DEVNULL, stderr=err)
    try:
        eventually(gateway._is_up, "it listens")
        served_with_the_good_one(gateway, upstreams["openai"])
        for name in ("E2E_KEY_0", "E2E_KEY_2", "E2E_KEY_3"):
            assert f"the environment variable {name} is left out: it holds" in gateway.stderr
        assert GOOD not in gateway.stderr
    finally:
        gateway.process.kill()
        gateway.process.wait()


def served_with_the_good_one(gateway: Gateway, upstream) -> None:
    for _ in range(8):
        answer = ask(gateway, "gpt-4o").assert_whole()
        assert answer.headers["x-ferro-attempts"] == "1"
    assert {request.header("authorization") for request in upstream.requests} == {f"Bearer {GOOD}"}
