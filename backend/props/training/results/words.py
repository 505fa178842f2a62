"""How the figures of scores.json are called in the model card."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class GroupWords:
    """rows: name in scores.json -> what it is. Names that are not listed are told as they stand there."""

    title: str
    rows: Mapping[str, str] = field(default_factory=dict)


_NAMED = {
    "seen": "R@1, props as in training",
    "held_out": "R@1, held-out colours or materials",
    "class": "class alone",
    "colour": "colour alone",
    "normal_class": "class of normal maps",
}
_CAPTIONS = {
    "picture_of_caption_seen": "nearest picture fits the sentence, props as in training",
    "picture_of_caption_held_out": "the same, held-out colours or materials",
    "caption_of_picture_seen": "nearest sentence is true of the picture, props as in training",
    "caption_of_picture_held_out": "the same, held-out colours or materials",
    "chance": "by lot",
}
_TURNED = {
    "predicted": "prediction against the truth, random views, dB",
    "copied": "the reference itself against the truth, dB",
    "right_way": "prediction at d against the truth at d, dB",
    "wrong_way": "prediction at d against the truth at -d, dB",
    "left_right": "nearer to the truth at d than at -d (chance .5)",
    **{f"left_right_{turn}": f"the same, d = {turn} degrees" for turn in (30, 60, 90, 120)},
}


def _prefixed(groups: Mapping[str, str], rows: Mapping[str, str]) -> dict[str, str]:
    return {f"{group}/{name}": f"{title}: {text}" for group, title in groups.items() for name, text in rows.items()}


SCORE_GROUPS: Mapping[str, GroupWords] = {
    "autoencoder_psnr": GroupWords("Autoencoder, dB", {"rgb": "colour pictures", "normal": "normal maps"}),
    "clip": GroupWords("`clip` names clean pictures", _NAMED),
    "clip_captions": GroupWords(
        "`clip` matches one sentence and one picture of each test object",
        _prefixed({"usual": "templates of training", "held_out_templates": "held-out templates"}, _CAPTIONS),
    ),
    "heard": GroupWords(
        "`clip` hears held-out synthesis methods",
        {"top1": "top-1 of the classes that sound", "top1_of_all": "top-1 of all classes"},
    ),
    "judge": GroupWords("`judge` names clean pictures", _NAMED),
    "samples_by_words": GroupWords(
        "Samples of `stable_unclip` asked for by plain prompts, four sides, named by the judge",
        {
            "seen": "R@1, pairs as in training",
            "held_out": "R@1, held-out pairs",
            "class": "class alone",
            "speckle/samples": "speckle of samples, levels of 255",
            "speckle/decoded_truth": "speckle of true pictures after the autoencoder",
            "speckle/ratio": "the first over the second, geometric mean",
        },
    ),
    "samples_by_pictures": GroupWords(
        "Samples asked for by one picture of an unseen object",
        {**_NAMED, "true_pictures": "R@1 of the judge on the pictures that asked"},
    ),
    "samples_by_sounds": GroupWords("Samples asked for by held-out sounds", {"class": "class alone"}),
    "pose_effect": GroupWords("Effect of a half turn over the effect of another class, t = 900"),
    "novel_views": GroupWords(
        "New views by `zero123` of unseen objects from one picture",
        _prefixed({"seen": "as in training", "held_out": "held out"}, _TURNED),
    ),
}
"""In the order in which the card tells them."""


def told(words: GroupWords, scores: object) -> Iterator[tuple[str, str, str]]:
    """What each figure of a group is, its number, and how many things it is of; single classes are left out.

    In the order of the words, then what they do not list.
    """
    found = {name: value for name, value in _leaves(scores) if not name.startswith("classes/")}
    for name in sorted(found, key=[*words.rows, *found].index):
        text, value = words.rows.get(name, name), found[name]
        if isinstance(value, Mapping):
            digits = 3 if abs(value["mean"]) < 10 else 1
            interval = f"{value['mean']:.{digits}f} [{value['low']:.{digits}f}, {value['high']:.{digits}f}]"
            yield text, interval, str(value["count"])
        else:
            yield text, str(value), ""


def _leaves(scores: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(scores, Mapping) and "mean" not in scores:
        for name, value in scores.items():
            yield from _leaves(value, f"{path}/{name}" if path else name)
    else:
        yield path, scores
