"""The version of the installed distribution."""

from importlib.metadata import PackageNotFoundError, version


def backend_version() -> str:
    """Such as "0.1.0"; "source" for a checkout that was never installed."""
    try:
        return version("any-to-3d")
    except PackageNotFoundError:
        return "source"
