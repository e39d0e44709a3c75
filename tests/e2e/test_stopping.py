"""How `ferro run` ends: nobody new is let in, what is under way is finished within a grace period, and Envoy ends with
its owner, however that ends."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from client import CHAT, Answer, ask, chat_body, get, send
from gateway import BOUND, FERRO, REPOSITORY, Gateway, envoy, eventually, ferro, running
from upstream import Upstream, silent, streams, until
from wire import WIRES, Said
from world import THREE, World, key_of, provider, variable, world_of

TEXTS = tuple(f"{number} " for number in range(12))


@pytest.fixture
def world(upstreams, tmp_path):
    arguments = ("--watch", "--drain", "300s")
    with world_of(tmp_path, upstreams, THREE, {}, args=arguments, may_end=True) as world:
        world.reset()
        yield world
        # Whatever a test left under way is no reason to wait.
        world.gateway.process.kill()


@pytest.fixture
def held(world):
    """Lets streams of the first provider stand still in their middle until it is set."""
    go_on = threading.Event()

    world.up["openai"].script(streams(WIRES["openai"].events(Said(TEXTS)), on_event=until(go_on, before=6)))
    yield go_on
    go_on.set()


class Readers:
    """Clients that read streams at the same time."""

    def __init__(self, world: World, count: int) -> None:
        self.results: list[Answer] = []
        read = lambda: self.results.append(ask(world.gateway, "gpt-4o", stream=True))  # noqa: E731
        self.threads = [threading.Thread(target=read, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()
        eventually(lambda: len(world.up["openai"].requests) == count, "all streams are open")

    def finish(self) -> list[Answer]:
        for thread in self.threads:
            thread.join(BOUND)
        return self.results


def lets_in(gateway: Gateway) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", gateway.port), 10):
        return True
    return False


def ended(gateway: Gateway) -> int:
    return gateway.process.wait(BOUND)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_is_under_way_is_finished(world, held, told):
    readers = Readers(world, 3)
    with httpx.Client(trust_env=False) as kept:
        assert kept.get(world.gateway.url + "/readyz").status_code == 200
        world.gateway.process.send_signal(told)
        eventually(lambda: not lets_in(world.gateway), "nobody is let in any more")
        eventually(lambda: "300 s to finish" in world.gateway.stderr, "it is told what is waited for")
        ready = kept.get(world.gateway.url + "/readyz")
    assert ready.status_code == 503, ready.text
    assert ready.json()["error"]["message"] == "the gateway is being stopped"
    assert ready.headers["connection"] == "close"
    assert world.gateway.process.poll() is None
    held.set()
    assert [answer.assert_whole().text for answer in readers.finish()] == ["".join(TEXTS)] * 3
    assert ended(world.gateway) == 0
    assert "cut off" not in world.gateway.stderr


def test_the_process_still_lives_while_it_ends(world, held):
    readers = Readers(world, 1)
    with httpx.Client(trust_env=False) as kept:
        assert kept.get(world.gateway.url + "/healthz").status_code == 200
        world.gateway.process.terminate()
        eventually(lambda: not lets_in(world.gateway), "nobody is let in any more")
        assert kept.get(world.gateway.url + "/healthz").status_code == 200
    held.set()
    readers.finish()
    assert ended(world.gateway) == 0


def test_told_twice_it_ends_at_once(world, held):
    readers = Readers(world, 1)
    world.gateway.process.terminate()
    eventually(lambda: "to finish" in world.gateway.stderr, "it waits")
    world.gateway.process.send_signal(signal.SIGINT)
    assert ended(world.gateway) == 0
    for answer in readers.finish():
        answer.assert_broken()
    assert "told to stop again" in world.gateway.stderr


def test_with_nothing_under_way_it_ends_at_once(world):
    """The grace period is longer than this waits. A connection without a request is nothing that is under way."""
    with httpx.Client(trust_env=False) as kept:
        send(world.gateway, chat_body("gpt-4o"), client=kept).assert_whole()
        world.gateway.process.terminate()
        assert ended(world.gateway) == 0
    assert "to finish" not in world.gateway.stderr


def test_what_takes_longer_than_the_grace_period_is_cut_off_and_told(upstreams, tmp_path):
    config = {"providers": {"openai": provider(upstreams["openai"], "openai")}}
    env = {variable("openai"): key_of("openai")}
    with running(tmp_path, config, env, ("--drain", "1s"), may_end=True) as gateway:
        upstreams["openai"].script(silent)

        def is_cut_off() -> None:
            with pytest.raises(httpx.TransportError):
                ask(gateway, "gpt-4o")

        asker = threading.Thread(target=is_cut_off, daemon=True)
        asker.start()
        eventually(lambda: gateway.active() == 1, "a request is under way")
        gateway.process.terminate()
        assert ended(gateway) == 0
        assert "1 requests are cut off" in gateway.stderr
        asker.join(BOUND)


def test_nothing_is_lost_in_ten_reloads_and_a_stop(world):
    """A thousand requests, on connections that are kept and on new ones, while the file is edited ten times and the
    gateway is told to stop; whoever gets no answer was not let in."""
    models = [WIRES[kind].model for kind in THREE]
    providers = {kind: provider(world.up[kind], kind) for kind in THREE}

    def write(number: int) -> None:
        route = {"name": f"route-{number}", "match": {"models": ["house"]}}
        limits = {"idle_timeout": f"{50 + number}s"} if number % 3 == 0 else {}
        aliases = {"house": models[number % 3]}
        world.gateway.write({"providers": providers, "aliases": aliases, "routes": [route], "limits": limits})

    write(0)
    eventually(lambda: world.gateway.stderr.count(": applied") == 1, "the first edit is applied")
    answers, lost = [], []
    is_stopping = threading.Event()

    def keep_asking(keeps: bool, stream: bool) -> None:
        body = json.dumps(chat_body("house", "Hello", stream=stream))
        connection = http.client.HTTPConnection("127.0.0.1", world.gateway.port, timeout=BOUND)
        while True:
            is_new = connection.sock is None
            try:
                connection.request("POST", CHAT, body, {"content-type": "application/json"})
                answer = connection.getresponse()
                answers.append((answer.status, answer.read(), answer.headers["x-ferro-route"]))
            except (OSError, http.client.HTTPException) as error:
                # Refused; or the system had let it in, and Envoy had not yet.
                if not (is_stopping.is_set() and is_new):
                    lost.append(repr(error))
                return
            if not keeps:
                connection.close()

    askers = [
        threading.Thread(target=keep_asking, args=(number % 3 != 0, number % 2 == 0), daemon=True)
        for number in range(6)
    ]
    for asker in askers:
        asker.start()
    for number in range(1, 11):
        write(number)
        eventually(
            lambda count=number + 1: world.gateway.stderr.count(": applied") == count, f"edit {number} is applied"
        )
    eventually(lambda: len(answers) >= 1000, "a thousand requests are answered")
    is_stopping.set()
    world.gateway.process.terminate()
    for asker in askers:
        asker.join(BOUND)
    assert ended(world.gateway) == 0
    assert lost == []
    assert len(answers) >= 1000
    assert sum(len(up.requests) for up in world.up.values()) == len(answers), "nobody is let in by half"
    assert {status for status, _, _ in answers} == {200}
    assert all(b"Echo" in body or b"Hello" in body for _, body, _ in answers)
    assert {route for _, _, route in answers} == {f"route-{number}" for number in range(11)}


SCRIPT = REPOSITORY / "examples/docker-compose/drain.sh"


@contextlib.contextmanager
def contained(upstream: Upstream, tmp_path) -> Iterator[Gateway]:
    """A gateway as docker-compose.yaml runs it: Envoy with what was rendered, started by a script."""
    config = {"admin": False, "providers": {"openai": provider(upstream, "openai")}}
    gateway = Gateway(tmp_path, config, {variable("openai"): key_of("openai")})
    rendered = ferro("render", "-c", str(gateway.file), env=gateway.env)
    (tmp_path / "envoy.json").write_text(rendered.stdout)
    program = envoy()[1] if envoy() else str(REPOSITORY / ".envoy/envoy")
    command = [SCRIPT, program, "--config-path", "envoy.json", "--disable-hot-restart", "--log-level", "error"]
    env = {**os.environ, **gateway.env, "DRAIN_ADMIN_PORT": str(gateway.admin_port), "DRAIN_SECONDS": "300"}
    with open(tmp_path / "stdout", "wb") as out, open(tmp_path / "stderr", "wb") as err:
        gateway.process = subprocess.Popen(
            command, cwd=tmp_path, env=env, stdout=out, stderr=err, start_new_session=True
        )
    try:
        eventually(lambda: lets_in(gateway), "it listens")
        yield gateway
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(gateway.process.pid, signal.SIGKILL)
        gateway.process.wait()


@contextlib.contextmanager
def told_to_stop(world: World, directory: Path, readers: int) -> Iterator[tuple[Gateway, Readers]]:
    """A container that was told to stop while so many clients read, and lets nobody in any more."""
    (directory / "contained").mkdir()
    with contained(world.up["openai"], directory / "contained") as gateway:
        reading = Readers(replace(world, gateway=gateway), readers)
        gateway.process.terminate()
        eventually(lambda: not lets_in(gateway), "nobody is let in any more")
        yield gateway, reading


def test_a_container_finishes_what_is_under_way(world, held, tmp_path):
    with told_to_stop(world, tmp_path, 3) as (gateway, readers):
        assert gateway.process.poll() is None
        held.set()
        assert [answer.assert_whole().text for answer in readers.finish()] == ["".join(TEXTS)] * 3
        assert ended(gateway) == 0
        assert gateway.stderr == ""


def test_a_container_that_is_told_twice_ends_at_once(world, held, tmp_path):
    with told_to_stop(world, tmp_path, 1) as (gateway, readers):
        gateway.process.terminate()
        assert ended(gateway) == 0
        readers.finish()[0].assert_broken()


def test_a_gateway_that_is_killed_can_be_started_again_at_once(world, held):
    for _ in range(3):
        world.gateway.process.kill()
        world.gateway.process.wait()
        world.gateway.start()
        assert get(world.gateway, "/healthz").status == 200


def test_a_demo_that_is_killed_leaves_nothing(tmp_path):
    gateway = Gateway(tmp_path, {})
    command = [FERRO, "demo", "--listen", f"127.0.0.1:{gateway.port}", *envoy(), "--concurrency", "1"]
    for _ in range(2):
        with open(tmp_path / "out", "wb") as out:
            demo = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            eventually(lambda: "Ctrl-C stops it" in (tmp_path / "out").read_text(), "the demo answers")
            assert ask(gateway, "gpt-4o-mini").status == 200
        finally:
            demo.kill()
            demo.wait()
    eventually(lambda: not lets_in(gateway), "nobody listens any more")
