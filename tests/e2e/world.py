"""What most tests stand on: the three providers' stand-ins, and a gateway before them."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway import Gateway, eventually, running
from upstream import Upstream
from wire import KINDS, WIRES

CLIENT_KEY = "sk-client-fedcba9876543210"


def key_of(name: str) -> str:
    """The credential of the provider of this name: unmistakable, so that a search finds it anywhere, and with
    characters that JSON, URLs and base64 each write in more than one way."""
    return f"sk-{name}-0123456789abcdef-/+{name[::-1]}"


def variable(name: str) -> str:
    """The environment variable that holds it."""
    return f"E2E_{name.upper().replace('-', '_')}_KEY"


def provider(upstream: Upstream | str, kind: str, name: str | None = None, **more) -> dict:
    """A provider's part of the configuration. Its credential comes from the environment."""
    endpoint = upstream if isinstance(upstream, str) else upstream.endpoint
    return {"kind": kind, "endpoint": endpoint, "api_key": f"${{{variable(name or kind)}}}"} | more


@dataclass
class World:
    """Upstreams by name, and the gateway before them."""

    up: dict[str, Upstream]
    gateway: Gateway

    def reset(self) -> None:
        """The upstreams answer as they should, and the gateway holds nothing against them."""
        for upstream in self.up.values():
            upstream.script()
        targets = eventually(self.gateway.targets, "the gateway has targets")
        rests = [rest["seconds"] for target in targets for rest in target["rests"]]
        if any(seconds > 1 for seconds in [*rests, *(target["open_seconds"] or 0 for target in targets)]):
            self.gateway.stop()
            self.gateway.start()
        eventually(
            lambda: all(is_well(target) for target in self.gateway.targets()), "every target is well", 5
        )

    def asked(self) -> list[str]:
        """Which upstreams were asked, in order, by name."""
        arrived = [(request.at, name) for name, up in self.up.items() for request in up.requests]
        return [name for _, name in sorted(arrived)]


def stand_in(name: str, kind: str) -> Upstream:
    """An upstream that answers as a provider of this kind does."""
    return Upstream(name, WIRES[kind].stands_in())


@contextlib.contextmanager
def world_of(
    directory: Path, up: dict[str, Upstream], kinds: dict[str, str], config: dict, **more
) -> Iterator[World]:
    """A gateway before `up`; `kinds` says what each speaks. `config` may name further providers."""
    providers = {name: provider(up[name], kind, name) for name, kind in kinds.items()}
    config = config | {"providers": providers | config.get("providers", {})}
    env = {variable(name): key_of(name) for name in config["providers"]} | more.pop("env", {})
    with running(directory, config, env, **more) as gateway:
        yield World(up, gateway)


def is_well(target: dict) -> bool:
    """Whether the gateway would ask this target first."""
    return target["state"] == "closed" and not target["rests"]


FORGETFUL = {"failures": 1000, "open": "1ms", "max_open": "1ms"}
"""A breaker for tests that share a gateway and are not about health."""

THREE = {kind: kind for kind in KINDS}
