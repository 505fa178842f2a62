"""ImageBind's text, image and audio towers as plain modules whose tensors bear the names of the published checkpoint.

After Girdhar et al., "ImageBind: One Embedding Space To Bind Them All" (2023) and facebookresearch/ImageBind,
models/imagebind_model.py. Each tower is a module of its own: preprocessor, trunk, head, postprocessor; the checkpoint
puts its name after the first word, as in modality_trunks.audio.blocks.0. Training's drop paths are left out.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .imagebind_layout import HUGE, MLP_RATIO, ImageBindConfig, TowerName, TrunkSize

EPSILON = 1e-6
"""Of every layer norm but that of the audio stem, which has torch's own."""

LARGEST_SCALE = 100.0
AUDIO_SCALE = 20.0
TEXT_SCALE = 1 / 0.07
"""Before training; the checkpoint holds the learned one."""


class Attention(nn.Module):
    """Multi-head self-attention with the tensors of torch.nn.MultiheadAttention, and its results.

    Written out, so that gradients or their absence choose no other arithmetic, and no copy is made to put tokens first.
    has_bias_token: one learned key and value more, that every token may look at (torch's add_bias_kv).
    """

    bias_k: nn.Parameter | None
    bias_v: nn.Parameter | None

    def __init__(self, width: int, heads: int, has_bias_token: bool) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)
        self.register_parameter("bias_k", nn.Parameter(torch.empty(1, 1, width)) if has_bias_token else None)
        self.register_parameter("bias_v", nn.Parameter(torch.empty(1, 1, width)) if has_bias_token else None)

    def forward(self, tokens: Float[Tensor, "B L D"], mask: Float[Tensor, "L L"] | None) -> Float[Tensor, "B L D"]:
        query, key, value = F.linear(tokens, self.in_proj_weight, self.in_proj_bias).chunk(3, dim=-1)
        if self.bias_k is not None and self.bias_v is not None:
            key = torch.cat([key, self.bias_k.expand(len(key), -1, -1)], dim=1)
            value = torch.cat([value, self.bias_v.expand(len(value), -1, -1)], dim=1)
        seen = F.scaled_dot_product_attention(self._split(query), self._split(key), self._split(value), attn_mask=mask)
        return self.out_proj(seen.transpose(1, 2).flatten(2))

    def _split(self, rows: Float[Tensor, "B L D"]) -> Float[Tensor, "B H L d"]:
        return rows.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Mlp(nn.Module):
    """Two linear layers around an exact GELU."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, MLP_RATIO * width)
        self.fc2 = nn.Linear(MLP_RATIO * width, width)

    def forward(self, tokens: Float[Tensor, "B L D"]) -> Float[Tensor, "B L D"]:
        return self.fc2(F.gelu(self.fc1(tokens)))


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, width: int, heads: int, has_bias_token: bool) -> None:
        super().__init__()
        self.attn = Attention(width, heads, has_bias_token)
        self.norm_1 = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = Mlp(width)
        self.norm_2 = nn.LayerNorm(width, eps=EPSILON)

    def forward(self, tokens: Float[Tensor, "B L D"], mask: Float[Tensor, "L L"] | None) -> Float[Tensor, "B L D"]:
        tokens = tokens + self.attn(self.norm_1(tokens), mask)
        return tokens + self.mlp(self.norm_2(tokens))


class Trunk(nn.Module):
    """The transformer; pre_norm: whether its input is normalised once more, as CLIP's image tower has it."""

    def __init__(self, size: TrunkSize, pre_norm: bool = False, has_bias_token: bool = False) -> None:
        super().__init__()
        first = nn.LayerNorm(size.width, eps=EPSILON) if pre_norm else nn.Identity()
        self.pre_transformer_layer = nn.Sequential(first)
        self.blocks = nn.ModuleList(Block(size.width, size.heads, has_bias_token) for _ in range(size.blocks))

    def forward(
        self, tokens: Float[Tensor, "B L D"], mask: Float[Tensor, "L L"] | None = None
    ) -> Float[Tensor, "B L D"]:
        tokens = self.pre_transformer_layer(tokens)
        for block in self.blocks:
            tokens = block(tokens, mask)
        return tokens


class StillFrames(nn.Conv3d):
    """The video patches of a picture that stands still: one 2-D convolution with the sum over the kernel's frames."""

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B D h w"]:
        return F.conv2d(image, self.weight.sum(dim=2), stride=self.stride[1:])


class PatchStem(nn.Module):
    """A convolution to patches, and for sounds a layer norm."""

    def __init__(self, proj: nn.Module, norm_layer: nn.Module | None = None) -> None:
        super().__init__()
        self.proj = proj
        self.norm_layer = norm_layer

    def forward(self, picture: Float[Tensor, "B C H W"]) -> Float[Tensor, "B L D"]:
        patches = self.proj(picture).flatten(2).transpose(1, 2)
        return patches if self.norm_layer is None else self.norm_layer(patches)


class Positions(nn.Module):
    """One learned vector per token."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.pos_embed = nn.Parameter(torch.empty(1, tokens, width))


class PatchPreprocessor(nn.Module):
    """A picture as tokens: a class token, which is read at the end, and the patches."""

    mask = None

    def __init__(self, stem: PatchStem, tokens: int, width: int) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.rgbt_stem = stem
        self.pos_embedding_helper = Positions(tokens, width)

    def forward(self, picture: Float[Tensor, "B C H W"]) -> Float[Tensor, "B L D"]:
        first = self.cls_token.expand(len(picture), -1, -1)
        return torch.cat([first, self.rgbt_stem(picture)], dim=1) + self.pos_embedding_helper.pos_embed

    def read_at(self, picture: Float[Tensor, "B C H W"]) -> Int[Tensor, "B"]:
        """The place of the token that sums the input up."""
        return torch.zeros(len(picture), dtype=torch.long, device=picture.device)


class TextPreprocessor(nn.Module):
    """Token numbers as tokens that see only what stands before them; read at the end token, which is the greatest."""

    mask: Tensor

    def __init__(self, vocabulary: int, context: int, width: int) -> None:
        super().__init__()
        self.pos_embed = nn.Parameter(torch.empty(1, context, width))
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.register_buffer("mask", torch.full((context, context), -math.inf).triu(1))

    def forward(self, ids: Int[Tensor, "B L"]) -> Float[Tensor, "B L D"]:
        return self.token_embedding(ids) + self.pos_embed

    def read_at(self, ids: Int[Tensor, "B L"]) -> Int[Tensor, "B"]:
        """The place of the token that sums the input up."""
        return ids.argmax(dim=1)


class ProjectionAfterSelection(nn.Module):
    """Layer norm and linear layer under the names that only the text head has."""

    def __init__(self, width: int, embedding: int) -> None:
        super().__init__()
        self.proj = nn.Sequential(nn.LayerNorm(width, eps=EPSILON), nn.Linear(width, embedding, bias=False))

    def forward(self, token: Float[Tensor, "B D"]) -> Float[Tensor, "B E"]:
        return self.proj(token)


class Scale(nn.Module):
    """Times exp(log_logit_scale), at most 100."""

    log_logit_scale: Tensor

    def __init__(self, start: float, is_learned: bool) -> None:
        super().__init__()
        value = torch.tensor(math.log(start))
        if is_learned:
            self.log_logit_scale = nn.Parameter(value)
        else:
            self.register_buffer("log_logit_scale", value)

    def forward(self, embedding: Float[Tensor, "B E"]) -> Float[Tensor, "B E"]:
        return self.log_logit_scale.exp().clamp(max=LARGEST_SCALE) * embedding


class ImageBindTower(nn.Module):
    """One modality's network.

    Its input is what its preprocessor takes: images [B, 3, S, S], token numbers [B, L], or log-mels [B, 1, M, T].
    """

    def __init__(
        self,
        preprocessor: PatchPreprocessor | TextPreprocessor,
        trunk: Trunk,
        head: nn.Module,
        postprocessor: nn.Module,
    ) -> None:
        super().__init__()
        self.preprocessor = preprocessor
        self.trunk = trunk
        self.head = head
        self.postprocessor = postprocessor

    @property
    def dtype(self) -> torch.dtype:
        """Of the trunk, and of the images or log-mels it takes; the head may be more precise."""
        return next(self.trunk.parameters()).dtype

    def raw_embedding(self, inputs: Tensor) -> Float[Tensor, "B E"]:
        """What the head says, of any length; in the head's dtype."""
        mask = self.preprocessor.mask
        tokens = self.trunk(self.preprocessor(inputs), mask)
        rows = torch.arange(len(tokens), device=tokens.device)
        token = tokens[rows, self.preprocessor.read_at(inputs)]
        return self.head(token.to(next(self.head.parameters()).dtype))

    def forward(self, inputs: Tensor) -> Float[Tensor, "B E"]:
        """The published output: unit vectors times the modality's scale (none for images, 20 for sounds)."""
        return self.postprocessor(F.normalize(self.raw_embedding(inputs), dim=1))


def build_tower(name: TowerName, config: ImageBindConfig = HUGE) -> ImageBindTower:
    """A tower without its weights: what the checkpoint holds is not initialised."""
    return {"vision": _vision, "text": _text, "audio": _audio}[name](config)


def _vision(config: ImageBindConfig) -> ImageBindTower:
    width = config.vision.width
    kernel = (config.image_frames, config.image_patch, config.image_patch)
    # The place before the convolution is that of the published step which repeats a picture's frame.
    proj = nn.Sequential(nn.Identity(), StillFrames(3, width, kernel, stride=kernel, bias=False))
    return ImageBindTower(
        PatchPreprocessor(PatchStem(proj), config.image_tokens, width),
        Trunk(config.vision, pre_norm=True),
        _head(width, config.embedding),
        nn.Identity(),
    )


def _text(config: ImageBindConfig) -> ImageBindTower:
    width = config.text.width
    return ImageBindTower(
        TextPreprocessor(config.vocabulary, config.context, width),
        Trunk(config.text),
        ProjectionAfterSelection(width, config.embedding),
        nn.Sequential(nn.Identity(), Scale(TEXT_SCALE, is_learned=True)),
    )


def _audio(config: ImageBindConfig) -> ImageBindTower:
    width = config.audio.width
    proj = nn.Conv2d(1, width, config.mel_patch, stride=config.mel_stride, bias=False)
    return ImageBindTower(
        PatchPreprocessor(PatchStem(proj, nn.LayerNorm(width)), config.mel_tokens, width),
        Trunk(config.audio, has_bias_token=True),
        _head(width, config.embedding),
        nn.Sequential(nn.Identity(), Scale(AUDIO_SCALE, is_learned=False)),
    )


def _head(width: int, embedding: int) -> nn.Sequential:
    # The place between is that of the published step which selects the class token; here it is selected before.
    return nn.Sequential(nn.LayerNorm(width, eps=EPSILON), nn.Identity(), nn.Linear(width, embedding, bias=False))
