"""The benchmarks are scripts: they find each other by their folder, and tests the small worlds of other tests."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent / "benchmarks"), str(TESTS), str(TESTS / "generator"), str(TESTS / "evaluation")]
