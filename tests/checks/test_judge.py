"""A run's verdict: whole benchmarks of all rounds, what may be inferred, and no exception for anything in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fitted_run import Fitted, Kind, evidence_at, fit
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles, load_tree
from power_run import WATTS, add_power
from rule_rows import Change, all_of, codes, described, log, nothing, remove
from support import OPEN_SYSTEM, description, evidence_of, run_at

from rules.checks.catalogue import JUDGES, RULES
from rules.checks.judge import judge, measure
from rules.domain import Artefact, Category, Division, Run, RunKey, Scenario
from rules.evidence import load_evidence
from rules.rounds import load_round
from rules.verdict import Verdict

ROUNDS = ("v5.0", "v5.1", "v6.0", "v6.1")
SINGLE_STREAM, MULTI_STREAM, OFFLINE = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM, Scenario.OFFLINE
RESNET = Kind()
STREAM = Kind(scenario=SINGLE_STREAM)
SMALL = Kind("llama3.1-8b", is_endpoints=True)
WAN = Kind("wan-2.2-t2v-a14b", is_endpoints=True)
LLAMA = Kind("llama2-70b-99.9", Scenario.INTERACTIVE)


def kinds(round_name: str) -> Iterator[Kind]:
    """A run of each benchmark of a round in each of its scenarios, and by the endpoints harness where it may be."""
    for benchmark in load_round(round_name).benchmarks.values():
        scenarios = frozenset[Scenario]().union(*(each.known for each in benchmark.scenarios.values()))
        for scenario in sorted(scenarios):
            yield Kind(benchmark.name, scenario, round_name)
            if benchmark.allows_endpoints:
                yield Kind(benchmark.name, scenario, round_name, is_endpoints=True)


@pytest.mark.parametrize("round_name", ROUNDS)
def test_a_run_that_is_just_as_the_round_asks_passes(round_name: str, tmp_path: Path) -> None:
    for number, kind in enumerate(kinds(round_name)):
        evidence = evidence_at(kind, fit(kind, tmp_path / str(number)))
        # The official tables lack a figure, and so fail whatever is run.
        lacks_figure = kind.logged is OFFLINE and kind.benchmark.offline_min_samples is None
        assert codes(judge(evidence, kind.round).findings) == ({"PERF-009"} if lacks_figure else set()), str(kind)


def test_the_custom_model_of_the_example_passes() -> None:
    folder = OPEN_SYSTEM / "bert-small-int4/Offline"
    meta = json.loads((OPEN_SYSTEM / "system_meta.json").read_bytes())
    run = run_at(folder, division=Division.OPEN, system="example-edge-int4", model="bert-small-int4")
    verdict = judge(evidence_of(run, benchmark="bert-99", **meta), RESNET.round)
    assert (verdict.findings, verdict.benchmark, verdict.category) == ((), "bert-99", Category.EDGE)


class TestVerdict:
    def test_holds_what_was_measured(self, fitted: Fitted) -> None:
        folder = add_power(fitted(RESNET))
        verdict = judge(evidence_at(RESNET, folder), RESNET.round, left_out=("notes.txt",))
        assert verdict.key == RunKey(Division.CLOSED, "ExampleLab", "example-edge", "resnet", OFFLINE)
        assert (verdict.folder, verdict.benchmark, verdict.category) == (str(folder), "resnet", Category.EDGE)
        assert (verdict.metric, verdict.units, verdict.accuracy) == (284.779, "Samples/s", {"acc": str(76.46 * 0.99)})
        assert verdict.power is not None and (verdict.power.metric, verdict.power.units) == (WATTS, "Watts")
        assert (verdict.inferred, verdict.logged, verdict.left_out) == (False, "Offline", ("notes.txt",))
        assert (verdict.weight_data_types, verdict.design_power_watts) == ("fp32", None)
        assert verdict.passes and verdict.in_open().passes

    def test_measures_alike_without_judging(self, fitted: Fitted) -> None:
        evidence = evidence_at(RESNET, fitted(RESNET), is_staged=True)
        assert measure(evidence, RESNET.round) == judge(evidence, RESNET.round)

    def test_of_nothing_has_no_figures(self, fitted: Fitted) -> None:
        folder = fitted(RESNET)
        all_of(*(remove(path.name) for path in folder.iterdir()))(folder)
        verdict = judge(evidence_at(RESNET, folder), RESNET.round)
        assert (verdict.metric, verdict.accuracy, verdict.power, verdict.logged) == (None, {}, None, None)
        assert verdict.weight_data_types == ""
        assert not verdict.passes and not verdict.in_open().passes

    def test_has_findings_in_the_order_of_the_catalogue(self, fitted: Fitted) -> None:
        folder = fitted(RESNET)
        remove("measurements.json", "TEST01", "accuracy/accuracy.txt")(folder)
        log(result_validity="INVALID", effective_min_duration_ms=1)(folder)
        found = [each.code for each in judge(evidence_at(RESNET, folder), RESNET.round).findings]
        order = list(JUDGES)
        assert found == sorted(found, key=order.index)
        assert set(found) == {"PERF-010", "PERF-016", "ACC-001", "COMP-001", "MEAS-001"}

    @pytest.mark.parametrize(
        ("division", "is_staged", "is_judged"),
        [
            (Division.CLOSED, False, True),
            (Division.NETWORK, False, True),
            (Division.CLOSED, True, False),
            (Division.OPEN, False, False),
        ],
    )
    def test_of_a_raw_closed_run_says_what_open_would_find(
        self, division: Division, is_staged: bool, is_judged: bool, fitted: Fitted
    ) -> None:
        kind = Kind(division=division)
        folder = fitted(kind)
        log(result_validity="INVALID")(folder)
        remove("TEST01")(folder)
        verdict = judge(evidence_at(kind, folder, is_staged=is_staged), kind.round)
        assert codes(verdict.findings_in_open) == ({"PERF-016"} if is_judged else set())
        assert codes(verdict.findings) >= {"PERF-016"}


INFERABLE: dict[str, tuple[Kind, Change, dict[Scenario, float]]] = {
    "SingleStream gives two": (STREAM, nothing, {MULTI_STREAM: 3789918 * 8 / 1_000_000, OFFLINE: 275.747}),
    "MultiStream gives one": (
        Kind(scenario=MULTI_STREAM),
        nothing,
        {OFFLINE: 8 * 1000 / (28178030 / 1_000_000)},
    ),
    "Offline gives none": (RESNET, nothing, {}),
    "nor is there any in the datacenter": (Kind(scenario=SINGLE_STREAM, in_category=Category.DATACENTER), nothing, {}),
    "but on systems of both categories": (
        Kind(scenario=MULTI_STREAM, in_category=Category.DATACENTER_EDGE),
        nothing,
        {OFFLINE: 8 * 1000 / (28178030 / 1_000_000)},
    ),
    "nor from an endpoints run": (Kind("llama3.1-8b-edge", SINGLE_STREAM, is_endpoints=True), nothing, {}),
    "nor from a run that is itself an inference": (
        Kind(scenario=MULTI_STREAM, inferred_from=SINGLE_STREAM),
        nothing,
        {},
    ),
    "nor from one that fails": (STREAM, log(result_validity="INVALID"), {}),
    "nor where the log has no figure for it": (
        STREAM,
        log(early_stopping_latency_ms=0, result_qps_without_loadgen_overhead=None),
        {},
    ),
    "nor where the other scenario would fail": (
        Kind("bert-99", SINGLE_STREAM),
        log(early_stopping_latency_ms=None, result_qps_without_loadgen_overhead=0),
        {},
    ),
}


@pytest.mark.parametrize(("kind", "change", "metrics"), INFERABLE.values(), ids=INFERABLE.keys())
def test_inference(kind: Kind, change: Change, metrics: dict[Scenario, float], fitted: Fitted) -> None:
    folder = fitted(kind)
    change(folder)
    inferable = judge(evidence_at(kind, folder), kind.round).inferable
    assert {scenario: each.metric for scenario, each in inferable.items()} == metrics
    assert judge(evidence_at(kind, folder, is_staged=True), kind.round).inferable == {}


def test_an_inference_takes_its_power_along(fitted: Fitted) -> None:
    evidence = evidence_at(STREAM, add_power(fitted(STREAM)))
    measured, inferable = measure(evidence, STREAM.round).power, judge(evidence, STREAM.round).inferable
    in_multi_stream, in_offline = inferable[MULTI_STREAM].power, inferable[OFFLINE].power
    assert measured is not None and in_multi_stream is not None and in_offline is not None
    assert in_multi_stream.metric == pytest.approx(8 * measured.metric)
    assert (in_offline.metric, in_offline.units) == (WATTS, "Watts")


def test_an_inference_leaves_a_power_that_fails(fitted: Fitted) -> None:
    folder = add_power(fitted(STREAM))
    remove("performance/power/server.log")(folder)
    verdict = judge(evidence_at(STREAM, folder), STREAM.round)
    assert not verdict.passes
    assert {scenario: each.power for scenario, each in verdict.inferable.items()} == {MULTI_STREAM: None, OFFLINE: None}


# Whatever a file holds: a verdict, never an exception.

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["Offline", "Server", "1e999", "TEST PASS", 10**400, -1, 0, 1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module", params=[RESNET, LLAMA, SMALL, WAN], ids=str)
def in_memory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Kind, MemoryFiles]:
    kind: Kind = request.param
    folder = fit(kind, tmp_path_factory.mktemp("memory"))
    return kind, load_tree(folder if kind.is_endpoints else add_power(folder))


def verdict_on(kind: Kind, files: MemoryFiles, **fields: object) -> Verdict:
    key = RunKey(kind.division, "ExampleLab", "example-edge", kind.benchmark_name, kind.scenario)
    run = Run(key, files.root, {Artefact(path): files.root / path for path in files.files})
    evidence = load_evidence(run, kind.round, kind.benchmark, description(), files)
    verdict = judge(described(**fields)(evidence) if fields else evidence, kind.round)
    json.dumps(verdict.to_json())
    assert all(each.path and each.message and each.code in RULES for each in verdict.findings)
    return verdict


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_bytes_in_any_file_are_judged(data: st.DataObject, in_memory: tuple[Kind, MemoryFiles]) -> None:
    kind, files = in_memory[0], in_memory[1].copy()
    path = data.draw(st.sampled_from(sorted(files.files)))
    content = files.read(path)
    at = data.draw(st.integers(0, len(content)))
    more = data.draw(st.binary(max_size=20) | st.sampled_from([b":::MLLOG {", b"\xff", b"\x00", b"{", b"\r\n"]))
    files.write(path, data.draw(st.sampled_from([more, content[:at] + more, content[:at] + more + content[at:]])))
    verdict_on(kind, files)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_value_in_any_document_is_judged(data: st.DataObject, in_memory: tuple[Kind, MemoryFiles]) -> None:
    kind, files = in_memory[0], in_memory[1].copy()
    documents = [path for path in sorted(files.files) if path.endswith((".json", ".yaml")) and "log" not in path]
    path = data.draw(st.sampled_from(documents))
    document = json.loads(files.read(path))
    place = data.draw(st.sampled_from(list(places(document, ()))))
    files.write(path, json.dumps(put(document, place, data.draw(JSON))).encode())
    verdict_on(kind, files)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_value_in_any_entry_of_a_log_is_judged(data: st.DataObject, in_memory: tuple[Kind, MemoryFiles]) -> None:
    kind, files = in_memory[0], in_memory[1].copy()
    logs = [path for path in sorted(files.files) if path.endswith("mlperf_log_detail.txt")]
    if logs:
        path = data.draw(st.sampled_from(logs))
        lines = files.read(path).splitlines(keepends=True)
        at = data.draw(st.sampled_from([at for at, line in enumerate(lines) if _is_read(line)]))
        entry = json.loads(lines[at].removeprefix(b":::MLLOG "))
        place = data.draw(st.sampled_from(list(places(entry, ()))))
        lines[at] = f":::MLLOG {json.dumps(put(entry, place, data.draw(JSON)))}\n".encode()
        files.write(path, b"".join(lines))
        verdict_on(kind, files)


def _is_read(line: bytes) -> bool:
    """Whether a line is of an entry that some rule may read."""
    return any(f'"{key}'.encode() in line for key in ("effective_", "result_", "early_", "power_", "sut_"))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_value_in_a_description_is_judged(data: st.DataObject, in_memory: tuple[Kind, MemoryFiles]) -> None:
    kind, files = in_memory
    name = data.draw(st.sampled_from([*kind.round.system_fields, "is_network", "system_power_capacity"]))
    verdict_on(kind, files, **{name: data.draw(JSON)})


def places(value: object, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def put(document: Any, place: tuple[Any, ...], value: object) -> Any:
    """The document with a value at a place; the document itself is spoilt."""
    if not place:
        return value
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return document
