"""The package's own trained networks, through the loaders that read the published ones."""

import hashlib

import pytest
import torch
from any_to_3d.backend.models.clip import ClipEncoder
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from any_to_3d.backend.models.load import check_folder, load_clip, load_stable_unclip, load_zero123
from any_to_3d.backend.models.protocols import Condition, DiffusionPrior, PreparedCondition, Viewpoints
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from any_to_3d.backend.props.spec import CLASSES
from tiny_checkpoints import cameras
from torch import Tensor

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return load_clip(BUILTIN_FOLDER / "clip", CPU)


@pytest.fixture(scope="module")
def classes(encoder: ClipEncoder) -> list[str]:
    """The classes that these networks were trained on; the world may have grown since."""
    return [name for name in CLASSES if not encoder.unknown_words(name)]


@pytest.fixture(scope="module")
def unclip() -> StableUnclipPrior:
    return load_stable_unclip(BUILTIN_FOLDER / "stable_unclip", CPU)


def sampled(
    prior: DiffusionPrior, condition: PreparedCondition, view: Viewpoints, guidance_scale: float, seed: int
) -> Tensor:
    """An image by 20 deterministic steps (DDIM) from noise; each keeps the predicted noise and lowers its level."""
    sigmas = prior.schedule.sigma(torch.linspace(999, 0, 20).long())
    latents = sigmas[0] * torch.randn(1, *prior.latent_shape, generator=torch.Generator().manual_seed(seed))
    for sigma, lower in zip(sigmas, [*sigmas[1:], torch.tensor(0.0)], strict=True):
        clean = prior.denoise(latents, sigma[None], condition, view, guidance_scale)
        latents = clean + lower / sigma * (latents - clean)
    return prior.decode(latents)


def test_every_folder_is_whole() -> None:
    for layout in ("clip", "stable_unclip", "zero123"):
        assert check_folder(BUILTIN_FOLDER / layout, layout) == ()


def test_the_checksums_are_of_these_files_and_of_all_of_them() -> None:
    lines = (BUILTIN_FOLDER / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
    networks = [path for path in BUILTIN_FOLDER.glob("*/**/*") if path.is_file() and path.parent.name != "curves"]
    found = {
        path.relative_to(BUILTIN_FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in networks
    }
    assert listed == found


def test_no_pair_of_class_prompts_shares_an_embedding(encoder: ClipEncoder, classes: list[str]) -> None:
    assert len(classes) >= 16
    embeddings = encoder.embed_text([f"a red {name}" for name in classes])
    similarity = embeddings @ embeddings.T - torch.eye(len(classes))
    assert similarity.max() < 0.9


def test_a_word_outside_the_closed_world_is_named_with_its_neighbours(encoder: ClipEncoder) -> None:
    assert encoder.unknown_words("a red zeppelin") == ("zeppelin",)
    assert encoder.reader is not None
    assert "chair" in encoder.reader.nearest("chiar")


def test_a_sampled_front_view_of_a_red_chair_embeds_nearest_to_a_red_chair(
    encoder: ClipEncoder, unclip: StableUnclipPrior, classes: list[str]
) -> None:
    condition = unclip.prepare(Condition(encoder.embed_text(["a red chair"])))
    images = torch.cat([sampled(unclip, condition, cameras((15, 0)), 3.0, seed) for seed in range(3)])
    similarity = encoder.embed_image(images) @ encoder.embed_text([f"a red {name}" for name in classes]).T
    nearest = [classes[index] for index in similarity.argmax(dim=1).tolist()]
    assert nearest.count("chair") >= 2, nearest


def test_a_new_view_from_the_3d_aware_prior_keeps_the_objects_class(
    encoder: ClipEncoder, unclip: StableUnclipPrior, classes: list[str]
) -> None:
    zero123 = load_zero123(BUILTIN_FOLDER / "zero123", CPU)
    prompt = Condition(encoder.embed_text(["a red chair"]))
    front = sampled(unclip, unclip.prepare(prompt), cameras((0, 0)), 3.0, seed=0)
    seen = Condition(prompt.embedding, reference_image=front, reference_view=cameras((0, 0)))
    turned = sampled(zero123, zero123.prepare(seen), cameras((0, 90)), 2.0, seed=0)
    similarity = encoder.embed_image(turned) @ encoder.embed_text([f"a red {name}" for name in classes]).T
    assert classes[int(similarity.argmax())] == "chair"


def test_image_gradients_pass_through_the_builtin_autoencoder(unclip: StableUnclipPrior) -> None:
    image = torch.full((1, 3, unclip.image_size, unclip.image_size), 0.5, requires_grad=True)
    unclip.encode(image).square().sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
