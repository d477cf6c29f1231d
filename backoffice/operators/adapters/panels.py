"""What an adapter consists of, in the order of a message's way."""

from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel

from kannel.adapters.placeholders import MEANINGS


def _placeholders() -> str:
    rows = format_html_join(
        "", "<li><code>{{{}}}</code> {}</li>", ((name, str(word)) for name, word in MEANINGS.items())
    )
    return format_html(
        "<p>{}</p><ul class='adapter-words'>{}</ul>",
        _(
            "Placeholders stand for what differs. Each value is written so that it fits its place and cannot break out of it."
        ),
        rows,
    )


def _places() -> str:
    return format_html(
        "<p>{}</p><p>{} <code>messages.0.status.name</code>, <code>info.@id</code>, <code>status</code>, "
        "<code>body</code></p>",
        _(
            "A place is a way of names with dots between them. Lists go by number from 0, attributes of XML have @ before "
            "them; “status” is the HTTP status, “body” the whole answer. After = stands a regular expression that the whole "
            "value has to fit."
        ),
        _("For example:"),
    )


ADAPTER_PANELS = [
    MultiFieldPanel([FieldPanel("name"), FieldPanel("played_by")], heading=gettext_lazy("What it is")),
    MultiFieldPanel(
        [
            HelpPanel(content=lazy(_placeholders, str)()),
            FieldRowPanel([FieldPanel("method"), FieldPanel("path")]),
            FieldRowPanel([FieldPanel("authentication"), FieldPanel("answer_seconds")]),
            MultiFieldPanel(
                [FieldPanel("token_path"), FieldPanel("token_body"), FieldPanel("token_at")],
                heading=gettext_lazy("Tokens that end after a while"),
                classname="collapsed",
            ),
            FieldPanel("headers"),
            FieldPanel("body_kind"),
            FieldPanel("body"),
        ],
        heading=gettext_lazy("How a message is sent"),
    ),
    MultiFieldPanel(
        [
            HelpPanel(content=lazy(_places, str)()),
            FieldPanel("answer_kind"),
            FieldPanel("taken_when"),
            FieldPanel("id_at"),
            FieldPanel("later_when"),
            FieldPanel("refused_when"),
            FieldPanel("account_when"),
            FieldPanel("money_when"),
            FieldPanel("reason_at"),
            FieldRowPanel([FieldPanel("balance_at"), FieldPanel("price_at")]),
        ],
        heading=gettext_lazy("What the operator's answer means"),
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("receipt_kind"), FieldPanel("receipts_at")]),
            FieldRowPanel([FieldPanel("receipt_id_at"), FieldPanel("receipt_state_at")]),
            FieldRowPanel(
                [FieldPanel("delivered_when"), FieldPanel("undelivered_when"), FieldPanel("expired_when")]
            ),
            FieldRowPanel([FieldPanel("receipt_error_at"), FieldPanel("receipt_answer")]),
            FieldPanel("receipt_header"),
        ],
        heading=gettext_lazy("Receipts that the operator calls us with"),
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("inbound_kind"), FieldPanel("inbound_at")]),
            FieldRowPanel([FieldPanel("inbound_from_at"), FieldPanel("inbound_text_at")]),
            FieldRowPanel([FieldPanel("inbound_to_at"), FieldPanel("inbound_id_at")]),
            FieldPanel("inbound_answer"),
        ],
        heading=gettext_lazy("Messages of customers that the operator calls us with"),
    ),
]
