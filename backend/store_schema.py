"""The table of jobs in SQLite: opened for this process alone, and brought up to date if an older version made it."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import msgpack

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    submit BLOB NOT NULL,
    notice TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    seconds REAL NOT NULL,
    problem_code TEXT,
    problem_message TEXT,
    problem_hint TEXT
)
"""

ADDED_COLUMNS = {
    "is_paused": "INTEGER NOT NULL DEFAULT 0",
    "finishes_early": "INTEGER NOT NULL DEFAULT 0",
    "deaths": "INTEGER NOT NULL DEFAULT 0",
    "saved": "REAL NOT NULL DEFAULT 0",
    "owner": "TEXT NOT NULL DEFAULT ''",
    "interruptions": "INTEGER NOT NULL DEFAULT 0",
    "request_id": "TEXT NOT NULL DEFAULT ''",
}
"""Since the first release: a folder of that time is given them when it is opened."""

INDEX = "CREATE INDEX IF NOT EXISTS jobs_by_request ON jobs (owner, request_id)"

PAGES_AT_ONCE = 2000
"""That are given back to the disk at a time: some megabytes, so that nobody waits for long."""


def open_exclusively(path: Path) -> sqlite3.Connection:
    """The records of one folder. Raises sqlite3.DatabaseError, with "locked" in it where another process has them."""
    connection = sqlite3.connect(path, timeout=0.2)
    try:
        # Only before the first table: an older file gets it with the VACUUM of ``shrink``.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        # The lock ends with the process, however it ends.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _bring_up_to_date(connection)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def give_back(connection: sqlite3.Connection) -> None:
    """Give some of the pages that deleted records have left back to the disk, if this file can do so bit by bit."""
    # Each page is a step of the statement, of which Python's execute takes the first only.
    connection.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")


def shrink(connection: sqlite3.Connection) -> None:
    """Give back all of them, and the log of what was written; may take seconds, and the room of a copy."""
    (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if mode != _INCREMENTAL:
        # The mode of an older file changes with a whole VACUUM.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
    elif free:
        connection.executescript("PRAGMA incremental_vacuum")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


_INCREMENTAL = 2


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    # All or nothing: a process that is killed amid it leaves the file as it was. Python's sqlite3 itself would begin no
    # transaction for a change of the schema.
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        connection.execute(SCHEMA)
        present = {row[1] for row in connection.execute("PRAGMA table_info(jobs)")}
        for name, kind in ADDED_COLUMNS.items():
            if name not in present:
                connection.execute(f"ALTER TABLE jobs ADD COLUMN {name} {kind}")
        if "request_id" not in present:
            _note_request_ids(connection)
        connection.execute(INDEX)


def _note_request_ids(connection: sqlite3.Connection) -> None:
    """Out of the stored requests, one at a time: they may hold pictures. What is unreadable stays without."""
    for (number,) in connection.execute("SELECT number FROM jobs").fetchall():
        (submit,) = connection.execute("SELECT submit FROM jobs WHERE number = ?", (number,)).fetchone()
        with suppress(ValueError, TypeError, KeyError, IndexError, msgpack.UnpackException):
            request_id = request_id_of(submit)
            connection.execute("UPDATE jobs SET request_id = ? WHERE number = ?", (request_id, number))


def request_id_of(submit: bytes) -> str:
    """Of a stored request, from its header alone. Raises what a damaged one makes msgpack and Python raise."""
    _, _, fields = msgpack.unpackb(msgpack.unpackb(submit)[0])
    return str(fields["request_id"])
