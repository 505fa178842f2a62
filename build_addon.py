"""Build the add-on's zip: ``python build_addon.py --platform linux-x64 --python 3.11 --out dist/``. Needs pip only."""

import sys

# This file's folder is on the path, so the code is found although nothing is installed.
from backend.extension.build_zip import main

if __name__ == "__main__":
    sys.exit(main())
