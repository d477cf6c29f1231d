"""Durations as people say them."""

from datetime import timedelta

from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400


def in_words(duration: timedelta) -> str:
    """The two largest units, for example "3 min 20 s"; a negative duration counts as none."""
    seconds = max(0, round(duration.total_seconds()))
    if seconds < MINUTE:
        return _("%(seconds)d s") % {"seconds": seconds}
    if seconds < HOUR:
        return _("%(minutes)d min %(seconds)d s") % {
            "minutes": seconds // MINUTE,
            "seconds": seconds % MINUTE,
        }
    if seconds < DAY:
        hours, rest = divmod(seconds, HOUR)
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest // MINUTE}
    days, rest = divmod(seconds, DAY)
    return _("%(days)d d %(hours)d h") % {"days": days, "hours": rest // HOUR}
