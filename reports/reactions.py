"""What customers did with a mailing, as figures: which of its texts did best, and which links they followed."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.mailings.models import Message
from reports.drawing import NEUTRAL, Figure, bars, number, share
from reports.queries import Numbers

State = Message.State


def texts(found: Numbers) -> Figure:
    """Several texts side by side, by the share that was delivered."""
    shares = [100 * one.delivered / one.sent if one.sent else 0.0 for one in found.texts]
    names = [str(one.template) for one in found.texts]
    sent = sum(one.sent for one in found.texts)
    return Figure(
        "texts",
        _("How did the texts do?"),
        _("“%(text)s” was delivered best: %(share)s of what left.")
        % {"text": names[shares.index(max(shares))], "share": f"{number(max(shares), 1)} %"}
        if sent
        else _("Nothing has left yet."),
        [_("Text"), _("Left"), _("Delivered"), _("Failed"), _("Replies"), _("Followed a link")],
        [
            [
                name,
                number(one.sent),
                *(
                    f"{number(count)} ({share(count, one.sent)})"
                    for count in (one.delivered, one.failed, one.replies, one.clicked)
                ),
            ]
            for name, one in zip(names, found.texts, strict=True)
        ],
        bars(names, [round(one, 1) for one in shares], ["delivered"] * len(names), _("percent of what left")),
        height=140 + 48 * len(names),
    )


def links(found: Numbers) -> Figure:
    """How many people followed each link."""
    delivered = found.ledger.counts[State.DELIVERED]
    return Figure(
        "links",
        _("Which links were followed?"),
        ngettext(
            "%(people)s person followed a link: %(share)s of those who got the message.",
            "%(people)s people followed a link: %(share)s of those who got the message.",
            found.followers,
        )
        % {"people": number(found.followers), "share": share(found.followers, delivered)},
        [_("Link"), _("People"), _("Of those who got it"), _("Clicks"), _("Fetched by robots")],
        [
            [
                link.address,
                number(link.people),
                share(link.people, delivered),
                number(link.clicks),
                number(link.robots),
            ]
            for link in found.links
        ],
        bars(
            [link.address for link in found.links],
            [link.people for link in found.links],
            [NEUTRAL] * len(found.links),
            _("people"),
        ),
        height=140 + 48 * len(found.links),
    )
