"""Everything that a job does on a GPU keeps its tensors there, on a device that is as strict (pretended_gpu.py)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.generator.runtime import Runtime
from generator.toy_world import runtime

SCRIPT = Path(__file__).with_name("run_on_pretended_gpu.py")
ALWAYS = {"Finished", "Preparing", "Progress", "Saved"}


def found_by(*cases: str) -> dict[str, object]:
    """What each case gave, in a process of its own; fails the test for one that raised."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *cases], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line)
    for name, result in found.items():
        assert not (isinstance(result, dict) and "error" in result), f"{name}:\n{result['error']}"
    assert list(found) == list(cases)
    return found


def test_the_device_refuses_what_cuda_refuses_and_the_kernels_run_there() -> None:
    found_by("refusals", "warm up")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_profile_fulls_phases_compute_there_what_they_compute_on_a_cpu_also_with_networks_in_turn() -> None:
    names = "full on the CPU", "full", "full with networks in turn"
    on_cpu, on_gpu, in_turn = found_by(*names).values()
    for got in (on_gpu, in_turn):
        for phase, expected in zip(got, on_cpu, strict=True):
            assert phase == pytest.approx(expected, rel=1e-3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_kind_of_job_stays_on_the_device_and_goes_on_on_another_one() -> None:
    names = "text", "image", "continue", "refine", "retexture", "go on on a CPU", "go on on the GPU"
    assert all(set(kinds) >= ALWAYS for kinds in found_by(*names).values())


def test_random_streams_of_another_kind_of_device_stay_where_they_are() -> None:
    world: Runtime = runtime()
    state = world.random_state() | {"cameras": torch.zeros(16, dtype=torch.uint8)}
    drawn = torch.rand(3, generator=world.fresh_rng("cameras"))
    world.restore_random_state(state)
    assert torch.equal(torch.rand(3, generator=world.rng("cameras")), drawn)
