"""What a person may set, in the order of thought; what few ever need is behind "For experts"."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel

from backoffice.operators.connections.waiting_panels import WaitingPanel
from backoffice.operators.unused import why_no_messages
from backoffice.operators.unused_panels import UnusedPanel

# Shown for one kind only, by operators.css.
SMPP, HTTP, ADAPTER = "parley-kind--smpp", "parley-kind--http", "parley-kind--adapter"
# HTTP with or without an adapter; SMPP and HTTP without one.
RECEIPTS, PLAIN = "parley-kind--receipts", "parley-kind--plain"

CONNECTION_PANELS = [
    UnusedPanel(why_no_messages),
    WaitingPanel(),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("name"), FieldPanel("kind")]),
            FieldRowPanel([FieldPanel("operator"), FieldPanel("gateway")]),
            FieldPanel("account"),
            FieldRowPanel([FieldPanel("is_enabled"), FieldPanel("is_test")]),
        ],
        heading=_("What it is"),
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("host"), FieldPanel("port")]),
            FieldRowPanel([FieldPanel("username"), FieldPanel("password")]),
            FieldPanel("use_tls"),
        ],
        heading=_("Where it goes, and as whom"),
    ),
    MultiFieldPanel(
        [FieldRowPanel([FieldPanel("throughput_per_second"), FieldPanel("window")])],
        heading=_("How much"),
    ),
    MultiFieldPanel(
        [FieldRowPanel([FieldPanel("binds"), FieldPanel("hex_message_ids")]), FieldPanel("system_type")],
        heading=_("SMPP"),
        classname=SMPP,
    ),
    MultiFieldPanel(
        [
            FieldPanel("path"),
            FieldRowPanel(
                [FieldPanel("success_regex"), FieldPanel("refused_regex"), FieldPanel("message_id_regex")]
            ),
            FieldPanel("receipt_addresses"),
        ],
        heading=_("HTTP: what we call, and who calls back"),
        classname=HTTP,
    ),
    MultiFieldPanel([FieldPanel("adapter")], heading=_("Adapter"), classname=ADAPTER),
    MultiFieldPanel([FieldPanel("receipt_port")], heading=_("Receipts"), classname=RECEIPTS),
    MultiFieldPanel(
        [
            HelpPanel(
                content=_(
                    "The usual values are right for nearly every operator. Change one only when the operator asks for it."
                )
            ),
            FieldRowPanel([FieldPanel("interface_version"), FieldPanel("service_type")]),
            FieldRowPanel([FieldPanel("source_ton"), FieldPanel("source_npi")]),
            FieldPanel("source_autodetect"),
            FieldRowPanel([FieldPanel("dest_ton"), FieldPanel("dest_npi")]),
            FieldRowPanel([FieldPanel("bind_ton"), FieldPanel("bind_npi"), FieldPanel("address_range")]),
            FieldRowPanel([FieldPanel("priority"), FieldPanel("validity_minutes")]),
            FieldRowPanel([FieldPanel("enquire_link_seconds"), FieldPanel("silence_seconds")]),
            FieldRowPanel([FieldPanel("reconnect_seconds"), FieldPanel("answer_seconds")]),
            FieldPanel("our_address"),
        ],
        heading=_("For experts: SMPP"),
        classname=f"{SMPP} collapsed",
    ),
    MultiFieldPanel(
        [FieldPanel("alphabet")],
        heading=_("For experts: alphabet"),
        classname=f"{PLAIN} collapsed",
    ),
]

GATEWAY_PANELS = [
    WaitingPanel(),
    MultiFieldPanel(
        [FieldPanel("name"), FieldPanel("transport"), FieldPanel("is_enabled")], heading=_("What it is")
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("host"), FieldPanel("our_addresses")]),
            FieldRowPanel([FieldPanel("box_port"), FieldPanel("admin_port"), FieldPanel("sendsms_port")]),
        ],
        heading=_("Where it is"),
    ),
    MultiFieldPanel(
        [FieldRowPanel([FieldPanel("redis_host"), FieldPanel("redis_port"), FieldPanel("redis_database")])],
        heading=_("Where it keeps the receipts that are still to come"),
    ),
    MultiFieldPanel([FieldPanel("box_id"), FieldPanel("smsbox_id")], heading=_("Who takes the reports")),
]
