"""``any-to-3d doctor``: look at this installation and say what is wrong and what to do."""

from dataclasses import dataclass
from pathlib import Path

from ..catalogue import ProfileName

STYLE = {"ok": "green", "warning": "yellow", "problem": "red"}


@dataclass(frozen=True)
class Doctor:
    """Check Python, libraries, device, kernels, weights, port, bpy and the data folder. Exit status 1 for a problem.

    For profile full also the memory that each preset will need, before anything is loaded, and what to lower.
    """

    profile: ProfileName = "builtin"
    """The profile that is to work here."""

    device: str = "auto"
    """The device that is to be used."""

    models_folder: Path | None = None
    """Where the weights of profile full lie, if not where 'any-to-3d models path' says."""

    data: Path | None = None
    """The data folder, if not the default one."""

    keys: Path | None = None
    """server.key or client.key: show its fingerprints, and whether others may read it."""

    def run(self) -> int:
        from rich.console import Console

        from ..diagnosis import diagnose

        console = Console(highlight=False, soft_wrap=True)
        findings = []
        for finding in diagnose(self.profile, self.device, self.models_folder, self.data, self.keys):
            findings.append(finding)
            console.print(f"{finding.level:8}", style=STYLE[finding.level], end="")
            console.print(f"{finding.subject}: {finding.text}", markup=False)
            if finding.remedy:
                console.print(f"        -> {finding.remedy}", markup=False)
        return int(any(finding.level == "problem" for finding in findings))
