from pathlib import Path

import pytest

from deploy import environment

PORTS = {
    "web": 20001,
    "postgresql": 20002,
    "redis": 20003,
    "dlr_endpoint": 20004,
    "adapters": 20005,
    "links": 20006,
}


def test_secrets_are_long_and_differ() -> None:
    settings = environment.values(Path("/var/parley"), PORTS, {})
    made = [settings[name] for name in environment.SECRETS]
    assert len(set(made)) == len(made)
    assert min(map(len, made)) >= 24


def test_a_known_secret_is_kept() -> None:
    settings = environment.values(Path("/var/parley"), PORTS, {"SECRET_KEY": "known"})
    assert settings["SECRET_KEY"] == "known"


def test_addresses_follow_the_ports() -> None:
    settings = environment.values(
        Path("/var/parley"), PORTS, {"POSTGRES_PASSWORD": "secret", "REDIS_PASSWORD": "other"}
    )
    assert settings["DATABASE_URL"] == "postgres://parley:secret@127.0.0.1:20002/parley"
    assert settings["REDIS_URL"] == "redis://:other@127.0.0.1:20003/0"
    assert settings["BASE_URL"] == "http://127.0.0.1:20001"
    assert settings["KANNEL_DLR_BASE_URL"] == "http://127.0.0.1:20004"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    environment.write(tmp_path / "env", {"SECRET_KEY": "a=b", "DEBUG": "false"})
    assert environment.read(tmp_path / "env") == {"SECRET_KEY": "a=b", "DEBUG": "false"}


def test_nobody_else_can_read_the_settings(tmp_path: Path) -> None:
    environment.write(tmp_path / "env", {"SECRET_KEY": "secret"})
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_settings_that_somebody_else_wrote_are_kept_beside(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("SECRET_KEY=mine\n")
    environment.write(tmp_path / "env", {"SECRET_KEY": "ours"})
    assert (tmp_path / "env.before").read_text() == "SECRET_KEY=mine\n"


def test_settings_of_the_shell_do_not_win_over_those_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    processes = environment.of_processes(Path("/var/parley"), {"DATABASE_URL": "postgres://ours"})
    assert "DATABASE_URL" not in processes
    assert processes["PARLEY_ENV_FILE"] == "/var/parley/env"
