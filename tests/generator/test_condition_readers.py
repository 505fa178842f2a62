"""What only reads conditions is on the device while it reads, and nowhere else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.generator import checkpoint
from any_to_3d.backend.generator.condition import StageZero
from any_to_3d.backend.generator.condition_readers import put_readers_away, readers_at_hand
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Weighted
from any_to_3d.backend.generator.recipes import builtin
from any_to_3d.backend.generator.terms import Terms
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.random_networks import NARROW, RandomNetworks, random_networks
from oracle import ImageTargetPrior
from tiny_recipe import tiny
from torch import nn
from toy_world import IMAGE_SIZE, MeanColourEncoder, camera_at, paint_ball, runtime

HERE, HOST = torch.device("meta"), torch.device("cpu")


@pytest.fixture
def networks() -> RandomNetworks:
    return random_networks(HOST, shapes=replace(NARROW, image_size=64))


@pytest.fixture
def places(networks: RandomNetworks) -> Iterator[list[str]]:
    """Where the readers have been put, in order; they stay where they are."""
    put: list[str] = []
    readers = {"words": networks.planar.cross_text.encoder, "pictures": networks.stereo.vision.tower}
    with pytest.MonkeyPatch.context() as patch:
        for name, reader in readers.items():
            patch.setattr(reader, "to", _noting(put, name, reader))
        yield put


def _noting(put: list[str], name: str, reader: nn.Module):
    def to(device: torch.device) -> nn.Module:
        put.append(f"{name} {device}")
        return reader

    return to


@pytest.mark.parametrize(("which", "name"), [("planar", "words"), ("stereo", "pictures")])
def test_readers_come_and_go_even_if_reading_fails(
    networks: RandomNetworks, places: list[str], which: str, name: str
) -> None:
    def read() -> None:
        with readers_at_hand(getattr(networks, which), HERE):
            assert places == [f"{name} meta"]
            raise ValueError("unreadable")

    with pytest.raises(ValueError, match="unreadable"):
        read()
    assert places == [f"{name} meta", f"{name} cpu"]


def test_binding_a_loss_calls_for_the_readers_of_its_own_prior_once(
    networks: RandomNetworks, places: list[str]
) -> None:
    world = replace(runtime(), planar=networks.planar, stereo=networks.stereo)
    losses = (Weighted(SDS("planar", guidance_scale=1.0)), Weighted(SDS("stereo", guidance_scale=1.0)))
    width = networks.planar.unet.config.projection_class_embeddings_input_dim // 2
    image, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    condition = Condition(torch.ones(1, width), "a ball", "", image, mask, camera_at(0, 0))
    Terms(replace(builtin.COARSE, losses=losses), world, StageZero(condition, is_reference_accepted=True))
    assert places == ["words cpu", "words cpu", "pictures cpu", "pictures cpu"]


def test_a_prior_without_readers_is_left_alone() -> None:
    prior = ImageTargetPrior(paint_ball, IMAGE_SIZE)
    put_readers_away(prior)
    with readers_at_hand(prior, HERE):
        pass


class Released(MeanColourEncoder):
    """Counts how often it has been asked to leave the device."""

    count = 0

    def release(self) -> None:
        self.count += 1


def test_a_run_that_goes_on_lets_the_prompts_towers_go_as_one_that_begins(tmp_path: Path) -> None:
    """Its process may have loaded them anew, and reads no prompt."""
    prompt, recipe, encoder = Prompt.from_text("a ball"), tiny(2, 1, 1), Released()
    for item in generate(recipe, prompt, replace(runtime(), joint=encoder)):
        if isinstance(item, Step):
            checkpoint.save(item, tmp_path / "checkpoint")
            break
    assert encoder.count == 1
    next(generate(recipe, prompt, replace(runtime(), joint=encoder), checkpoint.load(tmp_path / "checkpoint")))
    assert encoder.count == 2
