"""A prior shown smaller pictures is the same networks, and a run that shows them draws from the run's own streams."""

from dataclasses import replace

import pytest
import torch
from any_to_3d.backend.generator.condition import StageZero
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.prior_size import at_image_size, has_autoencoder
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Weighted
from any_to_3d.backend.generator.recipes import builtin
from any_to_3d.backend.generator.terms import Terms
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.random_networks import NARROW, RandomNetworks, random_networks
from oracle import ImageTargetPrior
from tiny_recipe import tiny
from toy_world import IMAGE_SIZE, paint_ball, runtime


@pytest.fixture(scope="module")
def networks() -> RandomNetworks:
    return random_networks(torch.device("cpu"), shapes=replace(NARROW, image_size=64))


@pytest.mark.parametrize("which", ["planar", "stereo"])
def test_the_networks_stay_the_same_objects(networks: RandomNetworks, which: str) -> None:
    prior = getattr(networks, which)
    smaller = at_image_size(prior, 32)
    assert has_autoencoder(prior)
    assert (smaller.image_size, smaller.latent_shape) == (32, (4, 4, 4))
    assert smaller.unet is prior.unet
    assert smaller.encode(torch.rand(1, 3, 64, 64)).shape == (1, 4, 4, 4)


def test_no_prior_is_shown_more_than_it_sees(networks: RandomNetworks) -> None:
    assert at_image_size(networks.planar, 64) is networks.planar
    assert at_image_size(networks.planar, 512) is networks.planar


def test_a_prior_without_an_autoencoder_is_refused_by_name() -> None:
    prior = ImageTargetPrior(paint_ball, IMAGE_SIZE)
    assert not has_autoencoder(prior)
    assert at_image_size(prior, IMAGE_SIZE) is prior
    with pytest.raises(ValueError, match="ImageTargetPrior sees pictures of 32 pixels"):
        at_image_size(prior, 16)


def test_a_phase_shows_the_planar_prior_its_own_size_and_leaves_stage_0_the_whole(networks: RandomNetworks) -> None:
    world = replace(runtime(), planar=networks.planar)
    sds = SDS("planar", guidance_scale=1.0)
    phase = replace(builtin.COARSE, losses=(Weighted(sds),), planar_size=32)
    width = networks.planar.unet.config.projection_class_embeddings_input_dim // 2
    terms = Terms(phase, world, StageZero(Condition(torch.ones(1, width)), is_reference_accepted=False))
    assert terms.terms[0].loss.prior.image_size == 32
    assert world.planar.image_size == 64


def test_a_runtime_that_shows_less_shares_its_streams(networks: RandomNetworks) -> None:
    world = replace(runtime(), planar=networks.planar)
    shown = world.showing(32)
    assert shown.planar.image_size == 32
    assert shown.rng("sds planar") is world.rng("sds planar")
    assert world.showing(None) is world
    assert world.showing(64) is world


def test_a_recipe_that_shows_a_prior_all_it_sees_runs_with_any_prior() -> None:
    recipe = tiny(1, 1, 1)
    shown = replace(recipe, phases=tuple(replace(phase, planar_size=IMAGE_SIZE) for phase in recipe.phases))
    steps = [step for step in generate(shown, Prompt.from_text("a ball"), runtime()) if isinstance(step, Step)]
    assert len(steps) == 3
