"""What is kept encrypted in the database: sealed under the newest secret key of the installation, opened by any of them.

AES-256-GCM (NIST SP 800-38D) under a key that HKDF-SHA-256 (RFC 5869) makes from the secret key; what is sealed is bound to
its context, so that it opens nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_LENGTH = 12
_VERSION = b"\x01"


def seal(secret_keys: Sequence[str], octets: bytes, context: str) -> bytes:
    """The octets, readable for whoever has the first of the secret keys. `context` says what they are, and of whom."""
    nonce = os.urandom(_NONCE_LENGTH)
    return _VERSION + nonce + _cipher(secret_keys[0]).encrypt(nonce, octets, context.encode())


def opened(secret_keys: Sequence[str], sealed: bytes, context: str) -> bytes | None:
    """What was sealed in this context; None where none of the keys opens it, or it was changed."""
    version, nonce, octets = sealed[:1], sealed[1 : 1 + _NONCE_LENGTH], sealed[1 + _NONCE_LENGTH :]
    if version != _VERSION or len(nonce) < _NONCE_LENGTH:
        return None
    for secret in secret_keys:
        try:
            return _cipher(secret).decrypt(nonce, octets, context.encode())
        except InvalidTag:
            continue
    return None


def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"troth sealing 1").derive(secret.encode()))
