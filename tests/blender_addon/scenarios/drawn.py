"""A layout that only remembers: what a panel or the preferences would show, without a window to show it in."""

import types

import bpy


class Drawn:
    """Stands in for UILayout. ``texts``: labels in order; ``buttons``: operators by name, with their settings."""

    def __init__(self, into=None):
        self.texts = into.texts if into else []
        self.buttons = into.buttons if into else {}
        self.fields = into.fields if into else []
        self.greyed = into.greyed if into else set()
        self.enabled = into.enabled if into else True

    def _part(self, *_, **__):
        return Drawn(self)

    column = row = box = split = _part

    def panel(self, _name, **_):
        return Drawn(self), Drawn(self)

    def label(self, text="", **_):
        self.texts.append(text)

    def progress(self, text="", **_):
        self.texts.append(text)

    def prop(self, _owner, name, **_):
        self.fields.append(name)

    def prop_search(self, _owner, name, *_, **__):
        self.fields.append(name)

    def template_ID(self, _owner, name, **_):
        self.fields.append(name)

    def operator(self, name, text="", **_):
        settings = types.SimpleNamespace(label=text)
        self.buttons.setdefault(name, []).append(settings)
        if not self.enabled:
            self.greyed.add(name)
        return settings

    def menu(self, *_, **__):
        pass

    def separator(self, **_):
        pass

    def template_icon(self, **_):
        pass

    def template_list(self, *_, **__):
        pass

    @property
    def text(self):
        return " ".join(self.texts)


def drawn_panel(panel):
    """What a panel class shows now."""
    layout = Drawn()
    stand_in = types.SimpleNamespace(layout=layout)
    # Its own methods, as Blender's instance would have them.
    for name in dir(panel):
        if name.startswith("_draw") and callable(getattr(panel, name)):
            setattr(stand_in, name, types.MethodType(getattr(panel, name), stand_in))
    panel.draw(stand_in, bpy.context)
    return layout
