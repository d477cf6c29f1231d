from tests.mailings_screens.conftest import (  # noqa: F401  a small company with a mailing
    _static_files_as_they_are,
    approver,
    as_role,
    editor,
    gateway,
    mailing,
    make_customer,
    north,
    planned,
    running,
    south,
)
