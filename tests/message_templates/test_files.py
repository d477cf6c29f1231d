"""Texts come and go as files: all of a file or nothing, as new versions, as drafts or published."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.models import GroupApprovalTask, Workflow, WorkflowTask

from backoffice.accounts.models import User
from backoffice.alerts.models import Alert
from backoffice.lib.files.reading import open_table
from backoffice.lib.runs import Run
from backoffice.lib.spreadsheets import UnreadableTable
from backoffice.message_templates.models import MessageTemplate, TextRun, TextVariant
from backoffice.message_templates.tasks import sweep_text_files, texts
from backoffice.message_templates.text_import import read, take_over
from backoffice.message_templates.text_resource import column_of

pytestmark = pytest.mark.django_db
HEADING = "name;folder;purpose;sender;text;text.ru"


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path, clean_redis: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


def file_of(tmp_path: Path, *rows: str, heading: str = HEADING) -> Path:
    path = tmp_path / "texts.csv"
    path.write_text("\n".join([heading, *rows]), encoding="utf-8")
    return path


def upload(pages: Client, *rows: str, heading: str = HEADING, **more: Any) -> TextRun:
    """Uploads a file and returns what became of it."""
    content = "\n".join([heading, *rows]).encode()
    answer = pages.post("/texts/files/upload/", {"file": SimpleUploadedFile("texts.csv", content), **more})
    assert answer.status_code == 302, answer.content.decode()
    return TextRun.objects.latest("pk")


def started(pages: Client, run: TextRun) -> TextRun:
    """Starts it and does the work that a worker would do."""
    pages.post(f"/texts/files/{run.pk}/start/")
    texts.run(run.pk)
    run.refresh_from_db()
    return run


def test_a_file_is_looked_at_and_then_becomes_published_texts(pages: Client) -> None:
    run = upload(pages, "Debt;Money;service;Shop;You owe {debt};Вы должны {debt}", publishes="on")
    page = pages.get(f"/texts/files/{run.pk}/").content.decode()
    assert "The file holds 1 text; 1 of it is new." in page
    assert "They are published at once" in page
    assert not MessageTemplate.objects.exists()

    run = started(pages, run)
    assert (run.state, run.added, run.changed, run.unchanged) == (Run.State.DONE, 1, 0, 0)
    made = MessageTemplate.objects.usable().get()
    assert made.variants() == {"": "You owe {debt}", "ru": "Вы должны {debt}"}
    assert (made.name, made.folder, made.purpose, made.sender) == ("Debt", "Money", "service", "Shop")
    assert made.latest_revision.user == run.created_by
    assert "1 row was read" in pages.get(f"/texts/files/{run.pk}/").content.decode()
    assert "texts.csv" in pages.get("/texts/files/").content.decode()


def test_what_was_there_gets_a_draft_and_keeps_what_was_published(pages: Client) -> None:
    there = MessageTemplate.objects.create(name="Debt", text="You owe us", folder="Money")
    TextVariant.objects.create(template=there, language="ru", text="Вы нам должны")
    run = started(pages, upload(pages, "Debt;Please pay", heading="name;text"))
    assert (run.added, run.changed) == (0, 1)
    there.refresh_from_db()
    assert there.variants() == {"": "You owe us", "ru": "Вы нам должны"}
    draft = there.get_latest_revision_as_object()
    assert draft.variants() == {"": "Please pay", "ru": "Вы нам должны"}
    assert draft.folder == "Money"
    assert there.has_unpublished_changes
    # It never had a version, so what it said was kept as its first one.
    assert there.revisions.earliest("pk").as_object().variants() == {"": "You owe us", "ru": "Вы нам должны"}


def test_an_empty_cell_takes_a_variant_away(tmp_path: Path, editor: User) -> None:
    there = MessageTemplate.objects.create(name="Debt", text="You owe us")
    TextVariant.objects.create(template=there, language="ru", text="Вы нам должны")
    taken = take_over(read(file_of(tmp_path, "Debt;;;;You owe us;")), editor, publishes=True)
    assert taken.changed == 1
    assert MessageTemplate.objects.get().variants() == {"": "You owe us"}


def test_what_is_the_same_is_left_alone_unless_it_is_to_be_published(tmp_path: Path, editor: User) -> None:
    MessageTemplate.objects.create(name="Debt", text="You owe us", live=False)
    path = file_of(tmp_path, "Debt;You owe us", heading="name;text")
    assert take_over(read(path), editor, publishes=False).unchanged == 1
    assert take_over(read(path), editor, publishes=True).changed == 1
    assert take_over(read(path), editor, publishes=True).unchanged == 1
    assert MessageTemplate.objects.get().live


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (";;;;Hello;", "name: The name is missing. Every text needs one of its own."),
        ("Debt;;;;;", "text: The text is missing."),
        (
            "Debt;;;;Hi {frist_name};",
            "text: There is no field {frist_name}. Did you mean {first_name}? (At character 4.)",
        ),
        ("Debt;;;;Hi;{", "text.ru: This field has no end."),
        ("Debt;;news;;Hi;", "purpose: There is no such purpose. Write one of: marketing, service."),
        ("Debt;;;Магазин;Hi;", "sender: Up to 11 Latin letters and digits"),
        (f"{'x' * 121};;;;Hi;", "name: This is longer than 120 characters."),
        (f"Debt;;;;{'x' * 671};", "text: This is longer than 670 characters."),
        ("Locked;;;;Hi;", "The text “Locked” is locked."),
        ("Archived;;;;Hi;", "The text “Archived” is in the archive."),
    ],
)
def test_a_bad_row_is_named_with_what_is_wrong(row: str, why: str, tmp_path: Path) -> None:
    MessageTemplate.objects.create(name="Locked", text="x", locked=True)
    MessageTemplate.objects.create(name="Archived", text="x", is_archived=True)
    sheet = read(file_of(tmp_path, row))
    assert [bad.row for bad in sheet.bad] == [2]
    assert sheet.bad[0].sentence.startswith(why)


def test_a_text_that_is_being_moderated_is_left_to_the_moderators(tmp_path: Path, editor: User) -> None:
    workflow, task = Workflow.objects.create(name="Review"), GroupApprovalTask.objects.create(name="Look")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    there = MessageTemplate.objects.create(name="Debt", text="x")
    there.save_revision()
    workflow.start(there, editor)
    (bad,) = read(file_of(tmp_path, "Debt;;;;Hi;")).bad
    assert bad.sentence == "The text “Debt” is being moderated. Wait until that is over."


def test_other_columns_are_passed_over(tmp_path: Path) -> None:
    (found,) = read(file_of(tmp_path, "Debt;5;Hi", heading="name;price;text")).texts
    assert (found.name, found.values) == ("Debt", {"text": "Hi"})


def test_a_name_stands_in_a_file_only_once(tmp_path: Path) -> None:
    sheet = read(file_of(tmp_path, "Debt;;;;Hi;", "", "Debt;;;;Hi;"))
    assert [(bad.row, bad.sentence) for bad in sheet.bad] == [
        (4, "The name “Debt” stands in the file twice.")
    ]


def test_a_file_with_a_bad_row_changes_nothing(pages: Client) -> None:
    run = upload(pages, "Debt;;;;Hi;", "Sale;;;;Hi {;")
    page = pages.get(f"/texts/files/{run.pk}/").content.decode()
    assert "1 row cannot be taken over." in page
    page = pages.post(f"/texts/files/{run.pk}/start/", follow=True).content.decode()
    assert "The file has mistakes." in page
    run.refresh_from_db()
    assert run.state == Run.State.UPLOADED
    assert not MessageTemplate.objects.exists()


def test_a_text_that_was_locked_since_somebody_looked_stops_the_file(pages: Client) -> None:
    there = MessageTemplate.objects.create(name="Debt", text="x")
    run = upload(pages, "Sale;;;;Hi;", "Debt;;;;Hi;")
    texts.start(run)
    MessageTemplate.objects.filter(pk=there.pk).update(locked=True)
    sweep_text_files.call_local()
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert (
        run.problem
        == "Row 3: The text “Debt” is locked. Have it unlocked first. Nothing was changed. Upload the file again."
    )
    assert not MessageTemplate.objects.filter(name="Sale").exists()
    assert Alert.objects.get().sentence.startswith("“texts.csv” was not taken over.")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("name;words\nDebt;Hi", "These columns are missing: text."),
        ("", "empty"),
        ("name;text\n" + "\n".join(f"t{number};Hi" for number in range(1_001)), "more than 1 000 rows"),
    ],
)
def test_a_file_that_can_be_no_file_of_texts_is_refused(content: str, why: str, pages: Client) -> None:
    answer = pages.post("/texts/files/upload/", {"file": SimpleUploadedFile("t.csv", content.encode())})
    assert answer.status_code == 200
    assert why in answer.content.decode()
    assert not TextRun.objects.exists()


def test_only_whoever_may_publish_is_offered_to_publish(client: Client) -> None:
    writer = User.objects.create_user("writer", password="x")
    writer.user_permissions.set(
        Permission.objects.filter(
            codename__in=["access_admin", "change_messagetemplate", "add_messagetemplate"]
        )
    )
    client.force_login(writer)
    assert "Publish the texts at once" not in client.get("/texts/files/upload/").content.decode()
    assert not upload(client, "Debt;;;;Hi;", publishes="on").publishes


def test_a_stranger_gets_no_file_and_sends_none(client: Client) -> None:
    stranger = User.objects.create_user("stranger", password="x")
    stranger.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(stranger)
    for address in ("/texts/files/", "/texts/files/upload/", "/texts/files/download/csv/"):
        assert client.get(address).status_code == 302, address


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_downloaded_can_be_uploaded_again(
    form: str, pages: Client, tmp_path: Path, editor: User
) -> None:
    made = MessageTemplate.objects.create(
        name="=Debt",
        text='Hi {first_name|default:"you"},\npay; "now"',
        folder="Money",
        purpose="service",
        sender="Shop",
    )
    TextVariant.objects.create(template=made, language="uk", text="Сплатіть")
    MessageTemplate.objects.create(name="Old", text="x", is_archived=True)
    MessageTemplate.objects.create(name="Sale", text="+20 %")
    answer = pages.get(f"/texts/files/download/{form}/")
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    path = tmp_path / f"texts.{form}"
    path.write_bytes(content)
    heading, rows = open_table(path)
    assert heading == ["name", "folder", "purpose", "sender", "text", "text.uk"]
    assert [row.cells[0] for row in rows] == ["=Debt", "Sale"]
    taken = take_over(read(path), editor, publishes=True)
    assert (taken.added, taken.changed, taken.unchanged) == (0, 0, 2)


def test_one_folder_is_downloaded_alone(pages: Client) -> None:
    MessageTemplate.objects.create(name="Debt", text="x", folder="Money & more")
    MessageTemplate.objects.create(name="Sale", text="x")
    page = pages.get("/texts/?folder=Money+%26+more").content.decode()
    assert "/texts/files/download/csv/?folder=Money+%26+more" in page
    answer = pages.get("/texts/files/download/csv/?folder=Money+%26+more")
    content = io.BytesIO(b"".join(answer.streaming_content)).read().decode()
    assert "Debt" in content
    assert "Sale" not in content


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Name", "name"),
        ("название", "name"),
        ("Текст", "text"),
        ("text.ru", "text.ru"),
        ("text_en", "text.en"),
        ("Text (uk)", "text.uk"),
        ("текст: ru", "text.ru"),
        ("Russian", "text.ru"),
        ("text.xx", None),
        ("textile", None),
        ("price", None),
    ],
)
def test_a_heading_is_understood_in_many_forms(heading: str, column: str | None) -> None:
    assert column_of(heading) == column


def test_a_file_that_went_away_is_asked_for_again(pages: Client) -> None:
    run = upload(pages, "Debt;;;;Hi;")
    Path(run.file.path).unlink()
    assert "The file is not there any more." in pages.get(f"/texts/files/{run.pk}/").content.decode()


def test_a_started_file_can_be_watched_and_stopped(pages: Client) -> None:
    run = upload(pages, "Debt;;;;Hi;")
    pages.post(f"/texts/files/{run.pk}/start/")
    assert "Stop: nothing is changed" in pages.get(f"/texts/files/{run.pk}/").content.decode()
    assert pages.get(f"/texts/files/{run.pk}/progress/").status_code == 200
    pages.post(f"/texts/files/{run.pk}/stop/")
    run.refresh_from_db()
    assert run.state == Run.State.STOPPED
    assert not MessageTemplate.objects.exists()


def test_the_samples_are_read_as_they_are_meant() -> None:
    samples = Path(__file__).parents[2] / "fixtures" / "samples"
    assert [text.name for text in read(samples / "texts.csv").texts] == ["Autumn offer", "Points", "Debt"]
    assert read(samples / "texts.csv").bad == []
    assert [bad.row for bad in read(samples / "texts-with-bad-rows.csv").bad] == [2, 3, 4]


def test_no_more_is_read_than_a_hand_can_write(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable, match="Cut it in pieces"):
        read(file_of(tmp_path, *(f"t{number};Hi" for number in range(1_001)), heading="name;text"))
