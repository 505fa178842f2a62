"""What the device can do at best, measured in the same run: dense matrix products and copies."""

from dataclasses import dataclass

import torch

from .timing import Timing, timed
from .world import World


@dataclass(frozen=True)
class Rate:
    """amount: of one call, in the unit of ``per_second`` times seconds."""

    what: str
    unit: str
    per_second: float
    timing: Timing


@dataclass(frozen=True)
class Rates:
    """matmul: of the number type that the networks calculate in.   copy: bytes read and written."""

    matmul: tuple[Rate, ...]
    copy: Rate

    @property
    def best_matmul(self) -> float:
        """TFLOP/s."""
        return max(rate.per_second for rate in self.matmul)


def measure_rates(world: World) -> Rates:
    """Large square products in bf16 and fp16 (a CPU's fp32), and a copy of one gibibyte (of 4 MiB for tests)."""
    dtypes = (torch.bfloat16, torch.float16) if world.device.type == "cuda" else (torch.float32,)
    return Rates(tuple(_matmul(world, dtype) for dtype in dtypes), _copy(world))


def _matmul(world: World, dtype: torch.dtype) -> Rate:
    side = 8192 if world.size == "full" else 256
    one, other = (torch.randn(side, side, device=world.device, dtype=dtype) for _ in range(2))
    timing = timed(lambda: one @ other, world.device, world.rounds)
    name = str(dtype).removeprefix("torch.")
    return Rate(f"{side} x {side} matmul, {name}", "TFLOP/s", 2 * side**3 / timing.median_ms / 1e9, timing)


def _copy(world: World) -> Rate:
    count = 2**28 if world.size == "full" else 2**20
    source = torch.randn(count, device=world.device)
    target = torch.empty_like(source)
    timing = timed(lambda: target.copy_(source), world.device, world.rounds)
    return Rate(f"copy of {4 * count / 2**20:.0f} MiB", "GB/s", 8 * count / timing.median_ms / 1e6, timing)
