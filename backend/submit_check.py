"""Check a request before it becomes a job: everything that can be known without torch, a codec or a model."""

from dataclasses import dataclass

from ..shared.messages import Problem, Submit, TextPrompt
from ..shared.request_check import Offer, RequestRefused, check_request
from .catalogue import Profile
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class Verdict:
    """``problem`` refuses the request; otherwise ``notice`` may hold something to tell the artist."""

    problem: Problem | None = None
    notice: str = ""


class SubmitCheck:
    """Bound to a profile; ``vocabulary`` is None where the text encoder reads any word."""

    def __init__(self, profile: Profile, vocabulary: Vocabulary | None = None) -> None:
        self._offer = Offer(profile.name, profile.recipes, profile.overrides, profile.operations)
        self._vocabulary = vocabulary

    def __call__(self, submit: Submit) -> Verdict:
        try:
            check_request(submit, self._offer)
            return Verdict(notice=self._check_words(submit))
        except RequestRefused as refused:
            return Verdict(refused.problem)

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
        raise RequestRefused(*vocabulary.refusal(texts[0]))


def _require_meaning(vocabulary: Vocabulary, what: str, text: str) -> None:
    """The encoder cannot embed a text without any; the job would fail in the worker."""
    if not vocabulary.has_meaning(text):
        raise RequestRefused(*vocabulary.meaningless(what, text))
