"""The raw results as short tables, with what follows from several of them: shares of the roofline, minutes, ratios."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import draft, networks, peers
from .journal import Journal, PartJournal

MINUTES_AIMED = {"draft": 1.5, "paper": 12.0}
"""Of whole runs on an H100."""


@dataclass(frozen=True)
class Roofline:
    """What the device did in the same run: its fastest dense matmul in TFLOP/s, and a large copy in GB/s."""

    matmul: float
    matmul_name: str
    copy: float

    @staticmethod
    def of(rates: Mapping) -> "Roofline":
        best = max(rates["matmul"], key=lambda rate: rate["per_second"])
        return Roofline(best["per_second"], best["what"], rates["copy"]["per_second"])

    def share(self, network: Mapping) -> float:
        """The least time that the work or its weights' way allows, over the time it took."""
        floor = max(network["teraflops"] / self.matmul, network["gigabytes"] / self.copy)
        return 1000 * floor / network["timing"]["median_ms"]


def markdown(journal: Journal) -> str:
    """All parts that have results, what failed, and what was left out."""
    origin = journal.origin
    lines = [f"# {origin.device}, {origin.settings['size']} size", ""]
    packages = ", ".join(f"{name} {version}" for name, version in origin.packages.items() if version)
    lines += [f"Commit {origin.commit or 'unknown'}; driver {origin.driver or 'none'}; {packages}.", ""]
    for name, table in TABLES.items():
        if name in journal.parts and journal.parts[name].results:
            lines += [f"## {name}", "", *table(journal.parts[name]), ""]
    for title, field in (("failed", "failed"), ("left out", "left_out")):
        told = [
            f"- {name}, {case}: {text}"
            for name, part in journal.parts.items()
            for case, text in getattr(part, field).items()
        ]
        lines += [f"## {title}", "", *told, ""] if told else []
    return "\n".join(lines)


def minutes(phases: PartJournal) -> dict[str, float]:
    """Of a whole run at each preset whose phases were all measured: its steps times their medians, and stage 0."""
    results = [each for each in phases.results.values() if isinstance(each, Mapping)]
    presets = {preset for each in results for preset in each["steps_of"]}
    found = {}
    for preset in sorted(presets):
        phased = [each for each in results if preset in each["steps_of"] and "timing" in each]
        if len(phased) == 3:
            seconds = sum(each["steps_of"][preset] * each["timing"]["median_ms"] / 1000 for each in phased)
            stage_zero = sum(each["seconds"][preset] for each in results if preset in each.get("seconds", ()))
            found[preset] = round((seconds + stage_zero) / 60, 3)
    return found


def _networks(part: PartJournal) -> Iterator[str]:
    rates = part.results.get(networks.RATES)
    roofline = Roofline.of(rates) if isinstance(rates, Mapping) else None
    if roofline is not None:
        yield f"Roofline of this run: {roofline.matmul:.3g} TFLOP/s ({roofline.matmul_name}), {roofline.copy:.3g} GB/s."
        yield ""
    if isinstance(made := part.results.get(networks.ACCELERATION), Mapping):
        yield f"Ours: {made['what']} ({made['seconds']:.0f} s)."
        yield ""
    yield from _head("network", "ms", "TFLOP", "TFLOP/s", "share of the roofline")
    for name, result in _of(part):
        if "teraflops" in result:
            ms, work = result["timing"]["median_ms"], result["teraflops"]
            share = f"{roofline.share(result):.0%}" if roofline is not None else ""
            yield _row(name, f"{ms:.2f}", f"{work:.3g}", f"{1000 * work / ms:.3g}", share)


def _phases(part: PartJournal) -> Iterator[str]:
    yield from _head("phase", "faces", "ms a step", "aim", "what takes most of it, ms")
    for name, result in _of(part):
        if "timing" in result:
            most = sorted(result["parts_ms"].items(), key=lambda item: -item[1])[:6]
            shown = ", ".join(f"{what} {ms:.1f}" for what, ms in most)
            aim = "" if result["aim_ms"] is None else f"{result['aim_ms']:.0f}"
            yield _row(name, result["faces"] or "", f"{result['timing']['median_ms']:.1f}", aim, shown)
    yield ""
    yield from _head("preset", "minutes by these steps", "aim")
    for preset, value in minutes(part).items():
        yield _row(preset, f"{value:.2f}", MINUTES_AIMED.get(preset, ""))


def _peers(part: PartJournal) -> Iterator[str]:
    yield from _head("phase", "theirs draws with", "ours, ms", "theirs, ms", "ratio", "aim")
    for name, result in _of(part):
        ours, theirs = (f"{result[whose]['median_ms']:.1f}" for whose in ("ours", "theirs"))
        yield _row(name, result["their_kernels"], ours, theirs, f"{result['ratio']:.2f}", f"{peers.AIM:.0f}")


def _draft(part: PartJournal) -> Iterator[str]:
    yield from _head("run", "seconds", "aim", "first step", "first live mesh", "finishing", "phases")
    for name, result in _of(part):
        shown = ", ".join(f"{phase['name']} {phase['seconds']:.1f}" for phase in result["phases"])
        mesh = "" if result["first_live_mesh"] is None else f"{result['first_live_mesh']:.1f}"
        whole, first, finish = (f"{result[what]:.1f}" for what in ("whole", "first_step", "finish"))
        yield _row(name, whole, f"{draft.AIM_SECONDS:.0f}", first, mesh, finish, shown)


def _memory(part: PartJournal) -> Iterator[str]:
    yield from _head(
        "preset", "weights, GB", "most, GB", "card, GB", "forecast, GB", "by phase", "reserved, GB", "given up"
    )
    for name, result in _of(part):
        known = [peak for peak in result["peaks"].values() if peak is not None]
        if not known:
            yield _row(name, result["note"], "", "", "", "", "", "")
            continue
        shown = ", ".join(f"{phase} {peak:.1f}" for phase, peak in result["peaks"].items())
        card = "" if result["card"] is None else f"{result['card']:.0f}"
        expected = "" if result["forecast"] is None else f"{result['forecast']:.1f}"
        yield _row(
            name,
            f"{result['resident']:.1f}",
            f"{max(known):.1f}",
            card,
            expected,
            shown,
            f"{result['reserved']:.1f}",
            result["given_up"],
        )


def _kernels(part: PartJournal) -> Iterator[str]:
    yield from _head("kernel", "ms", "reference, ms", "ratio", "what")
    for name, result in _of(part):
        if "ratio" in result:
            chosen, reference = (f"{result[which]['median_ms']:.3f}" for which in ("chosen", "reference"))
            yield _row(name, chosen, reference, f"{result['ratio']:.1f}", f"{result['work']}; {result['why']}")
        else:
            yield _row(name, f"{result['timing']['median_ms']:.3f}", "", "", f"for {', '.join(result['kernels'])}")


TABLES = {
    "networks": _networks,
    "phases": _phases,
    "peers": _peers,
    "draft": _draft,
    "memory": _memory,
    "kernels": _kernels,
}


def _of(part: PartJournal) -> Iterator[tuple[str, Mapping]]:
    for name, result in part.results.items():
        assert isinstance(result, Mapping), "results are objects of JSON"
        yield name, result


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield _row(*("---" for _ in names))


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"
