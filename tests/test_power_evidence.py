"""What is read of a power measurement, and that nothing in it can stop the reading."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from power_run import SESSION, WATTS, add_power
from support import run_at

from rules.domain import POWER_LOG, Artefact
from rules.parsers.power import Problem, PtdLog, Samples, Session, Window
from rules.power_evidence import CLIENT_SESSION, HASHED, PTD_LOG, PowerEvidence, load_power_evidence
from rules.sources import Archive, Disk


def load(artefacts: Mapping[Artefact, Path]) -> PowerEvidence:
    return load_power_evidence(artefacts, Disk())


def test_a_measurement_is_read_whole(offline: Path) -> None:
    evidence = load(run_at(add_power(offline)).artefacts)
    assert isinstance(evidence.client, Session) and isinstance(evidence.server, Session)
    assert evidence.client.name == SESSION
    assert isinstance(evidence.ptd_log, PtdLog)
    for execution in (evidence.ranging, evidence.testing):
        assert isinstance(execution.window, Window)
        assert isinstance(execution.samples, Samples) and set(execution.samples.watts) == {WATTS}
    spl = (offline / "performance/run_1/spl.txt").read_bytes()
    assert evidence.checksums.keys() == set(HASHED)
    assert evidence.checksums[POWER_LOG] == hashlib.sha1(spl).hexdigest()
    assert not evidence.unreadable


def test_without_files_everything_is_missing() -> None:
    evidence, missing = load({}), Problem(None, "is missing")
    assert (evidence.client, evidence.server, evidence.ptd_log) == (missing, missing, missing)
    assert (evidence.testing.window, evidence.ranging.samples) == (missing, missing)
    assert set(evidence.checksums.values()) == {missing}
    assert not evidence.unreadable


@pytest.mark.parametrize("artefact", [CLIENT_SESSION, PTD_LOG, Artefact("performance/extra.txt")])
def test_a_file_that_cannot_be_opened_is_a_problem(artefact: Artefact, offline: Path, tmp_path: Path) -> None:
    artefacts = dict(run_at(add_power(offline)).artefacts) | {artefact: tmp_path}
    evidence = load(artefacts)
    problems = [evidence.client, evidence.ptd_log, evidence.unreadable.get(artefact)]
    assert Problem(None, "can't be read: Is a directory") in problems


def test_a_huge_file_is_no_session(offline: Path) -> None:
    run = run_at(add_power(offline))
    with run.artefacts[CLIENT_SESSION].open("ab") as session:
        session.truncate(9 << 20)
    assert load(run.artefacts).client == Problem(None, "more than 8 MB")


def test_an_archive_gives_what_the_folder_gives(offline: Path, tmp_path: Path) -> None:
    artefacts = run_at(add_power(offline)).artefacts
    path = tmp_path / "run.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(offline, "run")
    packed = {artefact: path / "run" / where.relative_to(offline) for artefact, where in artefacts.items()}
    assert load_power_evidence(packed, Archive.read(path)) == load(artefacts)
