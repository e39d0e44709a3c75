"""Fixtures: stand-ins of the three providers, and a gateway that a module's tests share."""

import contextlib
from collections.abc import Iterator

import pytest
import trustme

from scenario import Plays, chosen, stage
from upstream import Upstream
from wire import KINDS
from world import FORGETFUL, THREE, World, stand_in, world_of


# Modules that start many gateways, each of which compiles the filter, or that wait. They begin first, so that
# nobody waits for one of them in the end.
LONGEST = (
    "operations",
    "stopping",
    "watch",
    "names",
    "towards",
    "crowds",
    "token",
    "store",
    "discover",
    "transport",
    "mixed",
    "edge",
    "surface",
    "pasted",
    "doctor",
    "sdk_node",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def upstreams() -> Iterator[dict[str, Upstream]]:
    """One stand-in for each kind of provider."""
    with contextlib.ExitStack() as stack:
        yield {kind: stack.enter_context(stand_in(kind, kind)) for kind in KINDS}


@pytest.fixture(scope="module")
def shared_world(request, upstreams, tmp_path_factory) -> Iterator[World]:
    """The three providers, each under its kind's name, and what the module adds: `EXTRA` names further
    upstreams and their kinds, `config(up)` gives the rest of the configuration."""
    extra: dict[str, str] = getattr(request.module, "EXTRA", {})
    config = getattr(request.module, "config", lambda up: {})
    with contextlib.ExitStack() as stack:
        up = upstreams | {name: stack.enter_context(stand_in(name, kind)) for name, kind in extra.items()}
        directory = tmp_path_factory.mktemp("gateway")
        written = config(up)
        for route in written.get("routes", []):
            route.setdefault("breaker", FORGETFUL)
        yield stack.enter_context(world_of(directory, up, THREE | extra, written))


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory) -> Iterator[Plays]:
    """The module's scenarios, all on their way before one gateway."""
    with (
        stage(tmp_path_factory.mktemp("gateway"), chosen(request)) as world,
        Plays(chosen(request), world) as plays,
    ):
        yield plays


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> tuple[trustme.CA, str]:
    """Who vouches for the stand-ins that speak TLS, and the file of its certificate."""
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca, str(path)


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """The module's world, its upstreams back at their default answers."""
    shared_world.reset()
    yield shared_world
    assert [error for up in shared_world.up.values() for error in up.errors] == []
