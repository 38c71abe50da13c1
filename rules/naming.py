"""Which benchmark a model's folder stands for, by the names of the round and the submitter's own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.checks.catalogue import finding
from rules.domain import Division
from rules.finding import Finding
from rules.rounds.model import Benchmark, Round


def named_benchmark(
    model: str,
    division: Division,
    mappings: Iterable[tuple[str, Mapping[str, str]]],
    round_: Round,
    folder: str,
) -> tuple[Benchmark | None, list[Finding]]:
    """The benchmark of a run, or None with the findings that say why there is none.

    `mappings` are the submitter's own names, each with the place where they are said; they count in
    the open division, for models that the round has no name for.
    """
    is_custom = division is Division.OPEN and not _is_official(model, round_)
    said = _said_of(model, mappings, round_) if is_custom else []
    for place, benchmark_name in said:
        first_place, first_name = said[0]
        if benchmark_name != first_name:
            told = (f"{first_name} by {first_place}", f"{benchmark_name} by {place}")
            return None, [finding("PLAN-010", folder, found=told[0], expected=told[1])]
    name = said[0][1] if said else round_.official_name(model)
    benchmark = round_.benchmarks.get(name)
    if benchmark is not None and (benchmark.listed or division is Division.OPEN):
        return benchmark, []
    unmapped = division is Division.OPEN and not said
    return None, [finding("PLAN-011" if unmapped else "PLAN-001", folder, found=name, expected=round_.name)]


def _is_official(model: str, round_: Round) -> bool:
    """Whether the round itself names the model: such a name can't be given another meaning."""
    benchmark = round_.benchmarks.get(model)
    return model in round_.aliases or (benchmark is not None and benchmark.listed)


def _said_of(model: str, mappings: Iterable[tuple[str, Mapping[str, str]]], round_: Round) -> list[tuple[str, str]]:
    """Where a submitter says what a model stands for, and the benchmark's official name."""
    names = ((place, mapping.get(model)) for place, mapping in mappings)
    return [(place, round_.aliases.get(name, name)) for place, name in names if name]
