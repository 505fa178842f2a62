"""C1: the hash grid, forwards and backwards to its table, against nerfstudio's in torch.

The grids have the same levels, table size and features. Their codes differ: ours follow tiny-cuda-nn, whose points lie
half a cell further and whose coarse levels are not hashed.
"""

import torch
from any_to_3d.backend.kernels.hash_grid import HashGridConfig
from torch import Tensor, nn

from .peers import LeftOut, Peers, bare_package, file_of_checkout, stand_in
from .shapes import KERNELS, TORCH_KERNELS
from .timing import Report, Size, Step, ratio_verdicts, take_turns

PEER = "nerfstudio HashEncoding.pytorch_fwd"
FINEST = 4096
UNUSED = (stand_in("viser"), stand_in("viser.transforms"))
"""Its viewer, imported on the way."""


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 16 levels of 2^19 entries up to 4096 vertices a side, 65,536 random points."""
    config = HashGridConfig() if size == "full" else HashGridConfig(levels=4, log2_table_size=12)
    points = torch.rand(2**16 if size == "full" else 2**10, 3)
    weight = torch.randn(len(points), config.levels * config.features)
    ours, torch_only = KERNELS.hash_grid(config), TORCH_KERNELS.hash_grid(config)
    variants = {"numba": _step(ours, points, weight), "torch": _step(torch_only, points, weight)}
    left_out = []
    try:
        variants[PEER] = _nerfstudio(peers, config, points, weight)
    except LeftOut as reason:
        left_out.append(str(reason))
    times = take_turns(variants, rounds)
    verdicts = ratio_verdicts(times, "numba", {PEER: 8}) + ratio_verdicts(times, "torch", {PEER: 5})
    torch_only.load_state_dict(ours.state_dict())
    with torch.no_grad():
        difference = (ours(points) - torch_only(points)).abs().max()
    facts = {
        "points": len(points),
        "entries": len(ours.table),
        "numba_torch_difference": float(difference),
    }
    return Report("encode points, forwards and backwards to the table", times, verdicts, facts, tuple(left_out))


def _step(grid: nn.Module, points: Tensor, weight: Tensor) -> Step:
    def step() -> None:
        grid.zero_grad(set_to_none=True)
        grid(points).backward(weight)

    return step


def _nerfstudio(peers: Peers, config: HashGridConfig, points: Tensor, weight: Tensor) -> Step:
    checkout = peers.path("nerfstudio")
    for package in ("nerfstudio.utils", "nerfstudio.data", "nerfstudio.field_components"):
        bare_package(checkout, package)
    encodings = file_of_checkout(checkout, "nerfstudio.field_components.encodings", UNUSED)
    finest = FINEST if config.levels == 16 else config.base_resolution * config.per_level_scale ** (config.levels - 1)
    encoding = encodings.HashEncoding(
        num_levels=config.levels,
        min_res=config.base_resolution,
        max_res=finest,
        log2_hashmap_size=config.log2_table_size,
        features_per_level=config.features,
        implementation="torch",
    )
    return _step(encoding, points, weight)
