"""Stable unCLIP in its published layout, against every denoising step of diffusers' own pipeline."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.generator.condition import reference_camera, sample_reference
from any_to_3d.backend.generator.recipe import ReferenceSampling
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.load import load_image_encoder, load_stable_unclip
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from diffusers import DDIMScheduler, DDPMScheduler, StableUnCLIPImg2ImgPipeline
from PIL import Image
from published_folders import EMBEDDING, unclip_pipeline
from tiny_checkpoints import cameras
from torch import Tensor, nn

CPU = torch.device("cpu")
FRONT = cameras((0, 0))
SCALE = 20.0
WORDS, SEEN_WORDS, AVOIDED = "a red chair", "a red chair, front view", "bad"


@dataclass(frozen=True)
class Call:
    """One evaluation of a U-Net: what it was given, both branches in one batch, and what it said."""

    sample: Tensor
    timestep: Tensor
    label: Tensor
    tokens: Tensor
    output: Tensor


class Calls:
    """Every evaluation of a U-Net while the block runs."""

    def __init__(self, unet: nn.Module) -> None:
        self.made: list[Call] = []
        self._hook = unet.register_forward_hook(self._note, with_kwargs=True)

    def _note(self, _: nn.Module, given: tuple[Tensor, Tensor], named: dict[str, Tensor], said: object) -> None:
        output = said[0] if isinstance(said, tuple) else said.sample
        self.made.append(Call(*given, named["class_labels"], named["encoder_hidden_states"], output))

    def __enter__(self) -> list[Call]:
        return self.made

    def __exit__(self, *_: object) -> None:
        self._hook.remove()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "stable_unclip"
    unclip_pipeline().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def theirs(published: Path) -> StableUnCLIPImg2ImgPipeline:
    pipeline = StableUnCLIPImg2ImgPipeline.from_pretrained(published, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="module")
def ours(published: Path) -> StableUnclipPrior:
    return load_stable_unclip(published, CPU)


@pytest.fixture
def embedding() -> Tensor:
    return F.normalize(torch.randn(1, EMBEDDING, generator=torch.Generator().manual_seed(0)), dim=1)


def sampled(pipeline: StableUnCLIPImg2ImgPipeline, embedding: Tensor, scale: float, **settings: object) -> list[Call]:
    with Calls(pipeline.unet) as calls:
        pipeline(
            **{
                "image_embeds": SCALE * embedding,
                "prompt": SEEN_WORDS,
                "negative_prompt": AVOIDED,
                "guidance_scale": scale,
                "num_inference_steps": 4,
                "generator": torch.Generator().manual_seed(0),
                "output_type": "latent",
            }
            | settings
        )
    return calls


def clean_by_hand(pipeline: StableUnCLIPImg2ImgPipeline, call: Call, scale: float) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy latents in z + sigma eps form, their sigma, and the guided clean estimate a x_t - s v, in float64."""
    acp = pipeline.scheduler.alphas_cumprod[call.timestep.long()].double()
    a, s = acp.sqrt(), (1 - acp).sqrt()
    parts = call.output.double().chunk(2 if len(call.output) == 2 else 1)
    velocity = parts[0] + scale * (parts[-1] - parts[0]) if len(parts) == 2 else parts[0]
    noised = call.sample[:1].double()
    return noised / a, (s / a).view(1), a * noised - s * velocity


@pytest.mark.parametrize("level", [1, 100, 999])
def test_every_step_sees_and_says_what_the_pipelines_does(
    published: Path, theirs: StableUnCLIPImg2ImgPipeline, embedding: Tensor, level: int
) -> None:
    """Its PNDM sampler evaluates the network at five levels; the noise of the label is drawn from the same seed."""
    prior = load_stable_unclip(published, CPU, noise_level=level)
    condition = prior.prepare(Condition(embedding, WORDS, AVOIDED))
    calls = sampled(theirs, embedding, 7.0, noise_level=level)
    assert len(calls) == 5
    for call in calls:
        noisy, sigma, expected = clean_by_hand(theirs, call, 7.0)
        with Calls(prior.unet) as made:
            clean = prior.denoise(noisy.float(), sigma.float(), condition, FRONT, 7.0)
        assert torch.equal(made[0].timestep, call.timestep.repeat(2))
        for name in ("sample", "label", "tokens"):
            torch.testing.assert_close(getattr(made[0], name), getattr(call, name), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(clean.double(), expected, atol=1e-4, rtol=1e-4)


def test_the_pipelines_unconditional_branch_has_a_zero_label_as_ours(
    theirs: StableUnCLIPImg2ImgPipeline, embedding: Tensor
) -> None:
    unconditional, conditional = sampled(theirs, embedding, 7.0)[0].label
    assert torch.equal(unconditional, torch.zeros(2 * EMBEDDING))
    assert conditional.abs().max() > 1


def test_without_guidance_the_pipeline_agrees_too(
    theirs: StableUnCLIPImg2ImgPipeline, ours: StableUnclipPrior, embedding: Tensor
) -> None:
    call = sampled(theirs, embedding, 1.0)[2]
    noisy, sigma, expected = clean_by_hand(theirs, call, 1.0)
    # At level 0 the pipeline still adds noise to the label, of deviation 0.0064; this compares everything else.
    condition = replace(ours.prepare(Condition(embedding, WORDS)), embedding_label=call.label)
    clean = ours.denoise(noisy.float(), sigma.float(), condition, FRONT, 1.0)
    torch.testing.assert_close(clean.double(), expected, atol=1e-5, rtol=1e-4)


def test_at_level_zero_the_labels_differ_by_the_pipelines_small_noise_alone(
    theirs: StableUnCLIPImg2ImgPipeline, ours: StableUnclipPrior, embedding: Tensor
) -> None:
    label = sampled(theirs, embedding, 7.0, noise_level=0)[0].label[1:]
    noise = torch.randn(1, EMBEDDING, generator=torch.Generator().manual_seed(0))
    acp = theirs.image_noising_scheduler.alphas_cumprod[0]
    normal = theirs.image_normalizer.scale(SCALE * embedding)
    added = theirs.image_normalizer.unscale(acp.sqrt() * normal + (1 - acp).sqrt() * noise) - SCALE * embedding
    mine = ours.prepare(Condition(embedding)).embedding_label
    torch.testing.assert_close(label[:, :EMBEDDING] - mine[:, :EMBEDDING], added, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(label[:, EMBEDDING:], mine[:, EMBEDDING:])
    assert (1 - acp).sqrt() == pytest.approx(0.0064, abs=1e-4)


def test_without_words_the_tokens_are_those_of_the_pipelines_empty_prompt(
    theirs: StableUnCLIPImg2ImgPipeline, ours: StableUnclipPrior, embedding: Tensor
) -> None:
    call = sampled(theirs, embedding, 7.0, prompt="", negative_prompt=None)[0]
    cross = ours.prepare(Condition(embedding)).cross
    torch.testing.assert_close(torch.cat([cross.negative, cross.views]), call.tokens)


@pytest.mark.parametrize("size", [64, 96])
def test_another_image_size_is_the_pipelines_height_and_width(
    published: Path, theirs: StableUnCLIPImg2ImgPipeline, embedding: Tensor, size: int
) -> None:
    """64 is what the U-Net's config says, as 768 of the published one; any other stands for 512."""
    prior = load_stable_unclip(published, CPU, image_size=size, noise_level=1)
    call = sampled(theirs, embedding, 7.0, noise_level=1, height=size, width=size)[1]
    noisy, sigma, expected = clean_by_hand(theirs, call, 7.0)
    clean = prior.denoise(noisy.float(), sigma.float(), prior.prepare(Condition(embedding, WORDS, AVOIDED)), FRONT, 7.0)
    assert clean.shape[1:] == prior.latent_shape == (4, size // 8, size // 8)
    torch.testing.assert_close(clean.double(), expected, atol=1e-4, rtol=1e-4)


def test_the_prediction_type_is_the_folders_and_not_the_models_name(published: Path, embedding: Tensor) -> None:
    config = published / "scheduler" / "scheduler_config.json"
    text = config.read_text()
    try:
        config.write_text(text.replace("v_prediction", "epsilon"))
        prior = load_stable_unclip(published, CPU)
    finally:
        config.write_text(text)
    noisy, sigma, condition = torch.randn(1, 4, 8, 8), torch.tensor([0.7]), prior.prepare(Condition(embedding))
    with Calls(prior.unet) as made:
        clean = prior.denoise(noisy, sigma, condition, FRONT, 1.0)
    torch.testing.assert_close(clean, noisy - 0.7 * made[0].output, atol=1e-5, rtol=1e-5)


def test_noise_levels_are_those_of_ddpm_and_of_the_folders_sampler(
    published: Path, theirs: StableUnCLIPImg2ImgPipeline, ours: StableUnclipPrior
) -> None:
    ddpm = DDPMScheduler.from_pretrained(published / "scheduler")
    levels = ours.schedule.alphas_cumprod
    for scheduler in (ddpm, theirs.scheduler):
        torch.testing.assert_close(levels, scheduler.alphas_cumprod.double(), atol=0, rtol=0)
    clean, noise = torch.randn(2, 5, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    timesteps = torch.tensor([0, 20, 500, 980, 999])
    a, sigma = (values.view(-1, 1, 1, 1) for values in (ours.schedule.alpha(timesteps), ours.schedule.sigma(timesteps)))
    torch.testing.assert_close(a * (clean + sigma * noise), ddpm.add_noise(clean, noise, timesteps))


def test_an_image_prompts_embedding_is_the_pipelines(published: Path, theirs: StableUnCLIPImg2ImgPipeline) -> None:
    """Its direction and, with the scale set to its length, the label as well."""
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    prepared = theirs.feature_extractor(images=Image.fromarray(pixels), return_tensors="pt").pixel_values
    expected = theirs.image_encoder(prepared).image_embeds.detach()
    vision = load_image_encoder(published, CPU)
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    torch.testing.assert_close(vision.raw_embedding(image), expected, atol=1e-5, rtol=1e-4)
    prior = replace(load_stable_unclip(published, CPU, noise_level=100), embedding_scale=float(expected.norm()))
    label = prior.prepare(Condition(vision.embed_image(image))).embedding_label
    noised = theirs.noise_image_embeddings(expected, 100, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(label, noised, atol=1e-5, rtol=1e-4)


def test_the_decoder_gives_the_pipelines_picture(theirs: StableUnCLIPImg2ImgPipeline, ours: StableUnclipPrior) -> None:
    """What the image-space term compares with: unscaled, decoded, from [-1, 1] to [0, 1] and clamped."""
    latents = 3 * torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        decoded = theirs.vae.decode(latents / theirs.vae.config.scaling_factor, return_dict=False)[0]
    expected = theirs.image_processor.postprocess(decoded, output_type="pt")
    torch.testing.assert_close(ours.decode(latents), expected, atol=1e-5, rtol=1e-5)
    assert expected.std() > 0.01


def test_the_reference_view_is_the_pipelines_picture_under_ddim(
    theirs: StableUnCLIPImg2ImgPipeline, ours: StableUnclipPrior, embedding: Tensor
) -> None:
    """Stage 0's own sampler is DDIM with trailing timesteps that ends at no noise at all."""
    steps, scale = 5, 3.0
    sampling = ReferenceSampling(candidates=1, steps=steps, guidance_scale=scale, text_suffix="")
    runtime = Runtime(CPU, select_kernels("auto", CPU)[0], ours, None, None, None)
    condition, camera = Condition(embedding, WORDS, AVOIDED), reference_camera(sampling, ours.image_size, CPU)
    sampler = sample_reference(condition, camera, sampling, runtime)
    while True:
        try:
            next(sampler)
        except StopIteration as finished:
            picture = finished.value
            break

    noise = torch.randn(1, 4, 8, 8, generator=runtime.fresh_rng("reference view"))
    label = ours.prepare(condition).embedding_label
    pipeline = StableUnCLIPImg2ImgPipeline(**theirs.components)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.scheduler = DDIMScheduler.from_config(
        theirs.scheduler.config, timestep_spacing="trailing", set_alpha_to_one=True, clip_sample=False
    )
    # The label without noise, and the start as a noisy latent of level 999, whose noise has not quite length 1.
    pipeline.noise_image_embeddings = lambda **_: label
    expected = pipeline(
        image_embeds=SCALE * embedding,
        prompt=SEEN_WORDS,
        negative_prompt=AVOIDED,
        latents=(1 - ours.schedule.alphas_cumprod[999]).sqrt().float() * noise,
        guidance_scale=scale,
        num_inference_steps=steps,
        output_type="pt",
    ).images
    torch.testing.assert_close(picture, expected, atol=1e-3, rtol=1e-3)
