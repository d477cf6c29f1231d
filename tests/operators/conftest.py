from pathlib import Path
from typing import Any

import pytest

from tests.mailings.conftest import gateway, north, south  # noqa: F401  two operators and their lines
from tests.mailings_screens.conftest import _static_files_as_they_are, as_role  # noqa: F401


@pytest.fixture(autouse=True)
def _uploads_apart(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
