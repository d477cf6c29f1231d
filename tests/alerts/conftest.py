from tests.mailings_screens.conftest import (  # noqa: F401
    _static_files_as_they_are,
    as_role,
    editor,
    mailing,
)
