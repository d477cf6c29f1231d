import socket
import threading
import uuid
from collections.abc import Iterator

import pytest

from kannel import link as links
from kannel.link import Link, LinkBroken, drop_link, link_to
from kannel.models import Gateway
from kannel.wire import Ack, Admin, Command, Decoder, Message, Nack, Sms, SmsType, encode
from tests.kannel.house import until


class Peer:
    """The other end of a link, which does what a test wants: bearerbox misbehaving cannot be ordered."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.received: list[Message] = []
        self.accepted: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                self.accepted, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._read, args=(self.accepted,), daemon=True).start()

    def _read(self, accepted: socket.socket) -> None:
        decoder = Decoder()
        try:
            while data := accepted.recv(65536):
                self.received += decoder.feed(data)
        except OSError:
            return

    def send(self, *messages: Message) -> None:
        until(lambda: self.accepted is not None)
        assert self.accepted is not None
        self.accepted.sendall(b"".join(encode(message) for message in messages))

    def hang_up(self) -> None:
        assert self.accepted is not None
        self.accepted.shutdown(socket.SHUT_RDWR)
        self.accepted.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.server.close()


@pytest.fixture
def link(peer: Peer) -> Iterator[Link]:
    link = Link("127.0.0.1", peer.port, "send-1")
    link.connect()
    yield link
    link.close()


def sms(number: int) -> Sms:
    return Sms(receiver=b"+79161234567", msgdata=b"x" * 100, id=uuid.UUID(int=number), sms_type=SmsType.PUSH)


def test_it_says_its_name_first(peer: Peer, link: Link) -> None:
    until(lambda: peer.received)
    assert peer.received == [Admin(Command.IDENTIFY, b"send-1")]


def test_answers_are_matched_by_their_id(peer: Peer, link: Link) -> None:
    link.submit_many([sms(1), sms(2), sms(3)])
    until(lambda: len(peer.received) == 4)
    assert link.unanswered_count == 3
    peer.send(Ack(Nack.FAILED, 0, uuid.UUID(int=2)), Ack(Nack.SUCCESS, 0, uuid.UUID(int=1)))
    found: list[tuple[uuid.UUID, int]] = []
    until(lambda: found.extend(link.answers(0.1)) or len(found) == 2)
    assert found == [(uuid.UUID(int=2), 1), (uuid.UUID(int=1), 0)]
    assert link.unanswered_count == 1


def test_an_answer_to_nothing_is_passed_over(
    peer: Peer, link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    peer.send(Ack(Nack.SUCCESS, 0, uuid.UUID(int=9)))
    until(lambda: link.answers(0.05) or "answer_to_nothing" in caplog.text)
    assert link.is_open


def test_a_link_that_breaks_tells_what_is_unanswered_and_keeps_what_was_answered(
    peer: Peer, link: Link
) -> None:
    link.submit_many([sms(1), sms(2)])
    peer.send(Ack(Nack.SUCCESS, 0, uuid.UUID(int=1)))
    peer.hang_up()
    with pytest.raises(LinkBroken) as broken:
        until(lambda: link.answers(0.2) and False)
    assert broken.value.unanswered == [uuid.UUID(int=2)]
    assert not link.is_open


def test_a_bearerbox_that_stops_ends_the_link(peer: Peer, link: Link) -> None:
    link.submit_many([sms(1)])
    peer.send(Admin(Command.SHUTDOWN))
    with pytest.raises(LinkBroken, match="stopping"):
        until(lambda: link.answers(0.2) and False)


def test_suspend_and_resume_are_noticed(peer: Peer, link: Link) -> None:
    peer.send(Admin(Command.SUSPEND))
    until(lambda: link.answers(0.05) or link.is_suspended)
    peer.send(Admin(Command.RESUME))
    until(lambda: link.answers(0.05) or not link.is_suspended)
    assert link.is_open


def test_a_report_that_comes_here_is_given_back(peer: Peer, link: Link) -> None:
    stray = Sms(sms_type=SmsType.REPORT, id=uuid.UUID(int=7), time=1)
    peer.send(stray)
    until(lambda: link.answers(0.05) or Ack(Nack.FAILED_FOR_NOW, 1, stray.id) in peer.received)


def test_nonsense_ends_the_link(peer: Peer, link: Link) -> None:
    until(lambda: peer.accepted)
    assert peer.accepted is not None
    peer.accepted.sendall(b"\xff" * 8)
    with pytest.raises(LinkBroken):
        until(lambda: link.answers(0.2) and False)


def test_a_peer_that_does_not_read_is_given_up(
    peer: Peer, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Peer, "_read", lambda *_: None)
    deaf = Peer()
    other = Link("127.0.0.1", deaf.port, "send-2")
    other.connect()
    monkeypatch.setattr(links, "WRITE_TIMEOUT_SECONDS", 0.3)
    with pytest.raises(LinkBroken, match="does not read") as broken:
        other.submit_many(sms(number) for number in range(1, 60_000))
    assert len(broken.value.unanswered) == 59_999
    deaf.server.close()


def test_without_a_connection_nothing_is_written() -> None:
    with pytest.raises(LinkBroken, match="not connected"):
        Link("127.0.0.1", 1, "send-1").submit_many([sms(1)])


def test_a_closed_port_is_tried_again_after_a_wait_only() -> None:
    link = Link("127.0.0.1", 1, "send-1")
    with pytest.raises(LinkBroken, match="ConnectionRefusedError"):
        link.connect()
    with pytest.raises(LinkBroken, match="waiting"):
        link.connect()


def test_a_process_has_one_link_to_a_gateway(peer: Peer) -> None:
    gateway = Gateway(host="127.0.0.1", box_port=peer.port)
    first = link_to(gateway)
    assert link_to(gateway) is first
    drop_link(gateway)
    assert link_to(gateway) is not first
    drop_link(gateway)
    drop_link(gateway)


def test_a_write_to_a_dead_peer_ends_the_link(peer: Peer, link: Link) -> None:
    until(lambda: peer.accepted)
    peer.hang_up()
    with pytest.raises(LinkBroken):
        until(lambda: link.submit_many([sms(1)]) and False)
