"""The Blender add-on. Blender modules are imported by ``register`` only, so that the pure ones load without Blender."""


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Called by Blender when the add-on is disabled, and when it quits."""
    from . import registration

    registration.unregister()
