"""Every result of the corpus under every round: `verify --profile official` says what the official checker said."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import lru_cache

import pytest
from parity.official import TABLES, by_identity, errors, load_table, verify
from support import CORPUS

from rules.reports.tables import SummaryRow, summary_csv, verified_rows
from rules.rounds import load_round
from rules.sources import Disk
from rules.verdict import Verdict
from rules.verification import Verification

pytestmark = [
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of published results is not at hand"),
    pytest.mark.parametrize("name", TABLES),
]


@lru_cache(maxsize=2)
def verified(name: str) -> Verification:
    table = load_table(name)
    return verify(Disk(), table.slice, table.round)


def measured(name: str) -> Iterator[tuple[str, dict[str, object], Verdict]]:
    """Each result that the official checker measured: its name, what that said, what we say."""
    ours = by_identity(verified(name))
    for identity, said in load_table(name).results.items():
        if said.get("performance_metric") is not None:
            verdict = ours[identity].verdict
            assert verdict is not None, identity
            yield identity, said, verdict


def test_the_same_results_are_found_in_the_same_order(name: str) -> None:
    assert list(by_identity(verified(name))) == list(load_table(name).results)


def test_a_result_passes_where_it_passes_the_official_checker_which_may_not_crash(name: str) -> None:
    table = load_table(name)
    for identity, judged in by_identity(verified(name)).items():
        assert judged.passes is (table.results[identity]["verdict"] == "PASS"), (identity, errors(judged))


def test_what_fails_says_why(name: str) -> None:
    assert all(judged.passes or errors(judged) for judged in verified(name).results)


def test_the_whole_tree_passes_where_the_official_run_does(name: str) -> None:
    assert verified(name).passes is load_table(name).passes


def test_results_are_measured_alike(name: str) -> None:
    for identity, said, verdict in measured(name):
        assert verdict.metric == pytest.approx(said["performance_metric"], rel=1e-9), identity


def test_accuracy_is_read_alike(name: str) -> None:
    for identity, said, verdict in measured(name):
        if isinstance(said.get("accuracy_metrics"), dict):
            assert verdict.accuracy == said["accuracy_metrics"], identity


def test_power_is_measured_alike(name: str) -> None:
    for identity, said, verdict in measured(name):
        power = said.get("power")
        if isinstance(power, dict):
            assert verdict.power is not None, identity
            assert verdict.power.metric == pytest.approx(power["power_metric"], rel=1e-9), identity
            assert verdict.power.efficiency == pytest.approx(power["avg_power_efficiency"], rel=1e-9), identity


def test_inferred_results_and_units_are_named_alike(name: str) -> None:
    for identity, row in rows(name):
        said = load_table(name).results[identity]
        assert (int(row.is_officially_inferred), row.units) == (said["inferred"], said["units"]), identity


def rows(name: str) -> Iterator[tuple[str, SummaryRow]]:
    """The passing results, as the csv has them."""
    passing = (identity for identity, judged in by_identity(verified(name)).items() if judged.passes)
    return zip(passing, verified_rows(verified(name)), strict=True)


def test_the_csv_is_the_official_one_column_by_column(name: str) -> None:
    table = load_table(name)
    if table.csv is None:
        pytest.skip("the official checker ended in a traceback, and wrote no csv")
    ours = summary_csv(load_round(table.round), verified_rows(verified(name)))
    assert cells(ours) == cells(table.csv)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))
