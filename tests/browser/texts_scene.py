"""A library of texts at work: one with languages, a past and mailings, one in the archive, and files in every state."""

from django.core.files.base import ContentFile
from django.utils import timezone

from backoffice.accounts.models import User
from backoffice.audiences.models import Audience
from backoffice.mailings.models import Mailing
from backoffice.message_templates.models import MessageTemplate, TextRun, TextVariant

State = TextRun.State
ENGLISH = "Dear {first_name} — your «autumn» offer: {if debt > 0}pay {debt} first.{else}20 % off.{end} http://shop.example"
GOOD = "name;text\nAutumn;Come in\nWinter;Come in, {first_name}\n"
BAD = "name;text\nAutumn;Come in, {frist_name}\n;Hello\n"


def make_text(author: User) -> MessageTemplate:
    """Published twice, with a variant, used by a mailing."""
    text = MessageTemplate(
        name="Autumn in all our shops and on the site", text="Come in", folder="Shop", live=False
    )
    text.language_variants = [TextVariant(language="ru", text="Приходите")]
    text.save()
    text.save_revision(user=author, log_action=True).publish(user=author)
    text = MessageTemplate.objects.get(pk=text.pk)
    text.text = ENGLISH
    text.save_revision(user=author, log_action=True).publish(user=author)
    audience, _ = Audience.objects.get_or_create(name="Everybody we may write to")
    Mailing.objects.create(name="Autumn, first wave", template=text, audience=audience, created_by=author)
    return text


def make_run(author: User, content: str, **values: object) -> TextRun:
    run = TextRun(name="texts of the agency for autumn and winter.csv", created_by=author, **values)
    run.file.save("texts.csv", ContentFile(content))
    return run


def make_texts(author: User) -> dict[str, int]:
    """All of it: the ids of the rows by what they are."""
    text = make_text(author)
    now = timezone.now()
    rows = {
        "text": text,
        "archived": MessageTemplate.objects.create(name="Summer", text="Come in", is_archived=True),
        "first_revision": text.revisions.earliest("id"),
        "text_good": make_run(author, GOOD),
        "text_bad": make_run(author, BAD),
        "text_waiting": make_run(author, GOOD, state=State.WAITING),
        "text_done": make_run(author, GOOD, state=State.DONE, finished_at=now, rows_read=2, added=2),
        "text_stopped": make_run(author, GOOD, state=State.STOPPED, finished_at=now),
        "text_failed": make_run(
            author,
            GOOD,
            state=State.FAILED,
            finished_at=now,
            problem="The file is not there any more. Upload it again.",
        ),
    }
    return {name: row.pk for name, row in rows.items()}
