"""Tests of faults use the live backend of the backend's tests, and the fuzzing of the benchmarks."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent / "benchmarks"), str(TESTS / "shared"), str(TESTS / "backend")]
