from tests.mailings.conftest import gateway, north, south  # noqa: F401  two operators and their lines
from tests.mailings_screens.conftest import _static_files_as_they_are, as_role  # noqa: F401
