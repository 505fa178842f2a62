"""The oracle priors live one folder up, shared with the tests of the models."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
