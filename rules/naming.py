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
    said = {place: mapping[model] for place, mapping in mappings if model in mapping}
    own = said if division is Division.OPEN and round_.official_name(model) not in round_.benchmarks else {}
    first = next(iter(own), None)
    for place, name in own.items():
        if first is not None and name != own[first]:
            told = (f"{own[first]} by {first}", f"{name} by {place}")
            return None, [finding("PLAN-010", folder, found=told[0], expected=told[1])]
    name = round_.official_name(model, {model: own[first]} if first is not None else None)
    benchmark = round_.benchmarks.get(name)
    if benchmark is not None and (benchmark.listed or division is Division.OPEN):
        return benchmark, []
    unmapped = division is Division.OPEN and first is None
    return None, [finding("PLAN-011" if unmapped else "PLAN-001", folder, found=name, expected=round_.name)]
