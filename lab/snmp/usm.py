"""The user-based security model: keys, authentication, privacy (RFC 3414, RFC 3826, RFC 7860)."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from agent.model import SnmpCredentials

_ONE_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Hash:
    """An authentication protocol: the hash and how many bytes of the code are sent."""

    name: str
    sent: int


HASHES = {
    "MD5": Hash("md5", 12),
    "SHA": Hash("sha1", 12),
    "SHA-1": Hash("sha1", 12),
    "SHA-224": Hash("sha224", 16),
    "SHA-256": Hash("sha256", 24),
    "SHA-384": Hash("sha384", 32),
    "SHA-512": Hash("sha512", 48),
}
CIPHERS = ("AES", "AES-128")


@lru_cache(maxsize=256)
def password_key(name: str, password: str) -> bytes:
    """Return the user's key: the hash of the password repeated to one megabyte (RFC 3414, A.2)."""
    secret = password.encode()
    return hashlib.new(name, (secret * (_ONE_MEGABYTE // len(secret) + 1))[:_ONE_MEGABYTE]).digest()


def localized_key(name: str, password: str, engine_id: bytes) -> bytes:
    """Return the user's key at one engine (RFC 3414, 2.6)."""
    key = password_key(name, password)
    return hashlib.new(name, key + engine_id + key).digest()


class User:
    """A user at one engine, with the keys that hold there."""

    __slots__ = ("_auth_key", "_priv_key", "hash")

    def __init__(self, credentials: SnmpCredentials, engine_id: bytes) -> None:
        if credentials.auth and credentials.auth.upper() not in HASHES:
            raise ValueError(f"the lab's devices speak {', '.join(HASHES)}, not {credentials.auth}")
        self.hash = HASHES[credentials.auth.upper()] if credentials.auth else None
        self._auth_key = self._priv_key = b""
        if self.hash and credentials.auth_key:
            self._auth_key = localized_key(self.hash.name, credentials.auth_key.reveal(), engine_id)
        if self.hash and credentials.priv and credentials.priv_key:
            if credentials.priv.upper() not in CIPHERS:
                raise ValueError(f"the lab's devices speak {' or '.join(CIPHERS)}, not {credentials.priv}")
            self._priv_key = localized_key(self.hash.name, credentials.priv_key.reveal(), engine_id)[:16]

    @property
    def level(self) -> int:
        """The message flags this user needs: 0 none, 1 authentication, 3 privacy too."""
        return (1 if self._auth_key else 0) | (2 if self._priv_key else 0)

    def code(self, message: bytes) -> bytes:
        """Return the authentication code of a whole message whose own code is zeros."""
        assert self.hash is not None
        return hmac.digest(self._auth_key, message, self.hash.name)[: self.hash.sent]

    def encrypt(self, boots: int, time_s: int, clear: bytes) -> tuple[bytes, bytes]:
        """Return the encrypted data and the salt to send with it."""
        salt = os.urandom(8)
        encryptor = self._cipher(boots, time_s, salt).encryptor()
        return encryptor.update(clear) + encryptor.finalize(), salt

    def decrypt(self, boots: int, time_s: int, salt: bytes, data: bytes) -> bytes:
        """Return the clear text; what was encrypted with another key comes out as noise."""
        decryptor = self._cipher(boots, time_s, salt).decryptor()
        return decryptor.update(data) + decryptor.finalize()

    def _cipher(self, boots: int, time_s: int, salt: bytes) -> Cipher[CFB]:
        start = boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
        return Cipher(AES(self._priv_key), CFB(start))
