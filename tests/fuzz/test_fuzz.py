"""No input makes the checks crash, hang or eat memory: the answer is findings. `benchmarks/fuzz.py` has more cases."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from fuzz.cases import Lab, examine, run_case, set_up, time_limit
from fuzz.faults import BOMB
from fuzz.huge import HUGE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles
from support import REPOSITORY, run_program
from trees import CLOSED, OFFLINE, OPEN

from rules.errors import UserError
from rules.rounds import available_rounds, load_round
from rules.sources import Kind, open_tree

#: Cases are numbers; each block is a test.
CASES, BLOCK = 250, 25
SLOW = {"empty lines of a log", "sample lists", "a log of a compliance run", "samples", "warnings", "a ranging log"}


@pytest.fixture(scope="module")
def lab(built_example: Path, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return set_up(built_example, tmp_path_factory.mktemp("fuzz"))


@pytest.fixture(scope="module")
def tree(lab: Lab) -> MemoryFiles:
    """The example's tree with a result of every kind."""
    return lab.trees[0][0]


@pytest.mark.parametrize("first", range(0, CASES, BLOCK))
def test_random_faults_are_answered_with_findings(lab: Lab, first: int) -> None:
    for number in range(first, first + BLOCK):
        run_case(lab, number)


def test_huge_files_take_bounded_memory(built_example: Path) -> None:
    names = [name for name in HUGE if name not in SLOW]
    command = [sys.executable, str(REPOSITORY / "tests/fuzz/huge.py"), str(built_example), "9", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# Any value in any place of any document.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = (
    f"{CLOSED}/systems/example-edge.json",
    f"{CLOSED}/systems/example-edge_power.yaml",
    f"{OPEN}/model_mapping.json",
    f"{OFFLINE}/measurements.json",
    f"{OFFLINE}/performance/power/client.json",
    f"{OFFLINE}/performance/power/server.json",
    *(
        f"{OPEN}/results/example-edge-int4/llama3.1-8b/Offline/{name}"
        for name in (
            "config.yaml",
            "performance/result_summary.json",
            "accuracy/accuracy_results.json",
            "audit/audit_consistency_output_test.json",
        )
    ),
)
thorough = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.rpartition("/")[2])
@thorough
@given(data=st.data())
def test_any_value_may_stand_in_a_document(tree: MemoryFiles, path: str, data: st.DataObject) -> None:
    changed = tree.copy()
    text = tree.read(path).decode()
    members = list(re.finditer(r'"[^"]*": *("[^"]*"|[-\d.]+|\[|\{)|(?m:^[^\n:]*: *([^\n]+)$)', text))
    found = data.draw(st.sampled_from(members))
    value = json.dumps(data.draw(JSON))
    group = 1 if found[1] else 2
    changed.write(path, (text[: found.start(group)] + value + text[found.end(group) :]).encode())
    with time_limit():
        examine(changed, changed.root, "v6.1")
    changed.write(path, value.encode())
    with time_limit():
        examine(changed, changed.root, "v6.1")


@thorough
@given(values=st.dictionaries(st.integers(0, 150), JSON, min_size=1, max_size=5))
def test_any_value_may_stand_in_a_log(tree: MemoryFiles, values: dict[int, object]) -> None:
    changed = tree.copy()
    for log in ("performance/run_1", "accuracy", "TEST04/performance/run_1", "performance/ranging"):
        path = f"{OFFLINE}/{log}/mlperf_log_detail.txt"
        lines = tree.read(path).decode().splitlines()
        for at, value in values.items():
            entry = json.loads(lines[at % len(lines)].removeprefix(":::MLLOG"))
            lines[at % len(lines)] = f":::MLLOG {json.dumps(entry | {'value': value})}"
        changed.write(path, "\n".join(lines).encode())
    with time_limit():
        examine(changed, changed.root, "v6.1")


# What each of them did once: take hours, or end in a traceback.

POWER = f"{OFFLINE}/performance/power"
ENDPOINTS = f"{OPEN}/results/example-edge-int4/llama3.1-8b/Offline"
ONCE = {
    "spaces of a report": (f"{OFFLINE}/accuracy/accuracy.txt", ("accuracy" + " " * 99_000 + "\n") * 50),
    "scores of a report": (f"{OFFLINE}/accuracy/accuracy.txt", ("{" + '"f1": 1 ' * 12_000 + "\n") * 50),
    "digits of a warning": (f"{POWER}/ptd_logs.txt", "WARNING: Uncertainty " + "1" * 1_000_000),
    "aliases of a nameplate": (f"{CLOSED}/systems/example-edge_power.yaml", BOMB),
    "a nameplate within itself": (f"{CLOSED}/systems/example-edge_power.yaml", "&a {b: *a}"),
    "a nameplate of many lines": (f"{CLOSED}/systems/example-edge_power.yaml", "[" + "x," * 1_900_000 + "]"),
    "watts of thousands of digits": (
        f"{CLOSED}/systems/example-edge_power.yaml",
        f"a: {{PSUs: [{{PowerCapacityWatts: 0x{'f' * 5000}}}], Min PSUs Needed: 1}}",
    ),
    "watts beyond any float": (
        f"{CLOSED}/systems/example-edge_power.yaml",
        f"a: {{PSUs: [{{PowerCapacityWatts: 1{'0' * 400}}}, {{PowerCapacityWatts: 0.5}}], Min PSUs Needed: 2}}",
    ),
    "aliases of a scenario": (f"{ENDPOINTS}/config.yaml", f"{BOMB}type: *a59"),
    "a seed of thousands of digits": (
        f"{ENDPOINTS}/config.yaml",
        f"type: offline\nsettings: {{runtime: {{scheduler_random_seed: 0x{'f' * 5000}}}}}",
    ),
}


@pytest.mark.parametrize(("path", "text"), ONCE.values(), ids=ONCE)
def test_what_once_took_hours_or_ended_in_a_traceback_is_found(tree: MemoryFiles, path: str, text: str) -> None:
    changed = tree.copy()
    changed.write(path, text.encode())
    with time_limit():
        examine(changed, changed.root, "v6.1")


def test_a_power_daemon_that_repeats_itself_takes_no_quadratic_time(tree: MemoryFiles) -> None:
    changed = tree.copy()
    answer = "version=1.11.1-0123abcd"
    server = tree.read(f"{POWER}/server.json").decode()
    assert answer in server
    changed.write(f"{POWER}/server.json", server.replace(answer, "version=" * 700_000).encode())
    with time_limit():
        examine(changed, changed.root, "v6.1")


# Rounds spell two patterns of accuracy reports so that they are linear; they find what the official ones find.

OFFICIAL_PATTERNS = {
    "acc": r'^(?:\{"accuracy|accuracy)[": ]*=?\s*([\d.]+).*',
    "F1_HIERARCHICAL": r'\{.*"f1":\s*([\d.]+).*\}',
}


PARTS = ('{"accuracy', "accuracy", '"f1":', "{", "}", '"', ":", "=", " ", "\t", "7", ".", "x")


@pytest.mark.parametrize("name", OFFICIAL_PATTERNS)
@settings(max_examples=500, deadline=None)
@given(parts=st.lists(st.sampled_from(PARTS)))
def test_patterns_of_reports_find_what_the_official_ones_find(name: str, parts: list[str]) -> None:
    line = "".join(parts)
    official = re.match(OFFICIAL_PATTERNS[name], line)
    for ours in patterns(name):
        found = ours.match(line)
        assert (found and found[1]) == (official and official[1])


def patterns(name: str) -> set[re.Pattern[str]]:
    benchmarks = [each for round_ in available_rounds() for each in load_round(round_).benchmarks.values()]
    return {metric.pattern for each in benchmarks for metric in each.accuracy if metric.name == name}


# Archives that say of themselves what no disk holds.


def archive_of(folder: Path, *headers: bytes) -> Path:
    path = folder / "tree.tar"
    path.write_bytes(b"".join(headers) + bytes(1024))
    return path


def test_a_sparse_member_of_an_archive_may_say_that_it_has_any_size(tmp_path: Path) -> None:
    header = bytearray(member("closed", tarfile.GNUTYPE_SPARSE))
    header[483:495] = b"\x80" + (1 << 60).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    files = open_tree(path := archive_of(tmp_path, bytes(header)))
    assert [entry.kind for entry in files.entries(path)] == [Kind.OTHER]


def member(name: str, kind: bytes, size: int = 0) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_of_an_archive_may_not_be_huge(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(UserError, match="a header of 1099511627776 bytes"):
        open_tree(archive_of(tmp_path, member("x", kind, 1 << 40)))


def test_a_path_in_an_archive_may_not_be_longer_than_a_system_takes(tmp_path: Path) -> None:
    name = b"a/" * 20_000
    long = member("././@LongLink", tarfile.GNUTYPE_LONGNAME, len(name)) + name.ljust(40_448, b"\0")
    with pytest.raises(UserError, match="a path of 40000 characters"):
        open_tree(archive_of(tmp_path, long, member("x", tarfile.REGTYPE)))


# The command says it in any terminal.


def test_verify_shows_names_and_values_that_no_terminal_has(
    built_example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    tree = tmp_path / "tree"
    subprocess.run(["cp", "-r", built_example / "build/submission", tree], check=True)
    (tree / CLOSED / "results/example-edge" / b"\xff".decode(errors="surrogateescape")).mkdir()
    system = tree / CLOSED / "systems/example-edge.json"
    said = json.loads(system.read_bytes()) | {"status": "\udfff", "framework": "\ud800"}
    system.write_text(json.dumps(said))
    outputs = ["--csv", str(tmp_path / "out.csv"), "--json", str(tmp_path / "out.json")]
    outcome = run_program("mlperf-dodo", "verify", "--tree", str(tree), "--round", "v6.1", *outputs, folder=tmp_path)
    assert outcome.code == 1
    assert "status is \\udfff" in outcome.output
    assert json.loads((tmp_path / "out.json").read_bytes())["results"]
    assert (tmp_path / "out.csv").read_text().startswith("Organization,")
