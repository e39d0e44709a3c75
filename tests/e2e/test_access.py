"""Who may what: roles, surfaces, models, and keys of every state in every place, in a table that is made
of the documented order of checks; and that no provider ever sees a caller's key."""

import base64
import contextlib
import itertools
import random
import urllib.parse
from collections import Counter
from dataclasses import dataclass

import pytest

from access import (
    BY_NAME,
    PLACES,
    PROVIDERS,
    ROLES,
    SERVED,
    SIGNERS,
    STATIC,
    SURFACES,
    VARIABLES,
    Provider,
    Shown,
    Surface,
    Told,
    config,
    good,
    may_use,
    request,
    servers,
    states,
    told,
)  # fmt: skip
from client import Answer, raw
from keepalive import Connection, ask_all, each
from world import FORGETFUL, provider, world_of

PAGE = "https://chat.example.com"
CHAT = BY_NAME["chat"]


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    """Two providers, and a gateway that knows its callers."""
    with contextlib.ExitStack() as stack:
        up = {name: stack.enter_context(Provider(name)) for name in PROVIDERS}
        written = config(trusted_hops=1, cors={"origins": [PAGE]})
        written["routes"][0]["breaker"] = FORGETFUL
        written["providers"] = {
            name: provider(
                f"{up[name].endpoint}/v1",
                "openai-compatible",
                name,
                models=models,
                forwards=["x-trace", "x-api-key"],
            )
            for name, models in PROVIDERS.items()
        }
        yield stack.enter_context(world_of(tmp_path_factory.mktemp("keyed"), up, {}, written, env=VARIABLES))


@pytest.fixture
def world(keyed):
    for upstream in keyed.up.values():
        upstream.requests.clear()
        upstream.status = 200
    return keyed


def ask(world, data: bytes) -> Answer:
    connection = Connection(world.gateway.port)
    try:
        return connection.ask(data)
    finally:
        connection.close()


def chat(key: str, *lines: str, model: str = "gpt-4o") -> bytes:
    return request(CHAT, model, PLACES["authorization"](key), *lines)


def code_of(answer: Answer) -> str | None:
    if answer.status < 400 or not answer.raw:
        return None
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}, error
    return error["code"]


def wrong(told: Told, answer: Answer) -> str | None:
    """What is not as it was to be."""
    have = Told(answer.status, code_of(answer), answer.headers.get("x-ferro-provider"))
    # What answers HEAD has no body to say a code in.
    want = Told(told.status, told.code if answer.raw or not told.code else None, told.provider)
    if answer.status == 401 and answer.headers.get("www-authenticate") != "Bearer":
        return "no challenge"
    return None if have == want else f"{have} instead of {want}"


# === the table ===


@dataclass(frozen=True)
class Row:
    name: str
    data: bytes
    told: Told


def rows_of_roles():
    """Every role, surface and model, with good keys of every signer, in two places each."""
    places, signers = itertools.cycle(PLACES), itertools.cycle(SIGNERS)
    for role, surface in itertools.product(ROLES, SURFACES):
        for model in SERVED if surface.names_model else ["gpt-4o"]:
            want = told(role, surface, model)
            if role.name == "aged":
                want = Told(401, "expired_api_key")
            for _ in range(2):
                place, signer = next(places), next(signers)
                data = request(surface, model, PLACES[place](good(role.name, signer).text))
                yield Row(f"{role.name}, {surface.name}, {model}, {signer} by {place}", data, want)


def rows_of_keys():
    """Keys of every state, in every place; every surface in turn, so that each state meets each."""
    developer = next(role for role in ROLES if role.name == "developer")
    surfaces = itertools.cycle(SURFACES)
    for (state, key, want), place in itertools.product(list(states()), PLACES):
        for surface in itertools.islice(surfaces, 3):
            expected = told(developer, surface, "gpt-4o") if want.status == 0 else want
            yield Row(
                f"{state} by {place}, {surface.name}",
                request(surface, "gpt-4o", PLACES[place](key)),
                expected,
            )


def rows_of_two():
    """Two keys in two places: the same one, and another."""
    key, another = good("developer").text, good("developer").text
    for one, two in itertools.permutations(PLACES, 2):
        for second, want in ((key, Told(200, provider="openai")), (another, Told(400, "invalid_value"))):
            shown = [PLACES[one](key), PLACES[two](second)]
            both = Shown(shown[0].lines + shown[1].lines, shown[0].query + shown[1].query)
            yield Row(f"{one} and {two}, {want.status}", request(CHAT, "gpt-4o", both), want)
    for other, want in ((key, Told(200, provider="openai")), (another, Told(400, "invalid_value"))):
        yield Row("query twice", request(CHAT, "gpt-4o", Shown(query=(f"key={key}", f"k%65y={other}"))), want)
        offered = f"sec-websocket-protocol: openai-insecure-api-key.{key}, openai-insecure-api-key.{other}"
        yield Row("protocol twice", request(CHAT, "gpt-4o", Shown((offered,))), want)
        yield Row(
            "x-api-key twice",
            request(CHAT, "gpt-4o", Shown((f"x-api-key: {key}", f"x-api-key: {other}"))),
            want,
        )


def rows_of_spellings():
    """One key, written in ways that others may take for it."""
    served, invalid, missing = (
        Told(200, provider="openai"),
        Told(401, "invalid_api_key"),
        Told(401, "missing_api_key"),
    )
    key = good("developer").text
    half = len(key) // 2
    for value, want in {
        f"Bearer {key}": served, f"bearer {key}": served, f"BEARER {key}": served,
        f"bEaReR    {key}  ": served,
        f"Bearer {key.upper()}": invalid, f"Bearer {key.lower()}": invalid,
        f"Bearer {key.swapcase()}": invalid,
        f'Bearer "{key}"': invalid, f"Bearer {key},": invalid, f"Bearer {key} {key}": invalid,
        f"Bearer {key}=": invalid,
        f"Bearer Bearer {key}": invalid, f"Bearer {key[:half]} {key[half:]}": invalid,
        f"Bearer {key}==": invalid,
        f"Bearer {key[:half]}%{ord(key[half]):02x}{key[half + 1:]}": invalid, f"Bearer\t{key}": missing,
        "Bearer": missing, "Bearer ": missing, "": missing, key: missing, f"Bearer{key}": missing,
        f"Token {key}": missing,
        f"Basic {base64.b64encode(f':{key}'.encode()).decode()}": missing, f"Digest {key}": missing,
    }.items():  # fmt: skip
        yield Row(
            f"authorization {value[:12]!r}…{value[-6:]!r}",
            request(CHAT, "gpt-4o", Shown((f"authorization: {value}",))),
            want,
        )
    for name in ("x-api-key", "x-goog-api-key", "api-key"):
        for value, want in {
            f"   {key}  ": served, f"\t{key}\t": served, key.upper(): invalid, f"Bearer {key}": invalid,
            "": missing,
            "   ": missing, f"{key[:half]} {key[half:]}": invalid,
        }.items():  # fmt: skip
            yield Row(f"{name} {value[:8]!r}", request(CHAT, "gpt-4o", Shown((f"{name}: {value}",))), want)
        yield Row(
            f"{name}, named otherwise", request(CHAT, "gpt-4o", Shown((f"{name.upper()}: {key}",))), served
        )
    for query, want in {
        f"key={key}": served, f"a=b&key={key}&c": served, f"k%65y={key}": served,
        f"key={key[:half]}%{ord(key[half]):02X}{key[half + 1:]}": served,
        f"KEY={key}": missing, f"key[]={key}": missing, "key=": missing, "key": missing,
        f"key={key}%00": invalid, f"key=%20{key}": invalid,
        f"akey={key}": missing,
    }.items():  # fmt: skip
        yield Row(f"query {query[:8]}…{query[-4:]}", request(CHAT, "gpt-4o", Shown(query=(query,))), want)
    for offered, want in {
        f"openai-insecure-api-key.{key}": served,
        f"realtime,openai-insecure-api-key.{key},openai-beta.realtime-v1": served,
        f"Openai-Insecure-Api-Key.{key}": missing, "openai-insecure-api-key.": missing,
        f"openai-insecure-api-key{key}": missing,
        f"openai-insecure-api-key.{key}x": invalid,
    }.items():  # fmt: skip
        yield Row(
            f"protocol {offered[:30]}…{offered[-3:]}",
            request(CHAT, "gpt-4o", Shown((f"sec-websocket-protocol: {offered}",))),
            want,
        )


def rows_of_nobody():
    """What wants no key, whatever is shown."""
    for path, method in itertools.product(("/healthz", "/readyz"), ("GET", "HEAD")):
        surface = Surface(path, path, method, path, own=True)
        for key in ("", "nonsense", good("listing").text):
            for place in PLACES:
                yield Row(f"{method} {path} by {place}", request(surface, "", PLACES[place](key)), Told(200))
    surface = Surface("nowhere", "", "GET", "/nowhere", own=True)
    yield Row("no such path", request(surface, ""), Told(404, "unknown_url"))
    asks = (
        f"origin: {PAGE}",
        "access-control-request-method: POST",
        "access-control-request-headers: authorization, x-api-key",
    )
    for surface in SURFACES:
        if not surface.headers:
            preflight = Surface(surface.name, "", "OPTIONS", surface.path)
            yield Row(f"preflight of {surface.name}", request(preflight, "", Shown(), *asks), Told(200))


ROWS = [*rows_of_roles(), *rows_of_keys(), *rows_of_two(), *rows_of_spellings(), *rows_of_nobody()]


def test_the_table(world):
    assert len(ROWS) > 2000, len(ROWS)
    order = random.Random(1).sample(ROWS, len(ROWS))
    found = each(
        world.gateway.port,
        order,
        lambda row: row.data,
        lambda row, answer: (row, answer, wrong(row.told, answer)),
    )
    failed = [f"{row.name}: {why}: {answer.raw[:200]!r}" for row, answer, why in found if why]
    assert not failed, f"{len(failed)} of {len(ROWS)}:\n" + "\n".join(failed[:40])
    # Who is refused reaches nobody.
    served = Counter(row.told.provider for row, _, _ in found)
    assert {name: len(up.requests) for name, up in world.up.items()} == {
        name: served[name] for name in world.up
    }
    # A good key is met in every state's place, and each kind of answer often.
    kinds = Counter((row.told.status, row.told.code) for row in ROWS)
    assert min(kinds.values()) >= 1 and len(kinds) >= 11, kinds
    assert_no_key(world)


# === what a provider sees ===


def spelled(key: str) -> list[bytes]:
    """A key as it is, in a URL, and in base64 at each of its places."""
    plain = key.encode()
    found = [
        plain,
        urllib.parse.quote(key, safe="").encode(),
        "".join(f"%{byte:02x}" for byte in plain).encode(),
    ]
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + plain)
        found.append(encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4])
    return [spelling.lower() for spelling in found]


def assert_no_key(world, *keys: str) -> None:
    """No provider has seen anything that begins as an issued key does, or any of these."""
    for name, up in world.up.items():
        for seen in up.requests:
            low = seen.raw.lower()
            assert b"sk-ferro-" not in low and b"insecure-api-key" not in low, (name, seen.top)
            assert not [key for key in keys if any(spelling in low for spelling in spelled(key))], (
                name,
                seen.top,
            )


@pytest.mark.parametrize(
    "key", [good("developer").text, good("developer", "pair").text, STATIC], ids=["hmac", "pair", "static"]
)
def test_no_provider_sees_a_key(world, key):
    data = []
    for place, surface in itertools.product(PLACES, SURFACES):
        shown = PLACES[place](key)
        more = (
            "x-trace: plain",
            f"x-trace: of {key}",
            f"x-trace: {urllib.parse.quote(key, safe='')}",
            f"cookie: {key}",
            f"referer: http://a/?key={key}",
        )
        data.append(request(surface, "gpt-4o", shown, *more))
        # Beside its own place, in others of a query.
        query = (
            *shown.query,
            f"other={urllib.parse.quote(key, safe='')}",
            f"{urllib.parse.quote(key, safe='')}=1",
            "kept=1",
        )
        data.append(request(surface, "gpt-4o", Shown(shown.lines, query)))
    for answer in ask_all(world.gateway.port, data):
        assert answer.status in (101, 200, 403), answer.raw
    assert_no_key(world, key)
    seen = [request for up in world.up.values() for request in up.requests]
    assert len(seen) > 100
    assert any("kept=1" in request.target for request in seen)
    assert not [
        request.target
        for request in seen
        if "other=" in request.target or "=1" in request.target.replace("kept=1", "")
    ]
    # What was not the key has passed, and a provider's own credential is there.
    assert {request.header("x-trace") for request in seen} <= {None, "plain"} and any(
        request.header("x-trace") for request in seen
    )
    assert all("0123456789abcdef" in request.header("authorization") for request in seen)
    offers = {request.header("sec-websocket-protocol") for request in seen if request.header("upgrade")}
    assert offers == {None, "realtime"}


# === what a role may, beyond the table ===


def test_a_failover_stays_within_the_role(world):
    """`pool` is asked of `second` first; who may not have that one's model is served by the other."""
    for status in (200, 503):
        for up in world.up.values():
            up.requests.clear()
            up.status = status
        for role in ROLES:
            left = (
                servers(role, "pool")
                if role.name not in ("aged", "near") and told(role, CHAT, "pool").provider
                else []
            )
            before = {name: len(up.requests) for name, up in world.up.items()}
            answer = ask(world, chat(good(role.name).text, model="pool"))
            asked = {name for name, up in world.up.items() if len(up.requests) > before[name]}
            if not left:
                assert answer.status in (401, 403) and not asked, (role.name, answer.raw)
            elif status == 200:
                assert asked == {left[0]}, (role.name, asked)
            else:
                assert asked == set(left) and answer.status == 503, (role.name, asked, answer.raw)


STEERING = {
    "x-ferro-route": "pool", "x-ferro-provider": "openai",
    "x-ferro-timeout-ms": "5000", "x-ferro-no-failover": "true",
}  # fmt: skip


@pytest.mark.parametrize("header", STEERING)
def test_who_may_not_route_asks_nothing_of_it(world, header):
    for value in (STEERING[header], "nonsense", ""):
        answer = ask(world, chat(good("developer").text, f"{header}: {value}"))
        assert answer.assert_error(403, "permission_error", "routing_not_allowed")["param"] == header
    # The model is asked first, and the surface before that.
    answer = ask(world, chat(good("gpt").text, f"{header}: {STEERING[header]}", model="claude-sonnet-4-5"))
    answer.assert_error(403, "permission_error", "model_not_allowed")
    answer = ask(world, chat(good("audio").text, f"{header}: {STEERING[header]}"))
    answer.assert_error(403, "permission_error", "surface_not_allowed")
    for role in ("admin", "router"):
        assert ask(world, chat(good(role).text, f"{header}: {STEERING[header]}")).status == 200
    assert not world.up["second"].requests or header == "x-ferro-route"


def test_who_may_route_goes_no_further_than_its_role(world):
    for header in ("x-ferro-provider: second", "x-ferro-route: pool"):
        answer = ask(world, chat(good("router").text, header))
        assert answer.status == (403 if "second" in header else 200), answer.raw
    for surface in ("files", "other", "embeddings"):
        data = request(
            BY_NAME[surface], "gpt-4o", PLACES["x-api-key"](good("router").text), "x-ferro-provider: second"
        )
        assert ask(world, data).status == 403
    assert world.up["second"].requests == []


def unread(kind: str, content: bytes, *lines: str, path: str = "/v1/some/thing") -> bytes:
    surface = Surface("other", "other", "POST", path, lambda _: content, kind)
    return request(surface, "", Shown(), *lines)


def test_what_is_not_read_names_no_model_beside_the_role(world, keyed):
    """Who may use some models only sends nothing on in which another could be named."""
    forbidden = b'{"model": "gpt-5-pro", "input": "Hi"}'
    field = b'--b\r\ncontent-disposition: form-data; name="model"\r\n\r\ngpt-5-pro\r\n--b--\r\n'
    long = (
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
        + b"x" * (2 << 20)
        + b"\r\n"
        + field
    )
    sent = [
        unread("application/json", forbidden), unread("text/plain", forbidden),
        unread("application/octet-stream", forbidden),
        unread("multipart/form-data; boundary=b", field), unread("multipart/form-data; boundary=b", long),
        unread("text/plain", forbidden, path="/v1/some/thing?model=gpt-4o"),
    ]  # fmt: skip
    for data, more in itertools.product(sent, ("", "x-ferro-provider: openai\r\n")):
        key = good("confined" if more else "denied").text
        head, _, content = data.partition(b"\r\n\r\n")
        data = head + f"\r\nx-api-key: {key}\r\n{more}\r\n".encode() + content
        # The answer may come before all was sent.
        answer = raw(world.gateway.port, data)
        assert (answer.status, code_of(answer)) == (403, "model_not_allowed"), (head, answer.raw)
    assert world.up["openai"].requests == []
    allowed = [
        unread("application/json", b'{"model": "gpt-4o"}'),
        request(BY_NAME["files"], ""),
        unread("application/json", b'{"input": "Hi"}'),
    ]
    for data, more in itertools.product(allowed, ("", "x-ferro-provider: openai\r\n")):
        head, _, content = data.partition(b"\r\n\r\n")
        answer = ask(world, head + f"\r\nx-api-key: {good('confined').text}\r\n{more}\r\n".encode() + content)
        assert answer.status == 200, (head, answer.raw)


def own(world, role: str, path: str, method: str = "GET") -> Answer:
    return ask(world, request(Surface("own", "", method, path), "", PLACES["authorization"](good(role).text)))


def test_what_is_listed_is_what_may_be_used(world):
    """And every listed model is served, and no other that the table knows."""
    for role in ROLES:
        answer = own(world, role.name, "/v1/models")
        if answer.status != 200:
            continue
        ids = {model["id"] for model in answer.json()["data"]}
        for model in {"fast", "pool"}:
            may = (
                told(role, BY_NAME["models"], model).status == 200
                and may_use(role, model)
                and servers(role, model)
            )
            assert (model in ids) == bool(may), (role.name, model, ids)
        data = [chat(good(role.name).text, model=model) for model in sorted(ids)]
        if told(role, CHAT, "gpt-4o").code != "surface_not_allowed":
            assert {answer.status for answer in ask_all(world.gateway.port, data)} <= {200}, (role.name, ids)


def test_a_hidden_model_is_as_one_that_is_not_there(world):
    """Whoever may not use a model learns not that it is there, however it asks."""

    def normal(answer: Answer, model: str) -> tuple:
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in ("date", "x-ferro-request-id", "content-length", "x-envoy-upstream-service-time")
        }
        return answer.status, answer.raw.replace(model.encode(), b"MODEL"), headers

    for role, hidden in (
        ("gpt", "claude-sonnet-4-5"),
        ("alias", "gpt-4o"),
        ("alias", "pool"),
        ("denied", "gpt-5-pro"),
        ("second", "gpt-4o"),
        ("pool", "fast"),
    ):
        for absent in ("nobody-has-this", "gpt-5-prp", hidden + "x"):
            if (
                not may_use(next(known for known in ROLES if known.name == role), absent)
                or absent == "nobody-has-this"
            ):
                path, same = f"/v1/models/{hidden}", f"/v1/models/{absent}"
                one, two = own(world, role, path), own(world, role, same)
                assert one.status == 403 and normal(one, hidden) == normal(two, absent), (one.raw, two.raw)
                assert own(world, role, path, "HEAD").status == own(world, role, same, "HEAD").status == 403
                one, two = (ask(world, chat(good(role).text, model=model)) for model in (hidden, absent))
                assert one.status == 403 and normal(one, hidden) == normal(two, absent), (one.raw, two.raw)
    # Who may all is told, and told what is like it.
    answer = own(world, "developer", "/v1/models/fasd")
    assert "fast" in answer.assert_error(404, "invalid_request_error", "model_not_found")["message"]
    # Who may not, is not told of what is like it.
    answer = ask(world, chat(good("denied").text, model="poolx"))
    assert 'pool"' not in answer.assert_error(403, "permission_error", "model_not_allowed")["message"]


def test_capabilities_are_those_of_the_providers_it_may_reach(world):
    for role, want in (("developer", {"openai", "second"}), ("second", {"second"}), ("router", {"openai"})):
        assert {one["id"] for one in own(world, role, "/v1/capabilities").json()["data"]} == want, role
        assert own(world, role, "/v1/capabilities", "HEAD").raw == b""


ADDRESSES = {
    "10.1.2.3": True, "10.255.255.255": True, "11.0.0.1": False, "9.255.255.255": False,
    "2001:db8::1": True,
    "2001:db8:ffff::": True, "2001:db9::1": False, "::ffff:10.0.0.1": True, "::ffff:11.0.0.1": False,
    "127.0.0.1": False,
    "1.2.3.4, 10.0.0.1": True, "10.0.0.1, 1.2.3.4": False, "[2001:db8::1]": None, "10.0.0.1:4711": None,
    "nonsense": False,
    "": False, "10.0.0.1,": None, "10.0.0.1 ": True,
}  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_are_those_that_the_last_proxy_saw(world, address):
    answer = ask(world, chat(good("near").text, f"x-forwarded-for: {address}"))
    may = ADDRESSES[address]
    assert answer.status in ((200, 403) if may is None else (200,) if may else (403,)), answer.raw
    assert code_of(answer) in (None, "address_not_allowed")


def test_an_address_is_no_key(world):
    for key, code in (
        ("nonsense", "invalid_api_key"),
        (good("near", expires=-1, issued=-60).text, "expired_api_key"),
    ):
        ask(world, chat(key, "x-forwarded-for: 10.0.0.1")).assert_error(401, "authentication_error", code)


def test_a_preflight_shows_nothing_more(world):
    """A page's own request needs the key that the question whether it may ask does not."""
    assert ask(world, request(CHAT, "gpt-4o", Shown(), f"origin: {PAGE}")).status == 401
    answer = ask(world, chat(good("developer").text, f"origin: {PAGE}"))
    assert answer.status == 200 and answer.headers["access-control-allow-origin"] == PAGE


ODD = [b"\xff", b"sk-ferro-\xff\xfe", b"\xc3\xa9", b"\xe2\x80\xa8", b"\x80" * 200]


@pytest.mark.parametrize("place", ["authorization", "x-api-key", "x-goog-api-key", "api-key", "protocol"])
def test_what_is_no_text_is_no_key(world, place):
    good_one = good("developer").text.encode()
    for odd in [*ODD, good_one + b"\xff", b"\xff" + good_one, good_one[:40] + b"\xff" + good_one[40:]]:
        data = request(CHAT, "gpt-4o", PLACES[place]("MARK")).replace(b"MARK", odd)
        answer = ask(world, data)
        assert answer.status in (400, 401) and code_of(answer) in (None, "invalid_api_key"), (odd, answer.raw)
    assert world.up["openai"].requests == []
