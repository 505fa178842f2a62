"""Runs inside the Blender under test: answers questions about it, and notes what its panels draw.

    blender --python probe.py -- FOLDER

A question is the file FOLDER/question, one Python expression or some statements that set ``answer``; its answer is the
file FOLDER/answer, as JSON. No socket and no thread, so that nothing here counts as the add-on's.

Blender tells nobody where a button is. So a button is shown: ``mark`` lets it be drawn in alarm's red, or where Blender
knows no alarm with a bar for a text, and who looks at the screen sees where that is.
"""

import json
import sys
import traceback
from pathlib import Path

import bpy

FOLDER = Path(sys.argv[sys.argv.index("--") + 1])
PACKAGE = "bl_ext.user_default.any_to_3d"
_PAUSE = 0.05

drawn: dict[str, list[dict]] = {}
"""What each watched class drew last."""

marked: tuple[str, str, int] | None = None
"""Class, name of operator, property or menu, and which of those, counted from 0."""

pictures_held = False
"""Whether pictures of growing objects are left out: they become red as marks do."""

_BAR = "\u2588" * 6


class Layout:
    """A UILayout that notes what is put into it, and shows the marked thing."""

    def __init__(self, real, owner):
        object.__setattr__(self, "real", real)
        object.__setattr__(self, "owner", owner)

    def __getattr__(self, name):
        value = getattr(self.real, name)
        if name in ("row", "column", "box", "split", "column_flow", "grid_flow"):
            return lambda *args, **named: Layout(value(*args, **named), self.owner)
        if name == "panel":
            return lambda *args, **named: tuple(part and Layout(part, self.owner) for part in value(*args, **named))
        return value

    def __setattr__(self, name, value):
        setattr(self.real, name, value)

    def _note(self, kind, name, text):
        listed = drawn[self.owner]
        place = sum(each["name"] == name for each in listed)
        is_enabled = self.real.enabled and self.real.active
        listed.append({"kind": kind, "name": name, "text": text or "", "enabled": is_enabled})
        is_marked = marked == (self.owner, name, place)
        if "_MT_" in self.owner or kind == "menu":
            return self.real, _BAR if is_marked else text
        # Always in a row of its own, so that a mark moves nothing.
        row = self.real.row(align=True)
        row.alert = is_marked or self.real.alert
        return row, text

    def label(self, text="", **named):
        drawn[self.owner].append({"kind": "label", "name": "", "text": text, "enabled": True})
        return self.real.label(text=text, **named)

    def progress(self, text="", factor=0.0, **named):
        drawn[self.owner].append({"kind": "progress", "name": "", "text": text, "enabled": True, "factor": factor})
        return self.real.progress(text=text, factor=factor, **named)

    def template_icon(self, **named):
        drawn[self.owner].append({"kind": "icon", "name": "", "text": "", "enabled": True, **named})
        # With no icon, just as much room is left empty.
        return self.real.template_icon(**{**named, "icon_value": 0} if pictures_held else named)

    def operator(self, name, text=None, **named):
        row, text = self._note("operator", name, text)
        return row.operator(name, **named) if text is None else row.operator(name, text=text, **named)

    def prop(self, owner, name, **named):
        row, _ = self._note("property", name, named.get("text", ""))
        return row.prop(owner, name, **named)

    def menu(self, name, text=None, **named):
        row, text = self._note("menu", name, text)
        return row.menu(name, **named) if text is None else row.menu(name, text=text, **named)


class StandIn:
    """A panel whose layout is watched."""

    def __init__(self, panel, owner):
        self._panel = panel
        self.layout = Layout(panel.layout, owner)

    def __getattr__(self, name):
        value = getattr(type(self._panel), name, None)
        return value.__get__(self) if hasattr(value, "__get__") and callable(value) else getattr(self._panel, name)


def watch(name):
    """Note from now on what the class of this name draws."""
    cls = getattr(bpy.types, name)
    if getattr(cls.draw, "is_watched", False):
        return
    draw = cls.draw

    def watched(self, context):
        drawn[name] = []
        draw(StandIn(self, name), context)

    watched.is_watched = True
    cls.draw = watched


def watch_all():
    """Watch every panel and menu of the add-on."""
    for name in dir(bpy.types):
        if name.startswith(("ANY_TO_3D_PT_", "ANY_TO_3D_MT_")):
            watch(name)


def mark(owner="", name="", place=0):
    """Draw this in red from now on; without a name, nothing."""
    global marked
    marked = (owner, name, place) if name else None
    redraw()


def hold_pictures(is_held):
    """Leave out, or show again, the pictures of growing objects."""
    global pictures_held
    pictures_held = is_held
    redraw()


def redraw():
    """Of a 3D view only its sidebar: the view itself costs a CPU much."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if area.type != "VIEW_3D" or region.type == "UI":
                    region.tag_redraw()


def view():
    """The largest 3D view, and its sidebar."""
    windows = bpy.context.window_manager.windows
    areas = [area for window in windows for area in window.screen.areas if area.type == "VIEW_3D"]
    area = max(areas, key=lambda each: each.width * each.height)
    return area, next(region for region in area.regions if region.type == "UI")


def sidebar():
    """Where it is on the screen: left, top, right, bottom; y counts from the top."""
    _, region = view()
    height = bpy.context.window_manager.windows[0].height
    return region.x, height - region.y - region.height, region.x + region.width, height - region.y


def view_in_screen():
    """Where the largest 3D view is, its sidebar and toolbar with it, as ``sidebar`` says it."""
    area, _ = view()
    region = next(region for region in area.regions if region.type == "WINDOW")
    height = bpy.context.window_manager.windows[0].height
    return region.x, height - region.y - region.height, region.x + region.width, height - region.y


def resting_place():
    """Where the pointer is in nobody's way: in the 3D view, or else at the edge."""
    if not any(area.type == "VIEW_3D" for area in bpy.context.window_manager.windows[0].screen.areas):
        return 3, 3
    left, top, _, _ = sidebar()
    return left / 3, top + 250


def file_browser():
    """The area of a file browser that asks for a file, or None."""
    windows = bpy.context.window_manager.windows
    found = (area for window in windows for area in window.screen.areas if area.type == "FILE_BROWSER")
    return next(found, None)


def choose_file(folder, name):
    """Go there in the file browser, and type the name of a file."""
    params = file_browser().spaces.active.params
    params.directory, params.filename = folder.encode(), name
    file_browser().tag_redraw()


def middle_of(area):
    """On the screen, y from the top."""
    windows = bpy.context.window_manager.windows
    window = next(each for each in windows if area in list(each.screen.areas))
    screen_height = max(each.y + each.height for each in windows)
    return window.x + area.x + area.width / 2, screen_height - (window.y + area.y + area.height / 2)


def open_sidebar():
    area, _ = view()
    area.spaces.active.show_region_ui = True
    watch_all()
    area.tag_redraw()


def paint_headers(is_on):
    """Draw the headers of panels in magenta, or as they were."""
    theme = bpy.context.preferences.themes[0]
    colours = theme.view_3d.space.panelcolors if hasattr(theme.view_3d.space, "panelcolors") else theme.user_interface
    name = "header" if hasattr(colours, "header") else "panel_header"
    if is_on:
        paint_headers.former = tuple(getattr(colours, name))
        setattr(colours, name, (1.0, 0.0, 1.0, 1.0))
    elif paint_headers.former:
        setattr(colours, name, paint_headers.former)
    redraw()


paint_headers.former = None


def place_of_panel(name):
    """Among the tab's panels that are shown and have no parent, counted from 0."""
    classes = [cls for cls in module("panels").CLASSES if issubclass(cls, bpy.types.Panel)]
    shown = [
        cls.bl_idname
        for cls in classes
        if not getattr(cls, "bl_parent_id", "") and ("poll" not in vars(cls) or cls.poll(bpy.context))
    ]
    return shown.index(name)


def module(name):
    """A module of the installed add-on."""
    import importlib

    return importlib.import_module(f"{PACKAGE}.blender_addon.{name}")


def link():
    return module("pump").link()


def session():
    return link().session


def text_of(*names):
    """All that these classes, or all watched ones, drew last, as one text."""
    return " ".join(each["text"] for name in names or drawn for each in drawn.get(name, ()))


def _answer_to(question):
    try:
        return {"value": eval(question, globals())}
    except SyntaxError:
        namespace = globals()
        namespace["answer"] = None
        exec(question, namespace)
        return {"value": namespace["answer"]}


def _tick():
    question = FOLDER / "question"
    if question.is_file():
        text = question.read_text(encoding="utf-8")
        question.unlink()
        try:
            answer = json.dumps(_answer_to(text), default=str)
        except BaseException:
            answer = json.dumps({"error": traceback.format_exc()})
        unfinished = FOLDER / "answer.part"
        unfinished.write_text(answer, encoding="utf-8")
        unfinished.rename(FOLDER / "answer")
    return _PAUSE


bpy.context.preferences.view.show_splash = False
# What slides would be clicked where it was.
bpy.context.preferences.view.smooth_view = 0
bpy.app.timers.register(_tick, first_interval=1.0, persistent=True)
