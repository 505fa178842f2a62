"""Laws of the training scripts: what a network is told in training is what the model wrappers tell it afterwards."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.class_label import EmbeddingNoise, unclip_label
from any_to_3d.backend.models.conditioning import PoseFeatures, UnclipConditioning, Zero123Conditioning
from any_to_3d.backend.models.zero123 import camera_change as camera_change_at_use
from any_to_3d.backend.props.captions import Facts
from any_to_3d.backend.props.materials import MATERIALS, PATTERNS
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.props.spec import CLASSES, PropSpec, canonical
from any_to_3d.backend.props.training.attributes import NAMES, NO_COLOUR, SIZES, AttributeReaders, attribute_numbers
from any_to_3d.backend.props.training.captions import CaptionBank
from any_to_3d.backend.props.training.data import PropPictures
from any_to_3d.backend.props.training.diffusion import (
    EMBEDDING_SCALE,
    NoisyPair,
    UnetShape,
    build_scheduler,
    build_unet,
    draw_timesteps,
)
from any_to_3d.backend.props.training.latents import LatentPictures
from any_to_3d.backend.props.training.prior2d import (
    LABEL_WIDTH,
    PriorBatches,
    PromptEmbeddings,
    embedding_noise,
    noised_embeddings,
    prior_labels,
)
from any_to_3d.backend.props.training.prior3d import LABEL_WIDTH as TURN_LABEL_WIDTH
from any_to_3d.backend.props.training.prior3d import (
    NovelViewNetwork,
    NovelViews,
    ViewPairs,
    camera_change,
    novel_view_labels,
    start_from_2d,
)
from any_to_3d.backend.props.training.results.samples import Views
from any_to_3d.backend.props.training.running.chance import Chance
from any_to_3d.backend.props.training.word_tower import (
    EMBEDDING_WIDTH,
    build_text_tower,
    build_tokenizer,
    token_ids,
    with_unknown_words,
)
from any_to_3d.backend.props.training.words import draw_sentences
from any_to_3d.backend.props.words import closed_vocabulary
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer

CPU = torch.device("cpu")
TINY = UnetShape((16, 32, 32), 4, 8)


@pytest.fixture
def chance() -> Chance:
    return Chance(0, CPU)


def test_end_token_has_the_highest_id_and_the_tower_pools_there() -> None:
    tokenizer = build_tokenizer(closed_vocabulary())
    tower = build_text_tower(tokenizer).eval()
    ids = token_ids(tokenizer, ["a red chair", "a red car"])
    assert tokenizer.eos_token_id == max(tokenizer.get_vocab().values())
    assert (ids.argmax(dim=1) == torch.tensor([4, 4])).all()
    embeddings = tower(ids).text_embeds
    assert not torch.allclose(embeddings[0], embeddings[1], atol=1e-4)


def test_tokenizer_ignores_case_and_punctuation_and_reports_other_words() -> None:
    tokenizer = build_tokenizer(closed_vocabulary())
    assert token_ids(tokenizer, ["A red, CHAIR!"]).tolist() == token_ids(tokenizer, ["a red chair"]).tolist()
    assert tokenizer("zeppelin", add_special_tokens=False).input_ids == [tokenizer.unk_token_id]


def test_no_caption_has_an_unknown_word_or_is_cut(chance: Chance) -> None:
    tokenizer = build_tokenizer(closed_vocabulary())
    captions, stated = draw_sentences(chance, 300)
    ids = token_ids(tokenizer, captions)
    assert not (ids == tokenizer.unk_token_id).any()
    assert (ids == tokenizer.eos_token_id).any(dim=1).all()
    assert stated.shape == (300, len(NAMES))
    assert (stated < torch.tensor(SIZES)).all()


def test_an_unknown_word_is_inserted_without_losing_a_known_one(chance: Chance) -> None:
    tokenizer = build_tokenizer(closed_vocabulary())
    ids = token_ids(tokenizer, ["a red chair"] * 8)
    for row in with_unknown_words(ids, tokenizer, 1.0, chance):
        kept = [token for token in row.tolist() if token != tokenizer.unk_token_id]
        assert len(kept) == ids.shape[1] - 1
        assert kept == ids[0, :-1].tolist()


def test_what_a_sentence_leaves_open_is_none_or_ordinary() -> None:
    chair, red, blue = CLASSES.index("chair"), list(COLOURS).index("red"), list(COLOURS).index("blue")
    shown = PropSpec("chair", "red", "blue", "wood", "striped", "tall")
    assert attribute_numbers(shown) == (chair, red, blue, MATERIALS.index("wood"), PATTERNS.index("striped"), 1)
    assert attribute_numbers(Facts("chair", "red")) == (chair, red, NO_COLOUR, 0, 0, 0)
    assert attribute_numbers(Facts("chair")) == (chair, NO_COLOUR, NO_COLOUR, 0, 0, 0)
    assert MATERIALS[0] == PATTERNS[0] == "plain"


def test_a_reader_of_one_attribute_asks_nothing_of_the_others() -> None:
    torch.manual_seed(0)
    readers = AttributeReaders()
    unit = F.normalize(torch.randn(4, 128), dim=1).requires_grad_()
    wanted = torch.zeros(4, len(NAMES), dtype=torch.long)
    other = wanted.clone()
    other[:, 1:] = 1
    torch.testing.assert_close(readers.loss(unit, wanted, ("class",)), readers.loss(unit, other, ("class",)))
    assert readers.loss(unit, wanted) != readers.loss(unit, other)


def test_half_of_the_timesteps_are_high(chance: Chance) -> None:
    timesteps = draw_timesteps(20_000, chance)
    assert timesteps.min() >= 0
    assert timesteps.max() <= 999
    assert (timesteps >= 600).float().mean() == pytest.approx(0.5 + 0.5 * 0.4, abs=0.02)


def test_clean_latents_follow_from_noisy_ones_and_velocity(chance: Chance) -> None:
    clean = chance.normal(4, 8, 16, 16)
    pair = NoisyPair(clean, chance)
    acp = build_scheduler().alphas_cumprod[pair.timesteps][:, None, None, None]
    assert torch.allclose(acp.sqrt() * pair.noisy - (1 - acp).sqrt() * pair.velocity, clean, atol=1e-4)


def test_prior_label_is_the_wrappers_label(chance: Chance) -> None:
    unit = F.normalize(chance.normal(2, 128), dim=1)
    azimuth, elevation = torch.tensor([0.3, 2.0]), torch.tensor([0.1, -0.2])
    label = prior_labels(*noised_embeddings(unit, chance), azimuth, elevation, torch.tensor([False, True]))
    conditioning = UnclipConditioning(EMBEDDING_SCALE, True, PoseFeatures(8, 1.4), ("rgb", "normal"))
    assert conditioning.embedding_width(LABEL_WIDTH) == 128
    assert torch.equal(label[:, 256:288], conditioning.pose.of(azimuth, 2 * elevation))
    assert torch.equal(label[:, 288:], torch.cat([conditioning.one_hot("rgb"), conditioning.one_hot("normal")]))


def test_embedding_at_level_0_is_clear_and_seen_as_the_wrapper_shows_it(chance: Chance) -> None:
    unit = F.normalize(torch.ones(64, 128), dim=1)
    noised, level = noised_embeddings(unit, chance)
    clear = EmbeddingNoise(StableUnCLIPImageNormalizer(128), embedding_noise())
    expected = unclip_label(unit[:1], EMBEDDING_SCALE, clear)[0]
    is_clear = (torch.cat([noised, level], dim=1) == expected).all(dim=1)
    assert 0.3 < is_clear.float().mean() < 0.7


@pytest.fixture
def prompts() -> PromptEmbeddings:
    """Two objects, the second of a silent class. Axes: a coloured caption, one without, a picture, a sound."""
    coloured, unnamed, seen, heard = torch.eye(4)
    bank = CaptionBank(*(axis.half().expand(2, 5, 4) for axis in (coloured, torch.zeros(4), unnamed)))
    return PromptEmbeddings(bank, seen.expand(2, 4, 4), heard.expand(1, 6, 4), torch.tensor([0, -1]))


def test_a_coloured_object_is_asked_for_by_captions_and_pictures(prompts: PromptEmbeddings, chance: Chance) -> None:
    drawn = prompts.drawn(torch.zeros(20_000, dtype=torch.long), chance)
    assert drawn.mean(dim=0).tolist() == pytest.approx((0.7, 0.0, 0.3, 0.0), abs=0.015)


@pytest.mark.parametrize(("number", "shares"), [(0, (0.0, 0.5, 0.0, 0.5)), (1, (0.0, 1.0, 0.0, 0.0))])
def test_without_a_colour_it_is_asked_for_by_captions_and_its_sounds(
    prompts: PromptEmbeddings, chance: Chance, number: int, shares: tuple[float, ...]
) -> None:
    objects = torch.full((20_000,), number)
    assert prompts.drawn_without_colour(objects, chance).mean(dim=0).tolist() == pytest.approx(shares, abs=0.015)
    deaf = replace(prompts, heard=torch.zeros(0, 1, 4))
    assert deaf.drawn_without_colour(objects, chance)[:, 3].max() == 0


def test_a_quarter_of_the_prompts_name_no_colour_and_show_a_usual_one(chance: Chance) -> None:
    """A picture's latents are its object's number, so that each row tells what was shown for it."""
    specs = (
        canonical("chest", "brown"),
        canonical("chest", "blue"),
        replace(canonical("chest", "brown"), second_colour="red"),
    )
    blank, angles = torch.zeros(3, 2, 1, 1, 3, dtype=torch.uint8), torch.zeros(3, 2)
    pictures = PropPictures(blank, blank, blank[..., 0], angles, angles, specs)
    numbers = torch.arange(3.0)[:, None, None, None, None].expand(3, 2, 1, 1, 1)
    named, unnamed = torch.eye(EMBEDDING_WIDTH)[:2]
    bank = CaptionBank(*(axis.expand(3, 1, EMBEDDING_WIDTH) for axis in (named, named, unnamed)))
    prompts = PromptEmbeddings(
        bank, named.expand(3, 1, EMBEDDING_WIDTH), torch.zeros(0, 1, EMBEDDING_WIDTH), torch.full((3,), -1)
    )
    shown, labels = PriorBatches(pictures, LatentPictures(numbers, numbers, 1.0), prompts, chance).draw(4000)
    embedding = labels[:, :2]
    names_none = embedding[:, 1] > 5.0
    assert shown.flatten()[names_none].unique().tolist() == [0.0]
    assert shown.flatten().unique().tolist() == [0.0, 1.0, 2.0]


def test_turn_and_its_label_are_the_wrappers(chance: Chance) -> None:
    azimuth, elevation = torch.tensor([[0.1, 2.0]]), torch.tensor([[0.2, -0.3]])
    unit = F.normalize(chance.normal(1, 128), dim=1)
    empty = torch.zeros(1, 8, 16, 16)
    views = NovelViews(empty, empty, unit, azimuth, elevation)
    reference, target = (Views(elevation[:, k], azimuth[:, k]) for k in (0, 1))
    assert torch.allclose(camera_change(views), camera_change_at_use(reference, target))
    pose = Zero123Conditioning(PoseFeatures(8, 1.4), True, EMBEDDING_SCALE).pose
    shown = pose.of(azimuth[:, 1] - azimuth[:, 0], 2 * elevation[:, 1], 2 * elevation[:, 0])
    label = novel_view_labels(unit, azimuth, elevation)
    assert label.shape == (1, TURN_LABEL_WIDTH)
    assert torch.equal(label[:, :48], shown)


def test_references_are_low_and_mostly_from_the_front_and_targets_are_other_views(chance: Chance) -> None:
    elevation = torch.tensor([[0.1, 0.3, 0.9, -0.3]]).expand(3, 4)
    azimuth = torch.tensor([[0.0, 1.0, 2.0, 3.0]]).expand(3, 4)
    empty = torch.zeros(3, 4, 2, 2, dtype=torch.uint8)
    pictures = PropPictures(empty, empty, empty, elevation, azimuth, specs=())
    numbers = torch.arange(4.0)[None, :, None, None, None].expand(3, 4, 1, 1, 1).half()
    drawn = ViewPairs(pictures, LatentPictures(numbers, numbers, 1.0), torch.zeros(3, 4, 8), chance).draw(4000)
    assert set(drawn.azimuth[:, 0].tolist()) == {0.0, 1.0}
    assert (drawn.azimuth[:, 0] == 0.0).float().mean() == pytest.approx(0.7 + 0.3 / 2, abs=0.03)
    assert (drawn.azimuth[:, 0] != drawn.azimuth[:, 1]).all()
    assert torch.equal(drawn.target.flatten(), drawn.azimuth[:, 1])
    assert set(drawn.azimuth[:, 1].tolist()) == {0.0, 1.0, 2.0, 3.0}


def test_a_3d_prior_begins_as_the_2d_prior_it_came_from(chance: Chance) -> None:
    """Reference from the front, its channels silent: the same estimate for the same embedding and pose."""
    torch.manual_seed(0)
    flat = build_unet(TINY, False, LABEL_WIDTH).eval()
    network = NovelViewNetwork(TINY).eval()
    start_from_2d(network.unet, dict(flat.named_parameters()))
    unit, turn, rise = F.normalize(chance.normal(2, 128), dim=1), torch.tensor([0.4, 2.0]), torch.tensor([0.1, 0.2])
    noisy, timesteps, tokens = chance.normal(2, 4, 8, 8), torch.tensor([700, 900]), torch.zeros(2, 1, 32)
    level = noised_embeddings(unit, chance)[1]
    level[:, :64], level[:, 64:] = 1.0, 0.0
    label = prior_labels(EMBEDDING_SCALE * unit, level, turn, rise, torch.tensor([False, False]))
    zero, here = torch.zeros(2), torch.stack([torch.zeros(2), turn], dim=1)
    turned = novel_view_labels(unit, here, torch.stack([zero, rise], dim=1))
    with torch.no_grad():
        expected = flat(noisy, timesteps, encoder_hidden_states=tokens, class_labels=label).sample
        beside = torch.cat([noisy, chance.normal(2, 4, 8, 8)], dim=1)
        found = network.unet(beside, timesteps, encoder_hidden_states=tokens, class_labels=turned).sample
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)


def test_the_shape_of_a_network_is_kept_with_its_run(tmp_path) -> None:
    TINY.save(tmp_path / "run")
    assert UnetShape.read(tmp_path / "run") == TINY
    unet = build_unet(TINY, True, 10)
    assert (unet.config.in_channels, unet.config.out_channels, unet.config.sample_size) == (8, 4, 8)
