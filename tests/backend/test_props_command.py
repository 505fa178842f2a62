"""The command any-to-3d props."""

from pathlib import Path

import pytest
import trimesh
from any_to_3d.backend.commands.props import Props, file_name, listing
from any_to_3d.backend.media import decode_sound
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.props.spec import CLASSES, PropSpec
from PIL import Image


def test_without_anything_to_write_it_lists_what_there_is(capsys: pytest.CaptureFixture) -> None:
    assert Props().run() == 0
    shown = capsys.readouterr().out
    for word in (*CLASSES, *COLOURS, "stone", "checked"):
        assert word in shown


def test_listing_names_the_part_that_a_second_colour_paints() -> None:
    assert "roof" in next(line for line in listing().splitlines() if line.split()[0] == "house")


def test_what_is_asked_for_is_given_and_the_rest_is_drawn_by_the_seed() -> None:
    asked = Props(classes=("chair", "house"), count=3, colour="red", second_colour="none", material="wood", seed=4)
    specs = asked.specs()
    assert [spec.prop_class for spec in specs] == ["chair"] * 3 + ["house"] * 3
    assert {(spec.colour, spec.second_colour, spec.material) for spec in specs} == {("red", None, "wood")}
    assert len({spec.seed for spec in specs}) == 6
    assert asked.specs() == specs
    assert Props(classes=("chair",), count=3).specs() != Props(classes=("chair",), count=3, seed=1).specs()


def test_a_colour_asked_for_wins_over_a_random_one_that_would_be_its_double() -> None:
    for colour in COLOURS:
        for spec in Props(count=40, colour=colour).specs() + Props(count=40, second_colour=colour).specs():
            assert spec.colour != spec.second_colour


def test_all_means_one_of_every_class() -> None:
    assert [spec.prop_class for spec in Props(classes=("all",)).specs()] == list(CLASSES)


def test_glbs_and_a_sheet_are_written(tmp_path: Path) -> None:
    command = Props(
        classes=("crate",), out=tmp_path / "new", sheet=tmp_path / "s.png", texture_size=64, picture_size=32
    )
    assert command.run() == 0
    (path,) = (tmp_path / "new").glob("*.glb")
    assert trimesh.load(path).geometry
    assert Image.open(tmp_path / "s.png").width == 8 * 32


def test_sounds_are_written_of_the_classes_asked_for_and_can_be_given_as_prompts(tmp_path: Path) -> None:
    assert Props(classes=("bell", "drum"), count=2, seed=3, sounds=tmp_path / "new").run() == 0
    written = sorted((tmp_path / "new").iterdir())
    assert [path.name for path in written] == ["bell_0.wav", "bell_1.wav", "drum_0.wav", "drum_1.wav"]
    waveform, rate = decode_sound(written[0].read_bytes())
    assert len(waveform) >= rate


def test_a_sound_is_the_same_whatever_else_is_asked_for(tmp_path: Path) -> None:
    Props(classes=("drum",), sounds=tmp_path / "one").run()
    Props(classes=("bell", "drum"), sounds=tmp_path / "two").run()
    assert (tmp_path / "one" / "drum_0.wav").read_bytes() == (tmp_path / "two" / "drum_0.wav").read_bytes()


def test_file_names_tell_the_prop() -> None:
    assert file_name(PropSpec("house", "orange", "blue", "wood")) == "orange-wooden-house-with-a-blue-roof"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Props(classes=("dragon",), out=Path("x")), "unknown class 'dragon'; .*chair"),
        (Props(classes=("dragon",)), "unknown class 'dragon'; .*chair"),
        (Props(classes=("chair",), sounds=Path("x")), "'chair' has no sound of its own; these have: bell"),
        (Props(colour="red", sounds=Path("x")), "got --colour red, which no sound has"),
        (Props(count=0, sounds=Path("x")), "--count: got 0"),
        (Props(material="cheese", out=Path("x")), "unknown material 'cheese'; .*wood"),
        (Props(pattern="paisley", out=Path("x")), "unknown pattern 'paisley'; .*dotted"),
        (Props(proportion="huge", out=Path("x")), "unknown proportion 'huge'; .*tall"),
        (Props(second_colour="mauve", out=Path("x")), "unknown second colour 'mauve'"),
        (Props(colour="red", second_colour="red", out=Path("x")), "like the first"),
        (Props(count=0, out=Path("x")), "--count: got 0"),
        (Props(height=-1.0, out=Path("x")), "--height: got -1.0 m"),
        (Props(texture_size=5, out=Path("x")), "--texture-size: got 5"),
        (Props(sheet=Path("sheet.jpg")), "end it with .png"),
        (Props(sheet=Path("no/such/folder/sheet.png")), "make it first"),
    ],
)
def test_mistakes_are_explained_before_anything_is_written(command: Props, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        command.run()
    assert not Path("x").exists()
