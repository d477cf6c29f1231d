"""Texts: variants, what mailings may use, what is refused."""

import pytest
from django.core.exceptions import ValidationError

from backoffice.message_templates.models import MessageTemplate, TextVariant
from backoffice.message_templates.preview import preview
from backoffice.message_templates.samples import CYRILLIC, EMPTY, LATIN

pytestmark = pytest.mark.django_db


def template(text: str = "Hello", **by_language: str) -> MessageTemplate:
    made = MessageTemplate(name="Greeting", text=text, live=False)
    made.language_variants = [TextVariant(language=code, text=words) for code, words in by_language.items()]
    made.save()
    return MessageTemplate.objects.get(pk=made.pk)


def test_variants_are_given_by_language_with_one_for_everybody_else() -> None:
    assert template("Hello", ru="Привет").variants() == {"": "Hello", "ru": "Привет"}


@pytest.mark.parametrize(
    ("language", "text"), [("ru", "Привет"), ("ru-RU", "Привет"), ("de", "Hello"), ("", "Hello")]
)
def test_a_customer_gets_the_text_in_their_language(language: str, text: str) -> None:
    assert template("Hello", ru="Привет").text_for(language) == text


def test_a_text_nobody_published_cannot_be_used() -> None:
    template()
    assert not MessageTemplate.objects.usable().exists()


def test_a_draft_does_not_change_what_was_published() -> None:
    made = template("Hello", ru="Привет")
    made.save_revision().publish()
    made = MessageTemplate.objects.get()
    made.text = "Changed"
    made.language_variants.set([TextVariant(language="ru", text="Изменено")])
    made.save_revision()
    assert MessageTemplate.objects.usable().get().variants() == {"": "Hello", "ru": "Привет"}


def test_a_wrong_merge_field_is_refused_with_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        template("Hi {frist_name}").full_clean()
    assert caught.value.message_dict["text"] == [
        "There is no field {frist_name}. Did you mean {first_name}? (At character 4.)"
    ]


def test_two_variants_in_one_language_are_refused() -> None:
    made = template("Hello", ru="Привет")
    with pytest.raises(ValidationError):
        TextVariant(template=made, language="ru", text="Снова").full_clean()


def test_the_preview_fills_in_a_made_up_customer() -> None:
    judged = preview("Dear {first_name}", LATIN)
    assert judged.bubble is not None
    assert (judged.bubble.text, judged.bubble.is_wide) == ("Dear Emily", False)


def test_the_preview_counts_parts_over_all_kinds_of_customers() -> None:
    judged = preview("Dear {first_name}, " + "x" * 100, LATIN)
    assert (judged.least, judged.most) == (1, 2)
    assert judged.is_widened_by_names


def test_the_preview_offers_plain_characters() -> None:
    judged = preview("Pay — now", CYRILLIC)
    assert judged.forcing == (("—", "-"),)
    assert judged.plain == "Pay - now"


def test_the_preview_offers_nothing_where_it_would_save_nothing() -> None:
    assert preview("Оплатите — сейчас", CYRILLIC).forcing == ()


def test_the_preview_names_fields_that_may_leave_a_gap() -> None:
    judged = preview('{city} {first_name|default:"you"} {debt}', EMPTY)
    assert [field.name for field in judged.gaps] == ["city"]


def test_the_preview_of_a_wrong_text_names_the_mistakes() -> None:
    judged = preview("{nonsense", EMPTY)
    assert [mistake.place for mistake in judged.mistakes] == [1]
    assert judged.bubble is None


def test_names_are_what_people_see() -> None:
    made = template("Hello " * 30, ru="Привет")
    assert str(made) == "Greeting"
    assert str(made.language_variants.get()) == "Russian"
    assert made.beginning.endswith("…")
