"""``any-to-3d status``: a running backend on one screen."""

from collections import Counter
from dataclasses import dataclass

from .reaching import Reaching


@dataclass(frozen=True)
class Status(Reaching):
    """Show a running backend: what it is, its devices and memory, and its queue. Exit status 1 if none answers."""

    def run(self) -> int:
        from rich.console import Console

        from .jobs import latest, state_of

        console = Console(highlight=False, soft_wrap=True)
        with self.asking() as asking:
            welcome, jobs = asking.welcome(), asking.jobs()
            active = [job for job in jobs if job.state in ("queued", "running")]
            lines = {job.job_id: latest(asking, job) for job in active}
        console.print(f"backend  {welcome.backend_version}, profile {welcome.profile}, at {self.address}", markup=False)
        console.print(f"device   {welcome.device}, kernels {welcome.kernels}", markup=False)
        for memory in welcome.memory:
            free, total = memory.free / 1024, memory.total / 1024
            console.print(f"memory   {memory.device}: {free:.1f} of {total:.1f} GiB free", markup=False)
        if welcome.warning:
            console.print(f"warning  {welcome.warning}", style="yellow", markup=False)
        counts = Counter(state_of(job) for job in jobs)
        console.print(f"jobs     {', '.join(f'{count} {state}' for state, count in counts.items()) or 'none'}")
        for job in active:
            console.print(f"  {job.job_id}  {state_of(job)}  {job.title}  {lines[job.job_id]}", markup=False)
        return 0
