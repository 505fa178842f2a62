"""ImageBind's three towers once more, in float64 numpy and loops, from the paper's description and nothing of ours."""

import math
from collections.abc import Mapping

import numpy as np
from any_to_3d.backend.models.imagebind_layout import ImageBindConfig
from torch import Tensor


class ByHand:
    def __init__(self, tensors: Mapping[str, Tensor], config: ImageBindConfig) -> None:
        self._tensors = {key: tensor.double().numpy() for key, tensor in tensors.items()}
        self._config = config

    def vision(self, image: np.ndarray) -> np.ndarray:
        """[3, S, S] -> raw embedding; two equal frames, as a video of one patch's depth."""
        first, side = "modality_preprocessors.vision", self._config.image_patch
        kernel = self._tensors[f"{first}.rgbt_stem.proj.1.weight"]
        video = np.stack([image, image], axis=1)
        patches = [
            (kernel * video[:, :, top : top + side, left : left + side]).sum(axis=(1, 2, 3, 4))
            for top in range(0, image.shape[1], side)
            for left in range(0, image.shape[2], side)
        ]
        tokens = self._with_class_token(first, patches)
        tokens = self._normalised(tokens, "modality_trunks.vision.pre_transformer_layer.0")
        tokens = self._trunk(tokens, "vision", self._config.vision.heads)
        return self._head(tokens[0], "modality_heads.vision.0", "modality_heads.vision.2")

    def text(self, ids: list[int]) -> np.ndarray:
        """Token numbers -> raw embedding, read at the end token."""
        first = "modality_preprocessors.text"
        tokens = self._tensors[f"{first}.token_embedding.weight"][ids] + self._tensors[f"{first}.pos_embed"][0]
        tokens = self._trunk(tokens, "text", self._config.text.heads, is_causal=True)
        end = ids.index(self._config.vocabulary - 1)
        return self._head(tokens[end], "modality_heads.text.proj.0", "modality_heads.text.proj.1")

    def audio(self, picture: np.ndarray) -> np.ndarray:
        """[bins, frames] -> raw embedding."""
        first, side, stride = "modality_preprocessors.audio", self._config.mel_patch, self._config.mel_stride
        kernel = self._tensors[f"{first}.rgbt_stem.proj.weight"][:, 0]
        patches = np.stack(
            [
                (kernel * picture[top : top + side, left : left + side]).sum(axis=(1, 2))
                for top in range(0, picture.shape[0] - side + 1, stride)
                for left in range(0, picture.shape[1] - side + 1, stride)
            ]
        )
        patches = self._normalised(patches, f"{first}.rgbt_stem.norm_layer", epsilon=1e-5)
        tokens = self._trunk(self._with_class_token(first, list(patches)), "audio", self._config.audio.heads)
        return self._head(tokens[0], "modality_heads.audio.0", "modality_heads.audio.2")

    def _with_class_token(self, prefix: str, patches: list[np.ndarray]) -> np.ndarray:
        rows = np.stack([self._tensors[f"{prefix}.cls_token"][0, 0], *patches])
        return rows + self._tensors[f"{prefix}.pos_embedding_helper.pos_embed"][0]

    def _trunk(self, tokens: np.ndarray, name: str, heads: int, is_causal: bool = False) -> np.ndarray:
        block = 0
        while f"modality_trunks.{name}.blocks.{block}.norm_1.weight" in self._tensors:
            at = f"modality_trunks.{name}.blocks.{block}"
            tokens = tokens + self._attention(self._normalised(tokens, f"{at}.norm_1"), f"{at}.attn", heads, is_causal)
            hidden = self._linear(self._normalised(tokens, f"{at}.norm_2"), f"{at}.mlp.fc1")
            hidden = np.vectorize(lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))))(hidden)
            tokens = tokens + self._linear(hidden, f"{at}.mlp.fc2")
            block += 1
        return tokens

    def _attention(self, tokens: np.ndarray, at: str, heads: int, is_causal: bool) -> np.ndarray:
        width = tokens.shape[1]
        packed = tokens @ self._tensors[f"{at}.in_proj_weight"].T + self._tensors[f"{at}.in_proj_bias"]
        queries, keys, values = packed[:, :width], packed[:, width : 2 * width], packed[:, 2 * width :]
        if f"{at}.bias_k" in self._tensors:
            keys = np.vstack([keys, self._tensors[f"{at}.bias_k"][0]])
            values = np.vstack([values, self._tensors[f"{at}.bias_v"][0]])
        size = width // heads
        seen = np.zeros_like(tokens)
        for row in range(len(tokens)):
            for head in range(heads):
                part = slice(head * size, (head + 1) * size)
                visible = row + 1 if is_causal else len(keys)
                scores = np.exp(keys[:visible, part] @ queries[row, part] / math.sqrt(size))
                seen[row, part] = scores @ values[:visible, part] / scores.sum()
        return self._linear(seen, f"{at}.out_proj")

    def _head(self, token: np.ndarray, norm: str, projection: str) -> np.ndarray:
        return self._tensors[f"{projection}.weight"] @ self._normalised(token, norm)

    def _linear(self, rows: np.ndarray, at: str) -> np.ndarray:
        return rows @ self._tensors[f"{at}.weight"].T + self._tensors[f"{at}.bias"]

    def _normalised(self, rows: np.ndarray, at: str, epsilon: float = 1e-6) -> np.ndarray:
        centred = rows - rows.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
        return centred / deviation * self._tensors[f"{at}.weight"] + self._tensors[f"{at}.bias"]
