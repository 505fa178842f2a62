"""What the image towers are shown: still pictures, true captions, and never a pair that is held out."""

import math
from collections.abc import Callable
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.props.holdout import holdout_pairs, is_held_out
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.props.spec import CLASSES, PropSpec
from any_to_3d.backend.props.training.attributes import AttributeReaders
from any_to_3d.backend.props.training.augment import (
    FOR_ENCODER,
    FOR_JUDGE,
    Disturbances,
    disturbed,
    on_background,
    shuffled_patches,
    soft_noise,
)
from any_to_3d.backend.props.training.autoencoder import LATENT_CHANNELS, build_autoencoder, draw_images
from any_to_3d.backend.props.training.colours import (
    CHANNEL_ORDERS,
    Recolouring,
    allowed_orders,
    foreign_shapes,
    nearest_colour,
)
from any_to_3d.backend.props.training.data import PropPictures
from any_to_3d.backend.props.training.images import (
    ImageBatch,
    at_tower_size,
    build_image_tower,
    image_loss,
    matching_loss,
)
from any_to_3d.backend.props.training.running.chance import Chance
from torch import Tensor

CPU = torch.device("cpu")
UNTOUCHED = Disturbances(plain_ground=1.0, see_through=0.0, partial=0.0)


@pytest.fixture
def chance() -> Chance:
    return Chance(0, CPU)


@pytest.mark.parametrize("how", [FOR_ENCODER, FOR_JUDGE])
def test_disturbed_pictures_stay_pictures(chance: Chance, how: Disturbances) -> None:
    images = chance.uniform(32, 3, 64, 64)
    result = disturbed(images, chance, how)
    assert result.shape == images.shape
    assert result.min() >= 0.0
    assert result.max() <= 1.0
    assert not torch.equal(result, images)


def test_a_new_background_leaves_solid_pixels_as_they_were(chance: Chance) -> None:
    rgb, alpha = chance.uniform(200, 3, 16, 16), torch.ones(200, 1, 16, 16)
    changed = on_background(rgb, alpha, chance)
    untouched = (changed - rgb).abs().amax(dim=(1, 2, 3)) < 1e-6
    share = (1 - FOR_ENCODER.see_through) * (1 - FOR_ENCODER.partial)
    assert untouched.float().mean() == pytest.approx(share, abs=0.12)


def test_grounds_are_white_as_often_as_asked_and_the_others_differ(chance: Chance) -> None:
    empty, alpha = torch.ones(400, 3, 16, 16), torch.zeros(400, 1, 16, 16)
    grounds = on_background(empty, alpha, chance)
    white = (grounds > 0.999).flatten(1).all(dim=1)
    spread = grounds.flatten(2).std(dim=2).mean(dim=1)
    assert white.float().mean() == pytest.approx(FOR_ENCODER.plain_ground, abs=0.15)
    assert ((spread < 1e-4) & ~white).float().mean() > 0.1
    assert (spread > 0.02).float().mean() > 0.1


def test_a_white_ground_changes_nothing_of_a_whole_picture(chance: Chance) -> None:
    alpha = soft_noise(4, 16, chance)
    rgb = alpha * torch.tensor([0.2, 0.5, 0.9])[:, None, None] + 1.0 - alpha
    torch.testing.assert_close(on_background(rgb, alpha, chance, UNTOUCHED), rgb)


def test_soft_noise_fills_its_range(chance: Chance) -> None:
    field = soft_noise(8, 32, chance).flatten(1)
    assert torch.equal(field.amin(dim=1), torch.zeros(8))
    torch.testing.assert_close(field.amax(dim=1), torch.ones(8))


def test_shuffled_patches_keep_every_pixel_and_lose_their_places(chance: Chance) -> None:
    images = chance.uniform(4, 3, 64, 64)
    mixed = shuffled_patches(images, chance)
    assert torch.equal(mixed.flatten(2).sort(dim=2).values, images.flatten(2).sort(dim=2).values)
    assert not torch.equal(mixed, images)
    tile = images[0, :, :16, :16]
    places = product(range(0, 64, 16), repeat=2)
    assert any(torch.equal(mixed[0, :, row : row + 16, column : column + 16], tile) for row, column in places)


def test_palette_colours_are_nearest_to_themselves() -> None:
    assert [nearest_colour(rgb) for rgb in COLOURS.values()] == list(COLOURS)


def test_no_recoloured_picture_shows_a_held_out_pair() -> None:
    swapped = 0
    for prop_class, colour in product(CLASSES, COLOURS):
        if is_held_out(prop_class, colour):
            continue
        orders = allowed_orders(prop_class, (colour,))
        swapped += len(orders) - 1
        for number in orders:
            red, green, blue = (COLOURS[colour][channel] for channel in CHANNEL_ORDERS[number])
            assert (prop_class, nearest_colour((red, green, blue))) not in holdout_pairs()
    assert swapped > 2 * len(CLASSES)


def test_both_colours_of_a_prop_limit_its_recolouring() -> None:
    for prop_class in CLASSES:
        allowed = [colour for colour in COLOURS if not is_held_out(prop_class, colour)][:2]
        both = set(allowed_orders(prop_class, tuple(allowed)))
        assert both == set(allowed_orders(prop_class, tuple(allowed[:1]))) & set(
            allowed_orders(prop_class, tuple(allowed[1:]))
        )


def test_a_picture_is_recoloured_only_as_its_own_prop_allows(chance: Chance) -> None:
    """Channels of three levels tell in which order they came."""
    limits = {
        spec: set(allowed_orders(spec.prop_class, (spec.colour,)))
        for spec in (PropSpec(*pair) for pair in product(CLASSES, COLOURS) if not is_held_out(*pair))
    }
    free = next(spec for spec, orders in limits.items() if len(orders) == len(CHANNEL_ORDERS))
    bound = next(spec for spec, orders in limits.items() if 1 < len(orders) < len(CHANNEL_ORDERS))
    objects = torch.tensor([0, 1]).repeat(500)
    levels = torch.tensor([0.1, 0.5, 0.9])[None, :, None, None].expand(len(objects), 3, 1, 1)
    changed = Recolouring((free, bound), CPU).of(levels, objects, chance).flatten(1)
    for number, spec in enumerate((free, bound)):
        orders = [CHANNEL_ORDERS[order] for order in sorted(limits[spec])]
        shown = {tuple(row) for row in changed[objects == number].tolist()}
        assert shown == {tuple(levels[0].flatten()[list(order)].tolist()) for order in orders}


def test_recolouring_only_swaps_channels(chance: Chance) -> None:
    colour = next(name for name in COLOURS if len(allowed_orders("chair", (name,))) > 1)
    rgb = chance.uniform(200, 3, 2, 2)
    changed = Recolouring((PropSpec("chair", colour),), CPU).of(rgb, torch.zeros(200, dtype=torch.long), chance)
    torch.testing.assert_close(changed.sum(dim=1), rgb.sum(dim=1))
    same = (changed == rgb).all(dim=1).flatten(1).all(dim=1)
    assert 0 < same.sum() < 200


def test_foreign_shapes_have_the_named_colour_and_no_two_one_outline(chance: Chance) -> None:
    numbers = torch.arange(len(COLOURS))
    images, alpha = foreign_shapes(numbers, 64, chance)
    solid = (alpha > 0.99).float()
    assert (solid.mean(dim=(1, 2, 3)) > 0.05).all()
    mean = (images * solid).sum(dim=(2, 3)) / solid.sum(dim=(2, 3))
    for rgb, own in zip(mean, COLOURS.values(), strict=True):
        assert F.cosine_similarity(rgb, torch.tensor(own), dim=0) > 0.999
    outlines = (alpha > 0.5).flatten(1)
    assert len({tuple(row.tolist()) for row in outlines}) == len(COLOURS)


def test_equal_captions_are_both_right_answers() -> None:
    texts = F.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), dim=1)
    assert matching_loss(texts, texts) == pytest.approx(2.0 / 3.0 * math.log(2.0), abs=1e-4)


def test_recoloured_pictures_are_asked_for_their_class_alone_and_pieces_for_their_colour() -> None:
    torch.manual_seed(0)
    readers = AttributeReaders()
    unit = F.normalize(torch.randn(6, 128), dim=1)
    targets = F.normalize(torch.randn(2, 128), dim=1)

    def loss(change: Callable[[Tensor], None]) -> Tensor:
        shown = torch.zeros(6, 6, dtype=torch.long)
        change(shown)
        return image_loss(unit, ImageBatch(torch.zeros(0), targets, shown, (2, 2, 2)), readers)[0]

    plain = loss(lambda shown: None)
    assert loss(lambda shown: shown[2:4, 1:].fill_(1)) == plain
    assert loss(lambda shown: shown[2:4, 0].fill_(1)) != plain
    assert loss(lambda shown: shown[4:, 2:].fill_(1) + shown[4:, 0].fill_(1).sum()) == plain
    assert loss(lambda shown: shown[4:, 1].fill_(1)) != plain


def test_encoder_and_judge_are_two_architectures_for_pictures_of_64() -> None:
    towers = [build_image_tower(judge) for judge in (False, True)]
    for tower in towers:
        assert tower(torch.zeros(1, 3, 64, 64)).image_embeds.shape == (1, 128)
    first, second = (tower.config for tower in towers)
    assert first.patch_size != second.patch_size
    assert first.num_hidden_layers != second.num_hidden_layers
    assert FOR_ENCODER != FOR_JUDGE
    assert at_tower_size(torch.zeros(1, 3, 128, 128)).shape == (1, 3, 64, 64)


@pytest.mark.parametrize("size", [64, 128])
def test_both_resolutions_become_latents_of_16(size: int) -> None:
    model = build_autoencoder(size, width=8)
    latents = model.encoder(torch.zeros(1, 3, size, size))
    assert latents.shape == (1, LATENT_CHANNELS[size], 16, 16)
    assert model.decoder(latents).shape == (1, 3, size, size)


def test_another_resolution_is_refused() -> None:
    with pytest.raises(ValueError, match="pictures have 96 pixels a side; allowed are 64 and 128"):
        build_autoencoder(96)


@pytest.mark.parametrize("size", [64, 128])
def test_the_autoencoder_sees_whole_pictures_and_crops_off_the_border(size: int, chance: Chance) -> None:
    """Pixels count their rows: crops are of half the side and start an eighth or more from the border."""
    rows = torch.arange(size, dtype=torch.uint8)[None, None, :, None, None].expand(2, 3, size, size, 3)
    angles = torch.zeros(2, 3)
    pictures = PropPictures(rows, rows, rows[..., 0], angles, angles, specs=())
    batches = [draw_images(pictures, 4, chance) for _ in range(20)]
    shapes = {tuple(images.shape) for images in batches}
    assert shapes == {(4, 3, size, size), (16, 3, size // 2, size // 2)}
    crops = torch.cat([images for images in batches if images.shape[-1] == size // 2]) * 255
    first = crops[:, 0, 0, 0].round()
    assert first.min() == size // 8
    assert first.max() == size - size // 2 - size // 8
    torch.testing.assert_close(
        crops[:, 0, :, 0] - first[:, None], torch.arange(size // 2).float().expand(len(crops), -1)
    )
