"""What is said about folders that lack something, and what is never read."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from any_to_3d.backend.models.load import MissingWeights, check_folder, load_stable_unclip, load_zero123
from any_to_3d.backend.models.protocols import Condition
from safetensors.torch import load_file, save_file
from tiny_checkpoints import BUILTIN_UNCLIP, EMBEDDING, cameras, save_builtin_unclip

CPU = torch.device("cpu")


@pytest.fixture
def folder(unclip_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(unclip_folder, tmp_path / "stable_unclip"))


def test_a_whole_folder_has_nothing_to_report(unclip_folder: Path, zero123_folder: Path) -> None:
    assert check_folder(unclip_folder, "stable_unclip") == ()
    assert check_folder(unclip_folder, "image_encoder") == ()
    assert check_folder(zero123_folder, "zero123") == ()


def test_a_missing_file_is_named_with_the_command_that_fetches_it(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(MissingWeights) as raised:
        load_stable_unclip(folder, CPU)
    message = str(raised.value)
    assert str(folder / "unet" / "diffusion_pytorch_model.safetensors") + " is missing" in message
    assert f"fetch it with: any-to-3d models fetch stable_unclip --folder {folder.parent}" in message
    assert isinstance(raised.value, FileNotFoundError)


def test_a_missing_folder_is_one_damage(tmp_path: Path) -> None:
    (damage,) = check_folder(tmp_path / "zero123", "zero123")
    command = f"any-to-3d models fetch zero123 --folder {tmp_path}"
    assert str(damage) == f"{tmp_path / 'zero123'} is missing; fetch it with: {command}"


def test_a_folder_of_another_name_is_told_where_the_fetched_one_lies(tmp_path: Path) -> None:
    (damage,) = check_folder(tmp_path / "nowhere", "zero123")
    assert damage.remedy.endswith(f"--folder {tmp_path} (into a folder named zero123)")


def test_every_missing_component_is_reported_at_once(tmp_path: Path) -> None:
    reported = {damage.path.relative_to(tmp_path).as_posix() for damage in check_folder(tmp_path, "zero123")}
    assert reported == {
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "scheduler/scheduler_config.json",
        "clip_camera_projection/config.json",
        "clip_camera_projection/diffusion_pytorch_model.safetensors",
        "image_encoder/config.json",
        "image_encoder/model.safetensors",
        "feature_extractor/preprocessor_config.json",
    }


def test_a_download_cut_short_is_found_without_reading_it(folder: Path) -> None:
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-10])
    (damage,) = check_folder(folder, "stable_unclip")
    assert damage.path == file
    assert damage.problem.startswith("is damaged or cut short")


@pytest.mark.parametrize("component", ["unet", "vae"])
def test_a_network_whose_file_lacks_a_tensor_is_refused_and_not_filled_up_at_random(
    folder: Path, component: str
) -> None:
    file = folder / component / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    name = next(key for key in tensors if key.endswith("weight"))
    save_file({key: tensor for key, tensor in tensors.items() if key != name}, file, {"format": "pt"})
    with pytest.raises(MissingWeights, match=f"lacks 1 tensors, {name} among them; replace it with weights saved by"):
        load_stable_unclip(folder, CPU)


@pytest.mark.parametrize("name", ["diffusion_pytorch_model.bin", "model.ckpt", "weights.pt"])
def test_pickled_weights_are_refused_by_name(folder: Path, name: str) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (folder / "unet" / name).write_bytes(b"not even a pickle")
    with pytest.raises(MissingWeights, match=f"{name} is pickled and can run code: it is never read"):
        load_stable_unclip(folder, CPU)


def test_a_broken_config_is_named(folder: Path) -> None:
    (folder / "unet" / "config.json").write_text("{")
    (damage,) = check_folder(folder, "stable_unclip")
    assert (damage.path, damage.problem) == (folder / "unet" / "config.json", "is not JSON")


def test_half_precision_files_load_where_there_are_no_others(folder: Path) -> None:
    files = sorted(folder.glob("*/*.safetensors"))
    assert {file.parent.name for file in files} >= {"unet", "vae", "text_encoder", "image_normalizer"}
    for file in files:
        halves = {name: tensor.half() for name, tensor in load_file(file).items()}
        save_file(halves, file.with_name(f"{file.stem}.fp16.safetensors"), {"format": "pt"})
        file.unlink()
    assert check_folder(folder, "stable_unclip") == ()
    prior = load_stable_unclip(folder, CPU)
    assert prior.unet.dtype == torch.float32
    assert prior.embedding_noise is not None
    assert prior.embedding_noise.normalizer.std.dtype == torch.float32
    assert prior.prepare(Condition(torch.ones(1, EMBEDDING), text="a chair")).cross.views.isfinite().all()


def test_damage_in_the_packages_own_models_asks_for_a_reinstall() -> None:
    (damage,) = check_folder(BUILTIN_FOLDER / "no such model", "clip")
    assert damage.remedy == "reinstall any-to-3d: its own models are part of the package"


def test_a_builtin_folder_needs_no_text_encoder(tmp_path: Path) -> None:
    save_builtin_unclip(tmp_path, BUILTIN_UNCLIP)
    assert check_folder(tmp_path, "stable_unclip") == ()


def test_a_shared_component_is_read_from_its_folder(tmp_path: Path) -> None:
    save_builtin_unclip(tmp_path / "prior", {**BUILTIN_UNCLIP, "shared": {"vae": "../common/vae"}})
    (tmp_path / "common").mkdir()
    (tmp_path / "prior" / "vae").rename(tmp_path / "common" / "vae")
    prior = load_stable_unclip(tmp_path / "prior", CPU)
    assert prior.encode(torch.rand(1, 3, 16, 16)).shape == (1, 4, 8, 8)


@pytest.mark.parametrize("pointer", ["../../outside/vae", "/outside/vae", "../link/vae"])
def test_a_shared_pointer_out_of_the_models_folder_is_refused(tmp_path: Path, pointer: str) -> None:
    root = tmp_path / "models"
    (tmp_path / "outside" / "vae").mkdir(parents=True)
    save_builtin_unclip(root / "prior", {**BUILTIN_UNCLIP, "shared": {"vae": pointer}})
    (root / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(ValueError, match=r"shared vae points to .* outside the models' folder"):
        load_stable_unclip(root / "prior", CPU)


def test_an_unknown_autoencoder_class_is_refused_by_name(folder: Path) -> None:
    file = folder / "vae" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "_class_name": "VQModel"}))
    with pytest.raises(ValueError, match=r"_class_name must be AutoencoderKL or AutoencoderTiny, got \"VQModel\""):
        load_stable_unclip(folder, CPU)


def test_a_schedule_that_ends_in_pure_noise_is_refused(folder: Path) -> None:
    file = folder / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "rescale_betas_zero_snr": True}))
    with pytest.raises(ValueError, match="last noise level is infinite"):
        load_stable_unclip(folder, CPU)


def test_prediction_type_comes_from_the_folder(unclip_folder: Path, zero123_folder: Path) -> None:
    assert load_stable_unclip(unclip_folder, CPU).prediction_type == "v_prediction"
    assert load_zero123(zero123_folder, CPU).prediction_type == "epsilon"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("embedding_scale", 0, "embedding_scale must be a positive number, got 0"),
        ("embedding_scale", "big", 'embedding_scale must be a positive number, got "big"'),
        ("noise_level_embedding", 1, "noise_level_embedding must be true or false, got 1"),
        ("pose", {"harmonics": 1.5, "gain": 1.4}, "pose: harmonics must be a positive whole number, got 1.5"),
        ("pose", {"harmonics": 2}, "pose: key 'gain' is missing; it must be a positive number"),
        ("pose", {"harmonics": 2, "gain": 1, "phase": 0}, "pose: unknown key 'phase'; allowed are harmonics, gain"),
        ("signals", [], "signals must be a list of some of rgb, normal, each once, got \\[\\]"),
        ("signals", ["depth"], 'signals must be a list of some of rgb, normal, each once, got \\["depth"\\]'),
        ("shared", {"vae": 3}, "shared: vae must be a text, got 3"),
        ("embeding_scale", 3, "unknown key 'embeding_scale'; allowed are embedding_scale,"),
    ],
)
def test_conditioning_errors_name_file_key_value_and_what_is_allowed(
    tmp_path: Path, key: str, value: object, message: str
) -> None:
    save_builtin_unclip(tmp_path, {**BUILTIN_UNCLIP, key: value})
    with pytest.raises(ValueError, match=f"conditioning.json: {message}"):
        load_stable_unclip(tmp_path, CPU)


def test_a_signal_the_prior_was_not_trained_on_is_refused(tmp_path: Path) -> None:
    save_builtin_unclip(tmp_path, {**BUILTIN_UNCLIP, "signals": ["rgb"]}, signal_count=1)
    prior = load_stable_unclip(tmp_path, CPU)
    with pytest.raises(ValueError, match="trained on rgb images and cannot judge 'normal'"):
        prior.prepare(Condition(torch.ones(1, EMBEDDING)), "normal")


def test_conditioning_that_does_not_fit_the_network_is_refused_at_loading(tmp_path: Path) -> None:
    save_builtin_unclip(tmp_path, {**BUILTIN_UNCLIP, "signals": ["rgb"]})
    with pytest.raises(ValueError, match="a class label of 42 numbers cannot hold 2 harmonics, 1 signals"):
        load_stable_unclip(tmp_path, CPU)


def test_a_prior_loads_into_half_precision_and_back_to_the_same_estimate(tmp_path: Path) -> None:
    save_builtin_unclip(tmp_path, BUILTIN_UNCLIP)
    noisy, sigma = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0)), torch.ones(1)
    full, half = (
        prior.denoise(noisy, sigma, prior.prepare(Condition(torch.ones(1, EMBEDDING) / 4)), cameras((0, 0)), 2.0)
        for prior in (load_stable_unclip(tmp_path, CPU, dtype) for dtype in (torch.float32, torch.bfloat16))
    )
    torch.testing.assert_close(half, full, atol=0.1, rtol=0.1)
