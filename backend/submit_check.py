"""Check a request before it becomes a job: everything that can be known without torch, a codec or a model."""

from dataclasses import dataclass

from ..shared.messages import MAX_FILE_BYTES, AudioPrompt, ImagePrompt, Problem, RecipeInfo, Submit, TextPrompt
from .catalogue import Profile
from .vocabulary import Vocabulary

MAX_PROMPTS = 8
MAX_CHARACTERS = 1000
MAX_SEED = 2**63 - 1

MODALITY = {TextPrompt: "text", ImagePrompt: "image", AudioPrompt: "audio"}


@dataclass(frozen=True)
class Verdict:
    """``problem`` refuses the request; otherwise ``notice`` may hold something to tell the artist."""

    problem: Problem | None = None
    notice: str = ""


class _Refused(ValueError):
    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem("bad_request", message, hint)


class SubmitCheck:
    """Bound to a profile; ``vocabulary`` is None where the text encoder reads any word."""

    def __init__(self, profile: Profile, vocabulary: Vocabulary | None = None) -> None:
        self._profile = profile
        self._vocabulary = vocabulary

    def __call__(self, submit: Submit) -> Verdict:
        try:
            recipe = self._check_choices(submit)
            self._check_overrides(submit)
            self._check_prompts(submit, recipe.modalities)
            return Verdict(notice=self._check_words(submit))
        except _Refused as refused:
            return Verdict(refused.problem)

    def _check_choices(self, submit: Submit) -> RecipeInfo:
        recipe = self._profile.recipe(submit.recipe)
        if not submit.request_id:
            raise _Refused("The request has no request_id.", "Give each request a new unique text.")
        if recipe is None:
            known = ", ".join(recipe.name for recipe in self._profile.recipes)
            raise _Refused(f"There is no recipe {submit.recipe!r}.", f"Choose one of: {known}.")
        if submit.preset not in [preset.name for preset in recipe.presets]:
            known = ", ".join(preset.name for preset in recipe.presets)
            raise _Refused(f"Recipe {recipe.name!r} has no preset {submit.preset!r}.", f"Choose one of: {known}.")
        if not 0 <= submit.seed <= MAX_SEED:
            raise _Refused(f"The seed is {submit.seed}.", f"Choose one from 0 to {MAX_SEED}.")
        return recipe

    def _check_overrides(self, submit: Submit) -> None:
        for name, value in submit.overrides.items():
            limits = self._profile.overrides.get(name)
            if limits is None:
                known = ", ".join(self._profile.overrides)
                raise _Refused(f"There is no setting {name!r} in profile {self._profile.name!r}.", f"Known: {known}.")
            if not limits[0] <= value <= limits[1]:
                raise _Refused(f"Setting {name!r} is {value:g}.", f"Choose from {limits[0]:g} to {limits[1]:g}.")

    def _check_prompts(self, submit: Submit, modalities: tuple[str, ...]) -> None:
        if not 1 <= len(submit.prompts) <= MAX_PROMPTS:
            count = len(submit.prompts)
            raise _Refused(f"The request has {count} prompts.", f"Give 1 to {MAX_PROMPTS} texts, images or sounds.")
        for part in submit.prompts:
            modality = MODALITY[type(part.prompt)]
            if modality not in modalities:
                raise _Refused(
                    f"Profile {self._profile.name!r} does not understand {modality} prompts.",
                    f"Use {' or '.join(modalities)}.",
                )
            if not 0 < part.weight <= 1000:
                raise _Refused(
                    f"A prompt has weight {part.weight:g}.",
                    "Weights go from above 0 to 1000; leave the part out instead.",
                )
            if isinstance(part.prompt, TextPrompt):
                _check_text(part.prompt.text)
            else:
                _check_file(part.prompt.data, modality)
        if len(submit.negative) > MAX_CHARACTERS:
            raise _Refused(f"The negative prompt has {len(submit.negative)} characters.", _shorter())

    def _check_words(self, submit: Submit) -> str:
        if self._vocabulary is None:
            return ""
        vocabulary = self._vocabulary
        texts = [part.prompt.text for part in submit.prompts if isinstance(part.prompt, TextPrompt)]
        _require_an_object(vocabulary, texts, has_file=len(texts) < len(submit.prompts))
        for text in texts:
            _require_meaning(vocabulary, "text prompt", text)
        if submit.negative.strip():
            _require_meaning(vocabulary, "negative prompt", submit.negative)
        return " ".join(vocabulary.notices(texts, submit.negative))


def _require_an_object(vocabulary: Vocabulary, texts: list[str], has_file: bool) -> None:
    """A picture or a sound may say what it is; without one, some text must."""
    if not has_file and not any(vocabulary.kinds(text) for text in texts):
        raise _Refused(*vocabulary.refusal(texts[0]))


def _require_meaning(vocabulary: Vocabulary, what: str, text: str) -> None:
    """The encoder cannot embed a text without any; the job would fail in the worker."""
    if not vocabulary.has_meaning(text):
        raise _Refused(*vocabulary.meaningless(what, text))


def _check_text(text: str) -> None:
    if not text.strip():
        raise _Refused("The prompt is empty.", "Describe the object that you want, such as 'a red chair'.")
    if len(text) > MAX_CHARACTERS:
        raise _Refused(f"The prompt has {len(text)} characters.", _shorter())


def _check_file(data: bytes, modality: str) -> None:
    if not data:
        raise _Refused(f"The {modality} prompt is an empty file.", "Choose another file.")
    if len(data) > MAX_FILE_BYTES:
        megabytes = len(data) / 2**20
        raise _Refused(
            f"The {modality} prompt has {megabytes:.0f} MiB.", f"Choose one up to {MAX_FILE_BYTES >> 20} MiB."
        )


def _shorter() -> str:
    return f"Shorten it to {MAX_CHARACTERS}."
