"""What there is to know of each class besides its shape: words, symmetry, second part and usual materials."""

from dataclasses import dataclass

from .materials import Material


@dataclass(frozen=True)
class ClassFacts:
    """One class of the built-in world.

    words: its name and then its synonyms.   plurals: of the same words, in order.
    second_part: the noun of the part that a second colour paints; a noun in -s is plural.
    materials: what such a thing is usually made of; sampling draws from these, a spec may ask for any.
    is_symmetric: whether it looks (nearly) alike from all sides.
    has_proportions: whether a tall or a wide one still is one.
    """

    words: tuple[str, ...]
    plurals: tuple[str, ...]
    second_part: str
    materials: tuple[Material, ...]
    is_symmetric: bool = False
    has_proportions: bool = True


CLASS_TABLE: dict[str, ClassFacts] = {
    "crate": ClassFacts(
        ("crate", "box"), ("crates", "boxes"), "frame", ("wood", "metal", "plastic"), is_symmetric=True
    ),
    "barrel": ClassFacts(
        ("barrel", "cask"), ("barrels", "casks"), "hoops", ("wood", "metal", "plastic"), is_symmetric=True
    ),
    "stool": ClassFacts(("stool",), ("stools",), "legs", ("wood", "metal", "plastic"), is_symmetric=True),
    "lamp": ClassFacts(
        ("lamp", "light"), ("lamps", "lights"), "stand", ("cloth", "glass", "metal", "plastic"), is_symmetric=True
    ),
    "vase": ClassFacts(
        ("vase", "urn"), ("vases", "urns"), "band", ("stone", "glass", "metal", "plastic"), is_symmetric=True
    ),
    "bottle": ClassFacts(
        ("bottle", "flask"), ("bottles", "flasks"), "cork", ("glass", "metal", "plastic"), is_symmetric=True
    ),
    "mushroom": ClassFacts(
        ("mushroom", "toadstool"), ("mushrooms", "toadstools"), "stem", ("plastic", "stone", "cloth"), is_symmetric=True
    ),
    "tree": ClassFacts(("tree", "pine"), ("trees", "pines"), "trunk", ("plastic", "metal", "cloth"), is_symmetric=True),
    "tower": ClassFacts(("tower", "keep"), ("towers", "keeps"), "battlements", ("stone", "wood"), is_symmetric=True),
    "rocket": ClassFacts(
        ("rocket", "spaceship"), ("rockets", "spaceships"), "fins", ("metal", "plastic"), is_symmetric=True
    ),
    "lantern": ClassFacts(("lantern",), ("lanterns",), "top", ("metal", "wood", "plastic"), is_symmetric=True),
    "candle": ClassFacts(("candle",), ("candles",), "holder", ("plastic", "glass", "stone"), is_symmetric=True),
    "pot": ClassFacts(("pot", "cauldron"), ("pots", "cauldrons"), "handles", ("metal", "stone"), is_symmetric=True),
    "bowl": ClassFacts(
        ("bowl", "dish"), ("bowls", "dishes"), "rim", ("wood", "stone", "metal", "glass", "plastic"), is_symmetric=True
    ),
    "rock": ClassFacts(
        ("rock", "boulder"), ("rocks", "boulders"), "moss", ("stone", "metal", "glass"), is_symmetric=True
    ),
    "bell": ClassFacts(("bell", "handbell"), ("bells", "handbells"), "handle", ("metal", "glass"), is_symmetric=True),
    "drum": ClassFacts(("drum",), ("drums",), "hoops", ("wood", "metal", "plastic"), is_symmetric=True),
    "hat": ClassFacts(("hat",), ("hats",), "band", ("cloth", "plastic"), is_symmetric=True),
    "chair": ClassFacts(("chair", "seat"), ("chairs", "seats"), "legs", ("wood", "metal", "plastic")),
    "table": ClassFacts(("table", "desk"), ("tables", "desks"), "legs", ("wood", "stone", "metal", "glass", "plastic")),
    "mug": ClassFacts(("mug", "cup"), ("mugs", "cups"), "handle", ("wood", "stone", "metal", "glass", "plastic")),
    "house": ClassFacts(("house", "cottage"), ("houses", "cottages"), "roof", ("wood", "stone")),
    "car": ClassFacts(("car", "automobile"), ("cars", "automobiles"), "roof", ("metal", "plastic", "wood")),
    "boat": ClassFacts(("boat", "sailboat"), ("boats", "sailboats"), "sail", ("wood", "metal", "plastic")),
    "chest": ClassFacts(("chest", "coffer"), ("chests", "coffers"), "bands", ("wood", "metal", "stone")),
    "bench": ClassFacts(("bench", "pew"), ("benches", "pews"), "legs", ("wood", "stone", "metal")),
    "bookshelf": ClassFacts(("bookshelf", "bookcase"), ("bookshelves", "bookcases"), "books", ("wood", "metal")),
    "bed": ClassFacts(("bed", "cot"), ("beds", "cots"), "frame", ("cloth", "plastic")),
    "pumpkin": ClassFacts(("pumpkin", "gourd"), ("pumpkins", "gourds"), "stem", ("plastic", "cloth", "glass")),
    "tent": ClassFacts(("tent",), ("tents",), "flaps", ("cloth", "plastic")),
    "well": ClassFacts(("well",), ("wells",), "roof", ("stone", "wood")),
    "bridge": ClassFacts(("bridge", "footbridge"), ("bridges", "footbridges"), "railings", ("stone", "wood", "metal")),
    "fence": ClassFacts(("fence",), ("fences",), "rails", ("wood", "metal", "plastic")),
    "sword": ClassFacts(("sword", "blade"), ("swords", "blades"), "hilt", ("metal", "wood", "plastic")),
    "axe": ClassFacts(("axe", "hatchet"), ("axes", "hatchets"), "handle", ("metal", "stone")),
    "hammer": ClassFacts(("hammer", "mallet"), ("hammers", "mallets"), "handle", ("metal", "wood", "plastic")),
    "shield": ClassFacts(("shield", "buckler"), ("shields", "bucklers"), "rim", ("wood", "metal", "plastic")),
    "key": ClassFacts(("key",), ("keys",), "ring", ("metal", "plastic", "wood")),
    "book": ClassFacts(("book", "tome"), ("books", "tomes"), "spine", ("cloth", "plastic")),
    "wheel": ClassFacts(
        ("wheel",), ("wheels",), "spokes", ("wood", "stone", "metal", "plastic"), has_proportions=False
    ),
}
"""Class -> its facts. Classes without a front come first, and the order never changes: training counts by it."""
