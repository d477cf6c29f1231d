"""Bringing what is wanted into a running Kannel, and taking it back by itself when that does not work.

A run is a row: whoever finds one whose worker died goes on where it was. A database session at work holds a lock on it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.db import IntegrityError, transaction
from django.db import connection as database

from kannel.apply_phases import Applying
from kannel.models import ApplyRun, Connection, Gateway

logger = structlog.get_logger(__name__)

State = ApplyRun.State


class NothingToApply(Exception):
    """What runs is what is wanted."""


class AlreadyApplying(Exception):
    """Another run of this gateway is under way: wait for its end."""


class NeedsAnotherPerson(Exception):
    """A line that was in use would lead elsewhere: whoever wants that does not apply it alone."""


def start(gateway: Gateway, user_id: int | None, *, must_come_online: bool = True) -> ApplyRun:
    """A run that will apply all drafts of a gateway as they are now.

    :param user_id: who applies; None for the command line.
    :raises NothingToApply:
    :raises NeedsAnotherPerson:
    :raises AlreadyApplying:
    """
    connections = list(gateway.connections.all())
    if not gateway.draft and not any(one.draft for one in connections):
        raise NothingToApply
    if must_be_applied_by_another(connections, user_id):
        raise NeedsAnotherPerson
    run = ApplyRun(gateway=gateway, created_by_id=user_id, must_come_online=must_come_online)
    run.freeze(gateway, connections)
    try:
        with transaction.atomic():
            run.save()
    except IntegrityError as error:
        raise AlreadyApplying from error
    return run


def must_be_applied_by_another(connections: Iterable[Connection], user_id: int | None) -> bool:
    """Whether this person has worked on a draft that leads a line elsewhere."""
    return any(one.leads_elsewhere and user_id in one.drafters for one in connections)


def do(run_id: int, directory: Path) -> ApplyRun | None:
    """Does what is left of a run to its end. None if another worker is at it or it has ended."""
    with _locked(run_id) as mine:
        if not mine:
            return None
        claimed = ApplyRun.objects.filter(pk=run_id, state__in=(State.WAITING, State.RUNNING))
        if not claimed.update(state=State.RUNNING):
            return None
        run = ApplyRun.objects.select_related("gateway").get(pk=run_id)
        Applying(run, directory).work()
        logger.info("apply_ended", gateway=run.gateway.name, run=run.pk, state=run.state)
        return run


@contextmanager
def _locked(run_id: int) -> Iterator[bool]:
    """Whether this database session alone works on the run; a worker that dies lets go of it."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('kannel_applyrun'), %s)", [run_id])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('kannel_applyrun'), %s)", [run_id])
