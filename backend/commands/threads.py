"""The option --threads, which several commands take."""


def require_threads(threads: int) -> None:
    """Raise ValueError for a number of CPU threads below 0; 0 leaves the choice to the engine."""
    if threads < 0:
        raise ValueError(f"--threads is {threads}; allowed is 1 or more, or 0 for what suits the models")
