"""Variants of an A/B test: a caller keeps its own, and logs and metrics tell them apart."""

import re

import httpx
import pytest

from client import ask
from gateway import eventually
from wire import WIRES

EXTRA = {"control": "openai", "challenger": "openai"}


def config(up):
    def route(name, **sticky):
        targets = [
            {"provider": "control", "model": "gpt-a", "weight": 50, "label": "control"},
            {"provider": "challenger", "model": "gpt-b", "weight": 50, "label": "challenger"},
        ]
        return {"name": name, "match": {"models": [name]}, "strategy": "ab-test", "targets": targets} | sticky

    return {
        "routes": [
            route("drawn"),
            route("by.header", sticky={"by": "header", "header": "X-User-Id"}),
            route("by.key", sticky={"by": "key"}),
            route("by.user", sticky={"by": "user"}),
        ]
    }


@pytest.mark.parametrize("route", ["by.header", "by.key", "by.user"])
def test_a_caller_keeps_its_variant(world, route):
    def variant(caller: str) -> str:
        headers = {"x-user-id": caller, "authorization": f"Bearer {caller}"}
        return ask(world.gateway, route, "Hi", headers=headers, user=caller).headers["x-ferro-provider"]

    callers = [f"caller-{number}" for number in range(12)]
    first = [variant(caller) for caller in callers]
    assert set(first) == {"control", "challenger"}
    assert [variant(caller) for caller in callers] == first


def test_without_a_caller_variants_are_drawn(world):
    asked = {ask(world.gateway, "by.header", "Hi").headers["x-ferro-provider"] for _ in range(40)}
    assert asked == {"control", "challenger"}


def test_logs_and_metrics_tell_variants_apart(world):
    served = [ask(world.gateway, "drawn", "Hi").headers["x-ferro-provider"] for _ in range(20)]
    world.up["control"].script(WIRES["openai"].fails(500))
    failed = sum(
        1
        for _ in range(8)
        if ask(world.gateway, "drawn", "Hi", headers={"x-ferro-no-failover": "true"}).status != 200
    )

    def lines():
        return [line for line in world.gateway.log() if line["route"] == "drawn"]

    eventually(lambda: len(lines()) >= 28, "28 lines of log")
    assert [line["label"] for line in lines()][:20] == served

    def count(label: str, outcome: str) -> int:
        text = httpx.get(f"{world.gateway.admin}/stats/prometheus", trust_env=False).text
        counters = re.findall(r"^ferro_answers\{(.*)\} (\d+)$", text, re.MULTILINE)
        wanted = {f'label="{label}"', 'route="drawn"', f'outcome="{outcome}"'}
        return sum(int(value) for tags, value in counters if wanted <= set(tags.split(",")))

    eventually(lambda: count("control", "failed") == failed, f"{failed} failures of control")
    assert count("control", "answered") == served.count("control")
    assert count("challenger", "answered") == served.count("challenger") + 8 - failed
