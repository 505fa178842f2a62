"""Synthesised sounds of the classes that have a natural one.

Training uses what this package exports. The package ``held_out`` beneath it makes the same classes by other methods, to
test what training learnt, and is never imported from here.
"""

from .clip import SAMPLE_RATE, SOUNDING_CLASSES
from .synthesis import synthesise
from .variants import variants_of

__all__ = ["SAMPLE_RATE", "SOUNDING_CLASSES", "synthesise", "variants_of"]
