"""Who follows a link without being a person: previews of messengers, scanners, search engines, programs."""

from collections.abc import Mapping

from crawlerdetect import CrawlerDetect

_KNOWN = CrawlerDetect()


def is_robot(headers: Mapping[bytes, str]) -> bool:
    """By what a request says of itself: the list of CrawlerDetect, no browser at all, or a look ahead of a browser."""
    agent = headers.get(b"user-agent", "")
    ahead = headers.get(b"sec-purpose", "") + headers.get(b"purpose", "") + headers.get(b"x-moz", "")
    return not agent or "prefetch" in ahead or "preview" in ahead or bool(_KNOWN.isCrawler(agent))
