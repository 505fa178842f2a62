"""What each profile offers, for the panel and for checking requests; no torch, so the server's process can use it.

Step counts repeat those of ``generator.recipes``; a test holds the two together.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from ..shared.messages import Operation, PresetInfo, RecipeInfo
from .models.default_folder import chosen_models_folder, fetch_command
from .models.joint_folder import BUILTIN_FOLDER, prompt_modalities

ProfileName = Literal["builtin", "full", "fake"]
PHASES = ("coarse", "geometry", "texture")

GENERATOR_OVERRIDES = {"steps_scale": (0.005, 4.0), "texture_size": (128.0, 4096.0), "max_faces": (500.0, 500_000.0)}
"""Name -> smallest and largest value. steps_scale multiplies every phase's steps; the others shape the result."""

FAKE_OVERRIDES = {
    "seconds": (0.0, 3600.0),
    "steps": (1.0, 10_000.0),
    "prepare_seconds": (0.0, 600.0),
    "export_seconds": (0.0, 600.0),
    "fail_at": (-1.0, 30_000.0),
    "crash_at": (-1.0, 30_000.0),
    "stall_at": (-1.0, 30_000.0),
}


OPERATIONS: tuple[Operation, ...] = (
    *("pause", "finish_now", "checkpoints"),
    *("retexture", "refine", "continue", "until", "seen_from"),
)
"""What can be done with any profile's jobs."""


@dataclass(frozen=True)
class Profile:
    """What a backend of this profile can run, and what else can be asked of it."""

    name: ProfileName
    recipes: tuple[RecipeInfo, ...]
    overrides: dict[str, tuple[float, float]] = field(default_factory=dict)
    operations: tuple[Operation, ...] = OPERATIONS

    def recipe(self, name: str) -> RecipeInfo | None:
        return next((recipe for recipe in self.recipes if recipe.name == name), None)

    def require(self, recipe: str, preset: str) -> None:
        """Raise ValueError, naming what there is, for a recipe that is unknown or has no such preset."""
        found = self.recipe(recipe)
        if found is None:
            known = ", ".join(each.name for each in self.recipes)
            raise ValueError(f"profile {self.name!r} has no recipe {recipe!r}; choose one of: {known}")
        presets = [each.name for each in found.presets]
        if preset not in presets:
            raise ValueError(f"recipe {recipe!r} has no preset {preset!r}; choose one of: {', '.join(presets)}")


BUILTIN_MODALITIES = prompt_modalities(BUILTIN_FOLDER)
FULL_MODALITIES = ("text", "image")
"""Without ImageBind."""

BASELINES = {
    "stable_sds": "StableSDS-3D",
    "zero_sds": "ZeroSDS-3D",
    "zerostable_cds": "ZeroStableCDS-3D",
    "no_stereo": "XBind without 3D prior",
    "no_planar": "XBind without 2D prior",
    "phase1_only": "XBind, phase I only",
    "no_ms": "XBind without modality similarity",
    "augsds_phase2": "XBind, SDS in phase II",
}

BUILTIN_PRESETS = (
    PresetInfo("draft", "Draft", "A quick look at the shape", 225, 30.0),
    PresetInfo("standard", "Standard", "The usual quality", 450, 58.0),
    PresetInfo("high", "High", "More steps and a finer surface", 900, 126.0),
)
# Seconds are estimates until they are measured: 11.7, 10.5 and 11.4 TFLOP a step of the phases, 2 less with fewer crops
# in the similarity loss, at 24 TFLOP/s (a third of an RTX 3090's dense rate in half precision), and a minute around.
FULL_PRESETS = (
    PresetInfo("draft", "Draft", "A quick look at the shape; for cards of 8 GB, too", 1200, 530.0),
    PresetInfo("small", "Small", "As many steps as Standard, at the size of cards of 8 GB", 6500, 2600.0),
    PresetInfo("standard", "Standard", "Half the paper's steps; for cards of 16 GB", 6500, 3100.0),
    PresetInfo("paper", "Paper", "The settings of the paper; for cards of 16 GB", 13000, 6200.0),
)
FAKE_PRESETS = (
    PresetInfo("draft", "Draft", "A fake job of two seconds", 120, 2.0),
    PresetInfo("standard", "Standard", "A fake job of six seconds", 120, 6.0),
    PresetInfo("high", "High", "A fake job of twenty seconds", 120, 20.0),
)


def _recipes(presets: tuple[PresetInfo, ...], modalities: tuple[str, ...]) -> tuple[RecipeInfo, ...]:
    overrides = tuple(GENERATOR_OVERRIDES)
    standard = tuple(preset for preset in presets if preset.name == "standard")
    baselines = (
        RecipeInfo(name, label, PHASES[:1] if name == "phase1_only" else PHASES, modalities, standard, overrides)
        for name, label in BASELINES.items()
    )
    return (RecipeInfo("xbind", "XBind", PHASES, modalities, presets, overrides), *baselines)


def require_models_folder(profile: ProfileName, folder: Path | None) -> None:
    """Raise FileNotFoundError for profile full where its networks' folder, given or the usual one, is not there."""
    root = chosen_models_folder(folder)
    if profile == "full" and not root.is_dir():
        raise FileNotFoundError(
            f"profile 'full' reads its networks from {root}, and there is no such folder; fetch them with "
            f"'{fetch_command('', root)}', or pass --models-folder with stable_unclip/, zero123/ and clip/ inside."
        )


PROFILES: dict[str, Profile] = {
    "builtin": Profile("builtin", _recipes(BUILTIN_PRESETS, BUILTIN_MODALITIES), GENERATOR_OVERRIDES),
    "full": Profile("full", _recipes(FULL_PRESETS, FULL_MODALITIES), GENERATOR_OVERRIDES),
    "fake": Profile(
        "fake",
        (RecipeInfo("xbind", "Fake", PHASES, ("text", "image", "audio"), FAKE_PRESETS, tuple(FAKE_OVERRIDES)),),
        FAKE_OVERRIDES,
    ),
}
assert set(PROFILES) == set(get_args(ProfileName))


def offered_profile(name: ProfileName, models_folder: Path | None) -> Profile:
    """A profile as these networks allow it: full takes sounds exactly if its folder has ImageBind."""
    profile = PROFILES[name]
    if name != "full":
        return profile
    modalities = prompt_modalities(chosen_models_folder(models_folder))
    return replace(profile, recipes=tuple(replace(recipe, modalities=modalities) for recipe in profile.recipes))
