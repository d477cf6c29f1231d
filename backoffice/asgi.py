"""What is called from outside in large numbers: delivery reports of an smsbox, and short links of customers.

``uvicorn backoffice.asgi:application``. A proxy lets the Internet in to the short links alone: addresses of one part.
"""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

from backoffice.mailings.shortlinks.redirect import Redirect  # noqa: E402
from kannel.dlr_endpoint import application as receipts  # noqa: E402

redirect = Redirect()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Delivery reports and the life of the process go to the one, all else to the other."""
    is_link = scope["type"] == "http" and not scope["path"].startswith("/kannel/")
    await (redirect if is_link else receipts)(scope, receive, send)
