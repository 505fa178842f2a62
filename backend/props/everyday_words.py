"""What comes nearest, in the built-in world, to an everyday word that it lacks; for suggestions only.

Nobody's prompt is changed by this table: a bench is no sofa, and the artist decides whether it will do.
"""

_SUGGESTIONS = {
    # Furniture
    "chair bench": "armchair recliner",
    "bowl pot": "bathtub tub",
    "bed": "bunk crib hammock mattress pillow",
    "bookshelf chest": "cabinet cupboard wardrobe",
    "bench chair bed": "couch sofa",
    "table bench": "counter workbench",
    "chest bookshelf": "dresser",
    "chair table bed": "furniture",
    "fence": "gate",
    "bookshelf fence": "ladder",
    "table stool": "nightstand",
    "stool bench": "ottoman",
    "bookshelf": "rack shelf shelves",
    "chair": "throne",
    # Containers
    "chest crate": "bag case drawer suitcase",
    "bowl crate": "basket",
    "barrel crate": "bin trashcan",
    "pot barrel": "bucket",
    "barrel bottle": "can canister",
    "crate": "carton package parcel",
    "crate barrel chest": "container",
    "barrel": "keg",
    "barrel car": "tank",
    "chest": "treasure",
    # Vehicles
    "rocket car": "airplane aircraft plane",
    "wheel car": "bicycle bike scooter",
    "car": "bus jeep lorry taxi tractor train truck van",
    "boat": "canoe raft yacht",
    "car wheel": "carriage cart motorbike motorcycle wagon",
    "rocket": "missile shuttle spacecraft starship ufo",
    "boat rocket": "ship",
    "wheel": "tire tyre",
    "car boat rocket": "vehicle",
    # Buildings
    "house": "barn cabin home mansion shack shed villa",
    "house tower": "building church temple",
    "tower house": "castle palace",
    "well": "fountain",
    "house tent": "hut",
    "tent house": "igloo yurt",
    "tower": "lighthouse skyscraper",
    "tower wheel": "mill windmill",
    "tent": "teepee tipi",
    "fence tower": "wall",
    # Kitchen and light
    "lamp": "bulb lightbulb",
    "bottle vase": "carafe jar",
    "mug vase": "chalice goblet jug pitcher",
    "lamp candle": "chandelier",
    "pot": "kettle",
    "pot bowl": "pan",
    "bowl": "plate saucer",
    "hammer bowl": "spoon",
    "pot crate": "stove",
    "mug": "teacup tumbler",
    "pot mug": "teapot",
    "candle lantern": "torch",
    "lantern lamp": "flashlight",
    # Tools, weapons, instruments and things to read
    "shield": "armor armour",
    "hammer": "club mace sledgehammer",
    "sword": "dagger katana knife saber sabre scimitar",
    "book": "diary magazine notebook novel",
    "bell drum": "gong",
    "sword axe": "machete spear",
    "key chest": "padlock",
    "axe hammer": "spade shovel",
    "drum": "tambourine",
    "axe": "tomahawk",
    "hammer axe key": "tool",
    "sword axe hammer": "weapon",
    # Plants, food, nature and clothes
    "tree": "bush cactus fir palm shrub spruce",
    "hat": "cap crown helmet",
    "mushroom vase": "flower",
    "mushroom": "fungus",
    "pumpkin": "melon squash watermelon",
    "rock": "mountain pebble",
    "tree mushroom": "plant",
    # Colours
    "orange yellow": "amber",
    "turquoise": "aqua cyan",
    "blue": "azure navy",
    "brown white": "beige",
    "brown metal": "bronze",
    "red": "burgundy crimson ruby scarlet",
    "black grey": "charcoal",
    "brown": "chocolate khaki tan",
    "orange metal": "copper",
    "white yellow": "cream",
    "black wooden": "ebony",
    "green": "emerald lime olive",
    "yellow metal": "gold golden",
    "purple blue": "indigo",
    "white": "ivory",
    "purple": "lavender lilac mauve",
    "pink purple": "magenta",
    "red brown": "maroon",
    "turquoise green": "mint",
    "yellow brown": "ochre",
    "orange pink": "peach",
    "pink": "rose",
    "grey metal": "silver",
    # Materials and patterns
    "metal": "aluminium aluminum iron steel tin",
    "metal yellow": "brass",
    "stone red": "brick",
    "stone glass": "ceramic",
    "checked": "chequered",
    "stone brown": "clay",
    "stone grey": "concrete",
    "cloth": "cotton linen silk velvet wool",
    "glass": "crystal",
    "stone": "granite",
    "cloth brown": "leather",
    "wooden brown": "mahogany walnut",
    "wooden tree": "maple oak",
    "stone white": "marble",
    "glass white": "porcelain",
    "plastic black": "rubber",
    "metal brown": "rusty",
    "wooden": "timber",
    # Sizes
    "wide": "broad",
    "tall": "high",
    "tall wide": "large big huge",
    # Nothing comes near these, and what is spelt alike (a horse and a house) is no better
    "": (
        "animal baby bat bear bird boot boy cat chain chicken child coat cow dinosaur dog dragon dress duck "
        "elephant fish fox girl goat horse human knight lion man monkey monster mouse night pants people "
        "person phone pig rabbit robot shark sheep shirt shoe skull snake soldier spider stick tiger trousers "
        "unicorn warrior wizard wolf woman zombie"
    ),
}
"""Words of the built-in world, best first -> the everyday words that they come nearest to in meaning."""

EVERYDAY_WORDS = {word: tuple(near.split()) for near, words in _SUGGESTIONS.items() for word in words.split()}
"""Everyday word -> what to suggest for it, best first; nothing where nothing comes near."""


def nearest_prop_words(word: str) -> tuple[str, ...] | None:
    """Words of closed_vocabulary() that come nearest in meaning to an everyday word or its plural, best first.

    Empty for a thing that nothing comes near; None for a word of which this table says nothing.

    >>> nearest_prop_words("sofas")
    ('bench', 'chair', 'bed')
    """
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
        if form in EVERYDAY_WORDS:
            return EVERYDAY_WORDS[form]
    return None
