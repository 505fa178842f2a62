"""Compiled networks compute what they did before; what fails is left as it was, and says so.

Without a GPU the graphs are taken whole by the compiler's front end and run by torch itself; the slow tests compile.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.acceleration import (
    Trial,
    accelerate,
    compiled,
    install,
    is_fast,
    lay_out_channels_last,
    make_fast,
    trials_of,
)
from any_to_3d.backend.models.clip_vision import ClipVision, ImagePreprocessing
from any_to_3d.backend.models.graph_replay import replayed
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.random_networks import NARROW, RandomNetworks, random_networks
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from any_to_3d.backend.models.swapped_forward import Forward, SwappedForward, restore_forward, swap_forward
from any_to_3d.backend.models.zero123 import Zero123Prior
from tiny_checkpoints import EMBEDDING, cameras
from torch import Tensor, nn
from torch._dynamo.utils import counters
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

CPU = torch.device("cpu")
GRAPHS_ONLY = partial(compiled, backend="eager")


def tiny_vision() -> ClipVision:
    config = CLIPVisionConfig(
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=16,
        patch_size=8,
        projection_dim=EMBEDDING,
    )
    tower = CLIPVisionModelWithProjection(config).eval().requires_grad_(False)
    return ClipVision(tower, ImagePreprocessing(16, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)))


@pytest.fixture(scope="module")
def trials(unclip: StableUnclipPrior, zero123: Zero123Prior) -> tuple[Trial, ...]:
    return trials_of(unclip, zero123, tiny_vision())


@pytest.fixture(scope="module")
def fast(trials: tuple[Trial, ...]) -> Iterator[str]:
    """All of them as graphs, and what was said of it; made once, as it takes a while."""
    torch._dynamo.reset()
    counters.clear()
    yield install(trials, GRAPHS_ONLY)
    restore(trials)


def restore(trials: tuple[Trial, ...]) -> None:
    for trial in trials:
        restore_forward(trial.network)


def graphs() -> int:
    return counters["stats"]["unique_graphs"]


def is_as_before(trial: Trial) -> bool:
    got = trial.results()
    switched = trial.network.forward
    assert isinstance(switched, SwappedForward)
    trial.network.forward = switched.plain
    expected = trial.results()
    trial.network.forward = switched
    return all(torch.allclose(mine, plain, rtol=1e-4, atol=1e-5) for mine, plain in zip(got, expected, strict=True))


def test_the_smaller_networks_become_one_graph_each_and_give_the_same_results(trials: tuple[Trial, ...]) -> None:
    counters.clear()
    some = trials[-2:]
    said = install(some, GRAPHS_ONLY)
    assert said.startswith("2D decoder, image tower in ")
    assert "left as they are" not in said
    assert graphs() == 2
    assert not counters["graph_break"]
    assert all(is_as_before(trial) for trial in some)
    restore(some)


def test_pictures_however_they_lie_in_memory_need_no_other_graph(
    trials: tuple[Trial, ...], unclip: StableUnclipPrior
) -> None:
    some = [trial for trial in trials if trial.name in ("2D encoder", "2D decoder")]
    assert "left as they are" not in install(some, GRAPHS_ONLY)
    before = graphs()
    shapes = (1, 3, unclip.image_size, unclip.image_size), (1, *unclip.latent_shape)
    picture, latents = (torch.rand(shape).contiguous(memory_format=torch.channels_last) for shape in shapes)
    unclip.encode(picture.requires_grad_(), torch.Generator()).sum().backward()
    with torch.no_grad():
        unclip.decode(latents)
    assert graphs() == before
    restore(tuple(some))


@pytest.mark.slow
def test_every_network_becomes_one_graph_and_gives_the_same_results_and_gradients(
    fast: str, trials: tuple[Trial, ...]
) -> None:
    assert fast.startswith("2D U-Net, 2D encoder, 3D-aware U-Net, 3D-aware encoder, 2D decoder, image tower in ")
    assert "left as they are" not in fast
    assert not counters["graph_break"]
    assert all(is_as_before(trial) for trial in trials)


@pytest.mark.slow
def test_other_timesteps_cameras_pictures_and_guidance_need_no_other_graph(
    fast: str, unclip: StableUnclipPrior, zero123: Zero123Prior
) -> None:
    before = graphs()
    for prior in (unclip, zero123):
        prepared = prior.prepare(a_condition())  # which is done the plain way
        for timestep, angles, scale in ((100, (0, 0), 7.5), (500, (30, 90), 100.0), (900, (-20, -170), 5.0)):
            sigma = prior.schedule.sigma(torch.tensor([timestep]))
            prior.denoise(torch.randn(1, *prior.latent_shape), sigma, prepared, cameras(angles), scale)
        image = torch.rand(1, 3, prior.image_size, prior.image_size, requires_grad=True)
        prior.encode(image, torch.Generator()).sum().backward()
    assert graphs() == before > 0


def a_condition() -> Condition:
    embedding = F.normalize(torch.ones(1, EMBEDDING), dim=1)
    return Condition(embedding, "a chair", reference_image=torch.rand(1, 3, 16, 16), reference_view=cameras((0, 0)))


@pytest.mark.slow
def test_fast_networks_move_change_size_and_keep_their_weights_names(fast: str, unclip: StableUnclipPrior) -> None:
    assert {name.split(".")[0] for name in unclip.unet.state_dict()} >= {"conv_in", "conv_out", "mid_block"}
    unclip.unet.load_state_dict(unclip.unet.state_dict())
    unclip.move(CPU)
    larger = replace(unclip, codec=unclip.codec.at_size(2 * unclip.image_size))
    before = graphs()
    with torch.no_grad():
        assert larger.decode(torch.randn(1, *larger.latent_shape)).shape[-1] == larger.image_size
    assert graphs() == before, "what was not tried at loading is computed as it is"


def linear_trial(network: nn.Module) -> Trial:
    return Trial("a layer", network, False, lambda: [network(torch.ones(1, 3))])


@torch.no_grad()
def test_a_network_that_fails_to_compile_is_left_as_it_was() -> None:
    network = nn.Linear(3, 3)
    said = install((linear_trial(network),), failing)
    assert said == "none in 0 s; left as they are: a layer (RuntimeError: no compiler)"
    assert "forward" not in vars(network)


def plainly(forward: Forward) -> Forward:
    return lambda *arguments, **named: forward(*arguments, **named)


def failing(forward: Forward) -> Forward:
    def fails(*arguments: object, **named: object) -> object:
        raise RuntimeError("no compiler\nat all")

    return fails


@pytest.mark.parametrize(
    ("missing", "compiling", "said"),
    [
        ("", plainly, "networks: compiled: 2D U-Net, image tower in "),
        ("as triton is missing", plainly, "networks: not compiled, as triton is missing; recorded: 2D U-Net in "),
        ("", failing, "networks: compiled: none in "),
    ],
)
def test_a_u_net_that_is_not_compiled_is_recorded(
    trials: tuple[Trial, ...], missing: str, compiling: Callable[[Forward], Forward], said: str
) -> None:
    some = (trials[0], trials[-1])
    recorded: list[Forward] = []

    def recording(forward: Forward) -> Forward:
        recorded.append(forward)
        return plainly(forward)

    line = make_fast(some, missing, compiling, recording)
    assert line.startswith(said)
    assert len(recorded) == (0 if compiling is plainly and not missing else 1)
    assert is_fast(some[0])
    restore(some)


@torch.no_grad()
@pytest.mark.parametrize(("wrong", "shown"), [(1.5, "0.5"), (torch.nan, "nan")])
def test_a_network_that_computes_something_else_is_left_as_it_was(wrong: float, shown: str) -> None:
    network = nn.Linear(3, 3)
    said = install((linear_trial(network),), lambda forward: lambda sample: wrong * forward(sample))
    assert said == f"none in 0 s; left as they are: a layer (its result is off by {shown})"
    assert "forward" not in vars(network)


@pytest.mark.parametrize("with_gradient", [True, False])
def test_the_fast_way_is_taken_only_for_what_it_was_tried_with(with_gradient: bool) -> None:
    network = nn.Identity()
    swapped = swap_forward(network, lambda forward: lambda sample: sample + 1, "cpu", with_gradient)
    tried, other = torch.zeros(2, requires_grad=with_gradient), torch.zeros(2, requires_grad=not with_gradient)
    assert torch.equal(network(tried), torch.ones(2))
    swapped.is_trying = False
    assert torch.equal(network(tried), torch.ones(2))
    assert torch.equal(network(other), torch.zeros(2))
    assert torch.equal(network(torch.zeros(3, requires_grad=with_gradient)), torch.zeros(3))
    assert network(torch.zeros(2, device="meta", requires_grad=with_gradient)).is_meta
    network.gradient_checkpointing = True
    assert torch.equal(network(tried), torch.zeros(2))
    with torch.no_grad():
        network.gradient_checkpointing = False
        assert torch.equal(network(tried), torch.zeros(2) if with_gradient else torch.ones(2))


def test_on_a_cpu_nothing_is_compiled(unclip: StableUnclipPrior, zero123: Zero123Prior) -> None:
    said = accelerate(unclip, zero123, tiny_vision(), is_compiling=True)
    assert said == "networks: not compiled, as cpu is no GPU"


def test_short_networks_are_laid_out_channels_last_and_compute_the_same() -> None:
    plain, short = (random_networks(CPU, torch.bfloat16, NARROW).planar for _ in range(2))
    lay_out_channels_last(short)
    assert short.unet.conv_in.weight.is_contiguous(memory_format=torch.channels_last)
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert off_by(short.decode(latents), plain.decode(latents)) < 0.03


def off_by(got: Tensor, expected: Tensor) -> float:
    return float((got - expected).norm() / expected.norm())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_published_layers_become_one_graph_each() -> None:
    torch._dynamo.reset()
    networks = random_networks(CPU, shapes=NARROW)
    said = install(trials_of(networks.planar, networks.stereo, networks.joint.vision), GRAPHS_ONLY)
    assert "left as they are" not in said, said


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_compiled_for_a_cpu_the_image_tower_computes_the_same(trials: tuple[Trial, ...]) -> None:
    said = install(trials[-1:], compiled)
    assert "left as they are" not in said, said
    assert is_as_before(trials[-1])
    restore(trials[-1:])


@pytest.fixture
def on_gpu() -> RandomNetworks:
    return random_networks(torch.device("cuda:0"), torch.bfloat16, NARROW)


@pytest.mark.cuda
@pytest.mark.timeout(1800)
def test_on_a_gpu_every_network_compiles(on_gpu: RandomNetworks) -> None:
    torch._dynamo.reset()
    said = accelerate(on_gpu.planar, on_gpu.stereo, on_gpu.joint.vision, is_compiling=True, pictures_embedded=(3, 6))
    assert said.startswith("networks: compiled: 2D U-Net, 2D encoder, 3D-aware U-Net"), said
    assert "left as they are" not in said, said


@pytest.mark.cuda
def test_on_a_gpu_a_recorded_u_net_follows_its_arguments(on_gpu: RandomNetworks) -> None:
    trial = trials_of(on_gpu.planar, on_gpu.stereo, on_gpu.joint.vision)[0]
    unet, rng = on_gpu.planar.unet, torch.Generator().manual_seed(0)
    install((trial,), replayed)
    assert is_fast(trial)
    swapped = unet.forward
    assert isinstance(swapped, SwappedForward)
    width, label = unet.config.cross_attention_dim, unet.config.projection_class_embeddings_input_dim
    shapes = {"encoder_hidden_states": (2, 77, width), "class_labels": (2, label)}
    with torch.no_grad():
        for timestep in (50, 950):
            sample = torch.randn(2, 4, 8, 8, generator=rng).to(unet.device, unet.dtype)
            named = {key: torch.randn(shape, generator=rng).to(sample) for key, shape in shapes.items()}
            times = torch.full((2,), timestep, device=unet.device)
            assert off_by(unet(sample, times, **named).sample, swapped.plain(sample, times, **named).sample) < 0.01
