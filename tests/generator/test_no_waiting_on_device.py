"""A step asks the host to wait for the device only where a result's size depends on values."""

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatch

import pytest
import torch
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.optimisers import AdanOptimiser
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import REFERENCE
from any_to_3d.backend.models.random_networks import NARROW, random_networks
from tiny_recipe import tiny_full
from torch import Tensor
from waiting_on_device import Waits, WatchedCalls, WatchedOperations

CPU = torch.device("cpu")

ALLOWED = {
    "generator/rendering/volume.py _place_samples": "only samples inside the ball and in occupied cells are evaluated",
    "generator/rendering/volume.py _seen": "only samples that are seen get a colour and a normal",
    "generator/rendering/surface.py _paint": "only covered pixels are coloured",
    "kernels/cpu_*": "numba's, where no device is waited for",
    "kernels/hash_grid.py *": "the reference; Triton's set stands in for this file and the ones below on a GPU",
    "kernels/kuhn_lattice.py *": "the reference",
    "kernels/marching_tetrahedra.py *": "the reference; Triton's reads the counts of vertices and faces, once a mesh",
    "kernels/raster.py *": "the reference",
    "kernels/rasterise.py *": "the reference",
    "kernels/antialias.py *": "the reference",
    "kernels/silhouette.py *": "the reference",
}


def watched() -> tuple[Waits, WatchedOperations, WatchedCalls]:
    waits = Waits()
    return waits, WatchedOperations(waits), WatchedCalls(waits)


@pytest.fixture(scope="module")
def seen() -> dict[str, dict[str, set[str]]]:
    """By phase: what the second step of profile full's recipe asks for, and where; the first may set things up."""
    networks = random_networks(CPU, shapes=NARROW)
    runtime = Runtime(CPU, REFERENCE, networks.planar, networks.stereo, networks.joint, networks.joint)
    given = torch.ones(4, 64, 64)
    given[3, :8] = 0
    run = generate(two_steps_each(), replace(Prompt.from_text("a chair"), reference=given), runtime)
    found = {}
    for moment in run:
        if isinstance(moment, Step) and not moment.ends_phase:
            waits, operations, calls = watched()
            with operations, calls:
                step = next(run)
            assert isinstance(step, Step)
            assert set(step.losses) == {weighted.loss.name for weighted in step.phase.losses}
            found[step.phase.name] = waits.seen
    return found


def two_steps_each() -> Recipe:
    recipe = tiny_full()
    return replace(recipe, phases=tuple(replace(phase, steps=2, batch=1) for phase in recipe.phases))


@pytest.mark.parametrize("phase", ["coarse", "geometry", "texture"])
def test_a_step_waits_for_the_device_only_where_a_size_depends_on_values(
    seen: dict[str, dict[str, set[str]]], phase: str
) -> None:
    asked = seen[phase].items()
    assert {place: what for place, what in asked if not any(fnmatch(place, allowed) for allowed in ALLOWED)} == {}


def test_nothing_is_allowed_that_no_step_does(seen: dict[str, dict[str, set[str]]]) -> None:
    places = {place for phase in seen.values() for place in phase}
    assert [allowed for allowed in ALLOWED if not any(fnmatch(place, allowed) for place in places)] == []


def test_adan_keeps_its_count_on_the_device_also_after_a_checkpoint() -> None:
    parameter = torch.nn.Parameter(torch.empty(3, device="meta"))
    optimiser = AdanOptimiser([{"params": [parameter], "lr": 0.1}], (0.98, 0.92, 0.99), 1e-8, 0.0)
    for count_from_file in (None, torch.ones(())):
        if count_from_file is not None:
            optimiser.state[parameter]["step"] = count_from_file
        parameter.grad = torch.empty(3, device="meta")
        optimiser.step()
        assert optimiser.state[parameter]["step"].is_meta


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda values: float(values.sum()), "_local_scalar_dense"),
        (lambda values: values[values > 0.5], "a mask as index"),
        (lambda values: (values > 0.5).nonzero(), "nonzero"),
        (lambda values: values.unique(), "_unique2"),
        (lambda values: values[torch.argmax(values)], "_local_scalar_dense"),
        (lambda values: values.to("cpu"), "to the host"),
        (lambda values: values - values.new_tensor([1.0]), "new_tensor"),
        (lambda values: values - torch.linspace(0, 1, 4).to(values), "linspace on the host"),
        (lambda values: torch.linalg.solve(values.diag(), values), "_linalg_check_errors"),
        (lambda values: torch.repeat_interleave(values.long()), "repeat_interleave"),
    ],
)  # fmt: skip
def test_the_watch_sees_what_makes_a_host_wait(ask: Callable[[Tensor], object], what: str) -> None:
    values = torch.tensor([1.0, 2.0, 3.0, 4.0])
    waits, operations, calls = watched()
    with operations, calls:
        ask(values)
    assert what in waits.seen["outside"]
