"""A credential in every spelling that a provider may echo it in, and an eye that reads all of them.

The eye knows nothing of the spellings: it undoes escapes, percent signs and base64 in whatever it sees, layer
by layer, and looks for the middle of any credential. So what is cut at its ends is found as well.
"""

import base64
import json
import re
import urllib.parse
from collections.abc import Iterable

# What every credential of the tests has in its middle.
CORE = b"0123456789abcdef"
# How many layers of escapes are undone.
LAYERS = 4


def spellings(key: str) -> dict[str, str]:
    """Ways to write it, by name; each may stand within a string of JSON."""
    encoded = key.encode()
    every = "".join(f"\\u{ord(character):04x}" for character in key)
    percent = "".join(f"%{byte:02X}" for byte in encoded)
    return {
        "raw": key,
        "slashes escaped": key.replace("/", "\\/"),
        "signs escaped": key.replace("/", "\\u002F").replace("+", "\\u002B"),
        "signs escaped in small letters": key.replace("/", "\\u002f").replace("+", "\\u002b"),
        "every character escaped": every,
        "every character escaped in capitals": every.replace("\\u00", "\\U00").upper().replace("\\U", "\\u"),
        "some characters escaped": "".join(
            f"\\u{ord(character):04x}" if at % 3 == 0 else character for at, character in enumerate(key)
        ),
        "escaped twice": json.dumps(json.dumps(key.replace("/", "\\/")))[1:-1],
        "every character escaped twice": every.replace("\\", "\\\\"),
        "base64": base64.b64encode(encoded).decode(),
        "base64 of a user": base64.b64encode(b"user:" + encoded).decode(),
        "base64 of somebody": base64.b64encode(b"me:" + encoded + b"\n").decode(),
        "base64 of a scheme": base64.b64encode(b"Bearer " + encoded).decode(),
        "base64 for addresses": base64.urlsafe_b64encode(b"a" + encoded).decode(),
        "base64 without its end": base64.urlsafe_b64encode(b"ab" + encoded).decode().rstrip("="),
        "base64 with its signs escaped": base64.b64encode(encoded).decode().replace("=", "\\u003d"),
        "percent": urllib.parse.quote(key, safe=""),
        "percent in small letters": re.sub(
            "%..", lambda found: found[0].lower(), urllib.parse.quote(key, safe="")
        ),
        "percent everywhere": percent,
        "as a form": urllib.parse.quote_plus(key),
        "percent twice": urllib.parse.quote(urllib.parse.quote(key, safe=""), safe=""),
        "with its scheme": f"Bearer {key}",
        "in quotes": f'\\"{key}\\"',
        "in an address": f"https://evil.example/?key={urllib.parse.quote(key, safe='')}&x=1",
        "next to words": f"key{key}key",
    }


def sees(data: bytes, cores: Iterable[bytes] = (CORE,)) -> bool:
    """Whether a credential can be read in this: one of these, by its middle."""
    return any(core in view for view in _views(data) for core in cores)


def core(secret: str) -> bytes:
    """The middle of a secret that has none which all have."""
    assert len(secret) >= 16, "too short to be found in other words"
    start = len(secret) // 2 - 8
    return secret.encode()[start : start + 16]


def _views(data: bytes) -> Iterable[bytes]:
    for _ in range(LAYERS):
        yield data
        yield from _from_base64(data)
        plain = _plain(data)
        if plain == data:
            return
        data = plain
    yield data


def _plain(data: bytes) -> bytes:
    """One layer of escapes less."""
    escape = rb'\\u00([0-9a-fA-F]{2})|\\([/"\\])|%([0-9a-fA-F]{2})'

    def character(found: re.Match) -> bytes:
        code = found[1] or found[3]
        return bytes([int(code, 16)]) if code else found[2]

    return re.sub(escape, character, data)


def _from_base64(data: bytes) -> Iterable[bytes]:
    """Whatever would be readable if it were base64, at any of its four alignments."""
    for found in re.finditer(rb"[A-Za-z0-9+/_-]{20,}", data):
        text = found[0].replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            piece = text[start:]
            yield base64.b64decode(piece[: len(piece) // 4 * 4])
