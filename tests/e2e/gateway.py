"""Starts `ferro run` on free ports with a configuration of the test's, and stops what it started.

`FERRO_BIN`, `FERRO_FILTER` and `FERRO_ENVOY` name the binary, the filter and Envoy; without them the binary
is the repository's release build, which finds the other two itself.
"""

import contextlib
import functools
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FERRO = Path(os.environ.get("FERRO_BIN", REPOSITORY / "target/release/ferro"))
FAULT_FILTER = Path(
    os.environ.get("FERRO_FAULT_FILTER", REPOSITORY / "target/fault/wasm32-wasip1/release/ferro_filter.wasm")
)
# The seconds that anything may take: nothing here is a matter of speed, and machines can be busy.
BOUND = 120
# What Envoy and V8 print when a filter or Envoy itself has crashed.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# Whoever answers is asked: that is the gateway itself, whose certificate a test may check.
_ANYBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_ANYBODY.check_hostname, _ANYBODY.verify_mode = False, ssl.CERT_NONE
CRASHES = re.compile(r"panicked at|Uncaught RuntimeError|in-VM backtrace|Caught Segmentation|assert failure")


def eventually(probe: Callable[[], object], what: str, timeout: float = BOUND):
    """Polls until `probe` gives something true, and returns that."""
    deadline = time.monotonic() + timeout
    while not (found := probe()):
        assert time.monotonic() < deadline, f"waited {timeout} s in vain: {what}"
        time.sleep(0.02)
    return found


def free_port() -> int:
    """A port nobody listens on. Below the ephemeral range, and in a part of its own for each worker of
    pytest-xdist, so that neither a client's socket nor a neighbour takes it before Envoy does."""
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0")) or 0)
    for port in _ports(worker):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


@functools.cache
def _ports(worker: int) -> Iterator[int]:
    span = 1000
    first = 12000 + worker % 16 * span
    offset = os.getpid() * 7 % span
    return iter([first + (offset + step) % span for step in range(span)] * 20)


def ferro(
    *args: str, env: Mapping[str, str] | None = None, timeout: float = BOUND
) -> subprocess.CompletedProcess:
    """Runs one command of `ferro` to its end."""
    everything = {**os.environ, **(env or {})}
    return subprocess.run([FERRO, *args], env=everything, capture_output=True, text=True, timeout=timeout)


def envoy() -> tuple[str, ...]:
    """Names Envoy, if the environment does."""
    path = os.environ.get("FERRO_ENVOY")
    return ("--envoy", path) if path else ()


# Two workers; and streams that hang are no reason to wait, where a test does not say so.
_USUAL = {"--concurrency": "2", "--drain": "0s"}


def _arguments(given: tuple[str, ...]) -> Iterator[str]:
    for option, value in _USUAL.items():
        if option not in given:
            yield from (option, value)
    yield from given


class Gateway:
    """A running `ferro run`. `config` lacks only `listen` and `admin`; `env` holds its secrets. What it says of
    `listen` may be a function of the address that tests ask, which is the first."""

    def __init__(
        self, directory: Path, config: dict, env: Mapping[str, str] | None = None, args: tuple[str, ...] = ()
    ) -> None:
        self.directory = directory
        self.port = free_port()
        self.admin_port = free_port()
        self.env = dict(env or {})
        self.file = directory / "gateway.yaml"
        self.args = args
        self.process: subprocess.Popen | None = None
        self.write(config)

    @property
    def url(self) -> str:
        scheme = "https" if "tls" in self.place else "http"
        return f"{scheme}://127.0.0.1:{self.port}{self.place.get('path', '')}"

    @property
    def admin(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def stdout(self) -> str:
        return (self.directory / "stdout").read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return (self.directory / "stderr").read_text(errors="replace")

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    def write(self, config: dict) -> None:
        """Replaces the configuration file at once, as editors do."""
        listen = config.get("listen", lambda address: address)
        listen = listen(f"127.0.0.1:{self.port}") if callable(listen) else listen
        first = listen[0] if isinstance(listen, list) else listen
        self.place = first if isinstance(first, dict) else {}
        ports = {"admin": f"127.0.0.1:{self.admin_port}"}
        draft = self.file.with_suffix(".new")
        draft.write_text(yaml.safe_dump(ports | config | {"listen": listen}, sort_keys=False))
        draft.replace(self.file)

    def start(self) -> "Gateway":
        assert FERRO.exists(), f"{FERRO} is missing: `make build` makes it; or set FERRO_BIN"
        command = [FERRO, "run", "-c", self.file, *envoy(), *_arguments(self.args)]
        with open(self.directory / "stdout", "wb") as out, open(self.directory / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **self.env},
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        try:
            eventually(self._is_up, f"{self.url}/healthz", 60)
            eventually(lambda: "listens on" in self.stderr, "`ferro run` has noticed, too")
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.output[-4000:]}") from None
        return self

    def stop(self) -> None:
        """Ctrl-C; what is left of its own process group after ten seconds is killed."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stat(self, name: str) -> int:
        """One of Envoy's counters or gauges."""
        response = httpx.get(
            f"{self.admin}/stats", params={"filter": f"^{name}$"}, trust_env=False, verify=_NO_TLS
        )
        return int(response.text.rpartition(":")[2])

    def active(self) -> int:
        """How many requests of clients are on their way."""
        return self.stat(r"http\.ferro\.downstream_rq_active")

    def vm_bytes(self) -> int:
        """Linear memory of the filter in all workers together, in bytes."""
        page = httpx.get(f"{self.admin}/stats/prometheus", trust_env=False, verify=_NO_TLS).text
        found = re.findall(r"^\w*ferro_vm_bytes(?:\{[^}]*\})? (\d+)$", page, re.MULTILINE)
        assert found, "Envoy has no gauge ferro_vm_bytes"
        return sum(map(int, found))

    def memory(self) -> float:
        """Resident memory of Envoy, in MiB: of the largest process that `ferro` started."""
        return _memory(self.process.pid)

    def targets(self) -> list[dict]:
        """How the gateway's targets are; empty while its filter restarts."""
        answer = httpx.get(f"{self.url}/admin/targets", trust_env=False, verify=_ANYBODY)
        return answer.json().get("targets", [])

    def log(self) -> list[dict]:
        """The access log so far."""
        lines = []
        for line in self.stdout.splitlines():
            with contextlib.suppress(ValueError):
                if line.startswith("{"):
                    lines.append(json.loads(line))
        return lines

    def _is_up(self) -> bool:
        assert self.process and self.process.poll() is None, "`ferro run` ended"
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz", trust_env=False, verify=_ANYBODY).status_code == 200
        return False


@contextlib.contextmanager
def running(
    directory: Path,
    config: dict,
    env: Mapping[str, str] | None = None,
    args: tuple[str, ...] = (),
    may_crash: bool = False,
    may_end: bool = False,
) -> Iterator[Gateway]:
    """A gateway for the length of the context. Whatever was sent to it, its filter must not have crashed, nor it have
    ended by itself, unless it `may_end`."""
    gateway = Gateway(directory, config, env, args)
    try:
        yield gateway.start()
        assert may_end or gateway.process.poll() is None, f"the gateway ended by itself\n{gateway.output[-4000:]}"
    finally:
        gateway.stop()
    if not may_crash:
        crash = CRASHES.search(gateway.output)
        assert not crash, f"the filter crashed: {gateway.output[crash.start() - 500 : crash.end() + 1500]}"


def _memory(pid: int) -> float:
    sizes = [0.0]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):  # it may have ended by now
            status = Path(f"/proc/{child}/status").read_text()
            sizes += [int(size) / 1024 for size in re.findall(r"VmRSS:\s+(\d+)", status)]
            sizes.append(_memory(int(child)))
    return max(sizes)
