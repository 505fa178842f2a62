"""The class and colour pairs that no training image ever shows: the honest test of composition.

Two of eight colours are kept back for each class, and each colour is kept back for four classes, so that neither
a class nor a colour is rarer in training than another.
"""

_HELD_OUT_COLOURS: dict[str, tuple[str, str]] = {
    "crate": ("purple", "yellow"),
    "barrel": ("blue", "grey"),
    "chair": ("orange", "brown"),
    "table": ("brown", "purple"),
    "stool": ("red", "grey"),
    "lamp": ("blue", "brown"),
    "vase": ("grey", "orange"),
    "mug": ("yellow", "red"),
    "bottle": ("purple", "brown"),
    "mushroom": ("green", "yellow"),
    "tree": ("red", "blue"),
    "house": ("green", "orange"),
    "tower": ("grey", "green"),
    "rocket": ("purple", "blue"),
    "car": ("orange", "yellow"),
    "boat": ("red", "green"),
}


def holdout_pairs() -> frozenset[tuple[str, str]]:
    """All (class, colour) pairs that training must not contain."""
    return frozenset((name, colour) for name, colours in _HELD_OUT_COLOURS.items() for colour in colours)


def is_held_out(prop_class: str, colour: str) -> bool:
    """Whether the pair is kept back from training."""
    return colour in _HELD_OUT_COLOURS[prop_class]
