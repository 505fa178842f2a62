"""How much memory a device has, for whoever plans with it; only GPUs are planned for."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class DeviceMemory:
    """Bytes: all there is, and what this process can have, its allocator's own share included."""

    total: int
    available: int


def missing_gpu() -> tuple[str, str]:
    """Why this torch would compute on the CPU, and what to do; both empty if it sees an NVIDIA GPU."""
    if torch.cuda.is_available():
        return "", ""
    if torch.version.cuda is None:
        text = f"torch {torch.__version__} was built without CUDA"
        return text, "With an NVIDIA card, install torch for it: docs/install.md has the command for your system."
    text = f"torch {torch.__version__} sees no NVIDIA GPU that works with CUDA {torch.version.cuda}"
    return text, "Update the card's driver; 'nvidia-smi' says whether it works. CUDA_VISIBLE_DEVICES may hide the card."


def memory_of(device: torch.device) -> DeviceMemory | None:
    """As it is now, CUDA's context for this process already taken off; None for a device that is no NVIDIA GPU."""
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info(device)
    return DeviceMemory(total, free + torch.cuda.memory_reserved(device))
