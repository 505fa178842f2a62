"""What there is to know of each class besides its shape: words, symmetry, second part and usual materials."""

from dataclasses import dataclass

from .materials import Material


@dataclass(frozen=True)
class ClassFacts:
    """One class of the built-in world.

    words: its name and then its synonyms.   plurals: of the same words, in order.
    second_part: the noun of the part that a second colour paints; a noun in -s is plural.
    materials: what such a thing is usually made of; sampling draws from these, a spec may ask for any.
    usual_colour: the one that a prompt means which names none; never one that holdout.py keeps back.
    is_symmetric: whether it looks (nearly) alike from all sides.
    has_proportions: whether a tall or a wide one still is one.
    """

    words: tuple[str, ...]
    plurals: tuple[str, ...]
    second_part: str
    materials: tuple[Material, ...]
    usual_colour: str
    is_symmetric: bool = False
    has_proportions: bool = True


CLASS_TABLE: dict[str, ClassFacts] = {
    "crate": ClassFacts(
        ("crate", "box"), ("crates", "boxes"), "frame", ("wood", "metal", "plastic"), "brown", is_symmetric=True
    ),
    "barrel": ClassFacts(
        ("barrel", "cask"), ("barrels", "casks"), "hoops", ("wood", "metal", "plastic"), "brown", is_symmetric=True
    ),
    "stool": ClassFacts(("stool",), ("stools",), "legs", ("wood", "metal", "plastic"), "brown", is_symmetric=True),
    "lamp": ClassFacts(
        ("lamp", "light"),
        ("lamps", "lights"),
        "stand",
        ("cloth", "glass", "metal", "plastic"),
        "yellow",
        is_symmetric=True,
    ),
    "vase": ClassFacts(
        ("vase", "urn"), ("vases", "urns"), "band", ("stone", "glass", "metal", "plastic"), "blue", is_symmetric=True
    ),
    "bottle": ClassFacts(
        ("bottle", "flask"), ("bottles", "flasks"), "cork", ("glass", "metal", "plastic"), "green", is_symmetric=True
    ),
    "mushroom": ClassFacts(
        ("mushroom", "toadstool"),
        ("mushrooms", "toadstools"),
        "stem",
        ("plastic", "stone", "cloth"),
        "red",
        is_symmetric=True,
    ),
    "tree": ClassFacts(
        ("tree", "pine"), ("trees", "pines"), "trunk", ("plastic", "metal", "cloth"), "green", is_symmetric=True
    ),
    "tower": ClassFacts(
        ("tower", "keep"), ("towers", "keeps"), "battlements", ("stone", "wood"), "brown", is_symmetric=True
    ),
    "rocket": ClassFacts(
        ("rocket", "spaceship"), ("rockets", "spaceships"), "fins", ("metal", "plastic"), "red", is_symmetric=True
    ),
    "lantern": ClassFacts(("lantern",), ("lanterns",), "top", ("metal", "wood", "plastic"), "grey", is_symmetric=True),
    "candle": ClassFacts(
        ("candle",), ("candles",), "holder", ("plastic", "glass", "stone"), "yellow", is_symmetric=True
    ),
    "pot": ClassFacts(
        ("pot", "cauldron"), ("pots", "cauldrons"), "handles", ("metal", "stone"), "black", is_symmetric=True
    ),
    "bowl": ClassFacts(
        ("bowl", "dish"),
        ("bowls", "dishes"),
        "rim",
        ("wood", "stone", "metal", "glass", "plastic"),
        "brown",
        is_symmetric=True,
    ),
    "rock": ClassFacts(
        ("rock", "boulder"), ("rocks", "boulders"), "moss", ("stone", "metal", "glass"), "grey", is_symmetric=True
    ),
    "bell": ClassFacts(
        ("bell", "handbell"), ("bells", "handbells"), "handle", ("metal", "glass"), "yellow", is_symmetric=True
    ),
    "drum": ClassFacts(("drum",), ("drums",), "hoops", ("wood", "metal", "plastic"), "red", is_symmetric=True),
    "hat": ClassFacts(("hat",), ("hats",), "band", ("cloth", "plastic"), "black", is_symmetric=True),
    "chair": ClassFacts(("chair", "seat"), ("chairs", "seats"), "legs", ("wood", "metal", "plastic"), "red"),
    "table": ClassFacts(
        ("table", "desk"), ("tables", "desks"), "legs", ("wood", "stone", "metal", "glass", "plastic"), "orange"
    ),
    "mug": ClassFacts(
        ("mug", "cup"), ("mugs", "cups"), "handle", ("wood", "stone", "metal", "glass", "plastic"), "blue"
    ),
    "house": ClassFacts(("house", "cottage"), ("houses", "cottages"), "roof", ("wood", "stone"), "red"),
    "car": ClassFacts(("car", "automobile"), ("cars", "automobiles"), "roof", ("metal", "plastic", "wood"), "red"),
    "boat": ClassFacts(("boat", "sailboat"), ("boats", "sailboats"), "sail", ("wood", "metal", "plastic"), "brown"),
    "chest": ClassFacts(("chest", "coffer"), ("chests", "coffers"), "bands", ("wood", "metal", "stone"), "brown"),
    "bench": ClassFacts(("bench", "pew"), ("benches", "pews"), "legs", ("wood", "stone", "metal"), "green"),
    "bookshelf": ClassFacts(
        ("bookshelf", "bookcase"), ("bookshelves", "bookcases"), "books", ("wood", "metal"), "brown"
    ),
    "bed": ClassFacts(("bed", "cot"), ("beds", "cots"), "frame", ("cloth", "plastic"), "blue"),
    "pumpkin": ClassFacts(
        ("pumpkin", "gourd"), ("pumpkins", "gourds"), "stem", ("plastic", "cloth", "glass"), "orange"
    ),
    "tent": ClassFacts(("tent",), ("tents",), "flaps", ("cloth", "plastic"), "orange"),
    "well": ClassFacts(("well",), ("wells",), "roof", ("stone", "wood"), "grey"),
    "bridge": ClassFacts(
        ("bridge", "footbridge"), ("bridges", "footbridges"), "railings", ("stone", "wood", "metal"), "grey"
    ),
    "fence": ClassFacts(("fence",), ("fences",), "rails", ("wood", "metal", "plastic"), "brown"),
    "sword": ClassFacts(("sword", "blade"), ("swords", "blades"), "hilt", ("metal", "wood", "plastic"), "grey"),
    "axe": ClassFacts(("axe", "hatchet"), ("axes", "hatchets"), "handle", ("metal", "stone"), "grey"),
    "hammer": ClassFacts(("hammer", "mallet"), ("hammers", "mallets"), "handle", ("metal", "wood", "plastic"), "brown"),
    "shield": ClassFacts(("shield", "buckler"), ("shields", "bucklers"), "rim", ("wood", "metal", "plastic"), "blue"),
    "key": ClassFacts(("key",), ("keys",), "ring", ("metal", "plastic", "wood"), "yellow"),
    "book": ClassFacts(("book", "tome"), ("books", "tomes"), "spine", ("cloth", "plastic"), "red"),
    "wheel": ClassFacts(
        ("wheel",), ("wheels",), "spokes", ("wood", "stone", "metal", "plastic"), "brown", has_proportions=False
    ),
}
"""Class -> its facts. Classes without a front come first, and the order never changes: training counts by it."""
