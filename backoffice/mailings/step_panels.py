"""The form of a mailing in steps: what most people need is to be seen, the rest is folded until somebody wants it."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel, Panel, PanelGroup

from backoffice.mailings.steps import NAMES


class StepPanel(MultiFieldPanel):
    """One of the steps, at an address that is the same in every language."""

    def __init__(self, children: Any = (), step: str = "", **kwargs: Any) -> None:
        super().__init__(children, **{"heading": NAMES[step], **kwargs})
        self.step = step

    def clone_kwargs(self) -> dict[str, Any]:
        return {**super().clone_kwargs(), "step": self.step}

    @property
    def clean_name(self) -> str:
        return f"step_{self.step}"

    class BoundPanel(MultiFieldPanel.BoundPanel):
        """As Wagtail draws it."""


class FoldedPanel(MultiFieldPanel):
    """Folded away, unless something in it is wrong or differs from what is usual."""

    class BoundPanel(MultiFieldPanel.BoundPanel):
        """Its heading is that of the fold, so nothing stands above it."""

        template_name = "mailings/steps/folded.html"

        @property
        def title(self) -> str:
            return str(self.panel.heading)

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.heading = ""

        @property
        def is_open(self) -> bool:
            return any(self._is_wanted(name) for name in fields_of(self.panel))

        def _is_wanted(self, name: str) -> bool:
            field = self.form[name]
            usual = self.instance._meta.get_field(name).get_default()
            return bool(field.errors) or field.field.has_changed(usual, field.value())


def fields_of(panel: Panel) -> Iterator[str]:
    """The names of the fields in a panel, however deep."""
    if isinstance(panel, FieldPanel):
        yield panel.field_name
    elif isinstance(panel, PanelGroup):
        for child in panel.children:
            yield from fields_of(child)


COMPARING = FoldedPanel(
    [
        HelpPanel(
            _(
                "Some recipients, drawn at random, get another text, so that you see which one does better. "
                "The first text has the share that the others leave."
            )
        ),
        FieldRowPanel([FieldPanel("second_text"), FieldPanel("second_percent")]),
        FieldRowPanel([FieldPanel("third_text"), FieldPanel("third_percent")]),
        FieldRowPanel([FieldPanel("test_percent"), FieldPanel("test_hours")]),
        FieldPanel("measure"),
    ],
    heading=_("Compare texts"),
)
MORE_TIMES = FoldedPanel(
    [
        FieldRowPanel([FieldPanel("local_from"), FieldPanel("local_to")]),
        FieldRowPanel([FieldPanel("spread_hours"), FieldPanel("validity")]),
    ],
    heading=_("Hours, and how fast"),
)
REPEATING = FoldedPanel(
    [
        HelpPanel(
            _(
                "A mailing that repeats is approved once. Each time it goes out it is planned anew; within the limits "
                "below it starts by itself, otherwise it waits for an approver."
            )
        ),
        FieldPanel("repeats"),
        FieldPanel("repeat_weekdays"),
        FieldRowPanel([FieldPanel("month_day"), FieldPanel("until")]),
        FieldRowPanel([FieldPanel("time_of_day"), FieldPanel("zone")]),
        FieldPanel("country"),
        FieldPanel("on_holiday"),
        FieldPanel("run_hours"),
        FieldRowPanel([FieldPanel("run_recipients"), FieldPanel("run_cost")]),
    ],
    heading=_("Again and again"),
)
OCCASIONS = FoldedPanel(
    [
        HelpPanel(
            _(
                "Of the audience only those get a mailing that repeats who have an occasion on the day of a run; "
                "each of them once."
            )
        ),
        FieldRowPanel([FieldPanel("trigger"), FieldPanel("trigger_days")]),
        FieldRowPanel([FieldPanel("trigger_action"), FieldPanel("trigger_mailing")]),
    ],
    heading=_("On an occasion"),
)
MORE_RULES = FoldedPanel(
    [
        FieldRowPanel([FieldPanel("max_price"), FieldPanel("extra_percent")]),
        FieldRowPanel([FieldPanel("cap_messages"), FieldPanel("cap_days")]),
        FieldPanel("priority"),
        FieldPanel("uncertain_policy"),
    ],
    heading=_("More rules"),
)
STEP_PANELS = [
    StepPanel(
        [FieldPanel("name"), FieldPanel("template"), FieldPanel("sender"), COMPARING],
        step="text",
    ),
    StepPanel([FieldPanel("audience"), FieldPanel("purpose")], step="audience"),
    StepPanel(
        [
            FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
            FieldPanel("by_own_clock"),
            MORE_TIMES,
            REPEATING,
            OCCASIONS,
        ],
        step="when",
    ),
    StepPanel(
        [FieldRowPanel([FieldPanel("budget"), FieldPanel("holdout_percent")]), MORE_RULES], step="rules"
    ),
]
STEP_OF = {name: panel.step for panel in STEP_PANELS for name in fields_of(panel)}
