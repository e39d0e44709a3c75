"""Providers' names: who is ready before they are resolved, and for how long a name server may keep everybody waiting."""

import contextlib
import json
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator


from client import ask, get
from gateway import REPOSITORY, Gateway, envoy, eventually, ferro, running
from world import key_of, provider, variable

NOWHERE = "http://nowhere.invalid:9"


def providers(**endpoints) -> dict:
    return {name: provider(endpoint, "openai", name) for name, endpoint in endpoints.items()}


def keys(*names: str) -> dict[str, str]:
    return {variable(name): key_of(name) for name in names}


def test_nobody_is_ready_before_a_name_is_resolved(upstreams, tmp_path):
    found = upstreams["openai"].script().endpoint
    with running(tmp_path, {"providers": providers(a=NOWHERE, b=NOWHERE)}, keys("a", "b"), ("--watch",)) as gateway:
        error = get(gateway, "/readyz").assert_error(503, "api_error", "no_target")
        assert "DNS" in error["message"]
        assert get(gateway, "/healthz").status == 200
        gateway.write({"providers": providers(a=NOWHERE, b=found)})
        eventually(lambda: get(gateway, "/readyz").status == 200, "one of them is found")
        assert ask(gateway, "b/gpt-4o").assert_whole()
        gateway.write({"providers": providers(a=NOWHERE)})
        eventually(lambda: get(gateway, "/readyz").status == 503, "nobody is found again")


def test_one_that_is_found_is_enough(upstreams, tmp_path):
    found = upstreams["openai"].script().endpoint
    with running(tmp_path, {"providers": providers(a=NOWHERE, b=found)}, keys("a", "b")) as gateway:
        assert get(gateway, "/readyz").status == 200


class NameServer(threading.Thread):
    """Says that every name is this machine's, after so many seconds; or never says anything."""

    def __init__(self, delay: float | None) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.delay = delay
        self.asked = 0
        self.start()

    def run(self) -> None:
        while True:
            question, client = self.socket.recvfrom(4096)
            self.asked += 1
            if self.delay is not None:
                threading.Timer(self.delay, self.reply, (question, client)).start()

    def reply(self, question: bytes, client) -> None:
        end = question.index(b"\0", 12) + 5
        (kind,) = struct.unpack(">H", question[end - 4 : end - 2])
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton("127.0.0.1")
        answers = [answer] if kind == 1 else []
        head = question[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, len(answers), 0, 0)
        self.socket.sendto(head + question[12:end] + b"".join(answers), client)


@contextlib.contextmanager
def resolving(directory, config: dict, server: NameServer) -> Iterator[Gateway]:
    """An Envoy with what is rendered, but for the name server that it asks."""
    gateway = Gateway(directory, config, keys(*config["providers"]))
    rendered = json.loads(ferro("render", "-c", str(gateway.file), env=gateway.env).stdout)
    at = {"address": "127.0.0.1", "port_value": server.port}
    asks = {
        "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
        "resolvers": [{"socket_address": at}],
    }
    for cluster in rendered["static_resources"]["clusters"]:
        extension = cluster.get("cluster_type", {}).get("typed_config", cluster)
        resolver = extension.setdefault("typed_dns_resolver_config", {"name": "cares", "typed_config": {}})
        resolver["typed_config"] = asks | resolver["typed_config"]
    (directory / "envoy.json").write_text(json.dumps(rendered))
    program = envoy()[1] if envoy() else str(REPOSITORY / ".envoy/envoy")
    command = [program, "--config-path", directory / "envoy.json", "--disable-hot-restart", "--concurrency", "2"]
    with open(directory / "stderr", "wb") as err:
        gateway.process = subprocess.Popen(command, env={**os.environ, **gateway.env}, stdout=err, stderr=err)
    try:
        eventually(lambda: lets_in(gateway), f"it listens {gateway.stderr}")
        yield gateway
    finally:
        gateway.process.kill()
        gateway.process.wait()


def lets_in(gateway: Gateway) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", gateway.port), 10):
        return True
    return False


def test_whoever_is_let_in_is_served_though_names_take_their_time(upstreams, tmp_path):
    port = upstreams["openai"].script().endpoint.rpartition(":")[2]
    server = NameServer(1)
    with resolving(tmp_path, {"providers": providers(a=f"http://slow.example.com:{port}")}, server) as gateway:
        assert ask(gateway, "gpt-4o").assert_whole()
        assert server.asked >= 1


def test_a_name_server_that_says_nothing_keeps_nobody_from_the_others(upstreams, tmp_path):
    found = upstreams["openai"].script().endpoint
    targets = [{"provider": "a"}, {"provider": "b"}]
    config = {
        "providers": providers(a="http://dead.example.com:9", b=found),
        "routes": [{"name": "both", "match": {"models": ["gpt-*"]}, "targets": targets}],
    }
    server = NameServer(None)
    with resolving(tmp_path, config, server) as gateway:
        answer = ask(gateway, "gpt-4o").assert_whole()
        assert answer.headers["x-ferro-provider"] == "b"
        assert server.asked >= 1
