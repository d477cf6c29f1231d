"""What was done with each message that Kannel handed over, so that a repeated call sends nothing again. Kept in Redis."""

import time
from typing import Protocol, cast

import redis

# Kannel repeats what it had under way when it died, or got no answer for. Older than that no message is still valid.
KEPT_SECONDS = 86_400
_UNDER_WAY = b"?"


class RedisClient(Protocol):
    """What is used of a Redis client."""

    def set(
        self, name: str, value: bytes, *, ex: int, nx: bool = False, get: bool = False
    ) -> bytes | None: ...

    def delete(self, name: str) -> int: ...


class NoMemory(Exception):
    """Redis does not answer. Nothing may leave now."""


class Memory:
    """Answers by the connection's name and Kannel's id of the message."""

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
        self.client = cast("RedisClient", client)

    def claim(self, key: str) -> bytes | float | None:
        """None: the message is new, and noted as under way. Otherwise its answer, or for how many seconds it is under way.

        Raises NoMemory; the message may be noted then, and must not leave.
        """
        now = time.time()
        try:
            # One step: of two calls at once only one gets None.
            found = self.client.set(
                _name(key), _UNDER_WAY + str(now).encode(), ex=KEPT_SECONDS, nx=True, get=True
            )
        except redis.RedisError as error:
            raise NoMemory from error
        if found is None or not found.startswith(_UNDER_WAY):
            return found
        return max(0.0, now - float(found[1:]))

    def settle(self, key: str, answer: bytes) -> None:
        """Keeps the answer. Raises NoMemory; the message stays noted as under way then."""
        try:
            self.client.set(_name(key), answer, ex=KEPT_SECONDS)
        except redis.RedisError as error:
            raise NoMemory from error

    def forget(self, key: str) -> None:
        """The message may leave again. Raises NoMemory; it stays noted as under way then."""
        try:
            self.client.delete(_name(key))
        except redis.RedisError as error:
            raise NoMemory from error


def _name(key: str) -> str:
    return f"kannel.adapters:{key}"
