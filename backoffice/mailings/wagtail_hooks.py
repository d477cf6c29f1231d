from typing import Any

from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.lib.columns import PlainColumn
from backoffice.lib.moments import told
from backoffice.lib.numbers import grouped
from backoffice.mailings import (
    approval_rules_screens,  # noqa: F401  registers above what size a mailing takes two approvers
    calendar_screens,  # noqa: F401  registers the calendar
    choosers,  # noqa: F401  registers the lists to choose texts and audiences from
    control_screens,  # noqa: F401  registers slowing down, and stopping an operator
    form_screens,
    part_screens,
    result_screens,  # noqa: F401  registers lists of a result, and writing to the rest
    rules_screens,  # noqa: F401  registers the rules for everybody
    standing_screens,  # noqa: F401  registers how operators do, receipts and error codes
    story_screens,  # noqa: F401  registers what was sent to one customer
    trying_screens,  # noqa: F401  registers test messages with the text of a mailing
    views,
)
from backoffice.mailings.filters import MailingFilterSet
from backoffice.mailings.forms import MailingForm
from backoffice.mailings.links import page_of
from backoffice.mailings.models import Mailing
from backoffice.mailings.progress import LOOKS
from backoffice.mailings.rehearsal import screens as rehearsal_screens  # noqa: F401  registers rehearsals
from backoffice.mailings.repeat_models import recurrence_of
from backoffice.mailings.routes import screens  # noqa: F401  registers what-if and the ways of a mailing
from backoffice.mailings.step_panels import STEP_PANELS


def state_of(mailing: Mailing) -> str:
    look = LOOKS[Mailing.State(mailing.state)]
    return format_html(
        '<span class="parley-state parley-state--{}">{}</span>', look, mailing.get_state_display()
    )


def progress_of(mailing: Mailing) -> str:
    books = getattr(mailing, "books", None)
    if books is None or mailing.is_series:
        return "–"
    return _("%(ended)s of %(all)s") % {"ended": grouped(books.ended), "all": grouped(books.to_send)}


def start_of(mailing: Mailing) -> str:
    if mailing.is_series:
        return recurrence_of(mailing).sentence()
    # The list knows when the first message leaves; without a plan nobody does.
    begins = getattr(mailing, "first_moment", None) or mailing.started_at or mailing.starts_at
    return told(begins) if begins else str(_("once approved"))


def author_of(mailing: Mailing) -> str:
    return mailing.created_by.get_full_name() or mailing.created_by.get_username()


def cost_of(mailing: Mailing) -> str:
    books = getattr(mailing, "books", None)
    if books is None or mailing.is_series:
        return "–"
    return f"{grouped(books.cost, 2)} {books.currency}"


class MailingViewSet(ModelViewSet):
    model = Mailing
    name = "mailings"
    url_prefix = "mailings"
    icon = "mail"
    menu_label = _("Mailings")
    menu_order = 200
    add_to_admin_menu = True
    search_fields = ["name"]
    search_backend_name = None
    filterset_class = MailingFilterSet
    list_per_page = 50
    ordering = ["-id"]
    inspect_view_enabled = True
    index_view_class = views.MailingIndexView
    add_view_class = form_screens.MailingCreateView
    edit_view_class = form_screens.MailingEditView
    copy_view_class = form_screens.MailingCopyView
    inspect_view_class = views.MailingPageView
    delete_view_class = views.MailingDeleteView
    inspect_template_name = "mailings/mailing.html"
    list_display = [
        TitleColumn("name", label=_("Name"), get_url=page_of),
        PlainColumn(state_of, label=_("State")),
        PlainColumn("audience", label=_("Audience")),
        PlainColumn(start_of, label=_("Starts"), sort_key="starts_at"),
        PlainColumn(progress_of, label=_("Ended"), classname="parley-number"),
        PlainColumn(cost_of, label=_("Cost so far"), classname="parley-number"),
        PlainColumn(author_of, label=_("Author")),
    ]
    panels = STEP_PANELS

    def get_form_class(self, for_update: bool = False) -> Any:
        return self.get_edit_handler().get_form_class()

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = MailingForm
        return handler

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("progress/<int:pk>/", views.progress_view, name="progress"),
            path("step/<int:pk>/<slug:name>/", views.step_view, name="step"),
            path("part/<int:pk>/<slug:what>/", part_screens.part_view, name="part"),
            path("recipients/<int:pk>/", views.recipients_view, name="recipients"),
            path("throw-away/<uuid:key>/", form_screens.throw_away_view, name="throw_away"),
        ]


@hooks.register("register_admin_viewset")
def register_mailings() -> MailingViewSet:
    return MailingViewSet()
