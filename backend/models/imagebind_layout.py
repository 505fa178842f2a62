"""Every tensor of ImageBind's text, image and audio towers: its name in the published checkpoint, and its shape.

The file imagebind_huge.pth is a flat state dict (facebookresearch/ImageBind, models/imagebind_model.py). Read without
torch, so that a download can be checked before anything is loaded.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Literal

TowerName = Literal["vision", "text", "audio"]
TOWERS: tuple[TowerName, ...] = ("vision", "text", "audio")

SKIPPED_TOWERS = ("depth", "thermal", "imu")
"""In the same file, 128 million weights that no prompt needs."""

MLP_RATIO = 4
PARTS = ("modality_preprocessors", "modality_trunks", "modality_heads", "modality_postprocessors")

Shape = tuple[int, ...]


@dataclass(frozen=True)
class TrunkSize:
    """A transformer's numbers per token, its blocks, and its attention heads (which no shape shows)."""

    width: int
    blocks: int
    heads: int


@dataclass(frozen=True)
class ImageBindConfig:
    """The sizes of the three towers; the defaults are those of imagebind_huge. Sides in pixels, bins and frames."""

    vision: TrunkSize = TrunkSize(1280, 32, 16)
    text: TrunkSize = TrunkSize(1024, 24, 16)
    audio: TrunkSize = TrunkSize(768, 12, 12)
    embedding: int = 1024
    image_size: int = 224
    image_patch: int = 14
    image_frames: int = 2
    vocabulary: int = 49_408
    context: int = 77
    mel_size: tuple[int, int] = (128, 204)
    mel_patch: int = 16
    mel_stride: int = 10

    @property
    def image_tokens(self) -> int:
        """Patches of a picture and the class token."""
        return (self.image_size // self.image_patch) ** 2 + 1

    @property
    def mel_tokens(self) -> int:
        """Overlapping patches of a log-mel picture and the class token."""
        bins, frames = ((side - self.mel_patch) // self.mel_stride + 1 for side in self.mel_size)
        return bins * frames + 1


HUGE = ImageBindConfig()


def checkpoint_shapes(config: ImageBindConfig = HUGE, towers: tuple[TowerName, ...] = TOWERS) -> dict[str, Shape]:
    """The published name and the shape of every tensor of these towers."""
    described = {"vision": _vision, "text": _text, "audio": _audio}
    return {f"{part}.{tower}.{name}": shape for tower in towers for part, name, shape in described[tower](config)}


def wrong_tensors(found: Mapping[str, Shape], expected: Mapping[str, Shape]) -> tuple[str, ...]:
    """One sentence per tensor that is missing, has another shape, or is not known; in the order of the layout.

    expected: as ``checkpoint_shapes`` gives it. Tensors of towers that it leaves out are passed over by their names.
    """
    wrong = []
    for key, shape in expected.items():
        if key not in found:
            wrong.append(f"{key} is missing, expected {_shown(shape)}")
        elif tuple(found[key]) != shape:
            wrong.append(f"{key} is {_shown(found[key])}, expected {_shown(shape)}")
    passed_over = set(SKIPPED_TOWERS).union(TOWERS).difference(key.split(".")[1] for key in expected)
    unknown = (key for key in found if key not in expected and not _is_of(key, passed_over))
    return (*wrong, *(f"{key} is unknown" for key in unknown))


def _is_of(key: str, towers: Set[str]) -> bool:
    part, _, rest = key.partition(".")
    return part in PARTS and rest.partition(".")[0] in towers


def _shown(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "a single number"


Entry = tuple[str, str, Shape]


def _vision(config: ImageBindConfig) -> Iterator[Entry]:
    width, patch = config.vision.width, config.image_patch
    yield PARTS[0], "cls_token", (1, 1, width)
    yield PARTS[0], "rgbt_stem.proj.1.weight", (width, 3, config.image_frames, patch, patch)
    yield PARTS[0], "pos_embedding_helper.pos_embed", (1, config.image_tokens, width)
    yield from _norm(PARTS[1], "pre_transformer_layer.0", width)
    yield from _blocks(config.vision)
    yield from _norm(PARTS[2], "0", width)
    yield PARTS[2], "2.weight", (config.embedding, width)


def _text(config: ImageBindConfig) -> Iterator[Entry]:
    width, context = config.text.width, config.context
    yield PARTS[0], "pos_embed", (1, context, width)
    yield PARTS[0], "mask", (context, context)
    yield PARTS[0], "token_embedding.weight", (config.vocabulary, width)
    yield from _blocks(config.text)
    yield from _norm(PARTS[2], "proj.0", width)
    yield PARTS[2], "proj.1.weight", (config.embedding, width)
    yield PARTS[3], "1.log_logit_scale", ()


def _audio(config: ImageBindConfig) -> Iterator[Entry]:
    width, patch = config.audio.width, config.mel_patch
    yield PARTS[0], "cls_token", (1, 1, width)
    yield PARTS[0], "rgbt_stem.proj.weight", (width, 1, patch, patch)
    yield from _norm(PARTS[0], "rgbt_stem.norm_layer", width)
    yield PARTS[0], "pos_embedding_helper.pos_embed", (1, config.mel_tokens, width)
    yield from _blocks(config.audio, has_bias_token=True)
    yield from _norm(PARTS[2], "0", width)
    yield PARTS[2], "2.weight", (config.embedding, width)
    yield PARTS[3], "1.log_logit_scale", ()


def _blocks(size: TrunkSize, has_bias_token: bool = False) -> Iterator[Entry]:
    width, hidden = size.width, MLP_RATIO * size.width
    for index in range(size.blocks):
        block = f"blocks.{index}"
        yield PARTS[1], f"{block}.attn.in_proj_weight", (3 * width, width)
        yield PARTS[1], f"{block}.attn.in_proj_bias", (3 * width,)
        if has_bias_token:
            yield PARTS[1], f"{block}.attn.bias_k", (1, 1, width)
            yield PARTS[1], f"{block}.attn.bias_v", (1, 1, width)
        yield from _linear(PARTS[1], f"{block}.attn.out_proj", width, width)
        yield from _norm(PARTS[1], f"{block}.norm_1", width)
        yield from _linear(PARTS[1], f"{block}.mlp.fc1", width, hidden)
        yield from _linear(PARTS[1], f"{block}.mlp.fc2", hidden, width)
        yield from _norm(PARTS[1], f"{block}.norm_2", width)


def _linear(part: str, name: str, inputs: int, outputs: int) -> Iterator[Entry]:
    yield part, f"{name}.weight", (outputs, inputs)
    yield part, f"{name}.bias", (outputs,)


def _norm(part: str, name: str, width: int) -> Iterator[Entry]:
    yield part, f"{name}.weight", (width,)
    yield part, f"{name}.bias", (width,)
