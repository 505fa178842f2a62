"""Whether a classical cut-out looks doubtful, and what the artist can do about it."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from .outline import contrast_across

MEASURED_SIDE = 320
"""Outlines are judged at this size, in which the limits below were chosen."""

FAR = 6
"""Pixels to either side at which a soft edge shows more contrast than near the outline."""

SOFT, FAINT = 1.5, 25.0
"""An edge is soft if its contrast grows by this factor from near to far, and is less than FAINT (CIELAB units) near."""

MOST = 0.25
"""Share of the outline's lower half that may be soft: shadows end softly, objects do not."""

ADVICE = "take it before a plain background, save it as PNG with transparency, or install rembg with a network"


def doubt_about(pixels: Float[Tensor, "3 H W"], alpha: Float[Tensor, "H W"]) -> str:
    """A notice, or "" where there is no doubt: outlines of shadows follow softer edges than those of objects.

    The limits come from benchmarks/matting.py's pictures; how often they are right stands in its results.
    """
    scale = min(1.0, MEASURED_SIDE / max(alpha.shape))
    size = (max(1, round(alpha.shape[0] * scale)), max(1, round(alpha.shape[1] * scale)))
    layers = interpolate(torch.cat([pixels, alpha[None]])[None], size=size, mode="bilinear", antialias=True)[0].cpu()
    rgb, mask = (layers[:3].permute(1, 2, 0) * 255).round().byte().numpy(), layers[3].numpy() > 0.5
    if not mask.any():
        return ""
    rows, _, near = contrast_across(rgb, mask)
    _, _, far = contrast_across(rgb, mask, FAR)
    is_soft = (far > SOFT * near) & (near < FAINT)
    if is_soft[rows >= (rows.min() + rows.max()) / 2].mean() > MOST:
        return f"The cut-out looks doubtful: its lower edge is soft, so shadow or floor may be in it. If so, {ADVICE}."
    return ""
