"""Tokens that an operator gives for an account and that end after a while (RFC 6749, 4.4, or a login of its own)."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _

from kannel.adapters import conditions, documents, placeholders
from kannel.adapters.bodies import Body, read
from kannel.adapters.conditions import Wanted
from kannel.adapters.placeholders import Values
from kannel.adapters.requests import Request, path_of
from kannel.models import Adapter
from kannel.values import ConfigurationError

# Where the operator does not say how long a token holds.
HOLDS_SECONDS = 600.0
# Fetched anew so long before its end: it is used in requests that are under way then.
EARLIER_SECONDS = 30.0
LIFETIME_AT = "expires_in"
OF_ACCOUNT = frozenset({"username", "password", "timestamp"})
# The operator knows the account and refuses it (RFC 6749, 5.2).
REFUSED = (400, 401, 403)

Ask = Callable[[Request], tuple[int, bytes]]


class AccountRefused(Exception):
    """The operator gives no token for this account."""


class NoToken(Exception):
    """Its answer has no token; later there may be one."""


@dataclass(frozen=True)
class TokenRules:
    """How a token is asked for, and where it stands in the answer."""

    path: str
    body: Body
    token: Wanted

    @classmethod
    def of(cls, adapter: Adapter) -> Self | None:
        """None where an adapter needs none. Raises ConfigurationError with the field of the adapter."""
        if not adapter.token_path:
            if adapter.token_body.strip() or adapter.token_at:
                raise ConfigurationError("token_path", _("Say at which path the token is asked for."))
            return None
        if not adapter.token_at:
            raise ConfigurationError("token_at", _("Say where the token stands, for example access_token."))
        placeholders.check("token_body", adapter.token_body, OF_ACCOUNT)
        is_json = adapter.token_body.lstrip().startswith("{")
        try:
            body = read("json" if is_json else "form", adapter.token_body)
        except ConfigurationError as error:
            raise ConfigurationError("token_body", str(error)) from error
        path = path_of("token_path", adapter.token_path)
        return cls(path, body, conditions.wanted("token_at", adapter.token_at))

    def request(self, account: Values) -> Request:
        """What asks for a token."""
        headers = {"Content-Type": self.body.content_type, "Accept": "application/json"}
        values = {**account, "timestamp": str(int(time.time()))}
        return Request("POST", self.path, headers, self.body.written(values))


class Tokens:
    """The token of one line, fetched when there is none, or it ends soon, or the operator no longer takes it."""

    def __init__(self) -> None:
        self._token, self._until = "", 0.0
        self._lock = threading.Lock()

    def get(self, rules: TokenRules, account: Values, ask: Ask) -> str:
        """A token that holds. Raises AccountRefused, NoToken, and what ``ask`` raises."""
        with self._lock:
            if not self._token or time.monotonic() >= self._until:
                self._token, holds_seconds = _fetched(rules, account, ask)
                self._until = time.monotonic() + max(holds_seconds - EARLIER_SECONDS, 1.0)
            return self._token

    def forget(self) -> None:
        """The operator does not take it any more."""
        with self._lock:
            self._token = ""


def _fetched(rules: TokenRules, account: Values, ask: Ask) -> tuple[str, float]:
    status, body = ask(rules.request(account))
    if status in REFUSED:
        raise AccountRefused(f"HTTP {status}")
    answer = documents.read("json", body, status)
    token = rules.token.of(answer)
    if not 200 <= status < 300 or not token:
        raise NoToken(f"HTTP {status}")
    lifetime = answer.at(LIFETIME_AT) or ""
    return token, float(lifetime[:9]) if lifetime.isascii() and lifetime.isdigit() else HOLDS_SECONDS
