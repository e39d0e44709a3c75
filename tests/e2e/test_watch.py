"""`ferro run --watch`: an edit of the file is applied, and nobody who is being served notices."""

import asyncio
import threading

import pytest

from client import Answer, ask
from gateway import eventually
from upstream import streams
from wire import WIRES, Said
from world import THREE, World, key_of, provider, variable, world_of


def config(up, model: str, **more) -> dict:
    """Everything named `house` goes to `model`."""
    providers = {kind: provider(up[kind], kind) for kind in THREE}
    return {"providers": providers | more.pop("providers", {}), "aliases": {"house": model}} | more


@pytest.fixture
def world(upstreams, tmp_path):
    # Set, but not named by the file yet.
    env = {variable("newcomer"): key_of("newcomer")}
    file = config(upstreams, "gpt-4o")
    with world_of(tmp_path, upstreams, THREE, file, env=env, args=("--watch",)) as world:
        world.reset()
        yield world


def serves(world: World, kind: str):
    """True once a new request for `house` goes to this provider."""
    return lambda: ask(world.gateway, "house").assert_whole().headers["x-ferro-provider"] == kind


def test_an_edit_is_applied_without_dropping_a_stream(world):
    assert serves(world, "openai")()
    go_on = threading.Event()
    texts = tuple(f"{number} " for number in range(12))
    wire = WIRES["openai"]

    async def wait(index: int) -> None:
        while index == 6 and not go_on.is_set():
            await asyncio.sleep(0.01)

    async def held(exchange) -> None:
        if wire.wants_stream(exchange.request):
            await streams(wire.events(Said(texts)), on_event=wait)(exchange)
        else:
            await wire.says()(exchange)

    world.up["openai"].script(held)
    results: list[Answer] = []
    readers = [
        threading.Thread(target=lambda: results.append(ask(world.gateway, "house", stream=True)), daemon=True)
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    eventually(lambda: len(world.up["openai"].requests) == 4, "four streams are open")

    world.gateway.write(config(world.up, "claude-sonnet-4-5"))
    eventually(serves(world, "anthropic"), "the edit is applied")
    world.gateway.write(config(world.up, "gemini-2.5-flash"))
    eventually(serves(world, "gemini"), "the second edit is applied")

    go_on.set()
    for reader in readers:
        reader.join(30)
    assert [result.assert_whole().text for result in results] == ["".join(texts)] * 4


def test_a_new_provider_is_applied(world):
    """Its variable is in the environment already."""
    spare = {
        "kind": "openai-compatible",
        "endpoint": world.up["openai"].endpoint + "/spare",
        "models": ["spare"],
    }
    ask(world.gateway, "spare").assert_error(404, "invalid_request_error", "model_not_found")
    world.gateway.write(config(world.up, "gpt-4o", providers={"spare": spare}))
    eventually(lambda: ask(world.gateway, "spare").status == 200, "the new provider is asked")
    assert world.up["openai"].last.target == "/spare/chat/completions"


def test_requests_during_edits_are_all_served(world):
    models = ["claude-sonnet-4-5", "gemini-2.5-flash", "gpt-4o"]
    stop = threading.Event()
    answers: list[Answer] = []

    def keep_asking():
        while not stop.is_set():
            answers.append(ask(world.gateway, "house", "Hello"))

    askers = [threading.Thread(target=keep_asking, daemon=True) for _ in range(3)]
    for asker in askers:
        asker.start()
    for model in models:
        world.gateway.write(config(world.up, model))
        kind = next(kind for kind in THREE if WIRES[kind].model == model)
        eventually(serves(world, kind), f"{model} is applied")
    stop.set()
    for asker in askers:
        asker.join(30)
    assert {answer.assert_whole().text for answer in answers} == {"Echo: Hello"}
    assert {answer.headers["x-ferro-provider"] for answer in answers} == set(THREE)


def test_a_mistake_changes_nothing_and_is_told(world):
    world.gateway.write(config(world.up, "gpt-4o", routes=[{"name": "x", "stratgy": "single"}]))
    eventually(lambda: "stratgy" in world.gateway.output, "the mistake is told")
    assert serves(world, "openai")()
    world.gateway.write(config(world.up, "claude-sonnet-4-5"))
    eventually(serves(world, "anthropic"), "the corrected file is applied")


def test_a_new_variable_needs_a_restart_and_says_so(world):
    extra = provider(world.up["openai"], "openai-compatible", "newcomer", models=["newcomer"])
    world.gateway.write(config(world.up, "claude-sonnet-4-5", providers={"newcomer": extra}))
    eventually(lambda: "restart" in world.gateway.output.lower(), "the need for a restart is told")
    assert key_of("newcomer") not in world.gateway.output
    assert ask(world.gateway, "house").assert_whole().headers["x-ferro-provider"] == "openai"
