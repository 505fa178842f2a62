"""The manual against the software: links, panels, settings, commands, and the promises with their tests."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from any_to_3d.blender_addon.connection.programs import System
from any_to_3d.blender_addon.connection.setup_guide import setup_steps

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


links = load(DOCS / "hooks" / "repository_links.py")
promises = load(ROOT / "tests" / "promises_page.py")


def slug(heading: str) -> str:
    """As GitHub and MkDocs both make it of the headings we write."""
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower())


def anchors(page: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_d27_every_link_and_picture_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links.LINK.finditer(page.read_text("utf-8")):
        target = links.target_of(page, link["path"])
        anchor = (link["anchor"] or "#")[1:]
        if target is not None and (not target.exists() or (anchor and anchor not in anchors(target))):
            broken.append(link[0])
    own = re.findall(r"\]\(#([^)]+)\)", page.read_text("utf-8"))
    assert not broken
    assert set(own) <= anchors(page)


def test_d27_every_page_is_in_the_manuals_table_of_contents_once() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]
    assert sorted(re.findall(r"(\S+\.md)$", nav, re.MULTILINE)) == [page.name for page in PAGES]


def test_d27_the_settings_of_the_site_load_nothing_from_other_servers() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    assert settings["theme"]["font"] is False
    assert not {"repo_url", "site_url", "extra_css", "extra_javascript"} & set(settings)


@pytest.mark.parametrize("topic", ["install", "first-prop", "remote", "models", "troubleshooting", "scripting"])
def test_d27_there_is_a_page_for(topic: str) -> None:
    assert len((DOCS / f"{topic}.md").read_text("utf-8").split()) > 150


def test_the_promises_page_lists_exactly_the_tests_that_there_are() -> None:
    page = promises.PAGE.read_text("utf-8")
    tests = promises.all_tests()
    named = [name for body in promises.sections(page).values() for name in promises.named_tests(body)]
    numbered = [name for name in tests if promises.numbers_of(name)]
    advice = "run: python tests/promises_page.py"
    assert not set(named) - set(tests), f"named, but not there; {advice}"
    assert not set(numbered) - set(named), f"there, but not named; {advice}"
    assert promises.updated(page, tests) == page, advice


def test_the_promises_are_28_and_a_promise_without_a_test_says_so() -> None:
    page = promises.PAGE.read_text("utf-8")
    found = promises.sections(page)
    rows = dict(re.findall(r"^\| \[([DN]\d+)\].*\| (.+) \|$", page, re.MULTILINE))
    assert [number for number in found if number[0] == "D"] == [f"D{index}" for index in range(1, 29)]
    assert list(rows) == list(found)
    for number, body in found.items():
        is_tested = bool(promises.named_tests(body))
        assert (f"*{promises.NO_TEST}*" in body) is not is_tested
        assert (rows[number] == "yes") is is_tested


def test_a_promise_gets_its_new_test_and_loses_one_that_is_gone() -> None:
    row = "| [D1](#d1) | One. | **no test yet** |"
    page = f"{row}\n\n## D1\n\nOne.\n\n- `tests/a.py::test_gone`\n- `tests/a.py::test_old`\n"
    new = promises.updated(page, ["tests/a.py::test_old", "tests/b.py::test_d1_new"])
    assert promises.named_tests(new) == ["tests/a.py::test_old", "tests/b.py::test_d1_new"]
    assert "| yes |" in new
    none = promises.updated(page, [])
    assert "*no test yet*" in none
    assert none == promises.updated(none, [])


def panel_labels() -> list[str]:
    found = []
    for path in sorted((ROOT / "blender_addon" / "panels").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "TabPanel" for base in node.bases):
                found += [assigned(node, "bl_label")]
    return found


def assigned(node: ast.ClassDef, name: str) -> str:
    for each in node.body:
        if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "") == name:
            return str(ast.literal_eval(each.value))
    raise AssertionError(f"{node.name} has no {name}")


def test_d27_every_panel_has_a_section() -> None:
    labels = panel_labels()
    headings = re.findall(r"^##+ (.+)$", (DOCS / "panels.md").read_text("utf-8"), re.MULTILINE)
    assert len(labels) > 8
    assert sorted(labels) == sorted(set(headings) - {"Preferences"})


def shown_names(file: str) -> set[str]:
    """The names of the properties that a file declares, as a person sees them."""
    text = (ROOT / "blender_addon" / file).read_text("utf-8")
    return set(re.findall(r'bpy\.props\.(?!Pointer)\w+\(\s*name="([^"]+)"', text))


SETTINGS = ["properties.py", "result_settings.py", "iteration_settings.py", "retexture_settings.py", "preferences.py"]


@pytest.mark.parametrize("file", SETTINGS)
def test_d27_every_setting_is_explained(file: str) -> None:
    text = "".join((DOCS / f"{page}.md").read_text("utf-8") for page in ("panels", "retexture"))
    names = shown_names(file) - {"Recipe"}  # no panel shows it
    assert names
    assert not [name for name in names if name not in text]


SHOWN_OTHERWISE = {
    *(
        "Use Text",
        "Use Image",
        "Use Sound",
        "Use Preset",
        "Choose Preset",
        "Save Preset",
    ),  # as the names of what is used
    *("Stop Backend", "Dismiss", "Explain"),  # as a shorter word, or as a sign
}
"""Labels of operators that no panel shows."""


def operator_labels() -> set[str]:
    """Of the operators that a panel draws."""
    drawn = "".join(path.read_text("utf-8") for path in (ROOT / "blender_addon" / "panels").glob("*.py"))
    found = set()
    for path in (ROOT / "blender_addon" / "operators").glob("*.py"):
        for name, label in re.findall(
            r'bl_idname = "(any_to_3d\.\w+)"\n    bl_label = "([^"]+)"', path.read_text("utf-8")
        ):
            if f'"{name}"' in drawn or path.name == "objects.py":
                found.add(label)
    return found


def test_d27_every_button_is_explained() -> None:
    text = (DOCS / "panels.md").read_text("utf-8") + (DOCS / "troubleshooting.md").read_text("utf-8")
    labels = operator_labels() - SHOWN_OTHERWISE
    assert len(labels) > 20
    assert not [label for label in labels if label not in text]


@pytest.mark.parametrize("system", ["linux", "windows", "macos"])
def test_d27_the_installation_is_the_one_that_the_preferences_show(system: System) -> None:
    text = (DOCS / "install.md").read_text("utf-8")
    commands = [step.command for step in setup_steps(system) if step.command]
    assert not [command for command in commands if command not in text]


def test_d27_the_page_on_scripting_names_operators_that_exist() -> None:
    named = set(re.findall(r"any_to_3d\.(\w+)\(", (DOCS / "scripting.md").read_text("utf-8")))
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "blender_addon" / "operators").glob("*.py"))
    assert len(named) > 20
    assert named <= set(re.findall(r'bl_idname = "any_to_3d\.(\w+)"', sources))


def test_what_the_manual_is_built_with_is_declared() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert {re.split(r"[<>=]", each)[0] for each in extras["docs"]} == {"mkdocs", "mkdocs-material"}
    assert "mkdocs build --strict" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_links_out_of_the_manual_are_pointed_to_where_the_site_has_them(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    for name in ("docs/sub", "code"):
        (tmp_path / name).mkdir(parents=True)
    page = docs / "page.md"
    page.write_text("[a](../OUT.md#part) [b](other.md) [c](../code) [d](https://x.y/z) [e](../gone.md)", "utf-8")
    (docs / "other.md").write_text("", "utf-8")
    (tmp_path / "OUT.md").write_text("[back](docs/other.md) ![p](code/p.png) [on](code/f.md)", "utf-8")
    (tmp_path / "code" / "f.md").write_text("[home](../OUT.md)", "utf-8")
    (tmp_path / "code" / "p.png").write_bytes(b"")
    assert links.rewritten(page.read_text("utf-8"), page, docs) == (
        "[a](repository/OUT.md#part) [b](other.md) c [d](https://x.y/z) [e](../gone.md)"
    )
    out = tmp_path / "OUT.md"
    assert links.rewritten(out.read_text("utf-8"), out, docs) == (
        "[back](../other.md) ![p](code/p.png) [on](code/f.md)"
    )
    reached = links.reached([page], docs)
    assert {path.relative_to(tmp_path).as_posix() for path in reached} == {"OUT.md", "code/p.png", "code/f.md"}


def test_every_promise_about_durability_names_a_test_that_there_is() -> None:
    named = re.findall(r"`(tests/\S+::test_\w+)`", (DOCS / "durability.md").read_text("utf-8"))
    assert len(named) > 15
    assert set(named) <= set(promises.all_tests())
