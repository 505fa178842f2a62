"""What the figures of the built-in suite cannot show; said in every report of it."""

QUICK_LIMIT = (
    "This was a quick run: draft quality and a few objects. It shows that everything works, and settles nothing."
)

LIMITS = (
    "A closed world: the judges were trained on pictures by the same renderer as the priors, so their scores cannot be"
    " compared with scores by CLIP, and an encoder that knows only props calls whatever it sees a prop.",
    "The independent judge has its own image tower, seed and pictures, but reads words and hears sounds through the"
    " text and audio towers of the encoder in the loop. It has seen held-out pairs, as a judge must; it only measures.",
    "Chamfer distance, silhouettes, normals and texture of text prompts are against one canonical prop. A good prop of"
    " other proportions is not at distance zero.",
    "Intervals are over prompts, with one seed each (mixed prompts: two), so they leave out what another seed would"
    " change. With six prompts, as for the recipes, a bootstrap interval is too narrow rather than too wide.",
    "Claims about the paper are our reading of its words, tested with our networks at our size. That one is not told"
    " apart here does not speak against it.",
)
