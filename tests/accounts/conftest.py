from tests.mailings_screens.conftest import _static_files_as_they_are, as_role  # noqa: F401
