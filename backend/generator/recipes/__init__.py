"""Every recipe, by profile and name."""

from ..recipe import Recipe
from . import builtin, xbind
from .baselines import variants

RECIPES: dict[str, dict[str, Recipe]] = {
    "builtin": {"xbind": builtin.XBIND, **variants(builtin.XBIND)},
    "full": {"xbind": xbind.STANDARD, **variants(xbind.STANDARD)},
}
"""Profile -> name -> recipe, at its standard preset."""

PRESETS: dict[str, dict[str, Recipe]] = {"builtin": builtin.PRESETS, "full": xbind.PRESETS}
"""Profile -> preset -> the recipe "xbind" at that quality."""
