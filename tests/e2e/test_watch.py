"""`ferro run --watch`: an edit of the file is applied, and nobody who is being served notices."""

import shutil
import threading

import httpx
import pytest
import yaml

from client import Answer, ask, chat_body, send
from gateway import eventually
from upstream import until
from wire import WIRES, Said
from world import THREE, World, key_of, provider, variable, world_of


def config(up, model: str, **more) -> dict:
    """Everything named `house` goes to `model`."""
    providers = {kind: provider(up[kind], kind) for kind in THREE}
    return {"providers": providers | more.pop("providers", {}), "aliases": {"house": model}} | more


@pytest.fixture
def world(upstreams, tmp_path):
    # Set, but not named by the file yet.
    (tmp_path / "temporary").mkdir()
    env = {variable("newcomer"): key_of("newcomer"), "TMPDIR": str(tmp_path / "temporary")}
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

    world.up["openai"].script(WIRES["openai"].says(Said(texts), on_event=until(go_on, before=6)))
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


def applied(world: World, write) -> None:
    """Makes an edit; returns as soon as it is said to be applied."""
    before = world.gateway.stderr.count(": applied")
    write()
    eventually(lambda: world.gateway.stderr.count(": applied") > before, "the edit is applied")


def test_a_connection_that_is_kept_follows_the_next_file(world):
    """Whatever is edited, the listener's own settings included: one connection to each worker sees all of it."""
    edits = [
        config(world.up, "claude-sonnet-4-5"),
        config(world.up, "claude-sonnet-4-5", routes=[{"name": "own", "match": {"models": ["house"]}}]),
        config(world.up, "gemini-2.5-flash", routes=[{"name": "other", "match": {"models": ["house"]}}]),
        config(world.up, "gpt-4o", log={"requests": "none"}, limits={"idle_timeout": "50s"}),
    ]
    wanted = [("anthropic", "default"), ("anthropic", "own"), ("gemini", "other"), ("openai", "default")]
    clients = [httpx.Client(trust_env=False) for _ in range(4)]
    for client in clients:
        send(world.gateway, chat_body("house"), client=client).assert_whole()
    for edit, want in zip(edits, wanted, strict=True):
        applied(world, lambda edit=edit: world.gateway.write(edit))
        for client in clients:
            answer = send(world.gateway, chat_body("house"), client=client).assert_whole()
            assert (answer.headers["x-ferro-provider"], answer.headers["x-ferro-route"]) == want


def test_what_envoy_refuses_is_told_and_changes_nothing(world):
    nobodys = {"listen": "203.0.113.1:80", "access": "none"}
    world.gateway.write(config(world.up, "claude-sonnet-4-5") | nobodys)
    eventually(lambda: "Envoy refuses it: " in world.gateway.stderr, "the refusal is told")
    assert "cannot bind '203.0.113.1:80'" in world.gateway.stderr.partition("Envoy refuses it: ")[2]
    assert "applied" not in world.gateway.stderr
    assert serves(world, "openai")()
    applied(world, lambda: world.gateway.write(config(world.up, "gemini-2.5-flash")))
    assert serves(world, "gemini")()


@pytest.mark.parametrize("what", ["its files", "the folder", "everything"])
def test_a_cleaned_temporary_folder_ends_nothing(world, what):
    temporary = world.gateway.directory / "temporary"
    (private,) = temporary.iterdir()
    if what == "its files":
        for file in private.iterdir():
            file.unlink()
    else:
        shutil.rmtree(private if what == "the folder" else temporary)
    applied(world, lambda: world.gateway.write(config(world.up, "claude-sonnet-4-5")))
    assert serves(world, "anthropic")()


def test_a_file_that_is_half_written_is_not_applied(world):
    """It would be right as far as it is there; no edit is meant before it is whole."""
    whole = config(world.up, "claude-sonnet-4-5", routes=[{"name": "late"}])
    listen = {"listen": f"127.0.0.1:{world.gateway.port}", "admin": f"127.0.0.1:{world.gateway.admin_port}"}
    text = yaml.safe_dump(listen | whole, sort_keys=False)
    first, second = text.split("aliases:")
    with open(world.gateway.file, "w") as file:
        for piece in [first, "aliases:", *second.splitlines(keepends=True)]:
            file.write(piece)
            file.flush()
            threading.Event().wait(0.1)
    eventually(serves(world, "anthropic"), "the whole file is applied")
    assert world.gateway.stderr.count("changed") == 1, world.gateway.stderr


def test_a_link_that_is_turned_to_another_file_is_an_edit(world):
    """As a ConfigMap is updated: the file is a link through a link to a folder, and that one is replaced."""
    folder = world.gateway.directory / "mounted"
    written = world.gateway.file.read_text()

    def version(name: str, text: str) -> None:
        (folder / name).mkdir(parents=True)
        (folder / name / "gateway.yaml").write_text(text)
        (folder / "next").symlink_to(name)
        (folder / "next").rename(folder / "..data")

    version("..1", written)
    link = world.gateway.directory / "link"
    link.symlink_to(folder / "..data" / "gateway.yaml")
    link.rename(world.gateway.file)
    applied(world, lambda: version("..2", written.replace("house: gpt-4o", "house: gemini-2.5-flash")))
    assert serves(world, "gemini")()


def test_of_two_edits_at_once_the_last_one_counts(world):
    for model in ["gemini-2.5-flash", "claude-sonnet-4-5"]:
        world.gateway.write(config(world.up, model))
    eventually(serves(world, "anthropic"), "the last edit is applied")
