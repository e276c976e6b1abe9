"""DKIM: finished bytes become signed ones (RFC 6376, RFC 8301, RFC 8463). Pure: keys and instants are arguments.

Both canonicalisations are relaxed, there is no `l=`, and From and Subject are named once more than they stand there, so that
none can be added. A field of the static part of a header is canonicalised once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from mailer.compose.content import OWN, Message

# RFC 8301 section 3.2: signers use at least 1024 bits, and should 2048. What has more than 4096 some do not verify.
RSA_BITS = (2048, 3072, 4096)

# Signed wherever they stand. RFC 8058 section 4 asks for the two of unsubscribing.
_SIGNED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "list-unsubscribe", "list-unsubscribe-post", "list-id",
    "feedback-id", "auto-submitted", "mime-version", "content-type",
)  # fmt: skip
_OVERSIGNED = ("from", "subject")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)\r\n")
_SPACES = re.compile(rb"[ \t]+")
_SEVERAL_SPACES = re.compile(rb"  +")
_LINE = 70


class Algorithm(StrEnum):
    """What a key signs with; the value is that of `k=` in its record."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A key that signs for a domain, and the selector under which its record stands in the DNS."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.RSA if isinstance(self.private, RSAPrivateKey) else Algorithm.ED25519


def new_private_key(algorithm: Algorithm, bits: int = RSA_BITS[0]) -> bytes:
    """A new private key (PKCS 8, DER); ValueError at a length that is not in `RSA_BITS`."""
    if algorithm is Algorithm.ED25519:
        return _written(Ed25519PrivateKey.generate())
    if bits not in RSA_BITS:
        raise ValueError(f"an RSA key has {', '.join(map(str, RSA_BITS))} bits")
    return _written(generate_private_key(public_exponent=65537, key_size=bits))


def read_key(domain: str, selector: str, private: bytes) -> DkimKey:
    """The key in a private key (PKCS 8, DER); ValueError where it is none that signs mails."""
    try:
        key = serialization.load_der_private_key(private, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("this is no private key") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("this is no RSA and no Ed25519 key")
    return DkimKey(domain=domain, selector=selector, private=key)


def dns_record(key: DkimKey) -> str:
    """What stands in the DNS as TXT of `<selector>._domainkey.<domain>` (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
    public = key.private.public_key()
    if key.algorithm is Algorithm.RSA:
        octets = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        octets = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k={key.algorithm}; p={base64.b64encode(octets).decode('ascii')}"


def signed(message: Message, keys: Sequence[DkimKey], at: datetime) -> Message:
    """The message with one signature of each key above its fields; `at` is the instant in `t=`."""
    if not keys:
        return message
    made = b"".join(signatures(message.data, keys, at))
    own = None if message.own is None else made + OWN + message.own
    return replace(message, data=made + message.data, own=own)


def signatures(data: bytes, keys: Sequence[DkimKey], at: datetime) -> list[bytes]:
    """The finished signature fields of a mail, one for each key, in their order."""
    head, _, body = data.partition(b"\r\n\r\n")
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode("ascii")
    names, fields = _chosen(head + b"\r\n")
    return [_signature(key, names, fields, body_hash, int(at.timestamp())) for key in keys]


def relaxed_body(body: bytes) -> bytes:
    """The body as it is hashed (RFC 6376 section 3.4.4)."""
    if b"\t" in body:
        body = body.replace(b"\t", b" ")
    body = _SEVERAL_SPACES.sub(b" ", body)
    if b" \r\n" in body:
        body = body.replace(b" \r\n", b"\r\n")
    return body if body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n") and body != b"\r\n" else _ended(body)


def _ended(body: bytes) -> bytes:
    """Without empty lines at the end, and with the end of the last line; nothing where there is nothing."""
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n" if body else b""


def _chosen(head: bytes) -> tuple[str, bytes]:
    """The names for `h=`, and the fields as they are hashed, each before the one above it where there are several."""
    found: dict[str, list[bytes]] = {}
    for name, value in _FIELD.findall(head):
        found.setdefault(name.decode("ascii").lower(), []).append(_relaxed(name, value))
    names: list[str] = []
    fields: list[bytes] = []
    for name in _SIGNED:
        there = found.get(name, [])
        names += [name] * (len(there) + (name in _OVERSIGNED))
        fields += reversed(there)
    return ":".join(names), b"".join(fields)


@lru_cache(maxsize=1024)
def _relaxed(name: bytes, value: bytes) -> bytes:
    """A field as it is hashed (RFC 6376 section 3.4.2), with the end of its line."""
    return name.lower() + b":" + _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ") + b"\r\n"


def _signature(key: DkimKey, names: str, fields: bytes, body_hash: str, at: int) -> bytes:
    begun = _begun(key, names, body_hash, at)
    hashed = fields + _relaxed(b"DKIM-Signature", begun).removesuffix(b"\r\n")
    octets = base64.b64encode(_sign(key, hashlib.sha256(hashed).digest())).decode("ascii")
    lines = [octets[start : start + _LINE] for start in range(0, len(octets), _LINE)]
    return b"DKIM-Signature:" + begun + "\r\n ".join(lines).encode("ascii") + b"\r\n"


def _begun(key: DkimKey, names: str, body_hash: str, at: int) -> bytes:
    """The value of the field up to the signature itself, in lines of a readable length; folded between tags and names."""
    tags = f" v=1; a={key.algorithm}-sha256; c=relaxed/relaxed;\r\n d={key.domain}; s={key.selector}; t={at};"
    return f"{tags}\r\n {_named(names)}\r\n bh={body_hash};\r\n b=".encode("ascii")


# The mails of a campaign have the same fields.
@lru_cache(maxsize=64)
def _named(names: str) -> str:
    """The names of the fields that are signed, as lines."""
    lines, line = [], ""
    for name in names.split(":"):
        if line and len(line) + len(name) + 1 > _LINE:
            lines.append(f"{line}:")
            line = name
        else:
            line = f"{line}:{name}" if line else f"h={name}"
    return "\r\n ".join([*lines, f"{line};"])


def _sign(key: DkimKey, digest: bytes) -> bytes:
    if isinstance(key.private, RSAPrivateKey):
        return key.private.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
    # RFC 8463 section 3: what Ed25519 signs is the hash.
    return key.private.sign(digest)


def _written(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
