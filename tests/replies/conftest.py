from tests.mailings.conftest import editor, mailing, make_customer  # noqa: F401  the same small company
