"""A path leads where it says, and nowhere else: what some server could take for another path is refused before a provider
is asked. Every attempt is sent as it is, byte for byte."""

import itertools

import pytest

from client import raw
from upstream import replies

EXTRA = {"keeper": "openai"}

# What walks, whoever reads it: spelled plainly, escaped once, twice, or in an encoding that is none.
STEPS = [
    "..", ".", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%2e", "%252e%252e", "%252E.", "%25252e%25252e", "..%00", "%00..", "..;", "..;x=y",
    "%2e%2e;", "..%3b", "..%3B/", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%u002e%u002e", "..%20", "%20..", "..%09", "%0d%0a..", "..\\",
    "..%5c", "%5c..", "..%5C..", "%2e%2e%5c", "\\..", "..%2f", "%2f..", "..%2F..", "%2f%2e%2e%2f", "%252f..", "..%25%32%66", "%ff..",
    "..%ff", "..%3f", "..%23", "%3f/..", "%ef%bc%8e%ef%bc%8e/",
]
PLACES = ["/v1/files/{}/admin", "/v1/files/a/{}/{}/admin", "/v1/batches/{}", "/v1/anything/{}/x", "/v1/{}/admin"]
OTHERS = [
    "/v1/files//admin", "/v1//files", "//v1/files", "/v1/files///", "/v1/files/a;b", "/v1/files/a%3bb=c", "/v1/files/%00", "/v1/files/a%00.txt",
    "/v1/files/a\\b", "/v1/files/a%5cb", "/v1/files/a%2fb", "/v1/files/a%252fb", "/v1/files/%", "/v1/files/%zz", "/v1/files/%2", "/v1/files/a%0ab",
    "/v1/files/a%0d%0ahost:%20evil", "/v1/files/%7f", "/v1/files/a%3fb", "/v1/files/a%23b", "/v1/files/%80", "/v1/files/ %20", "/v1/files/%20",
    "/v1/files/a/%2e", "/v1/files/a/.", "/v1/files/a/..", "/v1/files/a/./b", "/v1;x/files", "/v1/files;x/a", "/v1%2ffiles", "/v1%2f..%2fadmin",
    "/v1/../admin", "/v1/./files", "/.%2e/v1/files", "/V1/files", "/v1/files/a?x=/../admin", "/v1/files/a?..", "/v1/files?/../../admin",
    "/v1/files/a#/../../admin", "http://evil.example/v1/files", "http://evil.example/../admin", "https://evil.example:1/v1/files/..",
    "/v1/files/http://evil.example/", "/v1/files/@evil.example", "/v1/files/a:80@evil.example/b",
]


def attempts():
    for place, step in itertools.product(PLACES, STEPS):
        yield place.format(step, step)
    yield from OTHERS


def config(up):
    return {"defaults": {"files": "keeper", "batches": "keeper", "other": "keeper"}}


ATTEMPTS = list(attempts())


def test_there_are_enough_attempts():
    assert len(set(ATTEMPTS)) >= 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_path_leads_elsewhere(world, method):
    """One test of all, on connections of their own: what is refused is refused, and what is served is served where the
    client said, below the provider's root."""
    wrong = []
    for path in ATTEMPTS:
        world.up["keeper"].script(replies(b"{}"))
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        answer = raw(world.gateway.port, head.encode("latin-1"))
        targets = [request.target for request in world.up["keeper"].requests]
        plain = path.partition("#")[0]
        # A request for a whole URL is one for its path: whose it is, the `host` says.
        plain = "/" + plain.split("/", 3)[3] if plain.startswith("http") else plain
        fine = not targets if answer.status != 200 else targets == [plain.rstrip("/") if "?" not in plain else plain]
        walks = plain.partition("?")[0]
        if not fine or (targets and (".." in walks or "%2" in walks.lower() or "\\" in walks or ";" in walks or "//" in walks.rstrip("/"))):
            wrong.append((path, answer.status, targets))
    assert wrong == []
    assert not any(world.up[name].requests for name in ("openai", "anthropic", "gemini"))


def test_what_is_refused_says_why(world):
    answer = raw(world.gateway.port, b"GET /v1/files/%2e%2e/admin HTTP/1.1\r\nhost: localhost\r\n\r\n")
    answer.assert_error(400, "invalid_request_error", "invalid_value", "path")
