"""A text typed with Enter and a name copied from elsewhere: the operator gets the bytes that were previewed and planned."""

from zlib import crc32

from django.test import Client

from backoffice.accounts.models import User
from backoffice.customers.models import Customer
from backoffice.mailings import lifecycle, planning
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.sending import send
from backoffice.message_templates.merge import render
from backoffice.message_templates.models import MessageTemplate
from kannel.simulator.record import read
from kannel.simulator.septets import to_octets
from tests.kannel.house import Kannel, listening
from tests.mailings.test_sending import Launch, launch, north  # noqa: F401  a mailing over the real line North
from tests.message_templates.test_screens import form


def test_what_was_typed_with_enter_arrives_as_it_was_planned(
    kannel: Kannel,
    launch: Launch,  # noqa: F811
) -> None:
    mailing = launch(1)
    customer = Customer.objects.get()
    Customer.objects.update(first_name="\ufeffO’Nei\u200bl\u00a0")
    customer.refresh_from_db()
    author, approver = User.objects.get(username="author"), User.objects.get(username="approver")
    typist = Client()
    typist.force_login(author)
    typed = form(
        name="Typed",
        purpose="marketing",
        text="Dear {first_name},\r\n" + "come in " * 17 + "\r\ntoday",
        **{"action-publish": "1"},
    )
    assert typist.post("/texts/add/", typed).status_code == 302
    template = MessageTemplate.objects.get(name="Typed")
    second = Mailing.objects.create(
        name="Typed",
        template=template,
        audience=mailing.audience,
        local_from=mailing.local_from,
        local_to=mailing.local_to,
        created_by=author,
    )
    # Only the second is to be sent.
    Message.objects.filter(mailing=mailing).update(state=Message.State.EXCLUDED)
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.CANCELLED)
    lifecycle.request_plan(second, author)
    planning.plan(second)
    lifecycle.submit(second, author)
    lifecycle.approve(second, approver)
    lifecycle.start_due()
    planned = Message.objects.get(mailing=second)
    preview = render(template.text, customer)
    assert planned.text == preview == "Dear O'Neil,\n" + "come in " * 17 + "\ntoday"
    assert (planned.coding, planned.parts) == (0, 1)
    before = len(list(read(kannel.folder / "north.record")))
    with listening(north().gateway):
        assert send(north().pk, for_seconds=3) == 1
    (part,) = list(read(kannel.folder / "north.record"))[before:]
    assert (part.total, part.coding, part.checksum) == (1, 0, f"{crc32(to_octets(planned.text)):08x}")
