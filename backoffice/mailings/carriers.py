"""The two ways of handing messages to a gateway, behind one face: the box protocol, and sendsms over HTTP."""

import math
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import requests
from django.utils import timezone

from backoffice.mailings.claiming import Claim
from kannel import sendsms
from kannel.dlr_urls import dlr_url
from kannel.link import Link, LinkBroken, drop_link, link_to
from kannel.models import Connection, Gateway
from kannel.sendsms import Outcome, Submission
from kannel.wire import Nack, Sms, SmsType

Batch = Sequence[tuple[uuid.UUID, Claim]]

UCS2 = 2
# 1 delivered, 2 failed, 8 accepted, 16 refused; bit 4 would ask for receipts that some SMSCs refuse (kannel/PROTOCOL.md, 4).
DLR_MASK = 27
# smsbox serves all connections from one thread; more of them than this gain nothing (kannel/PROTOCOL.md, 3).
HTTP_CONNECTIONS = 16


class HandOverFailed(Exception):
    """The way to the gateway broke; of ``unanswered`` nobody can say whether the gateway has them."""

    def __init__(self, unanswered: Sequence[uuid.UUID] = ()) -> None:
        super().__init__("the way to the gateway broke")
        self.unanswered = list(unanswered)


@dataclass
class Answers:
    """What the gateway said about messages, by what to do next."""

    taken: list[uuid.UUID] = field(default_factory=list)
    refused: list[uuid.UUID] = field(default_factory=list)
    not_now: list[uuid.UUID] = field(default_factory=list)
    unknown: list[uuid.UUID] = field(default_factory=list)


class Carrier(Protocol):
    """One way to one gateway, for messages of one connection."""

    @property
    def unanswered(self) -> int: ...

    def hand_over(self, batch: Batch) -> None: ...

    def answers(self, timeout_seconds: float) -> Answers: ...


def carrier_of(via: Connection) -> Carrier:
    """Opens the way that the gateway's row names. Raises HandOverFailed if the gateway is out of reach."""
    return SendsmsCarrier(via) if via.gateway.transport == Gateway.Transport.SENDSMS else BoxCarrier(via)


class BoxCarrier:
    """The box protocol: bytes are pipelined, each message is answered by its UUID."""

    def __init__(self, via: Connection) -> None:
        self.via = via
        try:
            self.link: Link = link_to(via.gateway)
        except LinkBroken as broken:
            raise HandOverFailed from broken

    @property
    def unanswered(self) -> int:
        return self.link.unanswered_count

    def hand_over(self, batch: Batch) -> None:
        frames = [_sms(kannel_id, claim, self.via) for kannel_id, claim in batch]
        try:
            self.link.submit_many(frames)
        except LinkBroken as broken:
            drop_link(self.via.gateway)
            raise HandOverFailed(broken.unanswered) from broken

    def answers(self, timeout_seconds: float) -> Answers:
        found = Answers()
        meaning = {Nack.SUCCESS: found.taken, Nack.BUFFERED: found.taken, Nack.FAILED: found.refused}
        meaning[Nack.FAILED_FOR_NOW] = found.not_now
        try:
            for kannel_id, nack in self.link.answers(timeout_seconds):
                meaning.get(Nack(nack), found.unknown).append(kannel_id)
        except LinkBroken as broken:
            drop_link(self.via.gateway)
            raise HandOverFailed(broken.unanswered) from broken
        return found


def _sms(kannel_id: uuid.UUID, claim: Claim, via: Connection) -> Sms:
    encoding = "utf-16-be" if claim.coding == UCS2 else "utf-8"
    return Sms(
        sender=claim.sender.encode(),
        receiver=claim.phone.encode(),
        msgdata=claim.text.encode(encoding),
        time=int(timezone.now().timestamp()),
        smsc_id=via.name.encode(),
        service=b"parley",
        id=kannel_id,
        sms_type=SmsType.PUSH,
        coding=claim.coding,
        validity=int(claim.valid_until.timestamp()),
        dlr_mask=DLR_MASK,
        dlr_url=_dlr_url(claim, via).encode(),
        boxc_id=via.gateway.reports_to.encode(),
        priority=claim.priority,
    )


def _dlr_url(claim: Claim, via: Connection) -> str:
    return dlr_url(claim.message_id, claim.attempt, for_smsbox=bool(via.gateway.smsbox_id))


class SendsmsCarrier:
    """sendsms over HTTP: each message is a request, several at a time; the answers stand ready when they are asked for."""

    def __init__(self, via: Connection) -> None:
        self.via = via
        self.ready = Answers()

    @property
    def unanswered(self) -> int:
        return sum(map(len, (self.ready.taken, self.ready.refused, self.ready.not_now, self.ready.unknown)))

    def hand_over(self, batch: Batch) -> None:
        meaning = {
            Outcome.TAKEN: self.ready.taken,
            Outcome.REFUSED: self.ready.refused,
            Outcome.NOT_NOW: self.ready.not_now,
            Outcome.UNKNOWN: self.ready.unknown,
        }
        with requests.Session() as session, ThreadPoolExecutor(HTTP_CONNECTIONS) as pool:
            outcomes = pool.map(lambda one: self._submit(one[1], session), batch)
            for (kannel_id, _), outcome in zip(batch, outcomes, strict=True):
                meaning[outcome].append(kannel_id)

    def answers(self, timeout_seconds: float) -> Answers:
        found, self.ready = self.ready, Answers()
        return found

    def _submit(self, claim: Claim, session: requests.Session) -> Outcome:
        left_minutes = (claim.valid_until - timezone.now()).total_seconds() / 60
        submission = Submission(
            sender=claim.sender,
            receiver=claim.phone,
            text=claim.text,
            coding=claim.coding,
            connection_name=self.via.name,
            dlr_url=dlr_url(claim.message_id, claim.attempt, for_smsbox=True),
            validity_minutes=max(1, math.floor(left_minutes)),
            priority=claim.priority,
        )
        return sendsms.submit(self.via.gateway, submission, session)
