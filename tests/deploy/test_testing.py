import sys

from deploy.testing import command


def test_without_arguments_all_tests_run_in_two_processes_and_coverage_is_asked_for() -> None:
    assert command([]) == [
        sys.executable,
        "-m",
        "pytest",
        "--numprocesses=2",
        "--dist=loadscope",
        "--no-loadscope-reorder",
        "--cov",
        "--cov-report=term-missing",
    ]


def test_arguments_go_to_pytest() -> None:
    assert command(["tests/deploy", "-x"]) == [sys.executable, "-m", "pytest", "tests/deploy", "-x"]


def test_any_other_command_can_be_run() -> None:
    assert command(["--run", "bash", ".ci/django"]) == ["bash", ".ci/django"]
