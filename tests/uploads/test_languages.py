"""What is wrong with a file is told to each reader in their own language, whoever uploaded it and whatever did the work."""

import pytest
from django.utils.translation import override

from tests.uploads.conftest import Upload

pytestmark = pytest.mark.django_db


def read_in(upload: Upload, address: str, language: str) -> str:
    answer = upload.client.get(address, headers={"Accept-Language": language})
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return str(content.decode("utf-8-sig"))


def with_a_bad_row(upload: Upload) -> str:
    rows = [list(row) for row in upload.rows]
    rows[1][-1] = f'"{rows[1][-1]}'
    return upload.text(rows)


# Prices are taken over as a whole or not at all: their bad rows are never stored.
@pytest.mark.parametrize("upload", ["customers", "list", "never written to", "ported numbers"], indirect=True)
@pytest.mark.parametrize("caused_in", ["en", "ru"])
def test_each_reader_is_told_in_their_language_why_a_row_is_bad(upload: Upload, caused_in: str) -> None:
    run, _page = upload.put(with_a_bad_row(upload))
    upload.post(run)
    with override(caused_in):
        upload.work(run)
    address = upload.page_of(run)
    for page in (address, f"{address}bad-rows/"):
        english, russian = read_in(upload, page, "en"), read_in(upload, page, "ru")
        assert "Row 3 opens a quote that is not closed." in english
        assert "В строке 3 открыта кавычка" in russian
        assert "opens a quote" not in russian
        assert '{"en"' not in english + russian


def test_each_reader_is_told_in_their_language_why_a_file_failed(upload: Upload) -> None:
    run, _page = upload.put(upload.text(upload.rows))
    upload.post(run)
    run.refresh_from_db()
    run.file.storage.delete(run.file.name)
    with override("ru"):
        upload.work(run)
    assert run.state == "failed"
    english, russian = (read_in(upload, upload.page_of(run), one) for one in ("en", "ru"))
    assert "The file is not there any more. Upload it again." in english
    assert "Upload it again" not in russian
    assert "Этого файла больше нет." in russian
