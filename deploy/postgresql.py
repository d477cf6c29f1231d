"""A private PostgreSQL: made once in its folder, reached over loopback with a password only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg2
from psycopg2 import sql

CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 100
shared_buffers = '384MB'
work_mem = '16MB'
maintenance_work_mem = '256MB'
effective_cache_size = '2GB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
wal_compression = lz4
random_page_cost = 1.1
autovacuum_naptime = '15s'
log_statement = 'none'
log_min_error_statement = 'panic'   # statements may hold numbers of customers
log_error_verbosity = 'terse'
timezone = 'UTC'
shared_preload_libraries = 'pg_stat_statements'   # which statements take longest: deploy/bench whole --statements
"""
DURABLE = "fsync = on\nsynchronous_commit = on\n"
# Only for tests: what a crash of the machine loses there is of no use to anybody.
FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nwal_level = minimal\nmax_wal_senders = 0\n"
# Nobody but our own role comes in, and that one is no superuser: the superuser has no way in while the server runs.
ROLE = "parley"
ACCESS = f"host all {ROLE} 127.0.0.1/32 scram-sha-256\n"
# A stopped cluster takes a second for one statement; a busy machine, longer.
SINGLE_USER_SECONDS = 60


class MissingPostgresError(Exception):
    """PostgreSQL is not installed."""


def program(name: str) -> str:
    """Full path of a program of the newest PostgreSQL here. Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    path = str(found[-1]) if found else shutil.which(name)
    if not path:
        raise MissingPostgresError("PostgreSQL is missing. Run deploy/setup.")
    return path


def as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as Debian's user postgres.

    That user keeps one capability, to reach its folder below folders that only root may enter.
    """
    if os.geteuid() != 0:
        return command
    capability = "+dac_override"
    return [
        "/usr/bin/setpriv",
        *("--reuid", "postgres", "--regid", "postgres", "--clear-groups"),
        *("--inh-caps", capability, "--ambient-caps", capability, "--bounding-set", f"-all,{capability}"),
        *command,
    ]


def command(data: Path, port: int) -> list[str]:
    """The server in the foreground."""
    return as_owner([program("postgres"), "-D", str(data), "-p", str(port)])


def prepare(data: Path, password: str, *, durable: bool = True) -> None:
    """Makes the cluster if there is none yet, and writes its configuration."""
    if not (data / "PG_VERSION").exists():
        _initialise(data, password)
    (data / "parley.conf").write_text(CONFIGURATION + (DURABLE if durable else FAST))
    (data / "pg_hba.conf").write_text(ACCESS)
    main = data / "postgresql.conf"
    if "include = 'parley.conf'" not in main.read_text():
        main.write_text(main.read_text() + "\ninclude = 'parley.conf'\n")


def _initialise(data: Path, password: str) -> None:
    # A folder that was left half made is of no use: start again.
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=data.parent, prefix="password") as file:
        file.write(password)
        file.flush()
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(data, owner.pw_uid, owner.pw_gid)
            os.chown(file.name, owner.pw_uid, owner.pw_gid)
        initdb = [program("initdb"), "-D", str(data), "-U", "postgres", "--pwfile", file.name]
        options = ["-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-instructions", "--no-sync"]
        subprocess.run(
            as_owner([*initdb, *options]), check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=120
        )
    # Only a superuser may make it; what is counted is ours to see. In every database that is made later, too.
    as_superuser(
        data,
        "CREATE EXTENSION pg_stat_statements\nGRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO PUBLIC",
        database="template1",
    )
    # It owns its database, for migrations and for the partitions that are made each month; and tests make databases.
    as_superuser(data, f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'")


def as_superuser(data: Path, statements: str, *, database: str = "postgres") -> None:
    """Runs statements, one a line, in a database of a cluster that is stopped.

    Over standard input: nobody sees a password in the list of processes.

    :raises subprocess.CalledProcessError: when PostgreSQL refuses to start. What it thinks of the statements is not told.
    """
    subprocess.run(
        as_owner([program("postgres"), "--single", "-D", str(data), database]),
        input=f"{statements}\n",
        text=True,
        check=True,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=SINGLE_USER_SECONDS,
    )


def is_ready(port: int, password: str) -> bool:
    """Whether it takes connections; makes our database at the first time."""
    try:
        connection = psycopg2.connect(
            host="127.0.0.1",
            port=port,
            user=ROLE,
            password=password,
            dbname="postgres",
            connect_timeout=2,
        )
    except psycopg2.OperationalError:
        return False
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'parley'")
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier("parley")))
    finally:
        connection.close()
    return True
