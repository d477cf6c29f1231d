from tests.mailings.conftest import (  # noqa: F401
    approver,
    editor,
    gateway,
    mailing,
    make_customer,
    north,
    planned,
    running,
)
