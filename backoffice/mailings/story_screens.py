"""What was sent to one customer: the story, finding somebody across all mailings, and a part of the customer's card."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import include, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from wagtail import hooks
from wagtail.admin.widgets.button import HeaderButton

from backoffice.accounts.models import User
from backoffice.accounts.revealing import never_stored, showing
from backoffice.customers import finding
from backoffice.customers.disguise import disguised
from backoffice.customers.models import Customer
from backoffice.lib.masking import masked_phone
from backoffice.lib.screens import RightMenuItem, Screen
from backoffice.mailings.story import story
from backoffice.mailings.texts import may_read_texts

RIGHT = "customers.view_customer"
FOUND_AT_MOST = 20
ON_THE_CARD = 5
BIGGEST_ID = 2**63


def _number(raw: str) -> int | None:
    """An id of a message from an address; None for anything else."""
    return int(raw) if raw.isdecimal() and raw.isascii() and len(raw) < len(str(BIGGEST_ID)) else None


class Story(Screen):
    """Everything that was planned for one customer, newest first."""

    right = RIGHT
    template_name = "mailings/story/story.html"
    header_icon = "mail"
    trail = [("story:find", _("Messages by number"))]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.customer = get_object_or_404(Customer, pk=kwargs["pk"])

    def get_page_title(self) -> str:
        return gettext("Messages to customer %(number)s") % {"number": self.customer.external_id}

    def get_header_buttons(self) -> list[HeaderButton]:
        card = reverse("customers:card", args=[self.customer.pk])
        return [HeaderButton(_("Customer"), url=card, icon_name="user")]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return never_stored(super().get(request, *args, **kwargs), showing(request, self.customer))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast("User", self.request.user)
        before = _number(self.request.GET.get("before", ""))
        at = _number(self.request.GET.get("at", ""))
        chapter = story(self.customer.pk, at + 1 if at is not None else before)
        shown = showing(self.request, self.customer)
        if may_read_texts(user):
            for one in chapter.told:
                if not shown.is_full:
                    one.message.text = disguised(one.message.text, self.customer)
        if shown.is_full:
            shown.record([self.customer.pk])
        return super().get_context_data(**kwargs) | {
            "customer": self.customer,
            "phone": self.customer.phone if shown.is_full else masked_phone(self.customer.phone),
            "showing": shown,
            "chapter": chapter,
            "is_first": before is None and at is None,
            "reads_texts": may_read_texts(user),
            "sees_mailings": user.has_perm("mailings.view_mailing"),
        }


class Find(Screen):
    """Somebody calls and asks: what did you send me? Found by number in any form. Asked by POST: numbers stay out of logs."""

    right = RIGHT
    template_name = "mailings/story/find.html"
    page_title = _("Messages by number")
    header_icon = "mail"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"words": "", "lines": [], "is_search": False} | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        words = request.POST.get("number", "").strip()
        found, problem = [], ""
        try:
            if words:
                people = finding.find(cast("User", request.user), words)
                found = list(people.order_by("-id")[: FOUND_AT_MOST + 1])
        except finding.TooManySearches as refusal:
            problem = str(refusal)
        if len(found) == 1:
            return redirect("story:customer", found[0].pk)
        context = self.get_context_data(
            words=words,
            is_search=bool(words),
            problem=problem,
            lines=[(one, masked_phone(one.phone)) for one in found[:FOUND_AT_MOST]],
            there_are_more=len(found) > FOUND_AT_MOST,
        )
        return render(request, self.template_name, context)


urls = (
    [
        path("", sensitive_post_parameters("number")(Find.as_view()), name="find"),
        path("<int:pk>/", Story.as_view(), name="customer"),
    ],
    "story",
)


@hooks.register("register_admin_urls")
def register_story_screens() -> list[Any]:
    return [path("customers/messages/", include(urls))]


# The heading is of the customers' room, see its wagtail_hooks.
@hooks.register("register_customers_menu_item")
def register_find_menu() -> RightMenuItem:
    return RightMenuItem(
        _("Messages by number"),
        reverse("story:find"),
        right=RIGHT,
        name="messages-by-number",
        icon_name="mail",
        order=150,
    )


@hooks.register("parley_customer_panels")
def last_messages(customer: Customer, user: User) -> list[str]:
    """On the card of a customer: the last messages, and the way to all of them."""
    chapter = story(customer.pk, limit=ON_THE_CARD)
    return [render_to_string("mailings/story/panel.html", {"customer": customer, "chapter": chapter})]
