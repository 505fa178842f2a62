"""Two steps of every training on a handful of props, through to an export that the model loaders read."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from any_to_3d.backend.models.load import check_folder, load_clip, load_stable_unclip, load_zero123
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.props import make_dataset
from any_to_3d.backend.props.captions import prompt
from any_to_3d.backend.props.sounds import SOUNDING_CLASSES
from any_to_3d.backend.props.training import audio, autoencoder, export, images, prior2d, prior3d, words
from any_to_3d.backend.props.training import sounds as training_sounds
from any_to_3d.backend.props.training.data import PropPictures
from any_to_3d.backend.props.training.latents import cached_latents, fingerprint
from any_to_3d.backend.props.training.results import novel_views, prompted_samples, samples, scores
from any_to_3d.backend.props.training.results.card import model_card
from any_to_3d.backend.props.training.results.facts import RunFacts
from any_to_3d.backend.props.training.results.retrieval import named_picture_scores
from any_to_3d.backend.props.training.results.samples import Views, sample
from any_to_3d.backend.props.training.running.hardware import Hardware
from any_to_3d.backend.props.training.running.record import machine_kind
from any_to_3d.backend.props.training.running.run import Budget, TrainingRun
from any_to_3d.backend.props.training.sounds import Synthesis, cached_sounds
from safetensors.torch import load_file
from test_training_sounds import tone

CPU = torch.device("cpu")
TWO = Budget(steps=2)
WIDTHS = (16, 32, 32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/, runs/ and models/ as `train all` lays them out."""
    root = tmp_path_factory.mktemp("training")
    data, joint, cache = root / "data", root / "joint", root / "cache"
    unseen = root / "unseen"
    make_dataset.main(make_dataset.Options(out=data, objects=6, views=5, workers=1))
    make_dataset.main(make_dataset.Options(out=unseen, objects=6, views=5, workers=1, include_holdouts=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_sounds, "synthesise", tone)
        cached_sounds(root / "sounds.pt", Synthesis(1, sound_workers=1))
    autoencoder.main(autoencoder.Options(data, root / "autoencoder", budget=TWO, batch=2))
    words.main(words.Options(joint, budget=TWO, batch=16))
    images.main(images.Options(data, joint, joint, budget=TWO, batch=16))
    images.main(images.Options(unseen, joint, root / "judge", judge=True, budget=TWO, batch=16))
    audio.main(audio.Options(root / "sounds.pt", joint, joint, budget=TWO, batch=8))
    vae = root / "autoencoder" / "vae"
    prior2d.main(
        prior2d.Options(
            data, root / "prior2d", vae, joint, cache, sounds=root / "sounds.pt", widths=WIDTHS, budget=TWO, batch=4
        )
    )
    prior3d.main(
        prior3d.Options(data, root / "prior3d", vae, joint, cache, prior2d=root / "prior2d", budget=TWO, batch=4)
    )
    export.main(
        export.Options(root / "autoencoder", joint, root / "judge", root / "prior2d", root / "prior3d", root / "models")
    )
    return root


def all_equal(old: dict[str, torch.Tensor], new: dict[str, torch.Tensor], part: str) -> bool:
    """Whether the half-precision weights of one part are the old ones."""
    return all(torch.equal(value, old[name].half()) for name, value in new.items() if name.startswith(part))


def test_an_export_is_whole_and_small(folder: Path) -> None:
    for layout in ("clip", "stable_unclip", "zero123"):
        assert check_folder(folder / "models" / layout, layout) == ()
    listed = (folder / "models" / "SHA256SUMS").read_text().splitlines()
    assert any(line.endswith("clip/audio_encoder/model.safetensors") for line in listed)
    trained = {"autoencoder", "words", "images", "audio", "judge", "prior2d", "prior3d"}
    assert {path.stem for path in (folder / "models" / "curves").glob("*.jsonl")} == trained


def test_an_export_that_is_too_big_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(export, "MOST_BYTES", 1_000_000)
    runs = [folder / name for name in ("autoencoder", "joint", "judge", "prior2d", "prior3d")]
    with pytest.raises(ValueError, match=r"at most 1,000,000 are shipped, so choose fewer --widths"):
        export.main(export.Options(*runs, tmp_path))


def test_an_exported_encoder_takes_words_pictures_and_sounds(folder: Path) -> None:
    encoder = load_clip(folder / "models" / "clip", CPU)
    assert encoder.modalities == ("text", "image", "audio")
    sound = torch.from_numpy(tone(SOUNDING_CLASSES[0], np.random.default_rng(0)))
    parts = [encoder.embed_text([prompt("bell", "red")]), encoder.embed_image(torch.rand(1, 3, 64, 64))]
    assert all(part.shape == (1, 128) for part in [*parts, encoder.embed_audio(sound, 16_000)])
    figures = named_picture_scores(load_clip(folder / "models" / "judge", CPU), PropPictures.load(folder / "data"))
    assert all(0.0 <= value.mean <= 1.0 for value in figures.values())


def test_exported_priors_draw_pictures(folder: Path) -> None:
    models = folder / "models"
    encoder, prior = load_clip(models / "clip", CPU), load_stable_unclip(models / "stable_unclip", CPU)
    condition = prior.prepare(Condition(encoder.embed_text([prompt("chair", "red")])), "normal")
    with torch.no_grad():
        drawn = sample(prior, condition, Views(torch.zeros(2), torch.zeros(2)), 3.0, seed=0, steps=2)
        assert drawn.shape == (2, 3, 64, 64)
    assert load_zero123(models / "zero123", CPU).image_size == 64


def test_latents_of_another_autoencoder_are_made_anew(folder: Path, tmp_path: Path) -> None:
    pictures, first = PropPictures.load(folder / "data"), folder / "autoencoder" / "vae"
    kept = cached_latents(pictures, first, tmp_path, Hardware())
    assert kept.rgb.shape == (6, 5, 8, 16, 16)
    marked = torch.load(tmp_path / "latents.pt", weights_only=True)
    marked["values"]["scaling_factor"] = 123.0
    torch.save(marked, tmp_path / "latents.pt")
    assert cached_latents(pictures, first, tmp_path, Hardware()).scaling_factor == 123.0
    marked["origin"] = fingerprint(folder / "joint" / "readers.safetensors")
    torch.save(marked, tmp_path / "latents.pt")
    assert cached_latents(pictures, first, tmp_path, Hardware()).scaling_factor == kept.scaling_factor


def test_an_export_is_scored_in_everything_it_can_be_asked(folder: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prompted_samples, "_STEPS", 1)
        patch.setattr(novel_views, "_STEPS", 1)
        patch.setattr(samples, "_SHEET_PROMPTS", (("chair", "red"),))
        scores.main(
            scores.Options(folder / "models", folder / "unseen", tmp_path, pairs=2, objects=2, sounds=1, sounding=1)
        )
    figures = json.loads((tmp_path / "scores.json").read_text())
    assert set(figures["autoencoder_psnr"]) == {"rgb", "normal"}
    assert set(figures["clip_captions"]) == {"usual", "held_out_templates"}
    assert figures["samples_by_words"]["held_out"]["count"] == 1
    assert figures["samples_by_words"]["speckle"]["decoded_truth"]["mean"] > 0.0
    assert figures["samples_by_pictures"]["class"]["count"] == 2
    assert {"seen", "held_out"} <= set(figures["novel_views"])
    assert set(figures["samples_by_sounds"]["classes"]) == set(figures["heard"]["classes"]) == set(SOUNDING_CLASSES)
    # An autoencoder after two steps tells no side from the other.
    assert {"predicted", "copied"} <= set(figures["novel_views"]["seen"])
    sheets = {"rgb.png", "normal.png", "by_picture.png", "by_sound.png", "novel_views.png"}
    assert {path.name for path in tmp_path.glob("*.png")} == sheets


def test_the_card_tells_what_the_run_recorded(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    for link, target in {
        **{f"data/{name}": place for name, place in (("train", "data"), ("judge", "unseen"), ("test", "unseen"))},
        **{f"runs/{name}": name for name in ("autoencoder", "joint", "judge", "prior2d", "prior3d")},
        "data/sounds.pt": "sounds.pt",
        "models": "models",
    }.items():
        (run / link).parent.mkdir(parents=True, exist_ok=True)
        (run / link).symlink_to(folder / target)
    (run / "look").mkdir()
    (run / "look" / "scores.json").write_text(
        json.dumps(
            {
                "clip": {"seen": {"mean": 0.25, "low": 0.1, "high": 0.5, "count": 7}},
                "heard": {"classes": {"bell": 0.9, "drum": 0.125}},
            }
        )
    )
    card = model_card(RunFacts.read(run), json.loads((run / "look" / "scores.json").read_text()), folder / "models")
    tower = load_clip(folder / "models" / "clip", CPU).text_tower
    parameters = sum(value.numel() for value in tower.parameters()) / 1e6
    assert f"closed vocabulary | {parameters:.2f} M | 2 steps of 16 sentences" in card
    assert "| training | 6 | 5 | 64 |" in card
    assert machine_kind(Hardware()) in card
    assert "| R@1, props as in training | 0.250 [0.100, 0.500] | 7 |" in card
    assert "for: drum (0.12)" in card
    assert "--objects 6 --size 64 --sounds-per-class 1 --widths 16 32 32" in card


def test_nothing_but_the_judge_learns_from_held_out_props(folder: Path, tmp_path: Path) -> None:
    data, run, joint, vae = folder / "unseen", tmp_path / "run", folder / "joint", folder / "autoencoder" / "vae"
    trainings: tuple[Callable[[], None], ...] = (
        lambda: autoencoder.main(autoencoder.Options(data, run, budget=TWO)),
        lambda: images.main(images.Options(data, joint, run, budget=TWO)),
        lambda: prior2d.main(prior2d.Options(data, run, vae, joint, tmp_path / "cache", budget=TWO)),
        lambda: prior3d.main(prior3d.Options(data, run, vae, joint, tmp_path / "cache", budget=TWO)),
    )
    for train in trainings:
        with pytest.raises(ValueError, match=r"unseen shows \d props of 6 that holdouts.json keeps from training"):
            train()
    assert list(tmp_path.iterdir()) == []


def test_a_decoder_that_learned_on_is_exported_with_the_old_encoder(folder: Path, tmp_path: Path) -> None:
    vae, further = folder / "autoencoder" / "vae", tmp_path / "decoder"
    autoencoder.main(autoencoder.Options(folder / "data", further, encoder=vae, budget=TWO, batch=2))
    runs = [folder / name for name in ("autoencoder", "joint", "judge", "prior2d", "prior3d")]
    export.main(export.Options(*runs, tmp_path / "models", decoder=further))
    weights = "diffusion_pytorch_model.safetensors"
    old, new = load_file(vae / weights), load_file(tmp_path / "models" / "stable_unclip" / "vae" / weights)
    same = {part: all_equal(old, new, part) for part in ("encoder", "decoder")}
    assert same == {"encoder": True, "decoder": False}
    assert (tmp_path / "models" / "curves" / "decoder.jsonl").exists()


def test_a_card_of_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"lacks data/train, data/judge, data/test, runs/autoencoder, runs/joint/words"
    ):
        RunFacts.read(tmp_path)


def test_a_training_that_was_stopped_ends_as_if_it_had_not_been(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weights(run: Path, resume: bool) -> dict[str, torch.Tensor]:
        budget = Budget(steps=4)
        data, joint = folder / "data", folder / "joint"
        images.main(images.Options(data, joint, run, budget=budget, batch=16, resume=resume))
        return load_file(run / "image_encoder" / "model.safetensors")

    expected = weights(tmp_path / "whole", resume=False)
    descend = TrainingRun.descend

    def stopped_after_two(run: TrainingRun, loss: torch.Tensor, **measured: torch.Tensor) -> None:
        descend(run, loss, **measured)
        if run.step == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "descend", stopped_after_two)
        with pytest.raises(SystemExit, match="stopped at step 2"):
            weights(tmp_path / "parts", resume=False)
    found = weights(tmp_path / "parts", resume=True)
    assert all(torch.equal(found[name], value) for name, value in expected.items())


@pytest.mark.cuda
@pytest.mark.parametrize("compiled", ["off", "reduce-overhead"])
def test_every_training_takes_steps_on_a_gpu(
    folder: Path, tmp_path: Path, compiled: Literal["off", "reduce-overhead"]
) -> None:
    gpu, sounds, joint, data = Hardware("cuda", compiled), folder / "sounds.pt", folder / "joint", folder / "data"
    vae, cache = folder / "autoencoder" / "vae", tmp_path / "cache"
    steps = Budget(steps=6)
    words.main(words.Options(tmp_path / "words", budget=steps, hardware=gpu))
    autoencoder.main(autoencoder.Options(data, tmp_path / "vae", budget=steps, hardware=gpu))
    images.main(images.Options(data, joint, tmp_path / "images", budget=steps, hardware=gpu))
    audio.main(audio.Options(sounds, joint, tmp_path / "audio", budget=steps, hardware=gpu))
    first, second = tmp_path / "prior2d", tmp_path / "prior3d"
    prior2d.main(prior2d.Options(data, first, vae, joint, cache, sounds=sounds, budget=steps, hardware=gpu))
    prior3d.main(prior3d.Options(data, second, vae, joint, cache, prior2d=first, budget=steps, hardware=gpu))
    for run in (first, second):
        averaged = torch.load(run / "checkpoint.pt", weights_only=True, map_location="cpu")["averaged"]
        assert all(value.isfinite().all() for value in averaged.values())
