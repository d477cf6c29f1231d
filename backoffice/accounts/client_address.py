"""From where a request comes, behind as many proxies as we run."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of whoever asks. Each of our proxies adds who asked it at the end of X-Forwarded-For.

    What stands before that was written by whoever asks, and is not believed. Empty when nothing is known.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        said = request.headers.get("X-Forwarded-For", "").split(",")
        direct = said[-min(settings.TRUSTED_PROXIES, len(said))].strip() or direct
    try:
        return str(ip_address(direct))
    except ValueError:
        return ""
