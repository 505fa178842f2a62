"""The licences of a profile's networks, as a client shows them before the first run. Reads folders, loads nothing."""

from pathlib import Path

from ..shared.messages import ModelLicence
from .catalogue import ProfileName
from .models.default_folder import chosen_models_folder
from .weights.known_models import needed_models


def announced_licences(profile: ProfileName, models_folder: Path | None) -> tuple[ModelLicence, ...]:
    """Of the networks that profile full reads here; the others use none that somebody else published."""
    if profile != "full":
        return ()
    return tuple(
        ModelLicence(model.role, model.licence.name, model.licence.meaning, model.licence.forbids_commercial_use)
        for model in needed_models(chosen_models_folder(models_folder))
    )
