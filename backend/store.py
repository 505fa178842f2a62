"""Jobs and results on disk: SQLite (write-ahead log) for records, files for arrays; durable before announced.

<folder>/jobs.sqlite      one row a job
<folder>/jobs/<job id>/   result.npz and the worker's checkpoints
"""

import logging
import shutil
import sqlite3
import stat
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgpack
import numpy as np
import platformdirs

from ..shared.mesh import TexturedMesh
from ..shared.messages import CheckpointInfo, Problem, Submit
from ..shared.wire import ProtocolError, decode, encode
from .durable_file import flush_folder, replaced
from .jobs_at_hand import REMEMBERED
from .pins import IN_FILE, PIN
from .queue_messages import Job, parent_of
from .store_schema import give_back, open_exclusively, shrink
from .stored_checkpoints import checkpoints_in

log = logging.getLogger(__name__)

MAX_FOLDERS = 8
RESULT = "result.npz"
ARRAYS = ("vertices", "faces", "uvs", "uv_faces", "albedo")

FIXED = ("job_id", "submit", "notice", "owner", "request_id")
RESTING = ("is_paused", "finishes_early", "deaths", "saved", "interruptions")
CHANGING = ("state", "attempts", "seconds", "problem_code", "problem_message", "problem_hint", *RESTING)
COLUMNS = ", ".join((*(name for name in FIXED if name != "request_id"), *CHANGING))

INSERT = f"INSERT INTO jobs ({', '.join((*FIXED, *CHANGING))}) VALUES ({', '.join('?' for _ in (*FIXED, *CHANGING))})"
UPDATE = f"UPDATE jobs SET {', '.join(f'{name} = ?' for name in CHANGING)} WHERE job_id = ?"

READ = f"""
SELECT {COLUMNS} FROM jobs
WHERE state IN ('queued', 'running') OR number IN (SELECT number FROM jobs ORDER BY number DESC LIMIT ?)
ORDER BY number
"""

FIND = f"SELECT {COLUMNS} FROM jobs WHERE job_id = ?"
FIND_REQUEST = f"SELECT {COLUMNS} FROM jobs WHERE owner = ? AND request_id = ? ORDER BY number DESC LIMIT 1"

ACTIVE = "SELECT submit FROM jobs WHERE state IN ('queued', 'running')"
STATES = "SELECT job_id, state, LENGTH(submit) FROM jobs ORDER BY number"


@dataclass(frozen=True)
class StoredJob:
    """A job as retention sees it. touched: Unix seconds of its newest file.  is_kept: whatever the rule says.

    bytes: of its files and its request.  has_folder: if not, its files were taken away, and it goes as the oldest.
    is_in_file: a client has saved a file that refers to it.
    """

    job_id: str
    state: str
    touched: float
    bytes: int
    is_kept: bool
    has_folder: bool = True
    is_in_file: bool = False


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


class Unwritable(OSError):
    """The disk takes nothing. Its text names the folder, for the log; ``for_clients`` does not."""

    def __init__(self, folder: Path, reason: Exception) -> None:
        super().__init__(f"the data folder {folder} cannot be written ({reason}); free some space there")
        # The text of an OSError names a file.
        said = reason.strerror or type(reason).__name__ if isinstance(reason, OSError) else str(reason)
        self.for_clients = (
            f"the data folder cannot be written ({said}); free some space there, and what waits is then written"
        )


def reason_for_clients(error: OSError) -> str:
    """Why something is not on disk, without the name of a folder."""
    return error.for_clients if isinstance(error, Unwritable) else error.strerror or str(error)


class ResultGone(ValueError):
    """A finished job's result is not in its folder any more."""


class JobStore:
    """The only reader and writer of one data folder while it is open.

    Raises StoreInUse if another process holds it, OSError if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()
        (self.folder / "jobs").mkdir(parents=True, exist_ok=True)
        try:
            self._records = open_exclusively(self.folder / "jobs.sqlite")
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                text = f"the data folder {self.folder} is in use by another backend; end it or pass --data FOLDER"
                raise StoreInUse(text) from error
            raise self._unreadable(error) from error

    def admit(self, job: Job) -> None:
        """Make a new job durable: its folder and its record, or neither. Raises OSError saying what to do."""
        try:
            folder = self.job_folder(job.job_id)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self.save(job)
        except OSError:
            with suppress(OSError):
                folder.rmdir()
            raise

    def save(self, job: Job) -> None:
        """Make the job's record durable. Raises OSError saying what to do if the disk does not take it."""
        problem = job.problem
        details = (None, None, None) if problem is None else (problem.code, problem.message, problem.hint)
        changing = (job.state, job.attempts, job.seconds, *details)
        changing += (job.is_paused, job.finishes_early, job.deaths, job.saved, job.interruptions)
        try:
            with self._records:
                # Of a known job the request, which may hold pictures, is not written again.
                if self._records.execute(UPDATE, (*changing, job.job_id)).rowcount == 0:
                    submit = msgpack.packb([bytes(frame) for frame in encode(job.submit)])
                    fixed = (job.job_id, submit, job.notice, job.owner, job.submit.request_id)
                    self._records.execute(INSERT, (*fixed, *changing))
        except sqlite3.DatabaseError as error:
            raise self._unwritable(error) from error

    def load(self) -> tuple[list[Job], list[str]]:
        """Jobs that wait or ran, and the newest others, oldest first; and a sentence for each unreadable record."""
        jobs, complaints = [], []
        try:
            rows = self._records.execute(READ, (REMEMBERED,)).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error
        for row in rows:
            try:
                jobs.append(_job_from_row(row))
            except (ProtocolError, ValueError, msgpack.UnpackException) as error:
                complaints.append(f"job {row[0]} in {self.folder} is unreadable and left out: {error}")
        return jobs, complaints

    def find(self, job_id: str) -> Job | None:
        """The record of a job, however old; None if there is none or it is unreadable."""
        return self._found(FIND, (job_id,))

    def find_request(self, request_id: str, owner: str) -> Job | None:
        """The job that this client's request has, however old; None if it has none or it is unreadable."""
        return self._found(FIND_REQUEST, (owner, request_id))

    def _found(self, query: str, named: tuple[str, ...]) -> Job | None:
        try:
            row = self._records.execute(query, named).fetchone()
            return None if row is None else _job_from_row(row)
        except (sqlite3.Error, ProtocolError, ValueError, msgpack.UnpackException) as error:
            log.warning("asked=%s unreadable=%s", named[-1], error)
            return None

    def checkpoints(self, job_id: str) -> tuple[CheckpointInfo, ...]:
        """The stored states of a job, oldest first; none of one that has no record: a client's text is no path."""
        known = self.find(job_id)
        return () if known is None else checkpoints_in(self.folder_of(known.job_id))

    def folder_of(self, job_id: str) -> Path:
        """The job's own folder; the text is one of our own job ids, never a client's."""
        return self.folder / "jobs" / job_id

    def job_folder(self, job_id: str) -> Path:
        """Likewise; it is made if need be. Raises OSError."""
        folder = self.folder_of(job_id)
        folder.mkdir(exist_ok=True)
        return folder

    def save_result(self, job_id: str, mesh: TexturedMesh) -> None:
        """Make the finished mesh durable: written under another name, flushed to the disk, then renamed.

        Raises OSError saying what to do if the disk does not take it.
        """
        try:
            with replaced(self.job_folder(job_id) / RESULT) as path, path.open("wb") as file:
                np.savez(file, **{name: getattr(mesh, name) for name in ARRAYS})
        except OSError as error:
            raise self._unwritable(error) from error

    def load_result(self, job_id: str) -> TexturedMesh:
        """Read a finished mesh back. Raises ResultGone, or ValueError naming the file if it is damaged."""
        path = self.folder_of(job_id) / RESULT
        if not path.exists():
            raise ResultGone(f"The result of job {job_id} has been deleted: there is no {path}.")
        try:
            with np.load(path, allow_pickle=False) as arrays:
                mesh = TexturedMesh(*(arrays[name] for name in ARRAYS))
            mesh.validate()
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"the stored result {path} cannot be read: {error}") from error
        return mesh

    def stored_jobs(self, heeds_files: bool = True) -> list[StoredJob]:
        """Every job that has a record, in the order in which they were accepted.

        Pinned, waiting and running ones are kept, and their parents; and, if ``heeds_files``, those that a client's
        saved file refers to. Raises OSError.
        """
        needed = self._needed()
        return [self._stored(job_id, state, size, needed, heeds_files) for job_id, state, size in self._rows(STATES)]

    def unrecorded(self) -> list[StoredJob]:
        """Folders of jobs that have no record; those that are empty or pinned too. Raises OSError."""
        known = {job_id for job_id, _, _ in self._rows(STATES)}
        names = sorted(path.name for path in (self.folder / "jobs").iterdir() if path.is_dir())
        return [self._stored(name, "no record", 0, set(), True) for name in names if name not in known]

    def is_kept(self, job_id: str, heeds_files: bool = True) -> bool:
        """Whether the job is now, whatever it was when ``stored_jobs`` was asked, to be left alone. Raises OSError."""
        states = {known: state for known, state, _ in self._rows(STATES)}
        return self._keeps(job_id, states.get(job_id, ""), self._needed(), heeds_files)

    def _stored(self, job_id: str, state: str, size: int, needed: set[str], heeds_files: bool) -> StoredJob:
        folder, stats = self.folder_of(job_id), []
        for path in folder.glob("*"):
            # A worker renames and deletes its files meanwhile. To be marked makes a job no younger.
            if path.name not in (PIN, IN_FILE):
                with suppress(FileNotFoundError):
                    stats.append(path.stat())
        files = [each for each in stats if stat.S_ISREG(each.st_mode)]
        has_folder = folder.is_dir()
        # Of a job that left no file, its folder is as old as its request.
        touched = max((each.st_mtime for each in files), default=folder.stat().st_mtime if has_folder else 0.0)
        size += sum(each.st_size for each in files)
        is_kept, is_in_file = self._keeps(job_id, state, needed, heeds_files), (folder / IN_FILE).exists()
        return StoredJob(job_id, state, touched, size, is_kept, has_folder, is_in_file)

    def _keeps(self, job_id: str, state: str, needed: set[str], heeds_files: bool) -> bool:
        is_needed = state in ("queued", "running") or job_id in needed
        return (
            is_needed or self.pin_of(job_id).exists() or (heeds_files and (self.folder_of(job_id) / IN_FILE).exists())
        )

    def _needed(self) -> set[str]:
        """Jobs that those which wait or run go on from."""
        needed = set()
        for (submit,) in self._rows(ACTIVE):
            with suppress(ProtocolError, ValueError, msgpack.UnpackException):
                needed.add(parent_of(_request(submit)))
        return needed

    def _rows(self, query: str) -> list[tuple]:
        try:
            return self._records.execute(query).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def keep_for_file(self, job_id: str) -> None:
        """Note, durably, that a client's saved file refers to this job, one of ours. If the disk takes no more, it is
        logged only: clients say so again when they save or connect."""
        try:
            (self.folder_of(job_id) / IN_FILE).touch()
            flush_folder(self.folder_of(job_id))
        except OSError as error:
            log.warning("job=%s not_marked_as_referred_to=%s", job_id, error)

    def pin_of(self, job_id: str) -> Path:
        """The file whose presence keeps the job."""
        return self.folder_of(job_id) / PIN

    def delete(self, job_id: str) -> None:
        """Delete a job's files, then its record. Raises OSError."""
        folder = self.folder_of(job_id)
        if folder.exists():
            shutil.rmtree(folder)
        try:
            with self._records:
                self._records.execute("DELETE FROM jobs WHERE job_id = ?", (job_id,))
        except sqlite3.DatabaseError as error:
            raise self._unwritable(error) from error

    def give_back(self) -> None:
        """Give some of the room of deleted records back to the disk, as far as that is quick."""
        with suppress(sqlite3.Error):
            give_back(self._records)

    def shrink(self) -> None:
        """Give back all of it; may take seconds. Raises OSError."""
        try:
            shrink(self._records)
        except sqlite3.Error as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        self._records.close()

    def _unreadable(self, error: Exception) -> OSError:
        advice = "move its jobs.sqlite away to begin anew, or pass --data FOLDER"
        return OSError(f"the data folder {self.folder} cannot be used: {error}; {advice}")

    def _unwritable(self, error: Exception) -> Unwritable:
        return Unwritable(self.folder, error)


def _job_from_row(row: tuple) -> Job:
    job_id, submit, notice, owner, state, attempts, seconds, code, message, hint, *resting = row
    paused, early, deaths, saved, interruptions = resting
    request = _request(submit)
    problem = None if code is None else Problem(code, message, hint)
    rests = bool(paused), bool(early)
    return Job(job_id, request, notice, state, attempts, seconds, problem, *rests, deaths, saved, owner, interruptions)


def _request(packed: bytes) -> Submit:
    request = decode(msgpack.unpackb(packed))
    if not isinstance(request, Submit):
        raise ValueError(f"its request is a {type(request).__name__}")
    return request
