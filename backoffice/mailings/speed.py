"""How fast one mailing goes: a limit in messages a second, which claiming obeys over all connections together.

The limit is a bucket that fills with time and holds one second of it. Who claims takes from it under a lock of its row,
so any number of senders on any number of hosts keep to it together.
"""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from backoffice.accounts.models import User
from backoffice.lib.numbers import grouped
from backoffice.lib.said import stored
from backoffice.mailings.lifecycle import Refused
from backoffice.mailings.models import Mailing, SpeedLimit
from backoffice.mailings.speed_models import MOST_PER_SECOND

# A limit may be set before a mailing starts, and until it has ended.
LIMITABLE = frozenset({Mailing.State.APPROVED, Mailing.State.RUNNING, Mailing.State.PAUSED})
RIGHT = "mailings.control_mailing"
# A claim of a message or two costs as much as one of hundreds: a limited mailing is claimed about four times a second.
CLAIMS_PER_SECOND = 4


def slow_down(mailing: Mailing, per_second: int, by: User) -> None:
    """From now on at most so many messages a second leave. What has been handed over goes on.

    :raises Refused: when the person or the state does not allow it, or the number makes no sense.
    """
    if not 1 <= per_second <= MOST_PER_SECOND:
        raise Refused(
            _("Give a whole number from 1 to %(most)s messages a second.")
            % {"most": grouped(MOST_PER_SECOND)}
        )
    with transaction.atomic():
        _check(mailing, by)
        now = timezone.now()
        SpeedLimit.objects.update_or_create(
            mailing=mailing,
            defaults={
                "per_second": per_second,
                "room": 0,
                "counted_at": now,
                "set_by": by,
                "set_at": now,
            },
        )
        comment = stored(partial(_rate_words, per_second))
        log(mailing, "mailings.slow_down", user=by, data={"state": mailing.state, "comment": comment})


def full_speed(mailing: Mailing, by: User) -> None:
    """It goes as fast as its operators take it again. Nothing happens if it does already.

    :raises Refused: when the person or the state does not allow it.
    """
    with transaction.atomic():
        _check(mailing, by)
        if SpeedLimit.objects.filter(mailing=mailing).delete()[0]:
            log(mailing, "mailings.full_speed", user=by, data={"state": mailing.state, "comment": ""})


def _check(mailing: Mailing, by: User) -> None:
    if not by.has_perm(RIGHT):
        raise Refused(_("Your role does not allow this."))
    # Nobody moves the mailing on meanwhile.
    mailing.state = Mailing.objects.select_for_update().values_list("state", flat=True).get(pk=mailing.pk)
    if mailing.state not in LIMITABLE:
        raise Refused(
            _("The mailing is now “%(state)s”, so this is not possible.")
            % {"state": mailing.get_state_display()}
        )


def limit_of(mailing: Mailing) -> SpeedLimit | None:
    """The limit of a mailing, None if it has none. Asks nothing where it was selected with the mailing."""
    return getattr(mailing, "speed_limit", None)


def granted(mailing: Mailing, wanted: int) -> int:
    """How many of the wanted messages may be claimed now; they are taken out of the bucket."""
    if limit_of(mailing) is None or wanted < 1:
        return wanted
    with transaction.atomic():
        limit = SpeedLimit.objects.select_for_update().filter(mailing=mailing).first()
        if limit is None:
            return wanted
        now = timezone.now()
        seconds = max(0.0, (now - limit.counted_at) / timedelta(seconds=1))
        room = min(float(limit.per_second), limit.room + seconds * limit.per_second)
        if room < min(wanted, max(1, limit.per_second // CLAIMS_PER_SECOND)):
            return 0
        count = min(wanted, int(room))
        SpeedLimit.objects.filter(mailing=mailing).update(room=room - count, counted_at=now)
        return count


def give_back(mailing: Mailing, count: int) -> None:
    """What was granted and not claimed may be claimed by others."""
    if count < 1 or limit_of(mailing) is None:
        return
    with transaction.atomic():
        limit = SpeedLimit.objects.select_for_update().filter(mailing=mailing).first()
        if limit is not None:
            room = min(float(limit.per_second), limit.room + count)
            SpeedLimit.objects.filter(mailing=mailing).update(room=room)


def _rate_words(per_second: int) -> str:
    sentence = ngettext("%(count)s message a second", "%(count)s messages a second", per_second)
    return sentence % {"count": grouped(per_second)}
