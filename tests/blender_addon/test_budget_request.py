"""Which backends are asked to make a surface to a face budget."""

from dataclasses import replace

import pytest
from any_to_3d.backend.catalogue import GENERATOR_OVERRIDES
from any_to_3d.blender_addon.request.submission import PromptFields, to_submit
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.messages import PresetInfo, RecipeInfo, Welcome

RECIPE = RecipeInfo("xbind", "XBind", ("coarse",), ("text",), (PresetInfo("draft", "Draft", "", 30),), ("max_faces",))
BACKEND = Welcome(PROTOCOL_VERSION, "id", "0.1.0", "builtin", "cpu", "numba", (RECIPE,))
FIELDS = PromptFields("a red chair", "", "draft", 3)


@pytest.mark.parametrize(("budget", "asked"), [(8000, 8000.0), (100, 500.0), (900_000, 500_000.0)])
def test_d21_a_backend_that_paints_the_simplified_surface_is_asked_for_the_budget(budget, asked):
    low, high = GENERATOR_OVERRIDES["max_faces"]
    assert to_submit(FIELDS, BACKEND, budget).overrides == {"max_faces": asked}
    assert low <= asked <= high


def test_d21_without_a_budget_and_of_a_backend_that_knows_none_nothing_is_asked():
    assert to_submit(FIELDS, BACKEND).overrides == {}
    unaware = replace(BACKEND, recipes=(replace(RECIPE, overrides=()),))
    assert to_submit(FIELDS, unaware, 8000).overrides == {}
