"""What an artist does again and again in a window: by pointer and keyboard."""

from pathlib import Path

from screen import wait_until
from window import PATIENCE, Window

PROMPT, GENERATE = "ANY_TO_3D_PT_prompt", "ANY_TO_3D_PT_generate"


def generate(window: Window, prompt: str) -> None:
    """Type the prompt and press Generate, until the job is there."""
    window.fill(PROMPT, "prompt", prompt)
    jobs = window.ask("len(session().jobs)")
    window.click(GENERATE, "any_to_3d.generate")
    window.wait(f"len(session().jobs) == {jobs + 1}")


def save(window: Window) -> None:
    """Press Ctrl-S, until the file is written. While a texture streams in, the file is changed again at once, so that
    Blender's own sign of a saved file is not to be seen for long enough.
    """
    path = Path(window.ask("bpy.data.filepath"))
    before = path.stat().st_mtime_ns
    window.rest_pointer()
    window.screen.press("ctrl+s")
    # For a moment, between two names, there is none.
    wait_until(lambda: path.is_file() and path.stat().st_mtime_ns > before, PATIENCE, f"{path} is not written")
