"""What an artist does to an object while a job is at work on it leaves no wrong state; each result is one undo step.

Every kind of job meets every interruption, by keys in a real window: a table of each, and one walk through both.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from steps import save
from window import Window

SIZE = 64
OLD, PAINTED, MADE = [51, 102, 153], [10, 20, 200], [200, 30, 30]
"""Colours of the plate before, and of what the fake backend paints and makes."""

_HELPERS = """
def select(name):
    for each in bpy.context.scene.objects:
        each.select_set(each.name == name)
    bpy.context.view_layer.objects.active = bpy.data.objects[name]

def add_cube():
    bpy.ops.mesh.primitive_cube_add(location=(3, 0, 0))
    bpy.ops.ed.undo_push(message='a cube')

def looks():
    return {each.name: look(each) for each in bpy.context.scene.objects}

def look(each):
    kept = module('objects.versions').versions_of(each)
    return {
        'mode': each.mode,
        'is visible': each.visible_get(),
        'x': round(each.matrix_world.translation.x, 3),
        'faces': len(each.data.polygons),
        'versions': [version.is_shown for version in kept],
        'colours': colours(each),
        'is unfinished': each.get('any_to_3d_is_final') == False,
        'is awaited': bool(each.get('any_to_3d_replaced_by') or each.any_to_3d.retexture.request_id),
    }

def colours(each):
    material = each.active_material
    nodes = material.node_tree.nodes if material and material.node_tree else ()
    image = next((node.image for node in nodes if node.type == 'TEX_IMAGE' and node.image), None)
    values = image.pixels[:] if image else ()
    return [[round(255 * value) for value in texel] for texel in (values[:3], values[-4:-1])]
"""
"""``looks`` tells of every object what one sees of it, and what only its data say. Colours: first and last texel's."""

_MAKE = {
    "nothing": "pass",
    "plate": f"""
bpy.ops.mesh.primitive_grid_add(x_subdivisions=4, y_subdivisions=4, size=2)
plate = bpy.context.object
plate.name = 'plate'
group = plate.vertex_groups.new(name='left')
group.add([vertex.index for vertex in plate.data.vertices if vertex.co.x < 0.1], 1.0, 'REPLACE')
image = bpy.data.images.new('old', {SIZE}, {SIZE})
image.pixels.foreach_set([0.2, 0.4, 0.6, 1.0] * {SIZE * SIZE})
image.pack()
material = bpy.data.materials.new('paint')
material.use_nodes = True
nodes = material.node_tree.nodes
node = nodes.new('ShaderNodeTexImage')
node.image = image
shader = next(each for each in nodes if each.type == 'BSDF_PRINCIPLED')
material.node_tree.links.new(node.outputs[0], shader.inputs['Base Color'])
plate.data.materials.append(material)
""",
    "block-out": "bpy.ops.mesh.primitive_cube_add()\nbpy.context.object.name = 'block-out'",
    "chair": "bpy.ops.any_to_3d.generate(prompt='chair')",
    "shape": "bpy.ops.any_to_3d.generate(prompt='shape', approve_shape='YES')",
}
"""What the rows of the table begin with."""


@dataclass(frozen=True)
class Job:
    """begins_with: of _MAKE, and the name of its object.  shows: the object in which it is seen at work.

    faces, versions, colours: of its result, which has the name ``result``.
    """

    begins_with: str
    operator: str
    shows: str
    result: str
    faces: int = 12
    versions: int = 2
    colours: tuple[list[int], list[int]] = (MADE, MADE)
    is_paused: bool = False


JOBS = {
    "generate": Job("nothing", "generate(prompt='slow chair')", "slow chair", "slow chair", versions=0),
    "pause": Job("nothing", "generate(prompt='slow chair')", "slow chair", "slow chair", versions=0, is_paused=True),
    "retexture": Job("plate", "retexture(prompt='slow gold')", "plate", "plate", 16, 2, (PAINTED, PAINTED)),
    "mask": Job(
        "plate", "retexture(prompt='slow gold', mask='GROUP', mask_name='left')", "plate", "plate", 16, 2,
        (PAINTED, OLD),
    ),
    "refine": Job("block-out", "refine(prompt='slow chair')", "slow chair", "block-out"),
    "branch": Job("chair", "continue_job(prompt='slow chair')", "slow chair", "chair"),
    "texture it": Job("shape", "approve_shape(prompt='slow chair')", "slow chair", "shape"),
}  # fmt: skip

Looks = dict[str, dict]


@dataclass
class Case:
    """A window in which a job of this kind is at work, and how its objects looked before."""

    window: Window
    job: Job
    before: Looks


# --- interruptions ----------------------------------------------------------------------------------------------------
# Each does something, lets the job come to its end, and may do more. What is sent to ``yield`` is not used; it changes
# ``before`` to what undo has to bring back.


def _undo(case: Case) -> Iterator[None]:
    _press(case.window, "ctrl+z")
    case.window.wait("'Cube' not in bpy.data.objects")
    del case.before["Cube"]
    yield


def _redo(case: Case) -> Iterator[None]:
    _press(case.window, "ctrl+z")
    case.window.wait("'Cube' not in bpy.data.objects")
    _press(case.window, "ctrl+shift+z")
    case.window.wait("'Cube' in bpy.data.objects")
    yield


def _save_and_reload(case: Case) -> Iterator[None]:
    save(case.window)
    case.window.ask("bpy.ops.wm.revert_mainfile()")
    yield


def _rename(case: Case) -> Iterator[None]:
    # The field for a name has no key of its own in every Blender; this is what it does.
    case.window.ask(f"setattr(bpy.data.objects[{case.job.shows!r}], 'name', 'new name')")
    case.window.ask("bpy.ops.ed.undo_push(message='Rename')")
    if case.job.shows in case.before:
        case.before["new name"] = case.before.pop(case.job.shows)
    yield


def _move(case: Case) -> Iterator[None]:
    _press(case.window, "g", "x", "2", "Return")
    case.window.wait(f"round(bpy.data.objects[{case.job.shows!r}].location.x, 3) == 2")
    if case.job.shows in case.before:
        case.before[case.job.shows]["x"] = 2.0
    yield


def _edit(case: Case) -> Iterator[None]:
    _press(case.window, "Tab")
    case.window.wait("bpy.context.object.mode == 'EDIT'")
    yield
    assert case.window.ask("bpy.context.object.mode") == "EDIT", "nobody is thrown out of Edit Mode"
    _press(case.window, "Tab")
    case.window.wait("bpy.context.object.mode == 'OBJECT'")


INTERRUPTIONS: dict[str, Callable[[Case], Iterator[None]]] = {
    "undo": _undo,
    "redo": _redo,
    "save and reload": _save_and_reload,
    "rename": _rename,
    "move": _move,
    "edit mode": _edit,
}


_QUICK_VIEW = """
space = view()[0].spaces.active
space.overlay.show_overlays, space.show_gizmo, space.shading.type = False, False, 'WIREFRAME'
bpy.context.preferences.system.viewport_aa = 'OFF'
"""
SMALL = 900, 800
"""Pixels of a window in which nothing is clicked. Without a graphics card, drawing takes most of the time of a walk."""


# --- walks ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk(connected):
    """A window that is connected, with a file for each thing that jobs begin with."""
    connected.ask(_HELPERS)
    connected.screen.resize_windows(*SMALL)
    connected.wait(f"bpy.context.window_manager.windows[0].width == {SMALL[0]}")
    for name, making in _MAKE.items():
        connected.ask("bpy.ops.wm.read_homefile(use_empty=True, load_ui=False)")
        connected.ask(making)
        connected.wait("link().is_settled")
        path = connected.blender.folder / f"{name}.blend"
        connected.ask(f"bpy.ops.wm.save_as_mainfile(filepath={str(path)!r})")
    return connected


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
@pytest.mark.parametrize("kind", JOBS)
def test_d15_n15_an_interrupted_job_ends_well_and_its_result_is_one_undo_step(desk, kind, interruption):
    case = _begin(desk, JOBS[kind])
    going = INTERRUPTIONS[interruption](case)
    next(going)
    _check_that_it_goes_on(case)
    desk.ask("bpy.ops.any_to_3d.finish_now()")
    desk.wait("session().jobs[-1].state == 'finished'")
    next(going, None)
    after = _expected(case, interruption)
    _wait_for_looks(desk, after)
    _press(desk, "ctrl+z")
    _wait_for_looks(desk, case.before)
    _press(desk, "ctrl+shift+z")
    _wait_for_looks(desk, after)
    assert desk.ask("session().trouble is None")


@pytest.mark.parametrize("kind", JOBS)
def test_d15_n15_what_is_deleted_in_mid_job_stays_away_until_the_artist_wants_it_back(desk, kind):
    case = _begin(desk, JOBS[kind])
    _press(desk, "Delete")
    desk.wait(f"{case.job.shows!r} not in bpy.context.scene.objects")
    desk.ask("bpy.ops.any_to_3d.finish_now()")
    desk.wait("session().jobs[-1].state == 'finished'")
    left = {name: dict(look) for name, look in case.before.items() if name != case.job.shows}
    if case.job.result in left:
        left[case.job.result]["is awaited"] = True  # the shape may come back yet
    _wait_for_looks(desk, left)
    desk.wait("'any_to_3d.recreate' in [each['name'] for each in drawn['ANY_TO_3D_PT_progress']]")
    _press(desk, "ctrl+z")
    if case.job.shows not in case.before:
        # The step before knows nothing of the job yet.
        _wait_for_looks(desk, case.before)
        desk.ask("bpy.ops.any_to_3d.recreate(request_id=session().jobs[-1].origin.request_id)")
    _wait_for_looks(desk, _expected(case, "delete"))
    assert desk.ask("session().trouble is None")


def test_d14_n5_n15_versions_are_switched_by_keys_and_survive_all_that_too(desk):
    case = _begin(desk, JOBS["branch"])
    desk.ask("bpy.ops.any_to_3d.finish_now()")
    _wait_for_looks(desk, _expected(case, ""))
    _press(desk, "alt+Prior")
    desk.wait("looks()['chair']['versions'] == [True, False]")
    _press(desk, "ctrl+z")
    desk.wait("looks()['chair']['versions'] == [False, True]")
    _press(desk, "ctrl+shift+z")
    desk.wait("looks()['chair']['versions'] == [True, False]")
    next(_save_and_reload(case))
    desk.wait("looks()['chair']['versions'] == [True, False]")
    desk.ask("select('chair')")
    editing = _edit(case)
    next(editing)
    _press(desk, "alt+Next")  # answered by a message: a mesh is not exchanged while it is edited
    desk.wait("bpy.context.object.mode == 'EDIT' and looks()['chair']['versions'] == [True, False]")
    _press(desk, "Escape")  # closes the message
    time.sleep(1.0)
    next(editing, None)
    _press(desk, "Delete")
    desk.wait("'chair' not in bpy.context.scene.objects")
    _press(desk, "ctrl+z")
    desk.wait("looks().get('chair', {}).get('versions') == [True, False]")
    desk.ask("select('chair')")
    _press(desk, "alt+Next")
    desk.wait("looks()['chair']['versions'] == [False, True]")


def _begin(window: Window, job: Job) -> Case:
    path, copy = (window.blender.folder / f"{name}.blend" for name in (job.begins_with, "at work"))
    window.ask(f"bpy.ops.wm.open_mainfile(filepath={str(path)!r}, load_ui=False)")
    window.ask(f"bpy.ops.wm.save_as_mainfile(filepath={str(copy)!r})")
    window.ask(_QUICK_VIEW)
    window.ask("add_cube()")
    window.ask("[link().cancel(each.origin.request_id) for each in session().active_jobs]")  # of a walk that failed
    if job.begins_with != "nothing":
        window.ask(f"select({job.begins_with!r})")
    before = window.ask("looks()")
    window.ask(f"bpy.ops.any_to_3d.{job.operator}")
    window.wait(f"session().jobs[-1].snapshots > 2 and {job.shows!r} in bpy.context.scene.objects")
    if job.is_paused:
        window.ask("bpy.ops.any_to_3d.pause()")
        window.wait("session().jobs[-1].is_paused")
    window.ask(f"select({job.shows!r})")
    return Case(window, job, before)


def _check_that_it_goes_on(case: Case) -> None:
    if case.job.is_paused:
        assert case.window.ask("session().jobs[-1].is_paused")
        case.window.ask("bpy.ops.any_to_3d.resume()")
    if case.window.ask("bpy.context.object is not None and bpy.context.object.mode == 'EDIT'"):
        return  # a shape waits until it is not edited any more
    snapshots = case.window.ask("session().jobs[-1].snapshots")
    case.window.wait(f"session().jobs[-1].snapshots > {snapshots + 2}")


def _expected(case: Case, interruption: str) -> Looks:
    """How everything has to look when the result is there."""
    job = case.job
    named = "new name" if interruption == "rename" else job.result
    others = {name: look for name, look in case.before.items() if name not in (job.begins_with, named)}
    result = {
        "mode": "OBJECT",
        "is visible": True,
        "x": 2.0 if interruption == "move" else 0.0,
        "faces": job.faces,
        "versions": [False, True] if job.versions else [],
        "colours": list(job.colours),
        "is unfinished": False,
        "is awaited": False,
    }
    return {**others, named: result}


def _wait_for_looks(window: Window, expected: Looks) -> None:
    window.rest_pointer()
    try:
        window.wait(f"looks() == {expected!r}", 20)
    except AssertionError:
        raise AssertionError(f"expected {expected}, found {window.ask('looks()')}") from None


def _press(window: Window, *keys: str) -> None:
    """Over the 3D view, with a pause, for keys that come too quickly after one another are lost on a busy computer."""
    window.rest_pointer()
    window.screen.press(*keys)
