"""Build the add-on's zip: ``python build_addon.py --platform linux-x64 --python 3.11 --out dist/``. Needs pip only."""

import runpy
from pathlib import Path

if __name__ == "__main__":
    # Run by path, so that nothing has to be installed first.
    runpy.run_path(str(Path(__file__).resolve().parent / "backend" / "addon_zip.py"), run_name="__main__")
