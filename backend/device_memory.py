"""How much memory a device has, for whoever plans with it; only GPUs are planned for."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class DeviceMemory:
    """Bytes: all there is, and what this process can have, its allocator's own share included."""

    total: int
    available: int


def memory_of(device: torch.device) -> DeviceMemory | None:
    """As it is now, CUDA's context for this process already taken off; None for a device that is no NVIDIA GPU."""
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info(device)
    return DeviceMemory(total, free + torch.cuda.memory_reserved(device))
