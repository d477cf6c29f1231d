"""What the CRM sends beyond our own columns: ``Customer.attributes``, and which of them may be used in conditions."""

import threading
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import connection

from backoffice.customers.frequent import Frequent
from backoffice.customers.models import AttributeDefinition

YES_WORDS = frozenset({"1", "yes", "true", "да", "y"})
NO_WORDS = frozenset({"0", "no", "false", "нет", "n"})

# Keys and values on offer are those of the newest customers that have any: reading all 1.9 million takes seconds.
NEWEST_CUSTOMERS = 2_000
OFFERED = 100
KEPT_SECONDS = 300
# A value that hardly anybody shares may be a secret, such as the number of a passport: it is not offered.
SHARED_BY = 3


class _Remembered(threading.local):
    """The definitions during one request, so that a list of audiences asks for them once."""

    is_in_request = False
    definitions: dict[str, AttributeDefinition] | None = None


_remembered = _Remembered()


def definitions() -> dict[str, AttributeDefinition]:
    """The known attributes by their key, in the order of their labels."""
    if _remembered.is_in_request and _remembered.definitions is not None:
        return _remembered.definitions
    found = {definition.key: definition for definition in AttributeDefinition.objects.order_by("label")}
    if _remembered.is_in_request:
        _remembered.definitions = found
    return found


def _begin(**kwargs: Any) -> None:
    _remembered.is_in_request, _remembered.definitions = True, None


def _end(**kwargs: Any) -> None:
    _remembered.is_in_request, _remembered.definitions = False, None


request_started.connect(_begin)
request_finished.connect(_end)

# Key -> the names of what would lose its meaning without the attribute. Told by the rooms above when they start.
Users = Callable[[str], list[str]]
_users: list[Users] = []


def register_users(provider: Users) -> None:
    """Adds somebody who may need an attribute."""
    _users.append(provider)


def users_of(key: str) -> list[str]:
    """The names of all that uses an attribute."""
    return [name for provider in _users for name in provider(key)]


def keys_in_use() -> list[str]:
    """The keys that customers have, most frequent first."""
    rows = _of_newest(
        "attribute-keys",
        """
        SELECT key, count(*), (SELECT count(*) FROM newest) FROM newest, jsonb_object_keys(attributes) AS key
        GROUP BY key ORDER BY count(*) DESC, key LIMIT %s
        """,
        [],
    )
    return [one.value for one in rows]


def values_in_use(key: str) -> list[Frequent]:
    """The values that several customers share under a key, most frequent first, as texts; counted where there are few."""
    return _of_newest(
        f"attribute-values:{key.encode().hex()}",
        """
        SELECT attributes ->> %s AS value, count(*), (SELECT count(*) FROM newest)
        FROM newest WHERE attributes ->> %s <> ''
        GROUP BY value HAVING count(*) >= %s ORDER BY count(*) DESC, value LIMIT %s
        """,
        [key, key, SHARED_BY],
    )


def _of_newest(name: str, statement: str, parameters: list[Any]) -> list[Frequent]:
    cache_key = f"{name}:counted"
    found: list[Frequent] | None = cache.get(cache_key)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH newest AS MATERIALIZED"
                " (SELECT attributes FROM customers_customer WHERE attributes <> '{}' ORDER BY id DESC LIMIT %s) "
                + statement,
                [NEWEST_CUSTOMERS, *parameters, OFFERED],
            )
            # Of more customers than were read nobody knows how many have it.
            found = [
                Frequent(value, count, is_exact=True) if read < NEWEST_CUSTOMERS else Frequent(value)
                for value, count, read in cursor.fetchall()
            ]
        cache.set(cache_key, found, KEPT_SECONDS)
    return found
