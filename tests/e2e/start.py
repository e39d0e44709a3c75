"""`python start.py`: how long a gateway with many providers, models and routes takes to its first answer, and what of
it is whose. Prints a line for each part; nothing is asserted, since machines differ. `--help` names the options.
"""

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from gateway import FERRO, REPOSITORY, ferro, free_port

KINDS = ("openai", "anthropic", "gemini")
KEY = "START_KEY"


def config(options: argparse.Namespace, port: int) -> dict:
    """Every provider speaks TLS and has a host of its own, which resolves without a resolver."""
    models = [f"model-{number}" for number in range(options.models)]
    providers = {
        f"provider-{number}": {
            "kind": KINDS[number % len(KINDS)],
            "endpoint": f"https://host-{number}.localhost:9",
            "api_key": f"${{{KEY}}}",
            "models": models[number :: options.providers],
        }
        for number in range(options.providers)
    }

    def target(number: int) -> dict:
        model = number % options.models
        return {"provider": f"provider-{model % options.providers}", "model": models[model]}

    routes = [
        {
            "name": f"route-{number}",
            "match": {"models": [f"route-{number}"]},
            "targets": [target(number), target(number + 1)],
        }
        for number in range(options.routes)
    ]
    return {"listen": f"127.0.0.1:{port}", "providers": providers, "routes": routes}


def first_answer(command: list, port: int, env: dict[str, str]) -> float:
    """The seconds from the start of a command to the first answer that the filter gives."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            assert process.poll() is None, f"ended with {process.returncode}: {command}"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 10) as sock:
                sock.sendall(b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                # Envoy waits for a second until it closes a connection itself.
                if sock.makefile("rb").readline().startswith(b"HTTP/1.1 200"):
                    return time.monotonic() - began
            time.sleep(0.005)
    finally:
        process.terminate()
        process.wait()


def without_filter(bootstrap: dict) -> dict:
    """The same Envoy without our filter: nobody compiles anything, and it answers by itself."""
    (listener,) = bootstrap["static_resources"]["listeners"]
    (network,) = listener["filter_chains"][0]["filters"]
    manager = network["typed_config"]
    router = manager["http_filters"][-1]
    router["typed_config"].pop("upstream_http_filters")
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 200}}
    manager["route_config"]["virtual_hosts"][0]["routes"].insert(0, route)
    manager["http_filters"] = [router]
    return bootstrap


def measure(directory: Path, options: argparse.Namespace) -> dict[str, list[float]]:
    """The seconds that each part takes, run by run."""
    port, file, env = free_port(), directory / "gateway.yaml", {**os.environ, KEY: "sk-start"}
    file.write_text(json.dumps(config(options, port)))
    seconds: dict[str, list[float]] = {}

    def note(name: str, taken: float) -> None:
        seconds.setdefault(name, []).append(taken)

    envoy = os.environ.get("FERRO_ENVOY", REPOSITORY / ".envoy/envoy")
    workers = ["--concurrency", str(options.concurrency)]
    command = [envoy, "--disable-hot-restart", "--log-level", "error", *workers, "--config-path"]
    for _ in range(options.runs):
        began = time.monotonic()
        text = ferro("render", "-c", str(file), env=env).stdout
        note("ferro render", time.monotonic() - began)
        for name, bootstrap in (
            ("Envoy", json.loads(text)),
            ("Envoy without the filter", without_filter(json.loads(text))),
        ):
            rendered = directory / "envoy.json"
            rendered.write_text(json.dumps(bootstrap))
            note(name, first_answer([*command, rendered], port, env))
        run = [FERRO, "run", "-c", file, "--envoy", envoy, *workers]
        note("ferro run", first_answer(run, port, env))
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--providers", type=int, default=100)
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--routes", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=2, help="Envoy's workers")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        measured = measure(Path(directory), options)
    for name, seconds in measured.items():
        least, middle = min(seconds), statistics.median(seconds)
        print(f"{name:>25}: least {least:.2f} s, median {middle:.2f} s")


if __name__ == "__main__":
    main()
