"""What any-to-3d props refuses, in sentences that name the option, what was got and what to do."""

from pathlib import Path

import pytest
from any_to_3d.backend.commands.props import Props


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Props(seed=-1, out=Path("x")), "--seed: got -1; need a whole number of at least 0"),
        (Props(seed=-1), "--seed: got -1"),
        (Props(count=3, colour="red"), "got --count 3, --colour red, but nothing to write; add --out FOLDER"),
        (Props(classes=("chair", "car")), "got --class chair car, but nothing to write"),
        (Props(second_colour="blue", texture_size=64), "got --second-colour blue, --texture-size 64, but nothing"),
    ],
)
def test_wishes_that_would_be_ignored_are_refused(
    command: Props, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        command.run()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named_with_its_option(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"--out: .*file/new .*choose another"):
        Props(out=tmp_path / "file" / "new").run()
