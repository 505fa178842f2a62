"""What the server promises without torch is what the generator has."""

import re
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.catalogue import FAKE_OVERRIDES, PHASES, PROFILES, offered_profile
from any_to_3d.backend.fake_generation import OVERRIDES, SECONDS_OF_PRESET, FakeEngine
from any_to_3d.backend.generator.recipes import PRESETS, RECIPES
from any_to_3d.backend.models.joint_folder import joint_modalities
from any_to_3d.backend.models.load import load_clip
from any_to_3d.backend.runtime import JOINT, models_root
from requests_and_jobs import request


@pytest.mark.parametrize("profile", ["builtin", "full"])
def test_recipes_presets_phases_and_steps_are_those_of_the_generator(profile: str) -> None:
    offered = {recipe.name: recipe for recipe in PROFILES[profile].recipes}
    assert set(offered) == set(RECIPES[profile])
    for name, recipe in RECIPES[profile].items():
        assert offered[name].phases == tuple(phase.name for phase in recipe.phases)
    steps = {preset.name: preset.steps for preset in offered["xbind"].presets}
    assert steps == {name: recipe.total_steps for name, recipe in PRESETS[profile].items()}


def test_the_page_of_presets_has_those_of_profile_full() -> None:
    page = (Path(__file__).parents[2] / "docs" / "presets.md").read_text("utf-8")
    rows = page.partition("| Full-size models |")[2].partition("\n\n")[0].splitlines()[2:]
    shown = [row.strip("| ").split(" | ") for row in rows]
    presets = next(recipe for recipe in PROFILES["full"].recipes if recipe.name == "xbind").presets
    assert [name.partition(":")[0] for name, _, _ in shown] == [preset.label for preset in presets]
    assert [int(steps.replace(",", "")) for _, steps, _ in shown] == [preset.steps for preset in presets]
    minutes = [re.fullmatch(r"(?:(\d+) h )?(\d+) min", time) for _, _, time in shown]
    told = [60 * int(match[1] or 0) + int(match[2]) for match in minutes if match]
    assert told == [round(preset.seconds_estimate / 60) for preset in presets]


def test_the_fake_profile_obeys_what_it_offers() -> None:
    assert set(FAKE_OVERRIDES) == set(OVERRIDES)
    (recipe,) = PROFILES["fake"].recipes
    assert {preset.name: preset.seconds_estimate for preset in recipe.presets} == SECONDS_OF_PRESET
    plan = FakeEngine().plan(request())
    assert tuple(phase.name for phase in plan.phases) == recipe.phases == PHASES
    assert {preset.steps for preset in recipe.presets} == {sum(phase.steps for phase in plan.phases)}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_recipe_announces_the_overrides_that_its_profile_checks(profile) -> None:
    assert {recipe.overrides for recipe in profile.recipes} == {tuple(profile.overrides)}


def test_the_built_in_profile_offers_the_kinds_of_prompt_that_its_encoder_takes() -> None:
    folder = models_root("builtin", None) / JOINT
    if not folder.is_dir():
        pytest.skip("this checkout has no trained built-in networks")
    encoder = load_clip(folder, torch.device("cpu"))
    assert {recipe.modalities for recipe in PROFILES["builtin"].recipes} == {encoder.modalities}


def test_the_full_profile_offers_sound_exactly_with_imagebind(tmp_path: Path) -> None:
    """What the hello tells a client, and what a request is checked against."""
    silent = offered_profile("full", tmp_path)
    assert {recipe.modalities for recipe in silent.recipes} == {("text", "image")}
    assert silent == PROFILES["full"]
    (tmp_path / "imagebind").mkdir()
    hearing = offered_profile("full", tmp_path)
    assert {recipe.modalities for recipe in hearing.recipes} == {("text", "image", "audio")}
    assert [recipe.name for recipe in hearing.recipes] == [recipe.name for recipe in silent.recipes]


def test_the_built_in_profile_is_offered_whatever_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "imagebind").mkdir()
    assert offered_profile("builtin", tmp_path) is PROFILES["builtin"]


def test_an_audio_tower_in_the_folder_is_what_makes_a_clip_folder_take_sound(tmp_path: Path) -> None:
    assert joint_modalities(tmp_path) == ("text", "image")
    (tmp_path / "audio_encoder").mkdir()
    assert joint_modalities(tmp_path) == ("text", "image", "audio")
