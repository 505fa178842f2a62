"""The table of ImageBind's published tensors."""

import pytest
from any_to_3d.backend.models.imagebind_layout import HUGE, TOWERS, checkpoint_shapes, wrong_tensors
from tiny_imagebind import TINY, random_tensors

PUBLISHED = {
    "modality_preprocessors.vision.cls_token": (1, 1, 1280),
    "modality_preprocessors.vision.rgbt_stem.proj.1.weight": (1280, 3, 2, 14, 14),
    "modality_preprocessors.vision.pos_embedding_helper.pos_embed": (1, 257, 1280),
    "modality_trunks.vision.pre_transformer_layer.0.weight": (1280,),
    "modality_trunks.vision.blocks.31.attn.in_proj_weight": (3840, 1280),
    "modality_trunks.vision.blocks.31.mlp.fc1.weight": (5120, 1280),
    "modality_heads.vision.2.weight": (1024, 1280),
    "modality_preprocessors.text.pos_embed": (1, 77, 1024),
    "modality_preprocessors.text.token_embedding.weight": (49408, 1024),
    "modality_preprocessors.text.mask": (77, 77),
    "modality_trunks.text.blocks.23.mlp.fc2.weight": (1024, 4096),
    "modality_heads.text.proj.1.weight": (1024, 1024),
    "modality_postprocessors.text.1.log_logit_scale": (),
    "modality_preprocessors.audio.rgbt_stem.proj.weight": (768, 1, 16, 16),
    "modality_preprocessors.audio.rgbt_stem.norm_layer.bias": (768,),
    "modality_preprocessors.audio.pos_embedding_helper.pos_embed": (1, 229, 768),
    "modality_trunks.audio.blocks.11.attn.bias_k": (1, 1, 768),
    "modality_trunks.audio.blocks.11.attn.bias_v": (1, 1, 768),
    "modality_heads.audio.2.weight": (1024, 768),
    "modality_postprocessors.audio.1.log_logit_scale": (),
}


def test_the_table_has_the_published_names_and_shapes() -> None:
    shapes = checkpoint_shapes()
    assert {key: shapes[key] for key in PUBLISHED} == PUBLISHED
    assert len(shapes) == 864
    for absent in ("vision.blocks.32", "text.blocks.24", "audio.blocks.12", "text.blocks.0.attn.bias_k"):
        assert not [key for key in shapes if key.startswith(f"modality_trunks.{absent}")]
    assert not [key for key in shapes if key.startswith("modality_postprocessors.vision")]


def test_nothing_is_wrong_with_the_layout_itself_and_towers_of_no_use_are_passed_over() -> None:
    found = checkpoint_shapes() | {
        "modality_preprocessors.depth.cls_token": (1, 1, 384),
        "modality_trunks.thermal.blocks.0.norm_1.weight": (768,),
        "modality_heads.imu.3.weight": (1024, 512),
    }
    assert wrong_tensors(found, checkpoint_shapes(HUGE)) == ()
    assert wrong_tensors(found, checkpoint_shapes(HUGE, ("vision",))) == ()


def test_what_is_missing_misshapen_or_unknown_is_said_with_both_shapes() -> None:
    found = checkpoint_shapes(TINY)
    del found["modality_heads.audio.2.weight"]
    found["modality_preprocessors.vision.cls_token"] = (1, 1, 1280)
    found["modality_postprocessors.audio.1.log_logit_scale"] = (1,)
    found["modality_trunks.text.blocks.9.norm_1.weight"] = (12,)
    found["model.visual.proj"] = (2, 2)
    assert wrong_tensors(found, checkpoint_shapes(TINY)) == (
        "modality_preprocessors.vision.cls_token is 1 x 1 x 1280, expected 1 x 1 x 16",
        "modality_heads.audio.2.weight is missing, expected 16 x 8",
        "modality_postprocessors.audio.1.log_logit_scale is 1, expected a single number",
        "modality_trunks.text.blocks.9.norm_1.weight is unknown",
        "model.visual.proj is unknown",
    )


@pytest.mark.parametrize("tower", TOWERS)
def test_a_tower_can_be_asked_for_alone(tower: str) -> None:
    alone = checkpoint_shapes(TINY, (tower,))
    assert {key.split(".")[1] for key in alone} == {tower}
    assert alone.items() <= {key: tuple(tensor.shape) for key, tensor in random_tensors().items()}.items()
