"""C6: volume rendering of samples along rays, forwards and backwards, against nerfacc's batched functions in torch.

Both give colour, opacity and depth. nerfacc's packed functions, which skip empty space, exist for CUDA only.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .peers import LeftOut, Peers, installed
from .shapes import KERNELS
from .timing import Report, Size, Step, ratio_verdicts, take_turns

PEER = "nerfacc render_weight_from_density + accumulate_along_rays"
Pictures = tuple[Tensor, Tensor, Tensor]
Compositor = Callable[[Tensor, Tensor], Pictures]
OCCUPIED = 0.16
"""Share of samples that hold density in a trained scene; the others are masked to 0 and stay in the arrays."""


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 128 x 128 rays of 64 samples, a sixth of them occupied."""
    rays, samples = (128 * 128, 64) if size == "full" else (64, 16)
    density = 5 * torch.rand(rays, samples) * (torch.rand(rays, samples) < OCCUPIED)
    colours = torch.rand(rays, samples, 3)
    ends = torch.full((rays, samples), 0.03).cumsum(dim=1)
    starts = torch.cat([torch.zeros(rays, 1), ends[:, :-1]], dim=1)
    middles, lengths = (starts + ends) / 2, ends - starts

    def ours(density: Tensor, colours: Tensor) -> Pictures:
        colour, _, alpha, depth = KERNELS.composite(density, lengths, colours, middles)
        return colour, alpha, depth

    compositors: dict[str, Compositor] = {"numba": ours}
    left_out = []
    try:
        compositors[PEER] = _nerfacc(peers, starts, ends, middles)
    except LeftOut as reason:
        left_out.append(str(reason))
    weights = torch.randn(rays, 3), torch.randn(rays, 1), torch.randn(rays, 1)
    variants = {name: _step(each, density, colours, weights) for name, each in compositors.items()}
    facts: dict[str, object] = {"rays": rays, "samples": samples, "occupied": OCCUPIED}
    if PEER in compositors:
        pairs = zip(*(each(density, colours) for each in compositors.values()), strict=True)
        facts["largest_difference"] = max(float((a - b).abs().max()) for a, b in pairs)
    times = take_turns(variants, rounds)
    verdicts = ratio_verdicts(times, "numba", {PEER: 1.5})
    return Report("colour, opacity and depth of rays, forwards and backwards", times, verdicts, facts, tuple(left_out))


def _nerfacc(peers: Peers, starts: Tensor, ends: Tensor, middles: Tensor) -> Compositor:
    nerfacc = installed(peers.path("nerfacc"), "nerfacc")

    def composite(density: Tensor, colours: Tensor) -> Pictures:
        weights, _, _ = nerfacc.render_weight_from_density(starts, ends, density)
        along = nerfacc.accumulate_along_rays
        return along(weights, colours), along(weights, None), along(weights, middles[..., None])

    return composite


def _step(compositor: Compositor, density: Tensor, colours: Tensor, weights: Pictures) -> Step:
    def step() -> None:
        pictures = compositor(density.clone().requires_grad_(), colours.clone().requires_grad_())
        torch.autograd.backward(pictures, weights)

    return step
