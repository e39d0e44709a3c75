"""`make hostile`: twenty thousand requests at once over two workers, half of which mean harm.

Hostile callers and hostile providers are those of the tables of `test_hostile.py`, `test_smuggling.py`,
`test_leaks.py` and `test_excess.py`, drawn at random; the other half asks for what it may ask for and has to
get it, from the same providers over the same gateway. Prints a report, and fails if a good request fails, if
memory does not come back, or if a credential is anywhere; `--help` names the options.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import test_excess
import test_hostile
import test_leaks
import test_smuggling

from actors import said
from attacks import FORMS, KIND, MIB, Attack, Target, at_peace
from client import CHAT, Answer, chat_body
from gateway import Gateway, eventually
from world import World, world_of

# A request that is longer takes its time for being sent; those have tests of their own.
LONGEST = 256 << 10
# How much more resident memory Envoy may have afterwards, in MiB.
GROWTH = 512


@dataclass
class Report:
    """What came of it."""

    good: int = 0
    hostile: Counter = field(default_factory=Counter)
    seconds: float = 0
    failures: list[str] = field(default_factory=list)
    # Of Envoy, resident, in MiB: before, at most, afterwards.
    memory: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.hostile.items()))
        lines = [
            f"{self.good} good requests and {self.hostile.total()} hostile ones in {self.seconds:.0f} s",
            f"hostile ones: {kinds}",
            "Envoy's memory before, at most and afterwards: "
            + ", ".join(f"{size:.0f}" for size in self.memory)
            + " MiB",
            *(f"  {failure}" for failure in self.failures[:5]),
            *(f"VIOLATION: {violation}" for violation in self.violations),
        ]
        return "\n".join(lines)


@dataclass
class Assault:
    """One run of so many requests over so many connections at a time."""

    requests: int = 20_000
    connections: int = 400
    seed: int = 7

    def run(self, directory: Path) -> Report:
        """Starts everything, plays it, and says what came of it."""
        self.report, chance = Report(), random.Random(self.seed)
        attacks = [attack for attack in everything() if attack.data]
        with contextlib.ExitStack() as stack:
            targets = {letter: stack.enter_context(Target(letter)) for letter in KIND}
            for attack in attacks:
                if attack.provider:
                    targets[attack.form[0]].does[attack.slug] = attack.provider
            backoff = {"base": "10ms", "max": "20ms"}
            config = {"retry": {"per_try_timeout": "30s", "idle_timeout": "30s", "backoff": backoff}}
            world = stack.enter_context(world_of(directory, targets, KIND, config))
            stack.enter_context(at_peace(world))
            self._play(world, attacks, chance)
        return self.report

    def _play(self, world: World, attacks: list[Attack], chance: random.Random) -> None:
        gateway, report = world.gateway, self.report
        asyncio.run(self._all(gateway, iter([None] * 400)))  # so that what is counted is not a first time
        began, before = time.monotonic(), gateway.memory()
        drawn = (chance.choice(attacks) if chance.random() < 0.5 else None for _ in range(self.requests))
        report.good = 0
        most = asyncio.run(self._watched(gateway, drawn))
        report.seconds = time.monotonic() - began
        eventually(lambda: gateway.active() == 0, "no request is left active", 110)
        report.memory = [before, most, gateway.memory()]
        if report.failures:
            report.violations.append(f"{len(report.failures)} good requests failed")
        if report.memory[-1] > before + GROWTH:
            report.violations.append(f"memory grew by more than {GROWTH} MiB")

    async def _watched(self, gateway: Gateway, drawn: Iterable[Attack | None]) -> float:
        most, over = gateway.memory(), asyncio.Event()

        async def watch() -> None:
            nonlocal most
            while not over.is_set():
                most = max(most, gateway.memory())
                await asyncio.sleep(0.2)

        watching = asyncio.ensure_future(watch())
        await self._all(gateway, drawn)
        over.set()
        await watching
        return most

    async def _all(self, gateway: Gateway, drawn: Iterable[Attack | None]) -> None:
        """Everybody takes the next request as soon as the one before is over."""
        numbered = enumerate(drawn)

        async def one() -> None:
            connection = Connection(gateway.port)
            for number, attack in numbered:
                if attack:
                    await self._attack(gateway, attack)
                else:
                    await self._ask(connection, number)
                if number % 50 == 0:
                    connection.close()
            connection.close()

        await asyncio.gather(*(one() for _ in range(self.connections)))

    async def _ask(self, connection: "Connection", number: int) -> None:
        letter = "acd"[number % 3]
        body = json.dumps(chat_body(f"{letter}/{FORMS[letter]}-good", stream=number % 2 == 1)).encode()
        try:
            answer = await connection.ask(body)
            answer = answer.read_events() if answer.is_stream else answer
            assert answer.assert_whole().text == said(letter).text, answer.raw[:500]
            self.report.good += 1
        except Exception as error:
            connection.close()
            self.report.failures.append(f"request {number}: {type(error).__name__} {str(error)[:500]}")

    async def _attack(self, gateway: Gateway, attack: Attack) -> None:
        """Whatever comes of it, the attacker leaves with it."""
        data = attack.data(attack.model)
        if not isinstance(data, bytes) or len(data) > LONGEST:
            return
        self.report.hostile[attack.form[0] + ("'s provider" if attack.provider else "'s caller")] += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=MIB)
            try:
                async with asyncio.timeout(20):
                    writer.write(data)
                    await read_answer(reader)
            finally:
                writer.transport.abort()


class Connection:
    """A connection that is kept from one request to the next."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes) -> Answer:
        async with asyncio.timeout(110):
            if not self._streams:
                self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=MIB)
            reader, writer = self._streams
            head = f"POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            writer.write(head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body)
            return await read_answer(reader)

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """One answer of HTTP/1.1, to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")[:-2]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    answer = Answer(int(first.split()[1]), headers)
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            answer.raw += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        answer.raw = await reader.readexactly(int(headers.get("content-length", 0)))
    return answer


def everything() -> list[Attack]:
    """All attacks that can be played at random. Those that wait or take much are played elsewhere."""
    tables = (test_hostile.ATTACKS, test_smuggling.ATTACKS, test_leaks.ATTACKS, [*test_excess.deep()])
    return [attack for table in tables for attack in table if attack.slug not in HEAVY]


HEAVY = {attack.slug for attack in [*test_hostile.heavy(), *test_hostile.growing()]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=20_000, help="how many, good and hostile together")
    parser.add_argument("--connections", type=int, default=400, help="how many at a time")
    parser.add_argument("--seed", type=int, default=7, help="which are drawn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        report = Assault(options.requests, options.connections, options.seed).run(Path(directory))
    print(report)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
