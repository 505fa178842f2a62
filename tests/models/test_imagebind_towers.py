"""ImageBind's towers against a forward pass by hand, transformers' CLIP, torch's attention and the published counts."""

from types import ModuleType

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.imagebind_layout import HUGE, TOWERS, ImageBindConfig, TowerName, checkpoint_shapes
from any_to_3d.backend.models.imagebind_towers import Attention, StillFrames, build_tower
from imagebind_by_hand import ByHand
from tiny_imagebind import TEXT_SCALE, TINY, filled_tower, random_tensors
from torch import Tensor, nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

END = TINY.vocabulary - 1
IDS = [END - 1, 7, 3, 21, END] + [0] * (TINY.context - 5)
MILLIONS = {"vision": 632.8, "text": 354.0, "audio": 86.2}


def inputs(tower: TowerName, count: int = 2) -> Tensor:
    """float64, or token numbers."""
    torch.manual_seed(5)
    if tower == "text":
        return torch.tensor([IDS, [END - 1, 4, END] + [0] * (TINY.context - 3)][:count])
    shape = (3, TINY.image_size, TINY.image_size) if tower == "vision" else (1, *TINY.mel_size)
    return torch.randn(count, *shape, dtype=torch.float64)


@pytest.mark.parametrize("tower", TOWERS)
@pytest.mark.parametrize("config", [TINY, HUGE], ids=["tiny", "huge"])
def test_a_tower_holds_exactly_the_tensors_of_the_layout(tower: TowerName, config: ImageBindConfig) -> None:
    with torch.device("meta"):
        state = build_tower(tower, config).state_dict()
    renamed = {f"modality_{key.replace('.', f's.{tower}.', 1)}": tuple(value.shape) for key, value in state.items()}
    assert renamed == checkpoint_shapes(config, (tower,))


@pytest.mark.parametrize("tower", TOWERS)
def test_a_tower_has_the_published_number_of_parameters(tower: TowerName) -> None:
    with torch.device("meta"):
        count = sum(parameter.numel() for parameter in build_tower(tower).parameters())
    assert round(count / 1e6, 1) == MILLIONS[tower]


@pytest.mark.parametrize("tower", TOWERS)
def test_a_tower_equals_the_forward_pass_by_hand(tower: TowerName) -> None:
    tensors = random_tensors()
    by_hand, given = ByHand(tensors, TINY), inputs(tower, 1)
    found = filled_tower(tower, tensors).raw_embedding(given)[0].numpy()
    expected = {
        "vision": lambda: by_hand.vision(given[0].numpy()),
        "text": lambda: by_hand.text(IDS),
        "audio": lambda: by_hand.audio(given[0, 0].numpy()),
    }[tower]()
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(("tower", "length"), [("vision", 1.0), ("text", TEXT_SCALE), ("audio", 20.0)])
def test_the_published_output_has_the_length_of_its_modality(tower: TowerName, length: float) -> None:
    embedding = filled_tower(tower, random_tensors())(inputs(tower))
    torch.testing.assert_close(embedding.norm(dim=1), torch.full((2,), length, dtype=torch.float64), rtol=1e-6, atol=0)


def test_a_learned_scale_beyond_a_hundred_is_clamped() -> None:
    tensors = random_tensors() | {"modality_postprocessors.text.1.log_logit_scale": torch.tensor(6.0)}
    assert filled_tower("text", tensors)(inputs("text"))[0].norm().item() == pytest.approx(100.0)


@pytest.mark.parametrize("has_bias_token", [False, True])
def test_attention_is_torchs_with_and_without_the_bias_token(has_bias_token: bool) -> None:
    torch.manual_seed(6)
    theirs = nn.MultiheadAttention(12, 3, add_bias_kv=has_bias_token, batch_first=True).double()
    nn.init.normal_(theirs.in_proj_bias)
    ours = Attention(12, 3, has_bias_token).double()
    ours.load_state_dict(theirs.state_dict())
    tokens = torch.randn(2, 5, 12, dtype=torch.float64)
    expected = theirs(tokens, tokens, tokens, need_weights=False)[0]
    torch.testing.assert_close(ours(tokens, None), expected)


def test_a_still_picture_is_a_video_of_equal_frames() -> None:
    torch.manual_seed(7)
    patches = StillFrames(3, 4, (2, 14, 14), stride=(2, 14, 14), bias=False).double()
    picture = torch.randn(2, 3, 28, 28, dtype=torch.float64)
    video = picture[:, :, None].repeat(1, 1, 2, 1, 1)
    expected = F.conv3d(video, patches.weight, stride=patches.stride)[:, :, 0]
    torch.testing.assert_close(patches(picture), expected)


def test_what_stands_after_the_end_token_changes_nothing() -> None:
    tower = filled_tower("text", random_tensors())
    other = IDS[:5] + [9] * (TINY.context - 5)
    changed = [*IDS[:2], 8, *IDS[3:]]
    same, padded, different = tower.raw_embedding(torch.tensor([IDS, other, changed]))
    torch.testing.assert_close(same, padded)
    assert (same - different).abs().max() > 1e-3


def test_gradients_reach_the_picture_and_no_weight() -> None:
    tower, picture = filled_tower("vision", random_tensors()), inputs("vision", 1).requires_grad_()
    tower.raw_embedding(picture).square().sum().backward()
    assert picture.grad is not None
    assert (picture.grad != 0).all()
    assert all(parameter.grad is None for parameter in tower.parameters())


def test_the_image_tower_is_transformers_clip() -> None:
    """The patch kernel's frames summed, packed projections split; only the layer norms' epsilon is ImageBind's."""
    tensors, size = random_tensors(), TINY.vision
    clip = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=size.width,
            intermediate_size=4 * size.width,
            num_hidden_layers=size.blocks,
            num_attention_heads=size.heads,
            hidden_act="gelu",
            image_size=TINY.image_size,
            patch_size=TINY.image_patch,
            projection_dim=TINY.embedding,
            layer_norm_eps=1e-6,
        )
    ).double()
    first = "modality_preprocessors.vision"
    state = {
        "vision_model.embeddings.class_embedding": tensors[f"{first}.cls_token"][0, 0],
        "vision_model.embeddings.patch_embedding.weight": tensors[f"{first}.rgbt_stem.proj.1.weight"].sum(dim=2),
        "vision_model.embeddings.position_embedding.weight": tensors[f"{first}.pos_embedding_helper.pos_embed"][0],
        "visual_projection.weight": tensors["modality_heads.vision.2.weight"],
        **renamed(tensors, "modality_trunks.vision.pre_transformer_layer.0", "vision_model.pre_layrnorm"),
        **renamed(tensors, "modality_heads.vision.0", "vision_model.post_layernorm"),
        **clip_blocks(tensors, "vision"),
    }
    require_loaded(clip, state)
    expected = clip(inputs("vision")).image_embeds
    torch.testing.assert_close(filled_tower("vision", tensors).raw_embedding(inputs("vision")), expected)


def test_the_text_tower_is_transformers_clip() -> None:
    tensors, size = random_tensors(), TINY.text
    clip = CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=TINY.vocabulary,
            hidden_size=size.width,
            intermediate_size=4 * size.width,
            num_hidden_layers=size.blocks,
            num_attention_heads=size.heads,
            hidden_act="gelu",
            max_position_embeddings=TINY.context,
            projection_dim=TINY.embedding,
            layer_norm_eps=1e-6,
            bos_token_id=END - 1,
            eos_token_id=END,
        )
    ).double()
    first = "modality_preprocessors.text"
    state = {
        "text_model.embeddings.token_embedding.weight": tensors[f"{first}.token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": tensors[f"{first}.pos_embed"][0],
        "text_projection.weight": tensors["modality_heads.text.proj.1.weight"],
        **renamed(tensors, "modality_heads.text.proj.0", "text_model.final_layer_norm"),
        **clip_blocks(tensors, "text"),
    }
    require_loaded(clip, state)
    expected = clip(inputs("text")).text_embeds
    torch.testing.assert_close(filled_tower("text", tensors).raw_embedding(inputs("text")), expected)


def test_the_authors_package_gives_the_same_output() -> None:
    package: ModuleType = pytest.importorskip(
        "imagebind.models.imagebind_model", reason="the imagebind package is not installed"
    )
    torch.manual_seed(8)
    config = ImageBindConfig(TINY.vision, TINY.text, TINY.audio, TINY.embedding)
    sizes = {
        f"{name}_{number}": value
        for name, size in (("vision", config.vision), ("text", config.text), ("audio", config.audio))
        for number, value in (("embed_dim", size.width), ("num_blocks", size.blocks), ("num_heads", size.heads))
    }
    network = package.ImageBindModel(out_embed_dim=config.embedding, **sizes).double().eval()
    given = {
        "vision": torch.randn(2, 3, 224, 224, dtype=torch.float64),
        "text": torch.tensor([[49406, 320, 5, 49407] + [0] * 73]),
        "audio": torch.randn(2, 3, 1, *config.mel_size, dtype=torch.float64),
    }
    expected = network(given)
    for name in TOWERS:
        tower = filled_tower(name, network.state_dict(), config)
        rows = given[name].flatten(0, 1) if name == "audio" else given[name]
        found = tower(rows)
        found = found.unflatten(0, (2, 3)).mean(dim=1) if name == "audio" else found
        torch.testing.assert_close(found, expected[name])


def renamed(tensors: dict[str, Tensor], ours: str, theirs: str) -> dict[str, Tensor]:
    """Weight and bias of one layer."""
    return {f"{theirs}.{kind}": tensors[f"{ours}.{kind}"] for kind in ("weight", "bias")}


def clip_blocks(tensors: dict[str, Tensor], tower: str) -> dict[str, Tensor]:
    """The trunk under transformers' names."""
    found: dict[str, Tensor] = {}
    for index in range(getattr(TINY, tower).blocks):
        ours, theirs = f"modality_trunks.{tower}.blocks.{index}", f"{tower}_model.encoder.layers.{index}"
        for our_layer, their_layer in (
            ("norm_1", "layer_norm1"),
            ("norm_2", "layer_norm2"),
            ("mlp.fc1", "mlp.fc1"),
            ("mlp.fc2", "mlp.fc2"),
            ("attn.out_proj", "self_attn.out_proj"),
        ):
            found |= renamed(tensors, f"{ours}.{our_layer}", f"{theirs}.{their_layer}")
        for kind in ("weight", "bias"):
            packed = tensors[f"{ours}.attn.in_proj_{kind}"].chunk(3)
            for letter, part in zip("qkv", packed, strict=True):
                found[f"{theirs}.self_attn.{letter}_proj.{kind}"] = part
    return found


def require_loaded(network: nn.Module, state: dict[str, Tensor]) -> None:
    """Every weight of the network comes from ``state``; position numbers are counted, not learned."""
    left = network.load_state_dict(state, strict=False)
    assert not left.unexpected_keys
    assert all(key.endswith("position_ids") for key in left.missing_keys)
