"""The name of the processor, which reports and trainings leave behind."""

from pathlib import Path

import pytest
from any_to_3d.backend import processor


def test_the_first_core_names_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: Fast: 3000 \nprocessor\t: 1\nmodel name\t: Slow\n")
    monkeypatch.setattr(processor, "_CPUINFO", told)
    assert processor.processor_name() == "Fast: 3000"


@pytest.mark.parametrize("text", [None, "Hardware\t: a board\n"])
def test_where_no_model_is_told_the_architecture_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    told = tmp_path / "cpuinfo"
    if text is not None:
        told.write_text(text)
    monkeypatch.setattr(processor, "_CPUINFO", told)
    monkeypatch.setattr(processor.platform, "processor", lambda: "")
    monkeypatch.setattr(processor.platform, "machine", lambda: "riscv64")
    assert processor.processor_name() == "riscv64"
