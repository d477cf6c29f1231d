"""A test of a mailing over a real Kannel: the operator gets the text of the plan, whole, and the receipt comes back."""

from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.mailings import trial_texts, trying
from backoffice.mailings.models import Mailing, Message
from backoffice.mailings.trial_ways import Ways
from backoffice.mailings.trying import Planned
from backoffice.operators import tasks
from kannel.models import Connection, TestMessage
from kannel.reports import outcome_of
from kannel.simulator.record import read
from kannel.test_messages import reports_of
from tests.kannel.house import Kannel, listening, until
from tests.mailings.test_sending import Launch, launch, north  # noqa: F401  a mailing over the real line North

PHONE = "+79169990002"


def test_a_test_arrives_with_the_text_of_the_plan_in_all_its_parts(
    kannel: Kannel,
    launch: Launch,  # noqa: F811
) -> None:
    launch(1)
    mailing = Mailing.objects.get()
    mailing.template.text = "Дорогие покупатели! " + "Приходите к нам завтра. " * 6
    mailing.template.save()
    Connection.objects.update(seen_at=timezone.now())
    author = User.objects.get(username="author")
    User.objects.filter(pk=author.pk).update(phone=PHONE, is_superuser=True)
    author = User.objects.get(pk=author.pk)
    (sample,) = trial_texts.samples_of(mailing, [Message.objects.get().customer_id])
    way = Ways(mailing).to(PHONE)[0]
    since = timezone.now().timestamp()
    trying.send(mailing, author, [Planned(author, sample, way)])
    message = TestMessage.objects.get()
    with listening(north().gateway):
        tasks.send_test.call_local(message.pk)
        until(lambda: {outcome_of(one) for one in reports_of(message)} >= {"delivered"})
    arrived = [
        part
        for part in read(kannel.folder / "north.record")
        if part.time >= since - 1 and part.destination == PHONE
    ]
    assert len(arrived) == sample.parts == 3
    assert Message.objects.count() == 1
