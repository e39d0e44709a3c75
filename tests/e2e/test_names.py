"""Providers' names: who is ready before they are resolved, and for how long a name server may keep everybody waiting."""

import json
import socket
import struct
import threading
from collections import Counter

from client import ask, get
from gateway import eventually, ferro, running
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


def name_of(question: bytes) -> str:
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels)


class NameServer(threading.Thread):
    """Says that every name is this machine's, after so many seconds; or never says anything. A name's first label may say
    for how long that holds; `unknown` are names that there are not."""

    def __init__(self, delay: float | None) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.delay = delay
        self.asked = Counter()
        self.unknown: set[str] = set()
        self.start()

    @property
    def key(self) -> dict:
        """What a configuration says of it."""
        return {"dns": {"servers": [f"127.0.0.1:{self.port}"]}}

    def run(self) -> None:
        while True:
            question, client = self.socket.recvfrom(4096)
            self.asked[name_of(question)] += 1
            if self.delay is not None:
                threading.Timer(self.delay, self.reply, (question, client)).start()

    def reply(self, question: bytes, client) -> None:
        end = question.index(b"\0", 12) + 5
        (kind,) = struct.unpack(">H", question[end - 4 : end - 2])
        name = name_of(question)
        lasts = int(name.partition(".")[0].removeprefix("ttl") or 60) if name.startswith("ttl") else 60
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, lasts, 4) + socket.inet_aton("127.0.0.1")
        answers = [answer] if kind == 1 and name not in self.unknown else []
        head = question[:2] + (b"\x81\x83" if name in self.unknown else b"\x81\x80") + struct.pack(">HHHH", 1, len(answers), 0, 0)
        self.socket.sendto(head + question[12:end] + b"".join(answers), client)


def test_whoever_is_let_in_is_served_though_names_take_their_time(upstreams, tmp_path):
    port = upstreams["openai"].script().endpoint.rpartition(":")[2]
    server = NameServer(1)
    config = {"providers": providers(a=f"http://slow.example.com:{port}")} | server.key
    with running(tmp_path, config, keys("a")) as gateway:
        assert ask(gateway, "gpt-4o").assert_whole()
        assert server.asked["slow.example.com"]


def test_a_name_server_that_says_nothing_keeps_nobody_from_the_others(upstreams, tmp_path):
    found = upstreams["openai"].script().endpoint
    targets = [{"provider": "a"}, {"provider": "b"}]
    config = {
        "providers": providers(a="http://dead.example.com:9", b=found),
        "routes": [{"name": "both", "match": {"models": ["gpt-*"]}, "targets": targets}],
    }
    server = NameServer(None)
    with running(tmp_path, config | server.key, keys("a", "b")) as gateway:
        answer = ask(gateway, "gpt-4o").assert_whole()
        assert answer.headers["x-ferro-provider"] == "b"
        assert server.asked["dead.example.com"]


def test_a_name_is_looked_up_again_when_it_is_too_old_and_no_sooner(upstreams, tmp_path):
    """As its own server says."""
    port = upstreams["openai"].script().endpoint.rpartition(":")[2]
    short, long = (f"ttl{lasts}.example.com" for lasts in (1, 600))
    server = NameServer(0)
    endpoints = {"short": f"http://{short}:{port}", "long": f"http://{long}:{port}"}
    config = {"providers": providers(**endpoints)} | server.key
    with running(tmp_path, config, keys(*endpoints)) as gateway:
        for name in endpoints:
            assert ask(gateway, f"{name}/gpt-4o").assert_whole()
        before = server.asked.copy()
        eventually(lambda: server.asked[short] >= before[short] + 8, "it is looked up again and again")
        assert server.asked[long] == before[long]


def test_a_name_that_is_there_later_is_found(upstreams, tmp_path):
    port = upstreams["openai"].script().endpoint.rpartition(":")[2]
    server = NameServer(0)
    server.unknown.add("new.example.com")
    config = {"providers": providers(a=f"http://new.example.com:{port}")} | server.key
    with running(tmp_path, config, keys("a")) as gateway:
        assert ask(gateway, "gpt-4o").status == 503
        server.unknown.clear()
        eventually(lambda: ask(gateway, "gpt-4o").status == 200, "it is found")


def test_a_name_server_that_is_no_address_is_told(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text(json.dumps({"providers": {"openai": {}}, "dns": {"servers": ["10.0.0.2", "dns.example.com"]}}))
    done = ferro("validate", "-c", str(file), env={"OPENAI_API_KEY": "sk-1"})
    assert done.returncode == 2 and "dns.servers[1]: expected an address such as 10.0.0.2" in done.stderr, done.stderr
