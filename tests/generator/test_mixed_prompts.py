"""What weights and a negative prompt do to the package's own networks: reference views, and the embedding itself."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.generator import checkpoint
from any_to_3d.backend.generator.condition import StageZero, prepare_condition
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.prompt import Image, Prompt, Text, WeightedPrompt, embed
from any_to_3d.backend.generator.recipes.builtin import XBIND
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.props.build import build
from any_to_3d.backend.props.render import render
from any_to_3d.backend.props.spec import canonical
from any_to_3d.backend.runtime import build_runtime
from tiny_recipe import tiny
from toy_world import runtime

CPU = torch.device("cpu")
SAMPLING = replace(XBIND.reference, candidates=8, steps=16)
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)


@pytest.fixture(scope="module")
def builtin() -> Runtime:
    return build_runtime("builtin", CPU, None)


@pytest.fixture(scope="module")
def free(builtin: Runtime) -> StageZero:
    return stage_zero(Prompt.from_text("a car"), builtin)


def stage_zero(prompt: Prompt, world: Runtime) -> StageZero:
    work = prepare_condition(prompt, SAMPLING, replace(world))
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


class Compass:
    """A JointEncoder of two words that have nothing in common."""

    modalities = ("text",)

    def embed_text(self, texts: list[str]) -> torch.Tensor:
        return torch.tensor([{"east": [1.0, 0.0], "north": [0.0, 1.0]}[text] for text in texts])

    def move(self, device: torch.device) -> None:
        pass

    def embed_image(self, image: torch.Tensor) -> torch.Tensor:
        raise AssertionError("only words are asked for")

    def embed_audio(self, waveform: torch.Tensor, sample_rate: int) -> torch.Tensor:
        raise AssertionError("only words are asked for")

    def unknown_words(self, text: str) -> tuple[str, ...]:
        return ()


def asked(text: str, negative: str = "") -> Prompt:
    return Prompt((WeightedPrompt(Text(text)),), negative)


def redness(zero: StageZero) -> float:
    """Mean of red less the mean of green and blue, over the object."""
    image, mask = zero.condition.reference_image[0], zero.condition.reference_mask[0, 0] > 0.5
    red, green, blue = (float(channel[mask].mean()) for channel in image)
    return red - (green + blue) / 2


def test_a_negative_colour_is_left_behind_and_the_object_stays(builtin: Runtime, free: StageZero) -> None:
    avoiding = stage_zero(asked("a car", "red"), builtin)
    assert redness(avoiding) < redness(free) - 0.05
    assert redness(avoiding) < 0
    view = builtin.joint.embed_image(avoiding.condition.reference_image)
    similarity = view @ builtin.joint.embed_text(["a car", "a chair", "a house", "a vase"]).T
    assert int(similarity.argmax()) == 0


def test_an_empty_negative_prompt_changes_no_bit(builtin: Runtime, free: StageZero) -> None:
    empty = stage_zero(asked("a car", "  "), builtin)
    assert empty.condition.negative_embedding is None
    assert torch.equal(free.condition.reference_image, empty.condition.reference_image)
    assert torch.equal(free.condition.embedding, empty.condition.embedding)


def test_a_negative_prompt_without_a_known_word_is_refused_by_name(builtin: Runtime) -> None:
    with pytest.raises(ValueError, match="blorb"):
        stage_zero(asked("a car", "blorb"), builtin)


def test_the_negative_prompt_is_part_of_the_condition_of_any_encoder() -> None:
    condition = stage_zero(asked("a red ball", "bad"), runtime()).condition
    assert condition.negative_embedding is not None
    assert condition.negative_embedding.norm().item() == pytest.approx(1.0)


def test_a_resumed_run_still_avoids_what_it_avoided(tmp_path: Path) -> None:
    recipe, prompt = tiny(2, 1, 1), asked("a red ball", "bad")
    first = next(item for item in generate(recipe, prompt, runtime()) if isinstance(item, Step))
    checkpoint.save(first, tmp_path / "checkpoint")
    resumed = checkpoint.load(tmp_path / "checkpoint").start(runtime())
    avoided = first.running.stage_zero.condition.negative_embedding
    assert avoided is not None
    assert torch.equal(resumed.condition.negative_embedding, avoided)


def test_mixed_unit_embeddings_become_a_unit_vector_again() -> None:
    """.3 of one axis and .4 of another have length .5, so the unit vector has .6 and .8."""
    prompt = Prompt((WeightedPrompt(Text("east"), 0.3), WeightedPrompt(Text("north"), 0.4)))
    torch.testing.assert_close(embed(prompt, Compass(), CPU), torch.tensor([[0.6, 0.8]]))


def test_a_red_text_moves_a_blue_barrels_picture_steadily_from_one_to_the_other(builtin: Runtime) -> None:
    pixels = torch.from_numpy(render(build(canonical("barrel", "blue")), 0.26, 0.4).rgb).permute(2, 0, 1) / 255
    parts = [(1 - weight, weight) for weight in WEIGHTS]
    targets = builtin.joint.embed_text(["a blue barrel", "a red barrel", "red"])
    found: list[list[float]] = []
    for image_weight, text_weight in parts:
        mixed = [
            WeightedPrompt(content, weight)
            for content, weight in ((Image(pixels), image_weight), (Text("red"), text_weight))
            if weight
        ]
        found.append((embed(Prompt(tuple(mixed)), builtin.joint, CPU) @ targets.T)[0].tolist())
    from_blue_to_red = [red_barrel - blue_barrel for blue_barrel, red_barrel, _ in found]
    assert from_blue_to_red == sorted(from_blue_to_red)
    red = [likeness for *_, likeness in found]
    assert red == sorted(red)
    assert found[2][1] > found[0][1], "half and half is nearer to a red barrel than the picture is"
