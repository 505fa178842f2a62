"""Laws of the training scripts: what a network is told in training is what the model wrappers tell it afterwards."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from any_to_3d.backend.models.class_label import EmbeddingNoise, unclip_label
from any_to_3d.backend.models.conditioning import PoseFeatures, UnclipConditioning, Zero123Conditioning
from any_to_3d.backend.models.zero123 import camera_change as camera_change_at_use
from any_to_3d.backend.props.captions import closed_vocabulary
from any_to_3d.backend.props.spec import CLASSES, PropSpec
from any_to_3d.backend.props.train_joint import matching_loss, stated_attributes
from any_to_3d.backend.props.train_prior2d import LABEL_WIDTH, embedding_noise, noised_embeddings, prior_labels
from any_to_3d.backend.props.train_prior3d import LABEL_WIDTH as TURN_LABEL_WIDTH
from any_to_3d.backend.props.train_prior3d import NovelViews, camera_change, novel_view_labels
from any_to_3d.backend.props.training_augment import disturbed, on_background
from any_to_3d.backend.props.training_diffusion import EMBEDDING_SCALE, NoisyPair, build_scheduler, draw_timesteps
from any_to_3d.backend.props.training_run import Budget, TrainingRun
from any_to_3d.backend.props.training_samples import Views
from any_to_3d.backend.props.training_words import build_text_tower, build_tokenizer, token_ids, with_unknown_words
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


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


def test_an_unknown_word_is_inserted_without_losing_a_known_one() -> None:
    torch.manual_seed(0)
    tokenizer = build_tokenizer(closed_vocabulary())
    ids = token_ids(tokenizer, ["a red chair"] * 8)
    changed = with_unknown_words(ids, tokenizer, 1.0)
    for row in changed:
        kept = [token for token in row.tolist() if token != tokenizer.unk_token_id]
        assert len(kept) == ids.shape[1] - 1
        assert kept == ids[0, :-1].tolist()


def test_attributes_are_those_the_sentence_states() -> None:
    spec = PropSpec("chair", "red", "striped", "tall")
    assert stated_attributes(spec, "a red chair", True) == (CLASSES.index("chair"), 0, 0, 0)
    assert stated_attributes(spec, "a tall striped chair", False) == (CLASSES.index("chair"), 8, 1, 1)


def test_equal_captions_are_both_right_answers() -> None:
    texts = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), dim=1)
    assert matching_loss(texts, texts) == pytest.approx(2.0 / 3.0 * math.log(2.0), abs=1e-4)


def test_disturbed_pictures_stay_pictures(rng: torch.Generator) -> None:
    images = torch.rand(16, 3, 64, 64, generator=rng)
    result = disturbed(images, rng)
    assert result.shape == images.shape
    assert result.min() >= 0.0
    assert result.max() <= 1.0
    assert not torch.equal(result, images)


def test_a_new_background_leaves_solid_pixels_as_they_were(rng: torch.Generator) -> None:
    rgb, alpha = torch.rand(64, 3, 4, 4, generator=rng), torch.ones(64, 1, 4, 4)
    changed = on_background(rgb, alpha, rng)
    untouched = (changed - rgb).abs().amax(dim=(1, 2, 3)) < 1e-6
    assert untouched.float().mean() > 0.5


def test_half_of_the_timesteps_are_high(rng: torch.Generator) -> None:
    timesteps = draw_timesteps(20_000, rng)
    assert timesteps.min() >= 0
    assert timesteps.max() <= 999
    assert (timesteps >= 600).float().mean() == pytest.approx(0.5 + 0.5 * 0.4, abs=0.02)


def test_clean_latents_follow_from_noisy_ones_and_velocity(rng: torch.Generator) -> None:
    clean, scheduler = torch.randn(4, 8, 16, 16, generator=rng), build_scheduler()
    pair = NoisyPair(clean, scheduler, rng)
    acp = scheduler.alphas_cumprod[pair.timesteps][:, None, None, None]
    assert torch.allclose(acp.sqrt() * pair.noisy - (1 - acp).sqrt() * pair.velocity, clean, atol=1e-4)


def test_prior_label_is_the_wrappers_label(rng: torch.Generator) -> None:
    unit = torch.nn.functional.normalize(torch.randn(2, 128, generator=rng), dim=1)
    azimuth, elevation = torch.tensor([0.3, 2.0]), torch.tensor([0.1, -0.2])
    noised, level = noised_embeddings(unit, torch.Generator().manual_seed(3))
    label = prior_labels(noised, level, azimuth, elevation, torch.tensor([False, True]))
    conditioning = UnclipConditioning(EMBEDDING_SCALE, True, PoseFeatures(8, 1.4), ("rgb", "normal"))
    assert conditioning.embedding_width(LABEL_WIDTH) == 128
    assert torch.equal(label[:, 256:288], conditioning.pose.of(azimuth, 2 * elevation))
    assert torch.equal(label[:, 288:], torch.cat([conditioning.one_hot("rgb"), conditioning.one_hot("normal")]))


def test_embedding_at_level_0_is_clear_and_seen_as_the_wrapper_shows_it() -> None:
    unit = torch.nn.functional.normalize(torch.ones(64, 128), dim=1)
    noised, level = noised_embeddings(unit, torch.Generator().manual_seed(3))
    clear = EmbeddingNoise(StableUnCLIPImageNormalizer(128), embedding_noise())
    expected = unclip_label(unit[:1], EMBEDDING_SCALE, clear)[0]
    rows = torch.cat([noised, level], dim=1)
    is_clear = (rows == expected).all(dim=1)
    assert 0.3 < is_clear.float().mean() < 0.7


def test_turn_and_its_label_are_the_wrappers(rng: torch.Generator) -> None:
    azimuth, elevation = torch.tensor([[0.1, 2.0]]), torch.tensor([[0.2, -0.3]])
    unit = torch.nn.functional.normalize(torch.randn(1, 128, generator=rng), dim=1)
    empty = torch.zeros(1, 8, 16, 16)
    views = NovelViews(empty, empty, unit, azimuth, elevation)
    reference, target = (Views(elevation[:, k], azimuth[:, k]) for k in (0, 1))
    assert torch.allclose(camera_change(views), camera_change_at_use(reference, target))
    pose = Zero123Conditioning(PoseFeatures(8, 1.4), True, EMBEDDING_SCALE).pose
    shown = pose.of(azimuth[:, 1] - azimuth[:, 0], 2 * elevation[:, 1], 2 * elevation[:, 0])
    label = novel_view_labels(unit, azimuth, elevation)
    assert label.shape == (1, TURN_LABEL_WIDTH)
    assert torch.equal(label[:, :48], shown)


def test_learning_rate_warms_up_and_ends_at_three_percent() -> None:
    budget = Budget(steps=1000, learning_rate=1e-3, warm_up=100)
    assert budget.rate_at(0, 0.0) == pytest.approx(1e-5)
    assert budget.rate_at(200, 0.0) == pytest.approx(1e-3)
    assert budget.rate_at(1000, 1.0) == pytest.approx(3e-5)


def test_a_resumed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def train(steps: int, resume: bool) -> TrainingRun:
        torch.manual_seed(0)
        module = torch.nn.Linear(2, 1)
        run = TrainingRun(module, tmp_path, Budget(steps=steps), resume)
        for _ in run.steps("test"):
            run.descend(module(torch.ones(4, 2)).square().mean())
        return run

    first = train(5, resume=False)
    again = train(5, resume=True)
    assert again.step == 5
    assert all(torch.equal(first.averaged[name], again.averaged[name]) for name in first.averaged)
    assert train(8, resume=True).step == 8


def test_averaged_weights_follow_the_trained_ones(tmp_path: Path) -> None:
    module = torch.nn.Linear(1, 1, bias=False)
    start = float(module.weight.detach())
    run = TrainingRun(module, tmp_path, Budget(steps=200, learning_rate=0.1, warm_up=1), resume=False)
    for _ in run.steps("test"):
        run.descend((module.weight - start - 1.0).square().sum())
    assert start < float(run.averaged["weight"])
    assert np.isclose(float(module.weight.detach()), start + 1.0, atol=0.2)
