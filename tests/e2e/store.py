"""The real service that counts for several gateways, envoyproxy/ratelimit, and the Redis that it counts in: both on free
ports of 127.0.0.1, for the length of a context.

`make store` puts both into `.tools/bin`; `FERRO_RATELIMIT` and `FERRO_REDIS` name others.
"""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

from gateway import REPOSITORY, eventually, free_port

_TOOLS = REPOSITORY / ".tools/bin"


def _found(variable: str, name: str) -> str | None:
    own = _TOOLS / name
    return os.environ.get(variable) or (str(own) if own.exists() else shutil.which(name))


RATELIMIT = _found("FERRO_RATELIMIT", "ratelimit")
REDIS = _found("FERRO_REDIS", "redis-server")


class Process:
    """A process of ours, which is ended by its id."""

    def __init__(self, directory: Path, name: str, command: list, port: int, env: dict | None = None) -> None:
        self.directory, self.name, self.command, self.port = directory, name, command, port
        self.env = os.environ | (env or {})
        self.process: subprocess.Popen | None = None

    def start(self) -> "Process":
        with open(self.directory / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.env, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        eventually(self._is_up, f"{self.name} listens on {self.port}")
        return self

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def _is_up(self) -> bool:
        assert self.process and self.process.poll() is None, (self.directory / f"{self.name}.log").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


class Store:
    """The service and its Redis."""

    def __init__(self, directory: Path, config: dict) -> None:
        self.port, redis, http, debug = (free_port() for _ in range(4))
        (directory / "ferro/config").mkdir(parents=True)
        (directory / "ferro/config/ferro.yaml").write_text(yaml.safe_dump(config))
        self.redis = Process(
            directory,
            "redis",
            [REDIS, "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            redis,
        )
        settings = {
            "HOST": "127.0.0.1",
            "PORT": str(http),
            "GRPC_HOST": "127.0.0.1",
            "GRPC_PORT": str(self.port),
            "DEBUG_HOST": "127.0.0.1",
            "DEBUG_PORT": str(debug),
            "REDIS_SOCKET_TYPE": "tcp",
            "REDIS_URL": f"127.0.0.1:{redis}",
            "RUNTIME_ROOT": str(directory),
            "RUNTIME_SUBDIRECTORY": "ferro",
            "RUNTIME_WATCH_ROOT": "false",
            "USE_STATSD": "false",
            "STOP_CACHE_KEY_INCREMENT_WHEN_OVERLIMIT": "true",
            "LOG_LEVEL": "warn",
        }
        self.service = Process(directory, "ratelimit", [RATELIMIT], self.port, settings)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def taken(self, measure: str, account: str) -> int:
        """What was taken of a limit, in all windows together."""
        keys = self._ask("KEYS", f"ferro_{measure}_{account}_*")
        return sum(int(self._ask("GET", key) or 0) for key in keys)

    def _ask(self, *words: str):
        """Speaks to Redis: <https://redis.io/docs/latest/develop/reference/protocol-spec/>."""
        with socket.create_connection(("127.0.0.1", self.redis.port), 10) as sock:
            parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
            sock.sendall(f"*{len(words)}\r\n{parts}".encode())
            with sock.makefile("rb") as file:
                return _read(file)


def _read(file):
    line = file.readline().decode().rstrip()
    match line[:1]:
        case "*":
            return [_read(file) for _ in range(int(line[1:]))]
        case "$" if int(line[1:]) >= 0:
            return file.read(int(line[1:]) + 2)[:-2].decode()
        case "$":
            return None
        case "-":
            raise AssertionError(line)
    return line[1:]


@contextlib.contextmanager
def store_of(directory: Path, config: dict) -> Iterator[Store]:
    store = Store(directory, config)
    try:
        store.redis.start()
        store.service.start()
        yield store
    finally:
        store.service.kill()
        store.redis.kill()
