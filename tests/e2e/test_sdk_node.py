"""Runs `sdk.test.mjs`: the official OpenAI SDK for Node, against all three kinds of provider."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from upstream import replies, streams
from wire import KINDS, WIRES, Said

HERE = Path(__file__).parent


def config(up):
    def once(kind):
        target = {"provider": kind, "model": WIRES[kind].model, "retry": {"attempts": 1}}
        return {"name": f"once-{kind}", "match": {"models": [f"once-{kind}"]}, "targets": [target]}

    return {
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "20s"},
        "routes": [once(kind) for kind in KINDS],
    }


def capricious(kind: str):
    """Fails once when told to `fail once`, breaks off when told to, and else does as stand-ins do."""
    wire, failed = WIRES[kind], set()

    async def behave(exchange):
        if exchange.request.target.endswith("/transcriptions"):
            return await replies(b'{"text": "Hi"}')(exchange)
        prompt = wire.prompt(exchange.request.json())
        once = re.match(r"fail once (\d+)", prompt)
        if once and prompt not in failed:
            failed.add(prompt)
            await wire.fails(int(once[1]), "once only", [("retry-after", "1")])(exchange)
        elif prompt == "break":
            events = [*wire.events(Said())[: -wire.terminal], wire.error_event("Broke in the middle")]
            await streams(events, pause=0.05)(exchange)
        else:
            await wire.stands_in()(exchange)

    return behave


@pytest.mark.timeout(180)
def test_the_sdk_for_node(world):
    assert (HERE / "node_modules/openai").is_dir(), f"run `npm ci` in {HERE}"
    for kind in KINDS:
        world.up[kind].script(capricious(kind))
    env = os.environ | {
        "FERRO_URL": world.gateway.url,
        "FERRO_MODELS": json.dumps({kind: WIRES[kind].model for kind in KINDS}),
    }
    command = ["node", "--test", "--test-reporter=spec", "sdk.test.mjs"]
    done = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-4000:]
    passed = int(re.search(r"^ℹ pass (\d+)$", done.stdout, re.M)[1])
    assert passed == len(KINDS) * 19 + 3 and "ℹ skipped 0" in done.stdout, done.stdout
