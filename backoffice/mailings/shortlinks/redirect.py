"""Where short links lead: a small ASGI application beside the one of delivery reports.

It leads to what stands in the row of the link and nowhere else, so it is no open redirect. Links are kept in memory, and in
Redis for the next process, so it goes on while the database is away. Clicks wait in Redis (clicks.py), and while that is
away in memory.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import quote

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.mailings.shortlinks.clicks import Clicks, NewClick
from backoffice.mailings.shortlinks.codes import NoCode, customer_of, link_of
from backoffice.mailings.shortlinks.known import Known, KnownLinks, Unreachable
from backoffice.mailings.shortlinks.robots import is_robot

logger = structlog.get_logger(__name__)

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><body style="font: 1.2rem/1.5 sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem">
<h1 style="font-size: 1.4rem">{title}</h1><p>{words}</p>"""
THREADS = 4
# RFC 3986: all that an address is made of. Targets are written so in their rows; anything else would break the header.
ALLOWED = ":/?#[]@!$&'()*+,;=-._~%"


class Redirect:
    """The application."""

    def __init__(self, links: KnownLinks | None = None, clicks: Clicks | None = None) -> None:
        self.links, self.clicks = links or KnownLinks(), clicks or Clicks()
        self.threads = ThreadPoolExecutor(max_workers=THREADS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await self._say(send, 405, _("This cannot be done here."), "")
            return
        now = timezone.now()
        try:
            link, click = await self._find(scope, now)
        except NoCode:
            await self._say(
                send,
                404,
                _("This address leads nowhere."),
                _("Check whether it was typed as it stands in the message."),
            )
        except Unreachable:
            await self._say(
                send, 503, _("This does not work at the moment."), _("Please try again in a minute.")
            )
        else:
            if link.expires_at <= now:
                await self._say(
                    send, 410, _("This link has ended."), _("The message it came with is too old.")
                )
                return
            await self._lead(send, link.target)
            await asyncio.get_running_loop().run_in_executor(self.threads, self.clicks.keep, click)

    async def _find(self, scope: Any, now: datetime) -> tuple[Known, NewClick]:
        code = scope["path"].removeprefix("/")
        link_id = link_of(code)
        link = await asyncio.get_running_loop().run_in_executor(self.threads, self.links.find, link_id)
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return link, NewClick(
            link_id=link_id,
            customer_id=customer_of(code, link.key),
            at=now,
            is_robot=scope["method"] == "HEAD" or is_robot(headers),
        )

    async def _lead(self, send: Any, target: str) -> None:
        headers = [
            (b"location", quote(target, safe=ALLOWED).encode("ascii")),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-length", b"0"),
        ]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _say(self, send: Any, status: int, title: str, words: str) -> None:
        body = PAGE.format(title=title, words=words).encode()
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
