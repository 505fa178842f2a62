"""What a training runs on: a device, bfloat16 there, and whether its networks are compiled."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

import torch
from torch import nn

from .allowed_numbers import require_at_least

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Hardware:
    """What to train on."""

    device: str = "cpu"
    """cpu, cuda or cuda:0, cuda:1 ..."""
    compiled: Literal["off", "default", "reduce-overhead"] = "off"
    """The mode of torch.compile. reduce-overhead replays CUDA graphs: the most for small networks on a GPU."""
    threads: int = 1
    """Threads of the CPU in each training; a second one gains little."""

    def __post_init__(self) -> None:
        require_at_least("threads", self.threads, 1)
        if self.place.type not in ("cpu", "cuda"):
            raise ValueError(f"device {self.device!r} is not supported; use cpu or cuda")
        if self.place.type == "cuda" and not torch.cuda.is_available():
            raise ValueError(f"device {self.device!r} is not there: this torch sees no GPU; use --device cpu")

    def settle(self) -> None:
        """Make torch use what was asked for."""
        torch.set_num_threads(self.threads)
        torch.set_float32_matmul_precision("high")
        # The batches of a training have one shape, so that the quickest convolution is worth searching for.
        torch.backends.cudnn.benchmark = True

    @property
    def place(self) -> torch.device:
        return torch.device(self.device)

    @property
    def is_gpu(self) -> bool:
        return self.place.type == "cuda"

    def half_precision(self) -> AbstractContextManager:
        """Matrix products in bfloat16; weights stay in float32."""
        return torch.autocast(self.place.type, dtype=torch.bfloat16)

    def ready(self, network: Network) -> Network:
        """Move a network there, in place, before a TrainingRun takes hold of its weights."""
        return network.to(self.place)

    def fast(self, network: Network) -> Network:
        """The same weights behind a compiled call, where that is asked for. Save and load the network itself."""
        if self.compiled == "off":
            return network
        return cast(Network, torch.compile(network, mode=self.compiled))
