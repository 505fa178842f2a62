"""Jobs and results on disk: SQLite (write-ahead log) for records, files for arrays; durable before announced.

<folder>/jobs.sqlite      one row a job
<folder>/jobs/<job id>/   result.npz and the worker's checkpoints
"""

import os
import sqlite3
import zipfile
from contextlib import suppress
from pathlib import Path

import msgpack
import numpy as np
import platformdirs

from ..shared.mesh import TexturedMesh
from ..shared.messages import Problem, Submit
from ..shared.wire import ProtocolError, decode, encode
from .jobs import REMEMBERED
from .queue_messages import Job

MAX_FOLDERS = 8
RESULT = "result.npz"
ARRAYS = ("vertices", "faces", "uvs", "uv_faces", "albedo")

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
    problem_hint TEXT,
    owner TEXT NOT NULL DEFAULT ''
)
"""

ADDED_COLUMNS = {"owner": "TEXT NOT NULL DEFAULT ''"}
"""What folders of older versions lack."""

WRITE = """
INSERT INTO jobs (job_id, submit, notice, state, attempts, seconds, problem_code, problem_message, problem_hint,
    owner)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (job_id) DO UPDATE SET
    state = excluded.state, attempts = excluded.attempts, seconds = excluded.seconds,
    problem_code = excluded.problem_code, problem_message = excluded.problem_message,
    problem_hint = excluded.problem_hint
"""

READ = """
SELECT job_id, submit, notice, state, attempts, seconds, problem_code, problem_message, problem_hint, owner
FROM jobs
WHERE state IN ('queued', 'running') OR number IN (SELECT number FROM jobs ORDER BY number DESC LIMIT ?)
ORDER BY number
"""


class StoreInUse(ValueError):
    """Another backend writes to this folder; the message says what to do."""


def default_folder() -> Path:
    """Where data goes unless ``--data`` says otherwise: the platform's folder for a user's application data."""
    return Path(platformdirs.user_data_dir("any-to-3d", appauthor=False))


def open_default() -> "JobStore":
    """Open the default folder, or the first sibling (-2, -3 ...) that no other backend of this user holds."""
    folder = default_folder()
    for number in range(1, MAX_FOLDERS + 1):
        candidate = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        with suppress(StoreInUse):
            return JobStore(candidate)
    raise StoreInUse(
        f"{MAX_FOLDERS} backends run already with {folder} and its siblings; end one or pass --data FOLDER"
    )


class JobStore:
    """The only reader and writer of one data folder while it is open.

    Raises StoreInUse if another process holds it, OSError if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()
        (self.folder / "jobs").mkdir(parents=True, exist_ok=True)
        try:
            self._records = _open_exclusively(self.folder / "jobs.sqlite")
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                text = f"the data folder {self.folder} is in use by another backend; end it or pass --data FOLDER"
                raise StoreInUse(text) from error
            advice = "move its jobs.sqlite away to begin anew, or pass --data FOLDER"
            raise OSError(f"the data folder {self.folder} cannot be used: {error}; {advice}") from error

    def save(self, job: Job) -> None:
        """Make the job's record durable. Raises OSError saying what to do if the disk does not take it."""
        problem = job.problem
        details = (None, None, None) if problem is None else (problem.code, problem.message, problem.hint)
        submit = msgpack.packb([bytes(frame) for frame in encode(job.submit)])
        row = (job.job_id, submit, job.notice, job.state, job.attempts, job.seconds, *details, job.owner)
        try:
            with self._records:
                self._records.execute(WRITE, row)
        except sqlite3.DatabaseError as error:
            raise self._unwritable(error) from error

    def load(self) -> tuple[list[Job], list[str]]:
        """Jobs that wait or ran, and the newest others, oldest first; and a sentence for each unreadable record."""
        jobs, complaints = [], []
        for row in self._records.execute(READ, (REMEMBERED,)):
            try:
                jobs.append(_job_from_row(row))
            except (ProtocolError, ValueError, msgpack.UnpackException) as error:
                complaints.append(f"job {row[0]} in {self.folder} is unreadable and left out: {error}")
        return jobs, complaints

    def job_folder(self, job_id: str) -> Path:
        """The job's own folder; it is made if need be."""
        folder = self.folder / "jobs" / job_id
        folder.mkdir(exist_ok=True)
        return folder

    def save_result(self, job_id: str, mesh: TexturedMesh) -> None:
        """Make the finished mesh durable: written under another name, flushed to the disk, then renamed.

        Raises OSError saying what to do if the disk does not take it.
        """
        try:
            path = self.job_folder(job_id) / RESULT
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                np.savez(file, **{name: getattr(mesh, name) for name in ARRAYS})
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _flush_folder(path.parent)
        except OSError as error:
            raise self._unwritable(error) from error

    def load_result(self, job_id: str) -> TexturedMesh:
        """Read a finished mesh back. Raises ValueError naming the file if it is gone or damaged."""
        path = self.folder / "jobs" / job_id / RESULT
        try:
            with np.load(path, allow_pickle=False) as arrays:
                mesh = TexturedMesh(*(arrays[name] for name in ARRAYS))
            mesh.validate()
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"the stored result {path} cannot be read: {error}") from error
        return mesh

    def close(self) -> None:
        self._records.close()

    def _unwritable(self, error: Exception) -> OSError:
        advice = "free some space there and start the backend again: its jobs go on"
        return OSError(f"the data folder {self.folder} cannot be written ({error}); {advice}")


def _open_exclusively(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0.2)
    try:
        # The lock ends with the process, however it ends.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with connection:
            connection.execute(SCHEMA)
            present = {row[1] for row in connection.execute("PRAGMA table_info(jobs)")}
            for name in ADDED_COLUMNS.keys() - present:
                connection.execute(f"ALTER TABLE jobs ADD COLUMN {name} {ADDED_COLUMNS[name]}")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _job_from_row(row: tuple) -> Job:
    job_id, submit, notice, state, attempts, seconds, code, message, hint, owner = row
    request = decode(msgpack.unpackb(submit))
    if not isinstance(request, Submit):
        raise ValueError(f"its request is a {type(request).__name__}")
    problem = None if code is None else Problem(code, message, hint)
    return Job(job_id, request, notice, state, attempts, seconds, problem, owner)


def _flush_folder(folder: Path) -> None:
    """Make a rename durable; Windows has no such call and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
