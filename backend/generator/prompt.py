"""What a person asks for: words, pictures and sounds, mixed by weight into one unit embedding C_m."""

import hashlib
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..models.protocols import JointEncoder


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Image:
    """pixels: [3, H, W] in [0, 1]."""

    pixels: Float[Tensor, "3 H W"]


@dataclass(frozen=True)
class Audio:
    """waveform: mono [T] in [-1, 1]; sample_rate in Hz."""

    waveform: Float[Tensor, "T"]
    sample_rate: int


@dataclass(frozen=True)
class WeightedPrompt:
    """One part of a prompt; weights are relative."""

    content: Text | Image | Audio
    weight: float = 1.0


@dataclass(frozen=True)
class Prompt:
    """A whole request. ``reference`` is an own reference view x_r as [4, H, W] RGBA in [0, 1], seen from the front."""

    parts: tuple[WeightedPrompt, ...]
    negative: str = ""
    reference: Float[Tensor, "4 H W"] | None = None

    @staticmethod
    def from_text(text: str) -> "Prompt":
        return Prompt((WeightedPrompt(Text(text)),))

    @property
    def text(self) -> str:
        """The words among the parts, for a network that reads them; empty for pictures and sounds alone."""
        return ", ".join(part.content.text for part in self.parts if isinstance(part.content, Text))

    def digest(self) -> str:
        """Equal for prompts that are equal byte for byte; waits for the device where a picture lies on one."""
        seen = hashlib.sha256(repr(self.negative).encode())
        for part in self.parts:
            match part.content:
                case Text(text):
                    content = text.encode()
                case Image(pixels):
                    content = _bytes(pixels)
                case Audio(waveform, sample_rate):
                    content = _bytes(waveform) + str(sample_rate).encode()
            kind = type(part.content).__name__
            seen.update(f"{kind} {part.weight!r} {hashlib.sha256(content).hexdigest()}".encode())
        if self.reference is not None:
            seen.update(_bytes(self.reference))
        return seen.hexdigest()

    def validate(self) -> None:
        """Raise ValueError, saying what to change, for a prompt that asks for nothing."""
        if not self.parts:
            raise ValueError("the prompt is empty; give at least one text, image or sound")
        for part in self.parts:
            if not part.weight > 0:
                raise ValueError(
                    f"a prompt weight is {part.weight}; weights must be positive, leave the part out instead"
                )
            if isinstance(part.content, Text) and not part.content.text.strip():
                raise ValueError("the text prompt is empty; describe an object")
        if self.reference is not None and not bool((self.reference[3] > 0.5).any()):
            raise ValueError("the reference image is transparent everywhere; cut the object out and keep it opaque")


def _bytes(tensor: Tensor) -> bytes:
    return repr(tuple(tensor.shape)).encode() + tensor.detach().cpu().contiguous().numpy().tobytes()


def embed(prompt: Prompt, encoder: JointEncoder, device: torch.device) -> Float[Tensor, "1 E"]:
    """C_m: the weighted sum of the parts' unit embeddings, made a unit vector again.

    Source: BindDiffusion main_multi_bind.py mixes scaled vectors; unit vectors keep one modality from drowning another.
    Raises ValueError for an empty prompt, or one the encoder cannot read.
    """
    prompt.validate()
    parts = [part.weight * _embed_part(part.content, encoder, device) for part in prompt.parts]
    return torch.nn.functional.normalize(torch.stack(parts).sum(dim=0), dim=-1)


def embed_negative(prompt: Prompt, encoder: JointEncoder) -> Float[Tensor, "1 E"] | None:
    """What to avoid as a unit vector, None if the prompt names nothing. Raises ValueError for words of no meaning."""
    if not prompt.negative.strip():
        return None
    with torch.no_grad():
        return torch.nn.functional.normalize(encoder.embed_text([prompt.negative]).float(), dim=-1)


def _embed_part(content: Text | Image | Audio, encoder: JointEncoder, device: torch.device) -> Float[Tensor, "1 E"]:
    with torch.no_grad():
        match content:
            case Text(text):
                vector = encoder.embed_text([text])
            case Image(pixels):
                vector = encoder.embed_image(pixels[None].to(device))
            case Audio(waveform, sample_rate):
                vector = encoder.embed_audio(waveform.to(device), sample_rate)
    return torch.nn.functional.normalize(vector.float(), dim=-1)
