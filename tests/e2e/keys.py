"""Keys of callers, as `filter/core/access/claims.rs` has their bytes: made here, so that tests have those,
too, that nobody would make."""

import base64
import hashlib
import hmac
import os
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "sk-ferro-"
PURPOSE = b"ferro issued key\0"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LABEL = 1
MODELS = 2


def text_of(data: bytes) -> str:
    """RFC 4648, 5."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass(frozen=True)
class Signer:
    """A signing key: HMAC-SHA-256, or Ed25519 where `pair` says so."""

    id: str
    secret: str
    pair: Ed25519PrivateKey | None = None

    @property
    def public(self) -> str:
        return f"ed25519-public-{text_of(self.pair.public_key().public_bytes_raw())}"

    def sign(self, claims: bytes) -> bytes:
        if self.pair:
            return self.pair.sign(PURPOSE + claims)
        return hmac.digest(self.secret.encode(), PURPOSE + claims, "sha256")[:16]


def hmac_signer(id: str) -> Signer:
    return Signer(id, text_of(os.urandom(32)))


def pair_signer(id: str) -> Signer:
    seed = os.urandom(32)
    return Signer(id, f"ed25519-secret-{text_of(seed)}", Ed25519PrivateKey.from_private_bytes(seed))


@dataclass(frozen=True)
class Issued:
    """A key as its owner has it, and what it is called."""

    text: str
    id: str


@dataclass(frozen=True)
class Wanted:
    """What a key is to say. Times are in seconds from now."""

    role: str
    issued: float = 0
    expires: float = 3600
    more: dict[int, bytes] = field(default_factory=dict)
    random: bytes | None = None

    def key(self, signer: Signer, by: str | None = None) -> Issued:
        """The key, signed; `by` is whom it names instead of who has signed it."""
        now = time.time()
        milliseconds = int((now + self.issued) * 1000)
        id = milliseconds.to_bytes(6, "big") + (self.random or os.urandom(10))
        rest = b"".join(bytes([tag]) + short(value) for tag, value in sorted(self.more.items()))
        claims = b"\x01" + id + int(now + self.expires).to_bytes(4, "big")
        claims += short((by or signer.id).encode()) + short(self.role.encode()) + short(rest)
        number = int.from_bytes(id, "big")
        name = "".join(CROCKFORD[number >> place * 5 & 31] for place in reversed(range(26)))
        return Issued(PREFIX + text_of(claims + signer.sign(claims)), f"key_{name}")


def short(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def listed(id: str, text: str, role: str, **more) -> dict:
    """An entry of `access.keys`."""
    return {"id": id, "sha256": hashlib.sha256(text.encode()).hexdigest(), "role": role} | more
