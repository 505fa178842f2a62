"""How a backend is served; ``any-to-3d serve`` reads it from the command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from .addresses import DEFAULT_ADDRESS
from .catalogue import ProfileName


@dataclass(frozen=True)
class ServeOptions:
    """Models, address and data folder of a backend, and when it ends."""

    profile: ProfileName = "builtin"
    """builtin: the small networks of this package; full: big ones, see 'any-to-3d models'; fake: no model at all."""

    address: str = DEFAULT_ADDRESS
    """Where to listen; anything but this computer needs --keys."""

    port: int | None = None
    """Instead of the address's port; 0 takes any free one, see --port-file."""

    port_file: Path | None = None
    """Write the port's number to this file once the server listens."""

    device: tuple[str, ...] = ("auto",)
    """cpu, cuda, cuda:0 ...; several start one worker each."""

    data: Path | None = None
    """Folder of jobs and results; by default the platform's folder for application data."""

    models_folder: Path | None = None
    """Where the weights of profile full lie, if not where 'any-to-3d models path' says."""

    threads: int = 0
    """CPU threads a worker may use; 0 takes one for the built-in models, torch's choice for others."""

    compile: bool = True
    """Compile the networks of profile full for a GPU: minutes the first time, and faster steps."""

    keys: Path | None = None
    """server.key, as written by 'any-to-3d keys new': encrypt, and let only the authorized clients in."""

    shared_jobs: bool = False
    """With keys: let every client see, cancel and move the jobs of all others."""

    max_waiting: int = 2000
    """Jobs of one client that may wait at once."""

    parent_pid: Annotated[int | None, tyro.conf.arg(metavar="PID")] = None
    """End when this process ends."""

    allow_shutdown: bool = False
    """Let a client on this computer end the server."""

    keep_days: float | None = None
    """Delete ended jobs whose files are older than so many days, except pinned ones; by default nothing is deleted."""

    keep_gb: float | None = None
    """Delete the oldest ended jobs, except pinned ones, until all jobs together take no more than so many GB."""

    metrics_port: int | None = None
    """Serve figures for Prometheus at this port of this computer; needs any-to-3d[metrics]."""
