"""Who may import whom, read from the source without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("shared", "backend", "blender_addon")

FORBIDDEN = [
    ("shared", ("torch", "bpy", "any_to_3d.backend", "any_to_3d.blender_addon")),
    ("blender_addon", ("torch", "any_to_3d.backend")),
    ("blender_addon/demo", ("bpy",)),
    ("backend/generator", ("zmq", "bpy", "msgpack", "any_to_3d.shared", "logging")),
    ("backend/models", ("zmq", "bpy", "msgpack", "any_to_3d.shared", "any_to_3d.backend.generator")),
    ("backend/kernels", ("zmq", "bpy", "msgpack", "any_to_3d.shared", "any_to_3d.backend.generator")),
    ("backend/jobs.py", ("zmq", "time", "sqlite3", "uuid", "random")),
    ("backend/queue_messages.py", ("zmq", "time", "sqlite3", "uuid", "random")),
    ("backend/outbox.py", ("zmq", "time", "sqlite3")),
    ("backend/worker.py", ("zmq", "torch", "sqlite3")),
]

WITHOUT_TORCH = ("server.py", "serving.py", "__main__.py", "pool.py", "worker_process.py", "fake_generation.py")
HEAVY = ("torch", "diffusers", "transformers", "numba", "scipy")


def sources(folder: str) -> list[Path]:
    path = ROOT / folder
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("any_to_3d", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def package_of(path: Path) -> list[str]:
    parts = module_of(path).split(".")
    return parts if path.name == "__init__.py" else parts[:-1]


def imports_of(path: Path, nodes: Iterator[ast.AST] | None = None) -> set[str]:
    """Absolute names of what a file imports: modules, and names taken from them."""
    found: set[str] = set()
    for node in nodes or ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            anchor = package_of(path)[: len(package_of(path)) - node.level + 1] if node.level else []
            base = ".".join([*anchor, *((node.module or "").split(".") if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def is_under(name: str, forbidden: str) -> bool:
    return name == forbidden or name.startswith(f"{forbidden}.")


@pytest.mark.parametrize(("folder", "forbidden"), FORBIDDEN, ids=[folder for folder, _ in FORBIDDEN])
def test_a_layer_does_not_reach_up(folder: str, forbidden: tuple[str, ...]) -> None:
    files = sources(folder)
    assert files
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imports_of(path)
        if any(is_under(name, each) for each in forbidden)
    ]
    assert not wrong, "\n".join(wrong)


def test_imports_inside_the_packages_are_relative() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name}"
        for folder in PACKAGES
        for path in sources(folder)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.ImportFrom) and not node.level and is_under(node.module or "", "any_to_3d"))
        or (isinstance(node, ast.Import) and any(is_under(alias.name, "any_to_3d") for alias in node.names))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_the_server_process_never_loads_torch(name: str) -> None:
    """Follow imports made at import time, through our own modules."""
    waiting, seen = [ROOT / "backend" / name], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        names = imports_of(path, at_import_time(ast.parse(path.read_text("utf-8"))))
        heavy = [each for each in names if any(is_under(each, library) for library in HEAVY)]
        assert not heavy, f"{path.relative_to(ROOT)} imports {heavy}, reached from {name}"
        waiting += [file for each in names if (file := file_of(each)) is not None]
    assert len(seen) > 1


def at_import_time(tree: ast.Module) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def file_of(name: str) -> Path | None:
    if not is_under(name, "any_to_3d"):
        return None
    path = ROOT.joinpath(*name.split(".")[1:])
    module, package = path.with_suffix(".py"), path / "__init__.py"
    return module if module.is_file() else package if package.is_file() else None


FORBIDDEN_IN_GENERATOR = {"print", "open", "input", "breakpoint"}


def test_the_generator_never_prints_reads_files_or_waits_for_the_device() -> None:
    wrong = []
    for path in sources("backend/generator"):
        if path.name == "checkpoint.py":  # a run on disk is its subject; the worker calls it
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Name) and called.id in FORBIDDEN_IN_GENERATOR:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {called.id}()")
            if isinstance(called, ast.Attribute) and called.attr in ("item", "sleep", "getenv"):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} .{called.attr}()")
    assert not wrong, "\n".join(wrong)


def test_every_package_folder_is_listed_for_packaging() -> None:
    import tomllib

    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"])
    found = {module_of(path) for folder in PACKAGES for path in (ROOT / folder).rglob("__init__.py")}
    assert found == listed
