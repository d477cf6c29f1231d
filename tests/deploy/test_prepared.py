"""The prepared cluster: what it depends on, and that a copy is a database of its own."""

from pathlib import Path

import pytest

from deploy import prepared, programs
from deploy.stack import Stack


def test_another_migration_makes_another_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "ROOT", tmp_path)
    (tmp_path / "requirements.lock").write_text("Django==5.2.19\n")
    migrations = tmp_path / "backoffice" / "customers" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "0001_initial.py").write_text("one")
    before = prepared.migrations_digest()

    (migrations / "0002_more.py").write_text("two")

    assert prepared.migrations_digest() != before


def test_another_place_of_the_same_checkout_has_the_same_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = set()
    for name in ("here", "there"):
        root = tmp_path / name
        (root / "kannel" / "migrations").mkdir(parents=True)
        (root / "kannel" / "migrations" / "0001_initial.py").write_text("one")
        (root / "requirements.lock").write_text("Django==5.2.19\n")
        monkeypatch.setattr(prepared, "ROOT", root)
        digests.add(prepared.migrations_digest())

    assert len(digests) == 1


def test_without_a_prepared_cluster_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PREPARED", str(tmp_path / "none"))

    assert not prepared.copy_to(tmp_path / "postgresql", "secret")
    assert not (tmp_path / "postgresql").exists()


def test_a_stack_on_a_copy_is_migrated_and_lets_in_with_its_own_password_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_PREPARED", str(tmp_path / "prepared"))
    with Stack(tmp_path / "first", durable=False) as first:
        first.start(only=["postgresql"])
        password = first.settings["POSTGRES_PASSWORD"]
    prepared.keep(tmp_path / "first" / "postgresql")

    with Stack(tmp_path / "second", durable=False) as second:
        second.start(only=["postgresql"])
        assert second._remembered()["done"]["migrate"] == prepared.migrations_digest()
        port = second.ports["postgresql"]
        assert programs.postgresql.is_ready(port, second.settings["POSTGRES_PASSWORD"])
        assert not programs.postgresql.is_ready(port, password)


def test_after_a_new_migration_one_begins_with_the_state_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_PREPARED", str(tmp_path / "prepared"))
    monkeypatch.setattr(prepared, "ROOT", tmp_path)
    (tmp_path / "requirements.lock").write_text("Django==5.2.19\n")
    migrations = tmp_path / "kannel" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "0001_initial.py").write_text("one")
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("15")
    prepared.keep(cluster)
    before = prepared.path()

    (migrations / "0002_more.py").write_text("two")
    assert prepared.nearest() == before

    (migrations / "0001_initial.py").write_text("another")
    assert prepared.nearest() is None


def test_only_the_newest_clusters_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PREPARED", str(tmp_path / "prepared"))
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("15")
    for number in range(prepared.KEPT + 2):
        kept = tmp_path / "prepared" / f"15-{number}"
        monkeypatch.setattr(prepared, "path", lambda kept=kept: kept)
        prepared.keep(cluster)
        prepared.os.utime(kept, (number, number))

    left = {found.name for found in (tmp_path / "prepared").iterdir() if found.is_dir()}

    assert len(left) == prepared.KEPT
    assert "15-0" not in left
