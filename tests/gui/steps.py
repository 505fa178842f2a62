"""What an artist does again and again in a window: by pointer and keyboard."""

from window import Window

PROMPT, GENERATE = "ANY_TO_3D_PT_prompt", "ANY_TO_3D_PT_generate"


def generate(window: Window, prompt: str) -> None:
    """Type the prompt and press Generate, until the job is there."""
    window.fill(PROMPT, "prompt", prompt)
    jobs = window.ask("len(session().jobs)")
    window.click(GENERATE, "any_to_3d.generate")
    window.wait(f"len(session().jobs) == {jobs + 1}")
