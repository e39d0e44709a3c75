"""A provider that answers before it is done: Replicate. Its predictions are asked for until they are over."""

import concurrent.futures
import contextlib
import itertools
import json
import ssl
import time
from collections import deque

import openai
import pytest
import trustme

from client import ask, chat_body, sdk, sent
from gateway import eventually, running
from upstream import Upstream, replies
from wire import WIRES
from world import FORGETFUL

KEY = "sk-replicate-0123456789abcdef-/+"
MODEL = "meta/meta-llama-3-70b-instruct"
PAINTER = "black-forest-labs/flux-schnell"
ID = "gm3qorzdhgbfurvjtvhg6dckhu"
URLS = ["https://replicate.delivery/x/a.webp", "https://replicate.delivery/x/b.webp"]
WORKING = ("starting", "processing")
# The first question comes after half a second, and the host looks twice a second.
SHORT = "4s"


def prediction(status: str, at: str, **members) -> bytes:
    """A prediction in Replicate's format; `at` is where it says that it can be asked for."""
    where = f"{at}/v1/predictions/{ID}"
    urls = {"get": where, "cancel": f"{where}/cancel", "stream": "https://stream.replicate.com/v1/files/x"}
    over = status not in WORKING
    shown = {
        "id": ID,
        "model": MODEL,
        "version": "hidden",
        "input": {"prompt": "Hi"},
        "logs": "",
        "output": None,
        "error": None,
        "status": status,
        "metrics": {"predict_time": 0.5, "input_token_count": 11, "output_token_count": 7} if over else {},
        "urls": urls,
    }
    return json.dumps(shown | members).encode()


class Vendor:
    """Makes a prediction and shows it at each stage of `stages`, the last one for ever. A stage is a status,
    a pair of a status and members, or the HTTP status of an error."""

    def __init__(self, *stages, at: str = "https://api.replicate.com", trailers=()) -> None:
        self.stages, self.at, self.trailers = deque(stages), at, trailers

    async def __call__(self, exchange) -> None:
        request = exchange.request
        assert request.header("authorization") == f"Bearer {KEY}", request.headers
        where = (request.method, request.target)
        if where == ("POST", f"/v1/predictions/{ID}/cancel"):
            await replies(prediction("canceled", self.at))(exchange)
            return
        assert where in (("POST", "/v1/predictions"), ("GET", f"/v1/predictions/{ID}")), where
        stage = self.stages.popleft() if len(self.stages) > 1 else self.stages[0]
        if isinstance(stage, int):
            problem = {"title": "Something is wrong", "detail": "went wrong", "status": stage}
            await replies(json.dumps(problem).encode(), stage)(exchange)
            return
        status, members = (stage, {}) if isinstance(stage, str) else stage
        made = 201 if request.method == "POST" else 200
        await exchange.head(made, [("content-type", "application/json")])
        await exchange.write(prediction(status, self.at, **members))
        await exchange.end(self.trailers)


def says(*pieces: str) -> tuple[str, dict]:
    return "succeeded", {"output": list(pieces)}


HELLO = says("Hello", " from", " Rome")
DRAWN = ("succeeded", {"output": URLS})
FAILED = ("failed", {"error": "CUDA out of memory"})


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def up(authority):
    """`secure` is the same as `replicate` behind TLS and HTTP/2; nobody has business `elsewhere`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    known = {
        "replicate": (Vendor(HELLO), None),
        "secure": (Vendor(HELLO), context),
        "openai": (WIRES["openai"].stands_in(), None),
        "elsewhere": (None, None),
    }
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(Upstream(name, *how)) for name, how in known.items()}


def config(up, **more) -> dict:
    """Routes to predictions, alone and with another provider behind them."""
    once = {"attempts": 1}
    alone = {"provider": "replicate", "model": MODEL, "retry": once}
    secure = alone | {"provider": "secure"}
    other = {"provider": "openai", "model": "gpt-4o", "retry": once}
    painter = {"provider": "replicate", "model": PAINTER, "retry": once}

    def route(name: str, *targets: dict, **more) -> dict:
        known = {"name": name, "match": {"models": [name]}, "breaker": FORGETFUL}
        return known | {"targets": list(targets)} | more

    short = {"retry": {"per_try_timeout": SHORT, "idle_timeout": SHORT}}
    return more | {
        "providers": {
            "replicate": {"endpoint": up["replicate"].endpoint, "api_key": "${E2E_KEY}"},
            "secure": {
                "kind": "replicate",
                "endpoint": up["secure"].endpoint,
                "api_key": "${E2E_KEY}",
                "tls": {"ca": "company.crt"},
            },
            "openai": {"endpoint": up["openai"].endpoint, "api_key": "${E2E_OTHER_KEY}"},
        },
        "retry": {"backoff": {"base": "10ms", "max": "1s"}, "per_try_timeout": "60s"},
        "routes": [
            route("alone", alone),
            route("secure", secure),
            route("secure-soon", secure, other, **short),
            route("both", alone, other),
            route("soon", alone, other, **short),
            route("soon-alone", alone, **short),
            route("painter", painter),
        ],
    }


SECRETS = {"E2E_KEY": KEY, "E2E_OTHER_KEY": "sk-other-0123456789"}


@pytest.fixture(scope="module")
def gateway(up, authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    authority.cert_pem.write_to_path(folder / "company.crt")
    with running(folder, config(up), SECRETS) as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def nobody_is_confused(up):
    up["openai"].script()
    up["elsewhere"].script()
    yield
    assert [error for upstream in up.values() for error in upstream.errors] == []
    assert up["elsewhere"].requests == []


@pytest.fixture
def replicate(up):
    """Scripts the predictions; gives the upstream."""

    def script(*stages, name: str = "replicate", **more) -> Upstream:
        return up[name].script(Vendor(*stages, **more))

    return script


def asked(upstream: Upstream) -> list[str]:
    """How the upstream was asked, in order."""
    return [
        {"POST /v1/predictions": "made", f"GET /v1/predictions/{ID}": "asked"}.get(
            f"{request.method} {request.target}", "ended"
        )
        for request in upstream.requests
    ]


def test_one_that_is_over_at_once(gateway, replicate):
    upstream = replicate(HELLO)
    answer = ask(gateway, "alone", "Hello", max_tokens=99, temperature=0.5).assert_whole()
    assert answer.text == "Hello from Rome"
    assert answer.json()["usage"]["total_tokens"] == 18
    assert asked(upstream) == ["made"]
    request = upstream.last
    assert request.json() == {
        "version": MODEL,
        "input": {"prompt": "Hello", "max_tokens": 99, "temperature": 0.5},
    }
    assert (request.header("prefer"), request.header("cancel-after")) == ("wait=30", "61s")


def test_one_that_is_over_after_three_questions(gateway, replicate):
    upstream = replicate("starting", "starting", "processing", HELLO)
    answer = ask(gateway, "alone").assert_whole()
    assert (answer.text, answer.headers["x-ferro-attempts"]) == ("Hello from Rome", "1")
    assert asked(upstream) == ["made", "asked", "asked", "asked"]
    times = [request.at for request in upstream.requests]
    waits = [after - before for before, after in itertools.pairwise(times)]
    assert waits[0] >= 0.45 and waits[1] >= 0.7 and waits[2] >= 1.05, waits


def test_a_stream_is_the_whole_answer_at_once(gateway, replicate):
    for stages in ([HELLO], ["starting", HELLO]):
        upstream = replicate(*stages)
        answer = ask(gateway, "alone", stream=True).assert_whole()
        assert answer.is_stream and answer.text == "Hello from Rome"
        assert len(upstream.requests) == len(stages)


def test_one_that_fails_is_told_in_its_words(gateway, replicate):
    for stages in ([FAILED], ["processing", FAILED]):
        replicate(*stages)
        for stream in (False, True):
            replicate(*stages)
            error = ask(gateway, "alone", stream=stream).assert_error(500, "api_error")
            assert error["message"] == "CUDA out of memory"


@pytest.mark.parametrize("end", [FAILED, "canceled", "aborted"])
@pytest.mark.parametrize("first", [[], ["starting"]])
def test_one_that_comes_to_nothing_is_passed_by(gateway, up, replicate, end, first):
    replicate(*first, end)
    answer = ask(gateway, "both", "Hello").assert_whole()
    assert (answer.text, answer.headers["x-ferro-provider"]) == ("Echo: Hello", "openai")
    assert answer.headers["x-ferro-attempts"] == "2"
    assert len(up["openai"].requests) == 1


def test_one_that_is_never_over_is_passed_by_and_ended(gateway, replicate):
    upstream = replicate("starting")
    began = time.monotonic()
    answer = ask(gateway, "soon", "Hello").assert_whole()
    assert (answer.text, answer.headers["x-ferro-provider"]) == ("Echo: Hello", "openai")
    assert time.monotonic() - began >= 3.5
    eventually(lambda: "ended" in asked(upstream), "the prediction is ended")
    assert asked(upstream)[:2] == ["made", "asked"] and asked(upstream)[-1] == "ended"
    assert upstream.requests[0].header("prefer") == "wait=2"


@pytest.mark.parametrize("trailers", [[], [("x-checksum", "abc")]], ids=["no trailers", "trailers"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_over_http2(gateway, replicate, stream, trailers):
    upstream = replicate("starting", "processing", HELLO, name="secure", trailers=trailers)
    answer = ask(gateway, "secure", stream=stream).assert_whole()
    assert answer.text == "Hello from Rome"
    assert asked(upstream) == ["made", "asked", "asked"]
    assert {request.protocol for request in upstream.requests} == {"h2"}


def test_one_that_is_never_over_is_ended_over_http2(gateway, replicate):
    upstream = replicate("starting", name="secure")
    answer = ask(gateway, "secure-soon", "Hello").assert_whole()
    assert (answer.text, answer.headers["x-ferro-provider"]) == ("Echo: Hello", "openai")
    eventually(lambda: "ended" in asked(upstream), "the prediction is ended")


def test_one_that_is_never_over_is_a_timeout(gateway, replicate):
    upstream = replicate("processing")
    ask(gateway, "soon-alone").assert_error(504, "api_error", "timeout")
    eventually(lambda: "ended" in asked(upstream), "the prediction is ended")


def test_a_question_that_fails_is_asked_again(gateway, replicate):
    upstream = replicate("starting", 500, HELLO)
    assert ask(gateway, "alone").assert_whole().text == "Hello from Rome"
    assert asked(upstream) == ["made", "asked", "asked"]


def test_a_question_that_is_refused_is_an_error(gateway, replicate):
    upstream = replicate("starting", 404)
    ask(gateway, "alone").assert_error(404, "invalid_request_error")
    assert asked(upstream) == ["made", "asked"]


def test_an_answer_leads_nowhere_else(gateway, up, replicate):
    upstream = replicate("starting", "processing", HELLO, at=up["elsewhere"].endpoint)
    assert ask(gateway, "alone").assert_whole().text == "Hello from Rome"
    assert asked(upstream) == ["made", "asked", "asked"]


@pytest.mark.parametrize("name,route", [("replicate", "alone"), ("secure", "secure")])
def test_nobody_asks_for_a_client_that_left(gateway, replicate, name, route):
    upstream = replicate("starting", name=name)
    with sent(gateway, chat_body(route)):
        eventually(lambda: "asked" in asked(upstream), "the prediction is asked for")
    eventually(lambda: "ended" in asked(upstream), "the prediction is ended")
    # Another is served meanwhile, for longer than any two questions would be apart.
    upstream = replicate("starting", "starting", "starting", "starting", HELLO, name=name)
    assert ask(gateway, route).assert_whole().text == "Hello from Rome"
    assert asked(upstream) == ["made", *["asked"] * 4]


def test_many_at_once_are_all_answered(gateway, replicate):
    replicate("starting", *["processing"] * 30, HELLO)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ask(gateway, "alone"), range(16)))
    assert {answer.assert_whole().text for answer in answers} == {"Hello from Rome"}


def test_an_edit_of_the_file_leaves_it_alone(up, authority, replicate, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "company.crt")
    with running(tmp_path, config(up), SECRETS, args=("--watch",)) as gateway:
        upstream = replicate("starting")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(ask, gateway, "alone")
            eventually(lambda: "asked" in asked(upstream), "the prediction is asked for")
            gateway.write(config(up, aliases={"house": "gpt-4o"}))
            eventually(lambda: ask(gateway, "house").status == 200, "the edit is applied")
            before = len(upstream.requests)
            eventually(lambda: len(upstream.requests) > before + 1, "it is asked for again")
            upstream.script(Vendor(HELLO))
            assert waiting.result().assert_whole().text == "Hello from Rome"


def test_the_sdks_chat_and_stream(gateway, replicate):
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Where?"},
    ]
    with sdk(gateway) as client:
        upstream = replicate("starting", HELLO)
        completion = client.chat.completions.create(model="alone", messages=messages)
        assert completion.choices[0].message.content == "Hello from Rome"
        assert (completion.choices[0].finish_reason, completion.usage.completion_tokens) == ("stop", 7)
        assert upstream.requests[0].json()["input"] == {
            "system_prompt": "Be brief.",
            "prompt": "User: Hi\n\nAssistant: Hello.\n\nUser: Where?\n\nAssistant:",
        }
        replicate("starting", HELLO)
        usage = {"include_usage": True}
        with client.chat.completions.create(
            model="alone", messages=messages, stream=True, stream_options=usage
        ) as stream:
            chunks = list(stream)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert (text, chunks[-1].usage.prompt_tokens) == ("Hello from Rome", 11)


def test_the_sdks_images(gateway, replicate):
    with sdk(gateway) as client:
        upstream = replicate("starting", DRAWN)
        wanted = {"n": 2, "size": "1024x1536", "response_format": "url", "extra_body": {"seed": 7}}
        images = client.images.generate(model="painter", prompt="A cat", **wanted)
        assert [image.url for image in images.data] == URLS
        assert upstream.requests[0].json() == {
            "version": PAINTER,
            "input": {"prompt": "A cat", "num_outputs": 2, "aspect_ratio": "2:3", "seed": 7},
        }
        replicate(("failed", {"error": "The input or output was flagged as sensitive. (E005)"}))
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.generate(model="painter", prompt="A cat")
        assert "flagged as sensitive" in refused.value.message


def test_no_secret_is_told(gateway, replicate):
    replicate(says(f"The key is {KEY}"))
    answer = ask(gateway, "alone").assert_whole()
    assert KEY not in answer.text
    replicate("starting", ("failed", {"error": f"no such key: {KEY}"}))
    assert KEY.encode() not in ask(gateway, "alone").raw
    assert KEY not in gateway.output
