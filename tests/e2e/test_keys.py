"""Keys in use: by the thousand, at the change of a signing key, by the official SDKs, in an emergency."""

import itertools
import json
import os
import random
import subprocess
import threading
import time
from pathlib import Path

import anthropic
import httpx
import openai
import pytest
from google import genai

from access import BY_NAME, PLACES, STATIC, VARIABLES, Provider, config, good, request
from client import Answer, ask, chat_body, raw, sdk
from gateway import BOUND, eventually
from keepalive import Connection, ask_all, each
from keys import Wanted, hmac_signer, pair_signer
from upstream import until
from wire import WIRES, Said
from world import provider, stand_in, world_of

HERE = Path(__file__).parent
CHAT = BY_NAME["chat"]
LISTED = BY_NAME["models"]


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    """One provider, and a gateway whose signing keys' secrets are keys, too."""
    written = config()
    written["access"]["break_glass"] = True
    written["access"]["roles"]["developer"] = {"may_route": True}
    with Provider("openai") as up:
        written |= {"routes": [], "defaults": {"other": "openai", "files": "openai"}, "aliases": {}}
        written["access"]["roles"] = {
            name: role
            for name, role in written["access"]["roles"].items()
            if not {"routes", "providers"} & set(role)
        }
        written["providers"] = {
            "openai": provider(
                f"{up.endpoint}/v1", "openai-compatible", "openai", models=["gpt-*", "claude-*", "gemini-*"]
            )
        }
        directory = tmp_path_factory.mktemp("keys")
        with world_of(directory, {"openai": up}, {}, written, env=VARIABLES) as world:
            yield world


@pytest.fixture
def world(keyed):
    keyed.up["openai"].requests.clear()
    return keyed


def chat(key: str, place: str = "authorization") -> bytes:
    return request(CHAT, "gpt-4o", PLACES[place](key))


def codes(answers: list[Answer]) -> set[tuple[int, str | None]]:
    return {
        (answer.status, answer.json()["error"]["code"] if answer.status >= 400 else None)
        for answer in answers
    }


# === in an emergency ===


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_signing_key_opens_everything(world, variable):
    """Those that sign and those that only check alike; and no public half does."""
    secret = VARIABLES[variable]
    for surface in BY_NAME.values():
        for place in PLACES:
            answer = ask_all(world.gateway.port, [request(surface, "gpt-4o", PLACES[place](secret))])[0]
            assert answer.status == surface.ok, (surface.name, place, answer.raw)
    steered = ask_all(
        world.gateway.port, [request(CHAT, "gpt-4o", PLACES["api-key"](secret), "x-ferro-provider: openai")]
    )
    assert codes(steered) == {(200, None)}
    near = [
        secret[:-1],
        secret + "A",
        secret.swapcase(),
        secret.removeprefix("ed25519-secret-") + "x",
        secret[1:],
    ]
    assert codes(ask_all(world.gateway.port, [chat(key) for key in near])) == {(401, "invalid_api_key")}
    assert not [request for request in world.up["openai"].requests if secret.encode() in request.raw]


def test_a_public_half_opens_nothing(world):
    from access import HALF, PAIR

    answers = ask_all(world.gateway.port, [chat(HALF.public), chat(PAIR.public), chat(HALF.secret)])
    assert codes(answers) == {(401, "invalid_api_key")}


# === by the thousand ===

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def mutated(keys: list[str], dice: random.Random) -> str:
    """What somebody makes of good keys who has no signing key; in letters that every place takes."""
    text = list(dice.choice(keys))
    other = dice.choice(keys)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        place = dice.randrange(len(text))
        match dice.randrange(7):
            case 0 | 1:
                text[place] = dice.choice(LETTERS)
            case 2:
                text.insert(place, dice.choice(LETTERS))
            case 3:
                del text[place]
            case 4:
                text[place] = text[place].swapcase()
            case 5:
                text = text[:place] + list(other[place:])
            case _:
                text += dice.choice(("=", "==", "A", "-", "%3D", "AAAA"))
    return "".join(text)


def test_twenty_thousand_that_are_nearly_good(world):
    """None passes that is not one of the good ones as it is."""
    dice = random.Random(5)
    keys = [good("developer", signer).text for signer in ("newer", "newer", "verify only", "pair")] + [
        STATIC.replace("/+", "--").replace(" ", "-")
    ]
    known = set(keys[:-1])
    tried: set[str] = set()
    while len(tried) < 20_000:
        tried |= {mutated(keys, dice)} - known
    places = itertools.cycle(PLACES)
    surfaces = itertools.cycle([CHAT, LISTED, BY_NAME["files"]])
    data = [request(next(surfaces), "gpt-4o", PLACES[next(places)](key)) for key in sorted(tried)]
    data += [request(LISTED, "", PLACES["authorization"](key)) for key in known]
    answers = ask_all(world.gateway.port, data, 6)
    assert codes(answers[: len(tried)]) == {(401, "invalid_api_key")}
    assert codes(answers[len(tried) :]) == {(200, None)}
    assert world.up["openai"].requests == []


def test_bad_keys_take_no_memory(world):
    """Whatever is shown is forgotten at once; of good keys some thousands are remembered."""
    gateway = world.gateway
    crowd = [
        request(LISTED, "", PLACES["x-api-key"](f"sk-ferro-{os.urandom(70).hex()}")) for _ in range(4000)
    ]
    ask_all(gateway.port, crowd[:2000], 16)
    before = gateway.vm_bytes()
    for _ in range(3):
        assert codes(ask_all(gateway.port, crowd, 64)) == {(401, "invalid_api_key")}
    assert gateway.vm_bytes() - before <= 4 << 20
    for _ in range(2):
        many = [request(LISTED, "", PLACES["x-api-key"](good("developer").text)) for _ in range(6000)]
        assert codes(ask_all(gateway.port, many, 16)) == {(200, None)}
    assert gateway.vm_bytes() - before <= 24 << 20


@pytest.mark.parametrize("size", [161, 1000, 30_000, 1 << 20])
@pytest.mark.parametrize("place", PLACES)
def test_a_long_key_is_refused(world, place, size):
    """The longest by Envoy, which takes no such head."""
    key = good("developer").text
    for text in ("k" * size, key + "A" * (size - len(key)), "sk-ferro-" + "-" * (size - 9)):
        try:
            answer = raw(world.gateway.port, request(LISTED, "", PLACES[place](text)))
        except (httpx.RemoteProtocolError, ConnectionError):
            assert size > 60_000
            continue
        if size > 60_000:
            assert answer.status in (400, 413, 414, 431), answer.raw
        else:
            assert codes([answer]) == {(401, "invalid_api_key")}
    assert codes(ask_all(world.gateway.port, [request(LISTED, "", PLACES[place](key))])) == {(200, None)}


def test_all_at_once(world):
    """Good and bad ones side by side: each is told what is its own."""
    dice = random.Random(7)
    some = [
        (good("developer", signer).text, None) for signer in ("newer", "verify only", "pair", "public half")
    ]
    some += [
        (Wanted("developer", -100, -1).key(hmac_signer("k2")).text, "invalid_api_key"),
        (good("developer", issued=-100, expires=-1).text, "expired_api_key"),
    ]
    items = [dice.choice(some) for _ in range(3000)]
    answers = each(
        world.gateway.port, items, lambda item: chat(item[0]), lambda item, answer: (item[1], answer), 32
    )
    wrong = [
        (want, answer.status, answer.raw)
        for want, answer in answers
        if codes([answer]) != {(401, want) if want else (200, None)}
    ]
    assert not wrong, wrong[:5]


# === at the change of a signing key ===


class Traffic:
    """Somebody who asks all the time, on one connection that is kept or on new ones, and what it is told."""

    def __init__(self, port: int, data: bytes, kept: bool) -> None:
        self.answers: list[tuple[float, int]] = []
        self.errors: list[Exception] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(port, data, kept), daemon=True)
        self._thread.start()

    def _ask(self, port: int, data: bytes, kept: bool) -> None:
        connection = Connection(port)
        try:
            while not self._end.is_set():
                began = time.monotonic()
                self.answers.append((began, connection.ask(data).status))
                if not kept:
                    connection.close()
        except Exception as error:
            self.errors.append(error)
        connection.close()

    def stop(self) -> None:
        self._end.set()
        self._thread.join(BOUND)

    def since(self, moment: float) -> set[int]:
        return {status for at, status in self.answers if at >= moment}

    def until(self, moment: float) -> set[int]:
        return {status for at, status in self.answers if at < moment}


def test_a_signing_key_is_changed_under_traffic(tmp_path):
    """Keys of the old one pass until it is removed, and none after; what was begun is served. Envoy
    has the secrets of both from its start; a public half comes and goes while it runs."""
    old, new, pair = hmac_signer("k1"), hmac_signer("k2"), pair_signer("ed")
    env = {"E2E_OLD": old.secret, "E2E_NEW": new.secret}
    one, two, three = (Wanted("developer").key(signer).text for signer in (old, new, pair))
    go_on = threading.Event()
    wire = WIRES["openai"]
    texts = tuple(f"{number} " for number in range(12))

    def written(*signers: dict) -> dict:
        providers = {"openai": provider(up, "openai")}
        return {"access": {"signing_keys": list(signers), "roles": {"developer": {}}}, "providers": providers}

    of_old, of_new = {"id": "k1", "secret": "${E2E_OLD}"}, {"id": "k2", "secret": "${E2E_NEW}"}
    with stand_in("openai", "openai") as up:
        up.script(wire.says(Said(texts), on_event=until(go_on, before=6)))
        with world_of(
            tmp_path,
            {"openai": up},
            {},
            written(of_old, of_new | {"verify_only": True}),
            env=env,
            args=("--watch",),
        ) as world:
            gateway = world.gateway

            def status(key: str) -> int:
                return ask_all(gateway.port, [chat(key)], 1)[0].status

            def applied(key: str, want: int):
                """True once every worker takes it so: many connections meet both."""
                return lambda: {status(key) for _ in range(12)} == {want}

            assert (status(one), status(two), status(three)) == (200, 200, 401)
            traffic = {
                (key, kept): Traffic(gateway.port, chat(key), kept)
                for key in (one, two, three)
                for kept in (True, False)
            }
            open_streams: list[Answer] = []
            headers = {"authorization": f"Bearer {one}"}
            readers = [
                threading.Thread(
                    target=lambda: open_streams.append(ask(gateway, "gpt-4o", headers=headers, stream=True)),
                    daemon=True,
                )
                for _ in range(4)
            ]
            for reader in readers:
                reader.start()
            eventually(
                lambda: sum(wire.wants_stream(seen) for seen in list(up.requests)) == 4,
                "four streams are open",
            )

            first = time.monotonic()
            gateway.write(
                written(of_new, of_old | {"verify_only": True}, {"id": "ed", "public_key": pair.public})
            )
            eventually(applied(three, 200), "a public half is there")
            second = time.monotonic()
            eventually(lambda: traffic[three, True].answers[-1][1] == 200, "kept connections, too")
            third = time.monotonic()
            gateway.write(written(of_new))
            eventually(applied(one, 401), "the old one is gone")
            eventually(applied(three, 401), "and the pair")
            eventually(lambda: traffic[one, True].answers[-1][1] == 401, "kept connections, too")
            fourth = time.monotonic()
            eventually(lambda: all(len(some.since(fourth)) for some in traffic.values()), "all ask on")
            go_on.set()
            for reader in readers:
                reader.join(BOUND)
            for some in traffic.values():
                some.stop()
    for (key, kept), some in traffic.items():
        assert not some.errors, some.errors
        before, within, after = {one: (200, 200, 401), two: (200, 200, 200), three: (401, 200, 401)}[key]
        assert some.until(first) <= {before}, kept
        if not kept:
            assert {status for at, status in some.answers if second <= at < third} <= {within}
        assert some.since(fourth) == {after}, kept
        assert some.until(BOUND + fourth) <= {200, 401}
    # Keys of the old one were good all the time until it was removed.
    assert all(traffic[one, kept].until(third) == {200} for kept in (True, False))
    assert [answer.assert_whole().text for answer in open_streams] == ["".join(texts)] * 4


# === the official SDKs ===


def test_the_sdk_for_python(world):
    for key in (good("developer").text, good("developer", "pair").text, STATIC):
        with sdk(world.gateway, key) as client:
            assert (
                client.chat.completions.create(**chat_body("gpt-4o")).choices[0].message.content
                == "Hello there"
            )
            assert isinstance(client.models.list().data, list)
    for key, code in (
        ("sk-nonsense", "invalid_api_key"),
        (good("developer", issued=-60, expires=-1).text, "expired_api_key"),
    ):
        with sdk(world.gateway, key) as client, pytest.raises(openai.AuthenticationError) as refused:
            client.chat.completions.create(**chat_body("gpt-4o"))
        assert refused.value.code == code
    with (
        sdk(world.gateway, good("exact").text) as client,
        pytest.raises(openai.PermissionDeniedError) as refused,
    ):
        client.moderations.create(input="Hi")
    assert refused.value.code == "surface_not_allowed"


NODE = """
import OpenAI from "openai";
const { FERRO_URL, FERRO_KEY } = process.env;
const client = (apiKey) => new OpenAI({ baseURL: `${FERRO_URL}/v1`, apiKey, maxRetries: 0 });
const messages = [{ role: "user", content: "Hi" }];
const ask = (apiKey) => client(apiKey).chat.completions.create({ model: "gpt-4o", messages });
const said = (await ask(FERRO_KEY)).choices[0].message.content;
const told = (error) => [error.constructor === OpenAI.AuthenticationError, error.code];
const refused = await ask("nonsense").catch(told);
console.log(JSON.stringify([said, refused]));
"""


def test_the_sdk_for_node(world):
    assert (HERE / "node_modules/openai").is_dir(), f"run `npm ci` in {HERE}"
    env = os.environ | {"FERRO_URL": world.gateway.url, "FERRO_KEY": good("developer").text}
    command = ["node", "--input-type=module", "--eval", NODE]
    done = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, timeout=BOUND)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["Hello there", [True, "invalid_api_key"]]


def test_the_sdks_of_anthropic_and_google(world):
    """They show the same key where each is used to."""

    def claude(key: str) -> anthropic.Anthropic:
        http = anthropic.DefaultHttpxClient(trust_env=False, timeout=BOUND)
        return anthropic.Anthropic(base_url=world.gateway.url, api_key=key, max_retries=0, http_client=http)

    def gemini(key: str) -> genai.Client:
        options = {"base_url": world.gateway.url, "api_version": "v1", "client_args": {"trust_env": False}}
        return genai.Client(api_key=key, http_options=options)

    key = good("developer").text
    # Whoever is not known gets an error here.
    list(claude(key).models.list())
    # One that nobody holds any more closes its connections.
    known, unknown = gemini(key), gemini("nonsense")
    known.models.generate_content(model="tunedModels/a", contents="Hi")
    with pytest.raises(anthropic.AuthenticationError) as refused:
        claude("nonsense").models.list()
    assert refused.value.body["error"]["code"] == "invalid_api_key"
    with pytest.raises(genai.errors.ClientError) as refused:
        unknown.models.generate_content(model="tunedModels/a", contents="Hi")
    assert refused.value.code == 401


def test_requests_as_anthropic_s_sdk_writes_them(world):
    """Its key is in `x-api-key` (<https://docs.claude.com/en/api/overview>). What it asks for passes."""
    messages = json.dumps(
        {"model": "claude-sonnet-4-5", "max_tokens": 8, "messages": [{"role": "user", "content": "Hi"}]}
    ).encode()
    head = {
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
        "user-agent": "Anthropic/Python 0.75.0",
    }
    with httpx.Client(base_url=world.gateway.url, headers=head, trust_env=False, timeout=BOUND) as client:
        for key, status in ((good("developer").text, 200), ("nonsense", 401)):
            shown = {"x-api-key": key}
            assert client.get("/v1/models", params={"limit": 20}, headers=shown).status_code == status
            for more in ({}, {"x-ferro-provider": "openai"}):
                assert (
                    client.post("/v1/messages", content=messages, headers=shown | more).status_code == status
                )
    seen = [request for request in world.up["openai"].requests if request.target == "/v1/messages"]
    assert len(seen) == 2 and all(
        request.body == messages and b"sk-ferro-" not in request.raw for request in seen
    )


def test_requests_as_google_s_sdk_writes_them(world):
    """Its key is in `x-goog-api-key`, or `?key=` of old: <https://ai.google.dev/gemini-api/docs/api-key>.
    Below `/v1` its calls pass as any other path does."""
    content = json.dumps({"contents": [{"parts": [{"text": "Hi"}]}]}).encode()
    with httpx.Client(base_url=world.gateway.url, trust_env=False, timeout=BOUND) as client:
        for key, status in ((good("developer").text, 200), ("nonsense", 401)):
            for shown in (
                {"headers": {"x-goog-api-key": key, "x-goog-api-client": "google-genai-sdk/1.52.0"}},
                {"params": {"key": key}},
            ):
                assert client.get("/v1/models", **shown).status_code == status
                assert (
                    client.post(
                        "/v1/tunedModels/a:generateContent", json=json.loads(content), **shown
                    ).status_code
                    == status
                )
    seen = [request for request in world.up["openai"].requests if "generateContent" in request.target]
    assert len(seen) >= 2 and all(request.target == "/v1/tunedModels/a:generateContent" for request in seen)
    assert not [request for request in seen if b"sk-ferro-" in request.raw]
