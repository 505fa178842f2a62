"""Recipes as data: validation, JSON, scaling, baselines."""

import json
from dataclasses import replace

import pytest
from any_to_3d.backend.generator.losses.score_distillation import CDS, SDS
from any_to_3d.backend.generator.losses.surface import NormalConsistency
from any_to_3d.backend.generator.losses.volume import ZVariance
from any_to_3d.backend.generator.optimisers import Adam, LearningRates
from any_to_3d.backend.generator.recipe import Balanced, Recipe, ReferenceSampling, Weighted
from any_to_3d.backend.generator.recipe_json import recipe_from_plain, to_plain
from any_to_3d.backend.generator.recipes import PRESETS, RECIPES, builtin, xbind
from any_to_3d.backend.generator.representations.dmtet import DMTet
from any_to_3d.backend.generator.representations.tet_grid import KuhnGrid
from any_to_3d.backend.generator.schedules import linear

EVERY = [(profile, name) for profile, recipes in RECIPES.items() for name in recipes]


def names(recipe: Recipe, phase: int) -> set[str]:
    return {weighted.loss.name for weighted in recipe.phases[phase].losses}


def with_losses(recipe: Recipe, phase: int, *added: Weighted) -> Recipe:
    phases = list(recipe.phases)
    phases[phase] = replace(phases[phase], losses=(*phases[phase].losses, *added))
    return replace(recipe, phases=tuple(phases))


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_every_shipped_recipe_is_valid_and_survives_json(profile: str, name: str) -> None:
    recipe = RECIPES[profile][name]
    recipe.validate()
    assert recipe_from_plain(json.loads(json.dumps(to_plain(recipe)))) == recipe


@pytest.mark.parametrize(
    ("profile", "names"),
    [("builtin", ["draft", "standard", "high"]), ("full", ["draft", "small", "standard", "paper"])],
)
def test_presets_go_from_the_quickest_to_the_slowest_and_are_valid(profile: str, names: list[str]) -> None:
    presets = PRESETS[profile]
    assert list(presets) == names
    for recipe in presets.values():
        recipe.validate()
        assert recipe_from_plain(json.loads(json.dumps(to_plain(recipe)))) == recipe
    steps = [recipe.total_steps for recipe in presets.values()]
    assert steps == sorted(steps)
    assert steps[0] < steps[-2] < steps[-1]
    assert RECIPES[profile]["xbind"] == presets["standard"]


STEP_SECONDS = 0.045
"""What a step of any phase may take on an H100, one view at a time."""


def test_on_an_h100_a_draft_takes_90_seconds_and_the_papers_run_12_minutes() -> None:
    paper, draft = PRESETS["full"]["paper"], PRESETS["full"]["draft"]
    assert [phase.steps for phase in paper.phases] == [5000, 3000, 5000]
    for recipe in (draft, paper):
        assert all(phase.batch == 1 for phase in recipe.phases)
        assert all(phase.planar_size == 512 for phase in recipe.phases)
    # A third of a draft is for what is not a step: the reference view, the first surface, unwrapping and painting.
    assert draft.total_steps * STEP_SECONDS < 60
    assert paper.total_steps * STEP_SECONDS < 11 * 60


def test_small_and_draft_show_the_priors_what_the_larger_presets_show_them() -> None:
    presets = PRESETS["full"]
    for name in ("draft", "small"):
        for phase, full in zip(presets[name].phases, presets["standard"].phases, strict=True):
            assert phase.size < full.size
            assert (phase.planar_size, phase.cameras, phase.optimiser) == (
                full.planar_size,
                full.cameras,
                full.optimiser,
            )
    assert [p.steps for p in presets["small"].phases] == [p.steps for p in presets["standard"].phases]


def test_a_size_that_no_prior_can_be_shown_is_a_problem_of_the_phase() -> None:
    with pytest.raises(ValueError, match="planar_size 4 must be at least 8"):
        with_phase(1, planar_size=4).validate()


def test_a_loss_in_the_wrong_phase_is_named_with_what_it_lacks() -> None:
    recipe = replace(with_losses(builtin.XBIND, 1, Weighted(ZVariance())), name="mine")
    expected = (
        "recipe 'mine', phase 'geometry': loss z variance needs rays, but DMTet provides alpha, mesh, normal, rgb; "
        "use it in another phase or drop the term"
    )
    with pytest.raises(ValueError, match="z variance") as caught:
        recipe.validate()
    assert str(caught.value) == expected


def test_every_problem_is_reported_at_once() -> None:
    recipe = with_losses(builtin.XBIND, 0, Weighted(NormalConsistency()), Weighted(ZVariance()))
    with pytest.raises(ValueError, match=r"z variance appears 2 times.*needs mesh"):
        recipe.validate()


def test_a_mesh_phase_cannot_come_first() -> None:
    with pytest.raises(ValueError, match="put a NeRF phase before it"):
        replace(builtin.XBIND, phases=builtin.XBIND.phases[1:]).validate()


def test_a_texture_field_of_another_size_is_refused() -> None:
    geometry = builtin.XBIND.phases[1]
    other = replace(geometry, start=DMTet("geometry"))
    with pytest.raises(ValueError, match="its field differs from that of 'coarse'"):
        replace(builtin.XBIND, phases=(builtin.XBIND.phases[0], other)).validate()


def test_a_balanced_weight_must_name_a_loss_of_its_phase() -> None:
    recipe = with_losses(builtin.XBIND, 1, Weighted(CDS("stereo", 1.0), Balanced("sds planar")))
    with pytest.raises(ValueError, match="balanced with sds planar, which is not there"):
        recipe.validate()


@pytest.mark.parametrize(
    ("other", "message"),
    [("reference", "rests without a reference view"), ("modality similarity", "which is balanced itself")],
)
def test_a_balanced_weight_must_name_one_that_is_always_there(other: str, message: str) -> None:
    recipe = with_losses(xbind.XBIND, 0, Weighted(CDS("planar", 1.0), Balanced(other)))
    with pytest.raises(ValueError, match=message):
        recipe.validate()


def with_phase(number: int, **changes: object) -> Recipe:
    phases = list(builtin.XBIND.phases)
    phases[number] = replace(phases[number], **changes)
    return replace(builtin.XBIND, phases=tuple(phases))


def test_what_is_trained_needs_a_learning_rate() -> None:
    recipe = with_phase(2, optimiser=Adam(LearningRates(geometry=0.1, mlp=linear(0.0, 0.1))))
    with pytest.raises(ValueError, match="phase 'texture': it trains grid, but the optimiser's rate for grid is 0"):
        recipe.validate()


def test_a_phase_without_losses_is_refused() -> None:
    with pytest.raises(ValueError, match="phase 'geometry': there is no loss"):
        with_phase(1, losses=()).validate()


def test_one_prior_may_look_at_colours_and_at_normals_in_one_phase() -> None:
    coarse = builtin.XBIND.phases[0]
    normals = replace(builtin.PLANAR_SDS, signal="normal", image_weight=0.0)
    assert replace(coarse, losses=(*coarse.losses, Weighted(normals, 0.5))).problems() == []
    assert normals.name == "sds planar normals"


def test_a_loss_is_used_at_least_every_so_many_steps() -> None:
    never = Weighted(NormalConsistency(), every=0)
    with pytest.raises(ValueError, match="loss normal consistency is used every 0 steps"):
        with_phase(1, losses=(never,)).validate()


def test_a_nerf_after_another_phase_is_refused() -> None:
    with pytest.raises(ValueError, match="a NeRF starts anew, so 'geometry' would be lost"):
        with_phase(2, start=builtin.XBIND.phases[0].start).validate()


def test_a_mesh_phase_on_another_lattice_than_the_one_before_is_refused() -> None:
    start = replace(builtin.XBIND.phases[2].start, grid=KuhnGrid(20))
    with pytest.raises(ValueError, match=r"phase 'texture': its grid KuhnGrid\(resolution=20\) differs"):
        with_phase(2, start=start).validate()


def test_a_reference_view_needs_a_candidate() -> None:
    with pytest.raises(ValueError, match="at least 1 candidate"):
        replace(builtin.XBIND, reference=ReferenceSampling(candidates=0)).validate()


def test_dropping_an_unknown_loss_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no loss .*'vsd'.*it has"):
        builtin.XBIND.without("vsd")


def test_scaling_multiplies_steps_and_sizes_and_replaces_the_lattice() -> None:
    small = xbind.XBIND.scaled(steps=0.1, size=0.25, grid=32)
    assert [phase.steps for phase in small.phases] == [500, 300, 500]
    assert [phase.size for phase in small.phases] == [32, 128, 128]
    assert small.phases[1].start.grid == KuhnGrid(32)


def test_a_recipe_of_another_version_is_refused_by_name() -> None:
    plain = to_plain(builtin.XBIND)
    plain["colour"] = 3
    with pytest.raises(ValueError, match="Recipe of another version"):
        recipe_from_plain(plain)
    with pytest.raises(ValueError, match="no part of kind 'Exec'"):
        recipe_from_plain({"kind": "Exec"})


def test_the_papers_own_numbers() -> None:
    """Sec. V-A: cameras, image sizes, optimisers, learning rates, threshold."""
    coarse, geometry, texture = xbind.XBIND.phases
    assert [phase.size for phase in xbind.XBIND.phases] == [128, 512, 512]
    assert [phase.guide for phase in xbind.XBIND.phases] == ["rgb", "normal", "rgb"]
    for wide in (coarse.cameras, texture.cameras):
        assert (wide.elevation, wide.azimuth, wide.distance, wide.fov_y) == (
            (-45, 45),
            (-180, 180),
            (2.5, 2.5),
            (40, 40),
        )
    close = geometry.cameras
    assert (close.elevation, close.azimuth, close.distance, close.fov_y) == (
        (-10, 45),
        (-135, 225),
        (1.5, 2.0),
        (30, 45),
    )
    kinds = [type(phase.optimiser).__name__ for phase in xbind.XBIND.phases]
    assert kinds == ["Adam", "Adan", "Adam"]
    assert (coarse.optimiser.rates.grid, geometry.optimiser.rates.geometry, texture.optimiser.rates.grid) == (
        0.01,
        0.01,
        0.001,
    )
    assert geometry.start.surface.threshold == 10.0


def test_algorithm_1_has_its_losses_in_its_phases() -> None:
    hybrid = {"modality similarity", "sds stereo", "reference"}
    assert names(xbind.XBIND, 0) == hybrid | {"sds planar", "z variance", "normal smoothness"}
    assert names(xbind.XBIND, 1) == hybrid | {"cds planar", "normal consistency", "laplacian"}
    assert names(xbind.XBIND, 2) == hybrid | {"sds planar"}
    for phase in range(3):
        assert names(builtin.XBIND, phase) == names(xbind.XBIND, phase)


def test_texture_phase_freezes_the_geometry() -> None:
    for recipe in (xbind.XBIND, builtin.XBIND):
        assert recipe.phases[2].start.train == "texture"


def test_baselines_have_the_losses_the_paper_gives_them() -> None:
    full = RECIPES["full"]
    assert names(full["stable_sds"], 0) == {"sds planar", "normal smoothness"}
    assert names(full["stable_sds"], 1) == {"sds planar", "normal consistency", "laplacian"}
    assert names(full["zero_sds"], 2) == {"sds stereo", "reference"}
    assert {"cds planar", "cds stereo"} <= names(full["zerostable_cds"], 0)
    assert "modality similarity" not in names(full["zerostable_cds"], 0)
    assert names(full["no_stereo"], 0) & {"sds stereo", "reference"} == set()
    assert names(full["no_planar"], 1) & {"cds planar", "modality similarity"} == set()
    assert len(full["phase1_only"].phases) == 1
    assert "sds planar" in names(full["augsds_phase2"], 1)


def test_zerostable_cds_uses_the_coarse_and_texture_configurations() -> None:
    recipe = RECIPES["full"]["zerostable_cds"]
    planar = [next(w for w in phase.losses if w.loss.name == "cds planar") for phase in recipe.phases]
    assert planar[0].loss.t_less(0.0) == pytest.approx(0.7)
    assert planar[0].loss.weighting == "uniform"
    assert [planar[0].loss.guidance_scale(p) for p in (0.0, 1.0)] == [100.0, 50.0]
    assert planar[1] == next(w for w in xbind.GEOMETRY.losses if w.loss.name == "cds planar")
    assert planar[2].loss.guidance_scale == 50.0


@pytest.mark.parametrize("profile", ["full", "builtin"])
def test_zerostable_cds_gives_the_3d_prior_of_phase_ii_the_numbers_of_the_planar_cds_there(profile: str) -> None:
    geometry = RECIPES[profile]["zerostable_cds"].phases[1]
    planar, stereo = (
        next(w for w in geometry.losses if w.loss.name == f"cds {prior}") for prior in ("planar", "stereo")
    )
    before = next(w.loss for w in RECIPES[profile]["xbind"].phases[1].losses if w.loss.name == "sds stereo")
    own = {"prior": "stereo", "signal": before.signal, "guidance_scale": before.guidance_scale}
    assert stereo == replace(planar, loss=replace(planar.loss, **own), every=stereo.every)


def test_stable_sds_has_no_image_term() -> None:
    planar = next(w for w in RECIPES["full"]["stable_sds"].phases[0].losses if w.loss.name == "sds planar")
    assert isinstance(planar.loss, SDS)
    assert planar.loss.image_weight == 0
