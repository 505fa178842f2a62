"""Damaged messages, pictures and sounds, the same every time: taken or properly refused, at once, and nothing else.

benchmarks/fuzz.py feeds millions of the same kind.
"""

import time
from pathlib import Path

import pytest
from any_to_3d.shared import messages as m
from fuzzing.child import random_of
from fuzzing.mutations import damaged_frames
from fuzzing.seeds import message_seeds
from fuzzing.targets import TARGETS, Name
from live_backend import Backend, Talker

CASES: dict[Name, int] = {"wire": 4000, "pictures": 1500, "sounds": 1500}
SLOW_SECONDS = 1.0


@pytest.mark.parametrize("name", CASES)
def test_damaged_input_is_taken_or_refused_within_a_second(name: Name) -> None:
    target = TARGETS[name]()
    taken = refused = 0
    for case in range(CASES[name]):
        data = target.case(random_of(7, case))
        before = time.perf_counter()
        try:
            target.feed(data)
            taken += 1
        except target.refusal:
            refused += 1
        assert time.perf_counter() - before < SLOW_SECONDS, f"case {case}"
    # Damage that nothing survives, or that nothing minds, would test nothing.
    assert min(taken, refused) > 0.03 * CASES[name]


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_damaged_is_taken(name: Name) -> None:
    target = TARGETS[name]()
    for seed in target.seeds:
        try:
            target.feed(seed)
        except target.refusal as error:
            raise AssertionError("a seed is refused") from error


def test_a_server_answers_a_proper_client_amid_damaged_messages(tmp_path: Path) -> None:
    seeds = message_seeds(100)
    with Backend(tmp_path) as backend, Talker(backend.address) as talker, Talker(backend.address) as stranger:
        talker.of(m.Welcome)
        for case in range(1500):
            damaged = damaged_frames(seeds[case % len(seeds)], seeds, random_of(7, case))
            stranger.client._socket.send_multipart(damaged or [b""])
        talker.submit(seconds=0.1)
        talker.of(m.Finished)
        assert backend.process.poll() is None
