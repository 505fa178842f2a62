"""The same classes by other methods: what a model trained on the training clips has to recognise unheard.

Training sounds come from modal banks, added sines, bubbles and smoothly filtered noise in rooms made of impulse
responses. Here: frequency modulation, plucked delay lines, a waveguide mesh, clouds of grains, noise shaped in the
frequency domain, and rooms made of comb and all-pass loops. Only the clip's format is shared. Training code must not
import this package.
"""

from .synthesis import synthesise_held_out

__all__ = ["synthesise_held_out"]
