"""The manual's pictures of every panel, of the first prop, and of a prop that grows: from a real window.

    ANY_TO_3D_GUI_BLENDER=blender pytest tests/gui/test_pictures.py --pictures docs/pictures

They are taken of the first Blender that is named, with the built-in models at work; a comment in a page beside that
folder, such as <!-- picture: panel-queue.png -->, becomes the picture. Take them on a computer with nothing else to do:
one of them shows how long a job took.
"""

import re
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from screen import HEIGHT
from window import Window

PROMPT, GENERATE, PROGRESS = "ANY_TO_3D_PT_prompt", "ANY_TO_3D_PT_generate", "ANY_TO_3D_PT_progress"
QUEUE, HISTORY, BATCH = "ANY_TO_3D_PT_queue", "ANY_TO_3D_PT_history", "ANY_TO_3D_PT_batch"
SELECTED, BACKEND = "ANY_TO_3D_PT_selected", "ANY_TO_3D_PT_backend"
APPROVAL = "ANY_TO_3D_PT_approval"
WORDS = "an orange lantern"
COLOURS = 96
SCALE_OF_WINDOWS = 0.6
SHOWN_ROWS = 40, 1060
"""Of a whole window: without the topmost bar and the timeline."""

OWN_PART = 255, 745, 170
"""Of the preferences: first and last row, and first column, of what the add-on draws itself."""

PATIENCE = 900
"""Seconds: on a busy computer the models take a while."""


@pytest.fixture(scope="module")
def album(request):
    """Keeps pictures under their names, small."""
    folder = request.config.getoption("--pictures")
    if folder is None:
        pytest.skip("pass --pictures FOLDER to take the manual's pictures")
    folder.mkdir(parents=True, exist_ok=True)
    yield Album(folder)
    for page in folder.parent.glob("*.md"):
        page.write_text(MARKER.sub(lambda mark: _shown(mark, folder), page.read_text("utf-8")), "utf-8")


MARKER = re.compile(r"<!-- picture: (\S+)\.png -->")


def _shown(mark, folder):
    """The picture in place of its marker, once there is one."""
    name = mark[1]
    words = re.sub(r"^(panel|walk-\d)-", "", name).replace("-", " ").capitalize()
    return f"![{words}]({folder.name}/{name}.png)" if (folder / f"{name}.png").is_file() else mark[0]


class Album:
    def __init__(self, folder):
        self.folder = folder
        self.frames = []

    def keep(self, name, picture, scale=1.0):
        image = Image.fromarray(picture)
        if scale != 1.0:
            size = round(image.width * scale), round(image.height * scale)
            image = image.resize(size, Image.Resampling.LANCZOS)
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(self.folder / f"{name}.png", optimize=True)


@pytest.fixture(scope="module")
def address(album, tmp_path_factory):
    """Where the built-in models are at work."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("backend")
    words = ["serve", "--profile", "builtin", "--port", str(port), "--data", str(folder / "data")]
    with (folder / "log.txt").open("w") as log:
        backend = subprocess.Popen(
            [sys.executable, "-m", "any_to_3d.backend", *words], stdout=log, stderr=subprocess.STDOUT
        )
    yield f"127.0.0.1:{port}"
    backend.terminate()


@pytest.fixture(scope="module")
def studio(blender, address):
    window = Window(blender)
    window.show_tab()
    window.ask(f"module('preferences').get().address = {address!r}")
    window.ask("bpy.data.objects.remove(bpy.data.objects['Cube'])")
    window.ask(_VIEW)
    yield window
    window.close()


_VIEW = """
area, _ = view()
space = area.spaces.active
space.region_3d.view_distance = 4.2
space.region_3d.view_location = (0.0, 0.0, 0.55)
space.shading.color_type = 'VERTEX'
area.tag_redraw()
"""


def _shot(window, album, name, box=None):
    window.screen.move(0, HEIGHT - 1)  # where no picture shows it
    window.ask("redraw()")
    time.sleep(1.0)
    picture = window.screen.picture()
    if box is None:
        album.keep(name, picture[slice(*SHOWN_ROWS)], SCALE_OF_WINDOWS)
    else:
        left, top, right, bottom = box
        album.keep(name, picture[top - 3 : bottom + 3, left - 3 : right + 3])


def _panel(window, album, name, panel):
    _shot(window, album, name, window.open_alone(panel))


def test_n15_pictures_of_the_walk_to_the_first_prop(studio, album):
    _shot(studio, album, "walk-1-the-tab")
    _connect(studio)
    _shot(studio, album, "walk-2-connected")
    studio.fill(PROMPT, "prompt", WORDS)
    studio.choose(GENERATE, "ANY_TO_3D_MT_preset", "any_to_3d.choose_preset", place=0)
    studio.click(GENERATE, "any_to_3d.generate")
    studio.wait("session().jobs[-1].state == 'running'", PATIENCE)
    phases = []
    while studio.ask("session().jobs[-1].state") == "running":
        phase = studio.ask("session().jobs[-1].phase")
        if phase and studio.ask("session().jobs[-1].snapshots > 3"):
            album.frames.append(_viewport(studio))
            if phase not in phases and phase == "geometry":
                _shot(studio, album, "walk-3-growing")
            phases.append(phase)
        time.sleep(1.0)
    assert studio.ask("session().jobs[-1].state") == "finished"
    studio.ask(_VIEW.replace("VERTEX", "TEXTURE"))
    studio.wait("'Finished in' in text_of('ANY_TO_3D_PT_progress')")
    time.sleep(3.0)
    album.frames.append(_viewport(studio))
    _shot(studio, album, "walk-4-finished")
    album.keep("growing", _strip(album.frames))


def _connect(studio):
    if studio.ask("session().connection") != "connected":
        studio.click(BACKEND, "any_to_3d.connect")
        studio.wait("session().connection == 'connected' and session().backend.device != 'starting'", PATIENCE)


def test_n15_pictures_of_what_shows_a_finished_prop(studio, album):
    _panel(studio, album, "panel-history", HISTORY)
    studio.ask("bpy.data.objects[-1].select_set(True)")
    studio.ask(f"setattr(bpy.context.view_layer.objects, 'active', bpy.data.objects[{WORDS!r}])")
    studio.ask(f"bpy.data.objects[{WORDS!r}].select_set(True)")
    _panel(studio, album, "panel-selected-object", SELECTED)


def test_n15_pictures_of_what_is_set_before_a_job(studio, album):
    _connect(studio)
    studio.ask(f"setattr(bpy.context.scene.any_to_3d, 'prompt', {WORDS!r})")
    studio.ask("setattr(bpy.context.scene.any_to_3d, 'image_block', bpy.data.images.new('lantern.png', 8, 8))")
    _panel(studio, album, "panel-prompt", PROMPT)
    studio.ask("setattr(bpy.context.scene.any_to_3d, 'image_block', None)")
    box = studio.open_alone(GENERATE)
    _shot(studio, album, "panel-generate", box)
    studio.screen.click(box[0] + 90, box[3] - 14)
    studio.wait("'ANY_TO_3D_PT_result' in drawn")
    opened = studio.panel(GENERATE)
    _shot(studio, album, "panel-place-and-shape", (opened[0], box[3] - 30, opened[2], opened[3]))
    studio.screen.click(box[0] + 90, box[3] - 14)
    _panel(studio, album, "panel-batch", BATCH)
    _panel(studio, album, "panel-backend", BACKEND)


def test_n15_pictures_of_jobs_that_run_and_wait(studio, album):
    _connect(studio)
    for prompt in ("a red mushroom", "a blue mug", "a green bottle"):
        studio.ask(f"bpy.ops.any_to_3d.generate(prompt={prompt!r}, preset='draft')")
    studio.wait("session().jobs[-3].phase == 'geometry' and session().jobs[-3].step > 5", PATIENCE)
    _panel(studio, album, "panel-progress", PROGRESS)
    _panel(studio, album, "panel-queue", QUEUE)
    for _ in range(3):
        studio.ask("bpy.ops.any_to_3d.cancel()")


def test_n15_a_picture_of_a_shape_that_waits_for_a_word(studio, album):
    _connect(studio)
    studio.ask("bpy.ops.any_to_3d.generate(prompt='a blue mug', preset='draft', approve_shape='YES')")
    studio.wait("session().jobs[-1].state == 'finished' and link().is_settled", PATIENCE)
    studio.ask("setattr(bpy.context.view_layer.objects, 'active', bpy.data.objects['a blue mug'])")
    _panel(studio, album, "panel-shape-to-approve", APPROVAL)
    studio.ask("bpy.data.objects.remove(bpy.data.objects['a blue mug'])")


def test_n15_pictures_of_a_mesh_in_new_colours_and_refined(studio, album):
    _connect(studio)
    for name, ask in (("new-colours", "retexture"), ("refined", "refine")):
        studio.ask(f"[bpy.data.objects.remove(each) for each in list(bpy.data.objects)], {_PUT_MESH[ask]}")
        studio.ask(_VIEW.replace("'VERTEX'", "'OBJECT'"))
        studio.ask("setattr(bpy.context.scene.any_to_3d, 'preset', 'draft')")
        time.sleep(3.0)
        frames = [_viewport(studio)]
        studio.ask(f"bpy.ops.any_to_3d.{ask}(prompt={_NEW_WORDS[ask]!r})")
        studio.ask(_VIEW.replace("VERTEX", "TEXTURE" if ask == "retexture" else "VERTEX"))
        studio.wait("session().jobs[-1].state == 'running' and session().jobs[-1].snapshots > 1", PATIENCE)
        while studio.ask("session().jobs[-1].state") == "running":
            frames.append(_viewport(studio))
            time.sleep(1.0)
        assert studio.ask("session().jobs[-1].state") == "finished"
        studio.ask(_VIEW.replace("VERTEX", "TEXTURE"))
        time.sleep(3.0)
        album.keep(name, _strip([*frames, _viewport(studio)], count=4))


_NEW_WORDS = {"retexture": "a red mushroom", "refine": "a red mushroom"}
_PUT_MESH = {
    "retexture": "bpy.ops.mesh.primitive_monkey_add(size=0.85, location=(0, 0, 0.55))",
    "refine": "(bpy.ops.mesh.primitive_cylinder_add(radius=0.2, depth=0.7, location=(0, 0, 0.35)),"
    " bpy.ops.mesh.primitive_cone_add(radius1=0.6, depth=0.5, location=(0, 0, 0.9)),"
    " bpy.ops.object.select_all(action='SELECT'), bpy.ops.object.join())",
}
"""What the new colours, and the new shape, begin with."""


def test_n15_a_picture_of_the_preferences(studio, album):
    left, top, right, bottom = studio.ask(_SHOW_PREFERENCES)
    time.sleep(8.0)
    studio.screen.move(0, HEIGHT - 1)
    time.sleep(2.0)
    rows, columns = slice(top + OWN_PART[0], min(bottom, top + OWN_PART[1])), slice(left + OWN_PART[2], right)
    album.keep("panel-preferences", studio.screen.picture()[rows, columns], 0.8)


_SHOW_PREFERENCES = """
area, _ = view()
area.type = 'PREFERENCES'
bpy.ops.preferences.addon_show(module=PACKAGE)
bpy.context.window_manager.addon_search = 'Any to 3D'
height = bpy.context.window_manager.windows[0].height
answer = area.x, height - area.y - area.height, area.x + area.width, height - area.y
"""


def _viewport(window):
    """The middle of the 3D view, square."""
    left, top, _, bottom = window.ask("sidebar()")
    middle, size = (top + bottom) // 2, 380
    across = (60 + left) // 2 + 60
    return window.screen.picture()[middle - size // 2 : middle + size // 2, across - size // 2 : across + size // 2]


def _strip(frames, count=6, size=220):
    """So many of the frames in a row, the last one for certain."""
    chosen = [frames[round(index)] for index in np.linspace(0, len(frames) - 1, count)]
    images = [np.asarray(Image.fromarray(each).resize((size, size), Image.Resampling.LANCZOS)) for each in chosen]
    return np.concatenate(images, axis=1)
