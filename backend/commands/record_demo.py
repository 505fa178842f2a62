"""``any-to-3d record-demo``."""

from dataclasses import dataclass

from ..demo.record_options import RecordOptions


@dataclass(frozen=True)
class RecordDemo(RecordOptions):
    """Record one job for the add-on's demo mode, which plays it without any backend; for developers."""

    def run(self) -> int:
        from rich.console import Console

        from ...shared.recording import write
        from ..demo.record import record
        from ..worker_process import build_engine
        from .places import require_writable_parent
        from .threads import require_threads

        console = Console(stderr=True, highlight=False, soft_wrap=True)
        require_threads(self.threads)
        if self.output.suffix != ".npz":
            raise ValueError(f"--output is {str(self.output)!r}; recordings end with .npz")
        require_writable_parent("--output", self.output)
        with console.status(f"recording {self.text}"):
            recording = record(self, build_engine(self.profile, self.device, "", self.threads))
        write(recording, self.output)
        size = self.output.stat().st_size / 2**20
        console.print(f"{self.output}: {recording.seconds:.1f} s of work, {size:.2f} MiB", markup=False)
        return 0
