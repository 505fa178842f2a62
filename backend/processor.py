"""What this machine's processor is called."""

import platform
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


def processor_name() -> str:
    """The model, as Linux tells it; elsewhere what Python knows, at least the architecture."""
    if _CPUINFO.exists():
        models = [line.partition(":")[2].strip() for line in _CPUINFO.read_text().splitlines() if "model name" in line]
        if models:
            return models[0]
    return platform.processor() or platform.machine()
