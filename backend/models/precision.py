"""Which number type the big frozen networks compute in: the one place that decides it.

Images, latents, estimates and embeddings are float32 at every network's border, so that residuals and cosines of the
losses are taken in float32 whatever happens inside.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Precision:
    """dtype: of networks that do not ask for more; reason: for people, to follow "<dtype> on <device>"."""

    dtype: torch.dtype
    reason: str

    def described(self, device: torch.device) -> str:
        """One line, for a log."""
        return f"precision: {str(self.dtype).removeprefix('torch.')} on {device}, {self.reason}"


EXACT = Precision(torch.float32, "as the networks are small")


def precision_for(device_type: str, has_bfloat16: bool) -> Precision:
    """The number type for a kind of device ("cuda", "cpu" ...) that multiplies bfloat16 in hardware or does not.

    bfloat16 has float32's range, so nothing overflows; float16's rounding is eight times finer, but a network whose
    numbers outgrow 65504 breaks in it. A CPU without units for either is about three times slower in both.
    """
    if device_type != "cuda":
        return Precision(torch.float32, "where shorter numbers are no faster")
    if has_bfloat16:
        return Precision(torch.bfloat16, "which halves memory and cannot overflow")
    return Precision(
        torch.float16, "as it has no bfloat16 units; autoencoders that overflow in float16 compute in float32"
    )


def choose_precision(device: torch.device) -> Precision:
    """precision_for a device of this computer; NVIDIA's have bfloat16 units from compute capability 8.0 on."""
    if device.type != "cuda":
        return precision_for(device.type, has_bfloat16=False)
    with torch.cuda.device(device):
        return precision_for("cuda", torch.cuda.is_bf16_supported(including_emulation=False))


def describe_precision(device: torch.device) -> str:
    """One line for a log or a diagnosis: what profile full computes in on this device, and why."""
    return choose_precision(device).described(device)


def autoencoder_dtype(dtype: torch.dtype, is_upcast_asked: bool) -> torch.dtype:
    """An autoencoder's number type among networks of ``dtype``.

    is_upcast_asked: ``force_upcast`` of its config, which diffusers takes for true where the config does not say. Some
    of Stable Diffusion's autoencoders make numbers beyond 65504, black pictures in float16; in bfloat16 all is well.
    """
    return torch.float32 if dtype == torch.float16 and is_upcast_asked else dtype
