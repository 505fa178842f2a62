"""Build the add-on's zips: ``python build_addon.py`` for this computer, ``--all`` for a release. Needs pip only."""

import sys

# This file's folder is on the path, so the code is found although nothing is installed.
from backend.extension.release import main

if __name__ == "__main__":
    sys.exit(main())
