"""The one table of wheels that the add-on's zips carry: unmodified files of PyPI, pinned by hash.

pyzmq and msgpack only: Blender ships numpy, and extensions share one library folder, so anything more would clash.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wheel:
    """One file: for which of Blender's platforms and which Pythons it serves, and its SHA-256."""

    name: str
    platforms: tuple[str, ...]
    pythons: tuple[str, ...]
    sha256: str

    @property
    def distribution(self) -> str:
        return self.name.split("-")[0]

    @property
    def requirement(self) -> str:
        """As pip wants it: ``pyzmq==27.3.0``."""
        return "==".join(self.name.split("-")[:2])


PIP_PLATFORMS = {
    "linux-x64": "manylinux_2_28_x86_64",
    "windows-x64": "win_amd64",
    "windows-arm64": "win_arm64",
    "macos-arm64": "macosx_11_0_arm64",
    "macos-x64": "macosx_10_15_x86_64",
}
"""Blender's name of a platform, and pip's."""

PYTHONS = ("3.11", "3.13", "3.14")
"""3.11 is Blender 4.2 to 5.0, 3.13 is 5.1 and 5.2, 3.14 is some Linux distributions' own build."""


WHEELS = (
    Wheel(
        "msgpack-1.2.4-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
        ("linux-x64",),
        ("3.11",),
        "a45ceb5f199d5e388f28b550ba881096a3740d4bda10e661d77f59d9a2e8187a",
    ),
    Wheel(
        "msgpack-1.2.4-cp311-cp311-win_amd64.whl",
        ("windows-x64",),
        ("3.11",),
        "9db832747bd05834530189e564a3fe31e2617547dc1f3a005f835eafc2b8e048",
    ),
    Wheel(
        "msgpack-1.2.4-cp311-cp311-win_arm64.whl",
        ("windows-arm64",),
        ("3.11",),
        "deb1730c4c0c1a8c975be2f43efea6ee4834d35031a39075f78917d0ba8b3c04",
    ),
    Wheel(
        "msgpack-1.2.4-cp311-cp311-macosx_11_0_arm64.whl",
        ("macos-arm64",),
        ("3.11",),
        "a4b47ec7422bef149223786a87df80067ac65bfc7c0565e5cf1dfbdc40acee50",
    ),
    Wheel(
        "msgpack-1.2.4-cp311-cp311-macosx_10_9_x86_64.whl",
        ("macos-x64",),
        ("3.11",),
        "1095b1ebcc8c9d3e70c51240b7160d8e9da66044e0a45c3ef8403d3a9ef0c5ad",
    ),
    Wheel(
        "msgpack-1.2.4-cp313-cp313-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
        ("linux-x64",),
        ("3.13",),
        "7fabd415c41e62006c6641fcdf5b3e866f581c4e11c58328c0d0f69584b9577d",
    ),
    Wheel(
        "msgpack-1.2.4-cp313-cp313-win_amd64.whl",
        ("windows-x64",),
        ("3.13",),
        "318d4e634d2b320be10decd9968ad1ae0be1d80cba23b5528c37b429eeb0e3e0",
    ),
    Wheel(
        "msgpack-1.2.4-cp313-cp313-win_arm64.whl",
        ("windows-arm64",),
        ("3.13",),
        "bec3e34749b90cfcf116149aad11295c720ff4a74a7d0a35abdb968a396c1524",
    ),
    Wheel(
        "msgpack-1.2.4-cp313-cp313-macosx_11_0_arm64.whl",
        ("macos-arm64",),
        ("3.13",),
        "36258fd0909e1bf26e94604439108846432abe4ffa9a23c9dc2f6f1c60f94b60",
    ),
    Wheel(
        "msgpack-1.2.4-cp313-cp313-macosx_10_13_x86_64.whl",
        ("macos-x64",),
        ("3.13",),
        "fb811ac3d463a75013b234d2aae56b9f0bdb0105caf4dd2ee65305b6a8a6078d",
    ),
    Wheel(
        "msgpack-1.2.4-cp314-cp314-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
        ("linux-x64",),
        ("3.14",),
        "5d65b791ce4283e02b6267742ad540899155e1b32887b9cbdda47f38f5a076b5",
    ),
    Wheel(
        "msgpack-1.2.4-cp314-cp314-win_amd64.whl",
        ("windows-x64",),
        ("3.14",),
        "80f5d4fda1ba373d95933f98e6c1d18247feffac839fda3930bdd85e6561bb5f",
    ),
    Wheel(
        "msgpack-1.2.4-cp314-cp314-win_arm64.whl",
        ("windows-arm64",),
        ("3.14",),
        "e5f67f0286f2ba2c6dbb4998404ed880112ca204ceda729cf239879cd89d3acf",
    ),
    Wheel(
        "msgpack-1.2.4-cp314-cp314-macosx_11_0_arm64.whl",
        ("macos-arm64",),
        ("3.14",),
        "c97f5f17407e1761f23f1944be33cbf1d5ce67017db32544dcd5e16e0b1b4a3b",
    ),
    Wheel(
        "msgpack-1.2.4-cp314-cp314-macosx_10_15_x86_64.whl",
        ("macos-x64",),
        ("3.14",),
        "895e9369185df4a874768849405c30cba7990caceb3fcb1692ebe62bb050f55e",
    ),
    Wheel(
        "pyzmq-27.3.0-cp311-cp311-manylinux_2_26_x86_64.manylinux_2_28_x86_64.whl",
        ("linux-x64",),
        ("3.11",),
        "477b8ad30d66fc905c5388351e83b9ac25824b00e82c0d052b72ea6392636dfd",
    ),
    Wheel(
        "pyzmq-27.3.0-cp311-cp311-win_amd64.whl",
        ("windows-x64",),
        ("3.11",),
        "df98c790f86b6aa2378b4bb94dec7b85b0adb195b880b41e429a4990aed2a8c9",
    ),
    Wheel(
        "pyzmq-27.3.0-cp311-cp311-win_arm64.whl",
        ("windows-arm64",),
        ("3.11",),
        "652d68fb398e714540d8a577cef81c548c61394c721bc1b996b5a4028e89f73d",
    ),
    Wheel(
        "pyzmq-27.3.0-cp311-cp311-macosx_10_15_universal2.whl",
        ("macos-arm64", "macos-x64"),
        ("3.11",),
        "86fb4408797aabb54a31e147176ae0f2474d99f1715a36a4564089eca9ef9ce8",
    ),
    Wheel(
        "pyzmq-27.3.0-cp312-abi3-manylinux_2_26_x86_64.manylinux_2_28_x86_64.whl",
        ("linux-x64",),
        ("3.13", "3.14"),
        "858fe25231e0fd8612da142efde019faa5ef63fa150a821a27870e791b38c798",
    ),
    Wheel(
        "pyzmq-27.3.0-cp312-abi3-win_amd64.whl",
        ("windows-x64",),
        ("3.13", "3.14"),
        "3ea8e8fa5c097e68fef91d70b150fda96f307758103868018fc4deeb9c214122",
    ),
    Wheel(
        "pyzmq-27.3.0-cp312-abi3-win_arm64.whl",
        ("windows-arm64",),
        ("3.13", "3.14"),
        "2187a5ca80691a5edb30690f02d9fb714e2c32d3dfdeb652e159ff5da2dd4283",
    ),
    Wheel(
        "pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl",
        ("macos-arm64", "macos-x64"),
        ("3.13", "3.14"),
        "15155fd8f308d3bd47f67a8f6cc809f9db90abbf63c514c384a17622e2cf080f",
    ),
)
