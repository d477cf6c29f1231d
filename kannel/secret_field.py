"""Secrets at rest: a column that is plain text to Python and a Fernet token to the database.

The keys come from the environment. The first one writes, all of them read, so that a key can be replaced without a pause:
put the new one first, run `manage.py rotate_secrets`, take the old one away.
"""

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

KEY_LENGTH_AT_LEAST = 32


class NoSecretKey(Exception):
    """There is no key to keep a secret with: set KANNEL_SECRET_KEYS in the environment."""


class Unreadable(str):
    """What stands for a secret that none of our keys opens. It is empty, and saving it keeps the token as it is."""

    token: str

    def __new__(cls, token: str) -> "Unreadable":
        made = super().__new__(cls, "")
        made.token = token
        return made


class SecretField(models.TextField[str, str]):
    """Text that never reaches the database, a dump or a replica in the clear. An empty one is stored as empty."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.token
        return hide(str(value)) if value else super().get_prep_value(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return show(value) if value else value


def hide(text: str) -> str:
    """The token of a secret. Raises NoSecretKey."""
    return _keys().encrypt(text.encode()).decode()


def can_keep() -> bool:
    """Whether there is a key to keep a secret with."""
    return bool(settings.KANNEL_SECRET_KEYS)


def show(token: str) -> str:
    """The secret of a token, or Unreadable: a page that lists connections must not fail with one of them."""
    try:
        return _keys().decrypt(token.encode()).decode()
    except (InvalidToken, NoSecretKey):
        return Unreadable(token)


def _keys() -> MultiFernet:
    if not settings.KANNEL_SECRET_KEYS:
        raise NoSecretKey
    return MultiFernet([_fernet(key) for key in settings.KANNEL_SECRET_KEYS])


def _fernet(key: str) -> Fernet:
    """Any long random text will do for a key."""
    return Fernet(urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
