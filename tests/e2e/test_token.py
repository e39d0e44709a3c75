"""A credential that is fetched: `auth: {token: …}`, before an issuer that gives, refuses, and lies."""

import base64
import contextlib
import json
import ssl
import urllib.parse
from collections.abc import Callable

import httpx
import pytest

from client import ask
from gateway import eventually, ferro
from upstream import Upstream, replies, silent
from wire import WIRES, Said
from world import World, provider, stand_in, world_of

CLIENT_ID = "ferro:gateway"
CLIENT_SECRET = "client-secret-0123456789/+=:"
ENV = {"E2E_CLIENT_SECRET": CLIENT_SECRET}
MODEL = "gpt-4o"


class Issuer:
    """Gives a token to whoever proves to be the client, a new one each time."""

    def __init__(self, life: float = 3600) -> None:
        self.life = life
        self.given: list[str] = []

    async def __call__(self, exchange) -> None:
        said = dict(urllib.parse.parse_qsl(exchange.request.body.decode(), strict_parsing=True))
        assert exchange.request.target == "/acme/token/"
        assert exchange.request.header("content-type") == "application/x-www-form-urlencoded"
        assert said["grant_type"] == "client_credentials" and said["scope"] == "llm/.default chat"
        scheme, _, basic = (exchange.request.header("authorization") or " ").partition(" ")
        if scheme == "Basic":
            pair = base64.b64decode(basic).decode().split(":")
            client = tuple(map(urllib.parse.unquote, pair))
        else:
            client = said["client_id"], said["client_secret"]
        assert client == (CLIENT_ID, CLIENT_SECRET)
        self.given.append(f"token-{len(self.given)}-0123456789abcdef")
        granted = {"access_token": self.given[-1], "token_type": "bearer", "expires_in": self.life}
        await replies(json.dumps(granted).encode())(exchange)


def openai(up: Upstream, issuer: Upstream, **token) -> dict:
    """A provider whose tokens `issuer` gives."""
    said = {
        "url": issuer.endpoint + "/{tenant}/token/",
        "client_id": CLIENT_ID,
        "client_secret": "${E2E_CLIENT_SECRET}",
        "scope": "llm/.default chat",
    }
    part = provider(up, "openai", variables={"tenant": "acme"}, auth={"token": said | token})
    del part["api_key"]
    return part


@contextlib.contextmanager
def before(tmp_path, issuer: Issuer | Callable, config: dict | None = None, up=None, **more):
    """A gateway with such a provider. What the issuer gives is in `world.up["issuer"]`."""
    with stand_in("openai", "openai") as provider_up, Upstream("issuer", issuer) as issuer_up:
        everybody = {"openai": provider_up, "issuer": issuer_up} | (up or {})
        token = more.pop("token", {})
        config = dict(config or {})
        config["providers"] = {"openai": openai(provider_up, issuer_up, **token)} | config.get("providers", {})
        with world_of(tmp_path, everybody, {}, config, env=ENV | more.pop("env", {}), **more) as world:
            yield world
        assert issuer_up.errors == [] and provider_up.errors == []


def is_ready(world: World, issuer: Issuer) -> bool:
    """Whether both workers have their tokens: each of Envoy's threads, of which there is a third, asks for itself."""
    if len(issuer.given) < 3:
        return False
    answers = [httpx.get(world.gateway.url + "/readyz", trust_env=False).status_code for _ in range(12)]
    return set(answers) == {200}


def token_of(request) -> str:
    scheme, _, token = request.header("authorization").partition(" ")
    assert scheme == "Bearer"
    return token


@pytest.mark.parametrize("client_in", ["header", "body"])
def test_a_token_is_fetched_and_sent_and_the_secret_is_nobody_elses(tmp_path, client_in):
    issuer = Issuer()
    with before(tmp_path, issuer, token={"client_in": client_in}) as world:
        eventually(lambda: is_ready(world, issuer), "every worker has a token")
        ask(world.gateway, MODEL).assert_whole()
        ask(world.gateway, MODEL, stream=True).assert_whole()
        asked = world.up["openai"].requests
        assert {token_of(request) for request in asked} <= set(issuer.given)
        # It is good for an hour.
        assert len(issuer.given) == 3
        dump = httpx.get(world.gateway.admin + "/config_dump", trust_env=False).text
        rendered = ferro("render", "-c", str(world.gateway.file), env=ENV | {"E2E_OPENAI_KEY": "x"})
        assert rendered.returncode == 0, rendered.stderr
        for text in (dump, rendered.stdout, world.gateway.output, *(str(request.raw) for request in asked)):
            assert CLIENT_SECRET not in text and urllib.parse.quote(CLIENT_SECRET, safe="") not in text


def test_a_token_is_renewed_and_nobody_notices(tmp_path):
    issuer = Issuer(life=4)
    with before(tmp_path, issuer) as world:
        eventually(lambda: is_ready(world, issuer), "every worker has a token")
        seen = set()

        def renewed() -> bool:
            ask(world.gateway, MODEL).assert_whole()
            seen.add(token_of(world.up["openai"].last))
            return len(seen) >= 5

        eventually(renewed, "five tokens were used")


def test_without_a_token_its_provider_is_not_asked(tmp_path):
    """The issuer names no secret of ours, says that it has none to give, and then gives one after all."""
    issuer = Issuer()
    refusal = {"error": "invalid_client", "error_description": f"\x1b[31mno such client as {CLIENT_SECRET}"}
    refuses = replies(json.dumps(refusal).encode(), status=401)
    with before(tmp_path, refuses) as world:
        eventually(lambda: len(world.up["issuer"].requests) >= 3, "the issuer is asked")
        answer = ask(world.gateway, MODEL)
        error = answer.assert_error(503, "api_error", "no_target")
        assert "waits for its token" in error["message"] and answer.headers["retry-after"] == "1"
        assert httpx.get(world.gateway.url + "/readyz", trust_env=False).status_code == 503
        assert world.up["openai"].requests == []
        said = eventually(
            lambda: [line for line in world.gateway.output.splitlines() if "no new token" in line], "it is logged"
        )
        assert "invalid_client" in said[0] and CLIENT_SECRET not in world.gateway.output
        assert "\x1b[31m" not in world.gateway.output
        world.up["issuer"].script(issuer)
        eventually(lambda: is_ready(world, issuer), "every worker has a token")
        ask(world.gateway, MODEL).assert_whole()


def test_meanwhile_another_target_serves(tmp_path):
    """An issuer that never answers holds nobody up."""
    with stand_in("spare", "anthropic") as spare:
        targets = [{"provider": "openai"}, {"provider": "spare", "model": "claude-sonnet-4-5"}]
        config = {
            "providers": {"spare": provider(spare, "anthropic", "spare")},
            "routes": [{"name": "chat", "strategy": "fallback", "targets": targets}],
        }
        with before(tmp_path, silent, config, up={"spare": spare}) as world:
            eventually(lambda: len(world.up["issuer"].requests) >= 2, "the issuer is asked")
            for _ in range(8):
                assert ask(world.gateway, MODEL).assert_whole().headers["x-ferro-provider"] == "spare"
            assert world.up["openai"].requests == []


def test_a_token_that_is_refused_is_replaced(tmp_path):
    issuer = Issuer()
    wire = WIRES["openai"]
    refused: set[str] = set()

    async def knows(exchange) -> None:
        """Refuses the first tokens, as one does that was revoked."""
        token = token_of(exchange.request)
        if token in refused:
            return await replies(wire.error(401, f"bad token {token}"), status=401)(exchange)
        await wire.says()(exchange)

    with before(tmp_path, issuer) as world:
        eventually(lambda: is_ready(world, issuer), "every worker has a token")
        refused.update(issuer.given)
        world.up["openai"].script(knows)
        answer = ask(world.gateway, MODEL)
        error = answer.assert_error(502, "api_error", "provider_authentication")
        assert "token-" not in error["message"]

        def serves() -> bool:
            answers = [ask(world.gateway, MODEL) for _ in range(8)]
            return all(answer.status == 200 for answer in answers)

        eventually(serves, "both workers have another token")
        assert token_of(world.up["openai"].last) not in refused
        # Its credential does not rest for the others: each worker has a token of its own.
        assert [target["rests"] for target in world.gateway.targets()] == [[]] * len(world.gateway.targets())
        assert not any(token in world.gateway.output for token in issuer.given)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_never_shows_the_token(tmp_path, stream):
    wire = WIRES["openai"]

    async def echoes(exchange) -> None:
        said = Said((f"you are {token_of(exchange.request)}, ", "I see"))
        await wire.says(said)(exchange)

    issuer = Issuer()
    with before(tmp_path, issuer) as world:
        eventually(lambda: is_ready(world, issuer), "every worker has a token")
        world.up["openai"].script(echoes)
        text = ask(world.gateway, MODEL, stream=stream).assert_whole().text
        length = len(token_of(world.up["openai"].last))
        assert text == f"you are {'*' * length}, I see"


def test_an_edit_of_the_file_keeps_the_tokens(tmp_path):
    issuer = Issuer()
    with before(tmp_path, issuer, args=("--watch",)) as world:
        eventually(lambda: is_ready(world, issuer), "every worker has a token")
        given = len(issuer.given)
        file = {"providers": {"openai": openai(world.up["openai"], world.up["issuer"])}}
        world.gateway.write(file | {"aliases": {"house": MODEL}})

        def applied() -> bool:
            answer = ask(world.gateway, "house")
            assert answer.status in (200, 404), answer.raw
            return answer.status == 200

        eventually(applied, "the edit is applied")
        for _ in range(8):
            ask(world.gateway, "house").assert_whole()
        assert len(issuer.given) == given


NO_TOKENS = {
    "html": replies(b"<html>sign in</html>", content_type="text/html"),
    "cut": replies(b'{"access_token": "', status=200),
    "no-header": replies(b'{"access_token": "a b", "expires_in": 60}'),
    "mac": replies(b'{"access_token": "t", "token_type": "mac"}'),
    "over": replies(b'{"access_token": "t", "expires_in": 0}'),
    "long-token": replies(json.dumps({"access_token": "x" * 100_000}).encode()),
    "long-body": replies(b" " * 1_000_000 + b'{"access_token": "t"}'),
    "redirect": replies(b"", status=302, headers=[("location", "http://127.0.0.1:1/")]),
    "failed": replies(b"", status=500),
}


def test_what_is_no_token_is_not_sent(tmp_path):
    """Each is given to a provider of its own."""
    with contextlib.ExitStack() as stack:
        up = {name: stack.enter_context(stand_in(name, "openai")) for name in NO_TOKENS}
        issuers = {name: stack.enter_context(Upstream(name, answer)) for name, answer in NO_TOKENS.items()}
        written = {name: openai(up[name], issuers[name]) for name in NO_TOKENS}
        world = stack.enter_context(world_of(tmp_path, up, {}, {"providers": written}, env=ENV))
        for name in NO_TOKENS:
            said = f" {name} has no new token"
            eventually(lambda said=said: said in world.gateway.output, f"what {name} gives is logged")
            ask(world.gateway, f"{name}/{MODEL}").assert_error(503, "api_error", "no_target")
            assert up[name].requests == [] and issuers[name].requests, name


def test_an_issuer_behind_tls_is_checked(tmp_path, authority):
    """By its name and chain, as providers are."""
    ca, file = authority
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(context)
    issuer = Issuer()
    with stand_in("openai", "openai") as up, Upstream("issuer", issuer, context) as secure:
        config = {"providers": {"openai": openai(up, secure)}}
        env = ENV | {"SSL_CERT_FILE": file}
        with world_of(tmp_path, {"openai": up, "issuer": secure}, {}, config, env=env) as world:
            eventually(lambda: is_ready(world, issuer), "every worker has a token")
            ask(world.gateway, MODEL).assert_whole()


def test_its_secret_is_asked_for_by_name(tmp_path):
    """Before anything runs, and where it is written out, nothing shows it."""
    with Upstream("issuer") as issuer:
        part = openai(issuer, issuer)
        part["auth"]["token"]["client_secret"] = CLIENT_SECRET
        file = tmp_path / "gateway.yaml"
        file.write_text(json.dumps({"providers": {"openai": part}}))
        rendered = ferro("render", "-c", str(file))
        assert rendered.returncode != 0 and "providers.openai.auth.token.client_secret" in rendered.stderr
        assert CLIENT_SECRET not in rendered.stderr + rendered.stdout
        part["auth"]["token"]["client_secret"] = "${E2E_CLIENT_SECRET}"
        file.write_text(json.dumps({"providers": {"openai": part}}))
        validated = ferro("validate", "-c", str(file))
        assert "E2E_CLIENT_SECRET is not set" in validated.stdout + validated.stderr
