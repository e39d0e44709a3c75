"""`make soak`: steady traffic for three minutes, and in the middle of it a target is lost for a minute.

The first of a fallback route's three targets refuses connections, then answers 503, then nothing at all, and
comes back as a server does that was started again: what hung is reset. Nobody may fail, and traffic returns
to the target soon after it has recovered. Prints a report, and fails if anything is amiss; `--help` names the
options.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from actors import answers, fails, said
from client import Answer, chat_body, send
from gateway import Gateway, eventually
from upstream import Upstream, shared_loop, silent
from world import world_of

MODEL = "soak"
LETTERS = "abc"
# How much more resident memory Envoy may have afterwards, in MiB.
GROWTH = 32


class Server(Upstream):
    """An upstream that can be stopped and started again on its port."""

    def refuse(self) -> None:
        """Nobody listens any more, and all connections are reset."""

        async def stop() -> None:
            servers, self._servers = self._servers, []
            for server in servers:
                server.close()
            self._abort()

        shared_loop().run(stop())

    def listen(self) -> None:
        """Listens again."""

        async def start() -> None:
            self._servers.append(await asyncio.start_server(self._connected, "127.0.0.1", self.port))

        shared_loop().run(start())

    def restart(self) -> None:
        """Answers again; what hung is reset."""
        self.script()

        async def abort() -> None:
            self._abort()

        shared_loop().run(abort())

    def _abort(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()


@dataclass
class Report:
    """What came of it."""

    seconds: float
    served: Counter = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0
    # Seconds from the target's recovery to the first answer that it gave.
    returned: float | None = None
    # Of Envoy: resident memory in MiB at the start, half way and at the end; requests that are still open.
    memory: list[float] = field(default_factory=list)
    active: int = -1
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        served = ", ".join(f"{letter} {self.served[letter]}" for letter in LETTERS)
        returned = "never" if self.returned is None else f"after {self.returned:.1f} s"
        lines = [
            f"{sum(self.served.values()) + len(self.failures)} requests in {self.seconds:.0f} s: {served}",
            f"failed: {len(self.failures)}, slowest: {self.slowest:.1f} s",
            f"traffic returned to the lost target {returned}",
            "Envoy's memory: " + ", ".join(f"{size:.1f}" for size in self.memory) + " MiB",
            f"requests still active: {self.active}",
            *(f"  {failure}" for failure in self.failures[:5]),
            *(f"VIOLATION: {violation}" for violation in self.violations),
        ]
        return "\n".join(lines)


@dataclass
class Soak:
    """One run, in the middle third of which the target is lost. Without `breaker` all is at its default."""

    seconds: float = 180
    rate: float = 20
    breaker: dict | None = None

    def run(self, directory: Path) -> Report:
        """Starts everything, plays it, and says what came of it."""
        self.report = Report(self.seconds)
        self.recovered: float | None = None
        self.lock = threading.Lock()
        with contextlib.ExitStack() as stack:
            up = {letter: stack.enter_context(Server(letter, answers(letter))) for letter in LETTERS}
            kinds = dict.fromkeys(LETTERS, "openai")
            world = stack.enter_context(world_of(directory, up, kinds, self._config()))
            self.memory(world.gateway)
            loss = threading.Thread(target=self._lose, args=(up["a"], world.gateway), daemon=True)
            loss.start()
            self._traffic(world.gateway)
            loss.join()
            self.memory(world.gateway)
            with contextlib.suppress(AssertionError):
                eventually(lambda: world.gateway.active() == 0, "no request is active", 10)
            self.report.active = world.gateway.active()
        self._judge()
        return self.report

    def _config(self) -> dict:
        targets = [{"provider": letter, "model": f"{MODEL}.{letter}"} for letter in LETTERS]
        route = {"name": MODEL, "match": {"models": [MODEL]}, "targets": targets}
        return {"routes": [route | ({"breaker": self.breaker} if self.breaker else {})]}

    def _lose(self, target: Server, gateway: Gateway) -> None:
        third, phase = self.seconds / 3, self.seconds / 9
        time.sleep(third)
        target.refuse()
        time.sleep(phase)
        target.script(fails("a", 503))
        target.listen()
        self.memory(gateway)
        time.sleep(phase)
        target.script(silent)
        time.sleep(phase)
        target.restart()
        self.recovered = time.monotonic()

    def _traffic(self, gateway: Gateway) -> None:
        """As many requests a second whatever becomes of them; every other one is a stream."""
        began = time.monotonic()
        # Whoever was sent to a silent target waits for as long as the gateway does.
        client = httpx.Client(trust_env=False, timeout=700, limits=httpx.Limits(max_connections=None))
        with client, ThreadPoolExecutor(400) as pool:
            for number in range(int(self.seconds * self.rate)):
                time.sleep(max(0, began + number / self.rate - time.monotonic()))
                pool.submit(self._one, gateway, client, number)

    def _one(self, gateway: Gateway, client: httpx.Client, number: int) -> None:
        began = time.monotonic()
        try:
            answer = send(gateway, chat_body(MODEL, stream=number % 2 == 1), client=client)
            problem = self._problem(answer)
        except Exception as error:
            answer, problem = None, f"{type(error).__name__} {error}"
        ended = time.monotonic()
        with self.lock:
            self.report.slowest = max(self.report.slowest, ended - began)
            if problem:
                self.report.failures.append(f"request {number}: {problem}")
                return
            letter = answer.headers["x-ferro-provider"]
            self.report.served[letter] += 1
            back = letter == "a" and self.recovered is not None and began >= self.recovered
            if back and self.report.returned is None:
                self.report.returned = ended - self.recovered

    def _problem(self, answer: Answer) -> str | None:
        try:
            answer.assert_whole()
        except AssertionError as error:
            return f"{answer.status} {error}"
        letter = answer.headers["x-ferro-provider"]
        return None if answer.text == said(letter).text else f"not what {letter} says: {answer.text}"

    def memory(self, gateway: Gateway) -> None:
        self.report.memory.append(gateway.memory())

    def _judge(self) -> None:
        report = self.report
        # 30 s in three minutes, of which the breaker may be open for 20; a shorter run has its share of them.
        bound = 30 * max(self.seconds, 30) / 180
        if report.failures:
            report.violations.append(f"{len(report.failures)} requests failed")
        if report.returned is None or report.returned > bound:
            report.violations.append(f"traffic did not return within {bound:.0f} s")
        if report.memory[-1] > report.memory[0] + GROWTH:
            report.violations.append("memory has grown")
        if report.active != 0:
            report.violations.append(f"{report.active} requests are still active")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seconds", type=float, default=180, help="how long; the breaker's times shrink with it"
    )
    parser.add_argument("--rate", type=float, default=20, help="requests a second")
    options = parser.parse_args()
    breaker = None
    if options.seconds != 180:
        share = options.seconds / 180
        breaker = {"open": f"{5000 * share:.0f}ms", "max_open": f"{20000 * share:.0f}ms"}
    with tempfile.TemporaryDirectory() as directory:
        report = Soak(options.seconds, options.rate, breaker).run(Path(directory))
    print(report)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
