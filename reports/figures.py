"""Numbers to figures: what each asks, what it answers, how it is drawn, and the same numbers as a table."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.mailings.models import Message
from reports import reactions
from reports.drawing import NEUTRAL, Figure, bars, drawing_of, legend_above, number, share
from reports.queries import DELIVERY_CLASSES, Numbers

State = Message.State
OUTCOMES = (State.DELIVERED, State.SENT, State.UNDELIVERED, State.EXPIRED, State.REJECTED, State.FAILED)


def figures(found: Numbers) -> list[Figure]:
    """The figures of a report, in the order in which one asks."""
    return [
        funnel(found),
        pace(found),
        delivery(found),
        outcomes(found),
        costs(found),
        reasons(found),
        *([reactions.texts(found)] if found.texts else []),
        *([reactions.links(found)] if found.links else []),
    ]


def as_json(shown: Sequence[Figure]) -> str:
    """A JSON object: name to what Plotly draws."""
    return json.dumps({figure.name: json.loads(figure.drawing.to_json()) for figure in shown})


def funnel(found: Numbers) -> Figure:
    account = found.ledger
    delivered = account.counts[State.DELIVERED]
    steps = [
        (_("In the audience"), account.planned or 0, NEUTRAL),
        (_("To be written to"), account.to_send, "waiting"),
        (_("Taken by operators"), found.taken, "sent"),
        (_("Delivered"), delivered, "delivered"),
    ]
    whole = steps[0][1]
    return Figure(
        "funnel",
        _("How many did it reach?"),
        _("%(share)s of those to be written to have it: %(delivered)s of %(all)s.")
        % {
            "share": share(delivered, account.to_send),
            "delivered": number(delivered),
            "all": number(account.to_send),
        },
        [_("Step"), _("Messages"), _("Of the audience")],
        [[name, number(value), share(value, whole)] for name, value, _colour in steps],
        bars(
            [name for name, _value, _colour in steps],
            [value for _name, value, _colour in steps],
            [colour for _name, _value, colour in steps],
            _("messages"),
        ),
        height=260,
    )


def pace(found: Numbers) -> Figure:
    points = found.pace.points
    by_hour = found.pace.interval >= timedelta(hours=1)
    unit = _("messages an hour") if by_hour else _("messages a minute")
    times = [timezone.localtime(at) for at, _taken, _delivered in points]
    lines = [
        (_("Taken by operators"), [taken for _at, taken, _delivered in points], "sent", "dot"),
        (_("Delivered"), [delivered for _at, _taken, delivered in points], "delivered", "solid"),
    ]
    traces = [
        go.Scatter(
            name=name,
            x=[at.replace(tzinfo=None).isoformat() for at in times],
            y=values,
            mode="lines+markers" if len(points) < 60 else "lines",
            line={"dash": dash, "width": 2},
            meta={"colour": colour},
        )
        for name, values, colour, dash in lines
    ]
    best = max((taken for _at, taken, _delivered in points), default=0)
    return Figure(
        "pace",
        _("How fast did it go?"),
        _("At most %(best)s %(unit)s were taken by operators.") % {"best": number(best), "unit": unit}
        if points
        else _("Nothing has left yet."),
        [_("Time"), _("Taken by operators"), _("Delivered")],
        [
            [date_format(at, "SHORT_DATETIME_FORMAT"), number(taken), number(delivered)]
            for at, (_at, taken, delivered) in zip(times, points, strict=True)
        ],
        legend_above(drawing_of(traces, _("time"), unit)).update_yaxes(rangemode="tozero"),
    )


def _words(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    if seconds < 60:
        return _("%(number)d s") % {"number": seconds}
    if seconds < 3600:
        return _("%(number)d min") % {"number": seconds // 60}
    return _("%(number)d h") % {"number": seconds // 3600}


def delivery(found: Numbers) -> Figure:
    limits = [_words(limit) for limit in DELIVERY_CLASSES]
    names = [
        _("up to %(to)s") % {"to": limits[0]},
        *(f"{low} – {high}" for low, high in pairwise(limits)),
        _("more than %(from)s") % {"from": limits[-1]},
    ]
    whole = sum(found.delivery)
    fast = sum(found.delivery[:4])
    bar = go.Bar(
        x=names,
        y=found.delivery,
        text=[number(value) if value else "" for value in found.delivery],
        textposition="auto",
        hovertemplate="%{x}: %{y}<extra></extra>",
        meta={"colour": "delivered"},
    )
    return Figure(
        "delivery",
        _("How long did delivery take?"),
        _("%(share)s of the delivered ones arrived within a minute after the operator took them.")
        % {"share": share(fast, whole)}
        if whole
        else _("Nothing has been delivered yet."),
        [_("Time until delivered"), _("Messages"), _("Of the delivered")],
        [
            [name, number(value), share(value, whole)]
            for name, value in zip(names, found.delivery, strict=True)
        ]
        if whole
        else [],
        drawing_of([bar], _("time from the operator to the telephone"), _("messages"), showlegend=False),
    )


def outcomes(found: Numbers) -> Figure:
    operators = [operator for operator, _states in found.outcomes]
    wholes = {operator: sum(states.values()) for operator, states in found.outcomes}
    traces = [
        go.Bar(
            orientation="h",
            name=_capital(state.label),
            y=operators,
            x=[100 * states.get(state, 0) / wholes[operator] for operator, states in found.outcomes],
            customdata=[states.get(state, 0) for _operator, states in found.outcomes],
            hovertemplate="%{y}, %{fullData.name}: %{x:.1f} % (%{customdata})<extra></extra>",
            meta={"colour": state.value},
        )
        for state in OUTCOMES
        if any(states.get(state) for _operator, states in found.outcomes)
    ]
    drawing = legend_above(
        drawing_of(traces, _("percent of the messages the operator took"), "", barmode="stack")
    )
    drawing.update_xaxes(range=[0, 100])
    return Figure(
        "outcomes",
        _("Which operator delivers best?"),
        _best(found),
        [_("Operator"), _("Messages"), *(_capital(state.label) for state in OUTCOMES)],
        [
            [
                operator,
                number(wholes[operator]),
                *(
                    f"{number(states.get(state, 0))} ({share(states.get(state, 0), wholes[operator])})"
                    for state in OUTCOMES
                ),
            ]
            for operator, states in found.outcomes
        ],
        drawing,
        height=180 + 48 * len(operators),
    )


def _capital(words: Any) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]


def _best(found: Numbers) -> str:
    shares = [
        (states.get(State.DELIVERED, 0) / sum(states.values()), operator)
        for operator, states in found.outcomes
    ]
    if not shares:
        return _("No operator has taken anything yet.")
    share, operator = max(shares)
    words = {"operator": operator, "share": f"{number(100 * share, 1)} %"}
    if len(shares) == 1:
        return _("%(operator)s has delivered %(share)s of what it took.") % words
    return _("%(operator)s: it has delivered %(share)s of what it took.") % words


def costs(found: Numbers) -> Figure:
    currency = found.ledger.currency
    parts = sum(parts for _operator, parts, _cost in found.costs)
    return Figure(
        "costs",
        _("What did it cost?"),
        ngettext(
            "%(cost)s %(currency)s for %(parts)s part that operators took.",
            "%(cost)s %(currency)s for %(parts)s parts that operators took.",
            parts,
        )
        % {"cost": number(found.ledger.cost, 2), "currency": currency, "parts": number(parts)},
        [_("Operator"), _("Parts"), _("Cost, %(currency)s") % {"currency": currency}],
        [[operator or "–", number(parts), number(cost, 2)] for operator, parts, cost in found.costs],
        bars(
            [operator or "–" for operator, _parts, _cost in found.costs],
            [float(round(cost, 2)) for _operator, _parts, cost in found.costs],
            [NEUTRAL] * len(found.costs),
            currency,
        ),
        height=140 + 48 * len(found.costs),
    )


def reasons(found: Numbers) -> Figure:
    whole = sum(count for _words, count in found.reasons)
    names = [words for words, _count in found.reasons]
    return Figure(
        "reasons",
        _("Why did some not arrive?"),
        _("Most often: %(reason)s") % {"reason": names[0]} if names else _("Nothing has failed."),
        [_("Reason"), _("Messages"), _("Of those that failed")],
        [[words, number(count), share(count, whole)] for words, count in found.reasons],
        bars(names, [count for _words, count in found.reasons], ["failed"] * len(names), _("messages")),
        height=140 + 40 * len(names),
    )
