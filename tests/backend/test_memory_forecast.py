"""The forecast: how its moments add up, what each economy takes away, and what the presets promise of cards."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.activation_memory import Shown, bytes_of_loss, bytes_of_scene, bytes_of_view
from any_to_3d.backend.catalogue import FULL_PRESETS
from any_to_3d.backend.economy_choice import described, economies, least_economy, notice
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.generator.recipes import PRESETS, xbind
from any_to_3d.backend.memory_forecast import CONTEXT, DESKTOP, FRAGMENTATION, GIB, WORKSPACE, Moment, forecast
from any_to_3d.backend.memory_relief import SMALLER_IMAGE
from any_to_3d.backend.network_weights import NetworkWeights, published_weights

BF16 = published_weights(torch.bfloat16)
NOTHING = Economy()
ALL = Economy(images_at_once=1, recompute=True, offload=True)
COLOURS, ALL_CHANNELS = frozenset({"rgb", "alpha"}), frozenset({"rgb", "alpha", "normal", "rays"})


def moment(
    what: str, economy: Economy = NOTHING, recipe: Recipe = xbind.XBIND, networks: NetworkWeights = BF16
) -> Moment:
    return next(found for found in forecast(recipe, networks, economy).moments if found.what == what)


def test_a_step_needs_its_largest_loss_and_all_of_its_views() -> None:
    coarse = xbind.COARSE
    scene, seen = bytes_of_scene(coarse.start), bytes_of_view(coarse.start, 1, 128, ALL_CHANNELS)
    first = coarse.losses[0].loss
    planar = bytes_of_loss(first, Shown(1, 512, 2, 2))
    assert moment("coarse, sds planar").rest == pytest.approx(scene + seen + planar)
    reference = bytes_of_view(coarse.start, 1, 128, COLOURS)
    backward = moment("coarse, backward pass").rest
    assert scene + seen + reference < backward < scene + seen + reference + planar


def test_what_a_moment_needs_is_its_weights_and_the_rest_with_a_reserve() -> None:
    assert Moment("x", 3e9, 2e9).needed == pytest.approx(3e9 + (1 + FRAGMENTATION) * 2e9 + WORKSPACE)


def test_networks_stay_together_on_the_device_or_with_offload_come_one_by_one() -> None:
    assert moment("texture, sds stereo").weights == BF16.planar + BF16.stereo + BF16.vision
    assert moment("texture, sds stereo", ALL).weights == BF16.stereo + BF16.stereo_reader
    assert moment("texture, modality similarity", ALL).weights == BF16.vision
    assert moment("texture, backward pass", ALL).weights == 0


def test_readers_are_there_while_something_is_read() -> None:
    assert moment("reading the prompt").weights == BF16.seeing + BF16.readers
    assert moment("geometry, reading the condition").weights == BF16.seeing + BF16.planar_reader
    assert moment("loading the networks", ALL).weights == BF16.loading


def test_one_picture_at_a_time_divides_batches_and_the_reference_views_candidates() -> None:
    batched = replace(xbind.XBIND, phases=tuple(replace(phase, batch=4) for phase in xbind.XBIND.phases))
    one = Economy(images_at_once=1)
    painting = "painting the reference view"
    assert moment(painting).rest == pytest.approx(4 * moment(painting, one).rest)
    for phase, loss in zip(batched.phases, ("sds planar", "cds planar", "sds planar"), strict=True):
        spared = 3 * bytes_of_loss(phase.losses[0].loss, Shown(1, 512, 2, 2))
        both = (moment(f"{phase.name}, {loss}", economy, batched).rest for economy in (Economy(), one))
        assert next(both) - next(both) == pytest.approx(spared)


def test_smaller_pictures_and_recomputation_spare_the_autoencoders_share() -> None:
    what = "texture, sds planar"
    own_size = replace(xbind.XBIND, phases=tuple(replace(phase, planar_size=None) for phase in xbind.XBIND.phases))
    assert moment(what, recipe=own_size).rest > moment(what, Economy(largest_image=SMALLER_IMAGE), own_size).rest
    assert moment(what, Economy(largest_image=SMALLER_IMAGE), own_size).rest == moment(what).rest
    assert moment(what, Economy(recompute=True)).rest < moment(what).rest - 0.9e9


def test_a_card_that_computes_in_float16_needs_the_autoencoders_in_float32() -> None:
    half = published_weights(torch.float16)
    assert half.planar - BF16.planar == half.stereo - BF16.stereo == 2 * 83_653_863
    assert moment("texture, sds planar", networks=half).rest > moment("texture, sds planar").rest + 1.9e9


CARD = {preset.name: int(preset.description.split("cards of ")[1].split()[0]) for preset in FULL_PRESETS}
"""What the panel says: GB of the cards that a preset is for."""


@pytest.mark.parametrize("preset", list(PRESETS["full"]))
def test_the_card_that_a_preset_is_for_holds_it_with_every_network_on_the_device(preset: str) -> None:
    """8 GB for Draft and Small, and Standard under 16 GB, as is required of them."""
    available = CARD[preset] * GIB - CONTEXT - DESKTOP
    choice = least_economy(PRESETS["full"][preset], BF16, available)
    assert choice.fits
    assert not choice.economy.offload
    assert choice.economy.largest_image is None
    assert choice.forecast.card == CARD[preset]


def test_small_is_for_8_gigabytes_and_standard_for_less_than_16() -> None:
    assert CARD == {"draft": 8, "small": 8, "standard": 16, "paper": 16}
    assert forecast(xbind.STANDARD, BF16, Economy()).needed + CONTEXT < 16e9


def test_the_first_economy_that_is_enough_is_chosen() -> None:
    needed = {economy: forecast(xbind.SMALL, BF16, economy).needed for economy in economies(xbind.SMALL, BF16)}
    for economy, enough in needed.items():
        chosen = least_economy(xbind.SMALL, BF16, enough)
        assert chosen.fits
        assert list(needed).index(chosen.economy) <= list(needed).index(economy)
    assert least_economy(xbind.SMALL, BF16, 80 * GIB).economy == Economy()


def test_where_nothing_is_enough_everything_is_given_up_and_the_job_is_not_refused() -> None:
    choice = least_economy(xbind.XBIND, BF16, 4 * GIB)
    assert (choice.economy, choice.fits) == (ALL, False)
    told = notice(choice, 4 * GIB)
    assert told.startswith("This may need 7.5 GiB of graphics memory, and 4.0 are free; the networks see one picture")
    assert told.endswith("Another preset needs less.")


def test_an_artist_is_told_what_is_given_up_and_nothing_where_nothing_is() -> None:
    assert notice(least_economy(xbind.SMALL, BF16, 80 * GIB), 80 * GIB) == ""
    assert notice(least_economy(xbind.SMALL, BF16, 7 * GIB), 7 * GIB) == (
        "To fit into 7.0 GiB of graphics memory, the networks see one picture at a time and the autoencoders compute "
        "twice what they would keep."
    )


def test_only_a_recipe_that_shows_large_pictures_is_offered_smaller_ones() -> None:
    own_size = replace(xbind.XBIND, phases=tuple(replace(phase, planar_size=None) for phase in xbind.XBIND.phases))
    assert {economy.largest_image for economy in economies(xbind.XBIND, BF16)} == {None}
    assert [economy.largest_image for economy in economies(own_size, BF16)] == [None, None, None, 512, None, 512]
    assert described(Economy(largest_image=512)) == "the 2D prior sees pictures of 512 pixels"


def test_the_manual_has_the_presets_steps_sizes_and_memory() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")
    for name, recipe in PRESETS["full"].items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1] == ", ".join(str(phase.steps) for phase in recipe.phases)
        assert cells[2] == ", ".join(str(phase.size) for phase in recipe.phases)
        assert cells[5] == f"{forecast(recipe, BF16, NOTHING).needed / GIB:.1f} GiB"
