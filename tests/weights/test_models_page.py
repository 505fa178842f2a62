"""docs/models.md tells of the models that the software knows, and of no others."""

import re
from pathlib import Path

import pytest
from any_to_3d.backend.weights.known_models import KNOWN_MODELS, KnownModel

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")
TABLE = PAGE[PAGE.index("## Which,") : PAGE.index("## Presets,")]
ROWS = dict(re.findall(r"^\| `(\w+)` \|(.*)$", TABLE, re.MULTILINE))


@pytest.mark.parametrize("model", KNOWN_MODELS, ids=lambda model: model.name)
def test_a_model_has_a_row_with_its_default_source_size_and_licence(model: KnownModel) -> None:
    cells = [cell.strip() for cell in ROWS[model.name].strip("|").split("|")]
    assert cells[1:] == [f"`{model.sources[0]}`", f"{model.gigabytes} GB", model.licence.name]


@pytest.mark.parametrize("model", KNOWN_MODELS, ids=lambda model: model.name)
def test_every_mirror_and_licence_is_explained(model: KnownModel) -> None:
    assert all(f"`{source}`" in PAGE for source in model.sources)
    assert f"- **{model.licence.name}**: " in PAGE


def test_the_page_has_no_other_models() -> None:
    assert set(ROWS) == {model.name for model in KNOWN_MODELS}


def test_the_size_of_all_that_profile_full_needs_is_the_sum() -> None:
    assert f"{sum(model.gigabytes for model in KNOWN_MODELS if model.is_default):.1f} GB" in PAGE
