"""The text of submission.yaml: for whatever is found, one that loads, with a mark at all that is still to fill in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ROUND

from rules.checks.catalogue import finding
from rules.config.loader import load_submission
from rules.domain import Division
from rules.starter.survey import FoundSystem, Survey
from rules.starter.template import TO_FILL_IN, format_declaration, format_outcome, still_to_fill_in
from rules.starter.wishes import Wishes

SYSTEM = FoundSystem(
    name="edge-1",
    models={Division.CLOSED: {"resnet50": ("Offline", "SingleStream")}},
    declared={},
    to_fill_in=(),
    unmapped={},
    unknown=(),
    has_power=False,
    has_nameplate=False,
)
SURVEY = Survey(
    round=ROUND,
    round_reason="The logs' seeds are those of v6.1.",
    submitter="ExampleLab",
    other_submitters=(),
    division="closed",
    roots=((Path("results"), None),),
    systems=(SYSTEM,),
    runs=2,
    wishes=Wishes(),
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_system(**changed: object) -> Survey:
    return replace(SURVEY, systems=(replace(SYSTEM, **changed),))  # type: ignore[arg-type]


def marks(survey: Survey) -> list[str]:
    return [line.strip() for line in format_declaration(survey).splitlines() if f"# {TO_FILL_IN}: " in line]


def test_it_says_what_is_found_and_nothing_else() -> None:
    Path("submission.yaml").write_text(format_declaration(SURVEY))
    submission = load_submission(Path("submission.yaml"))
    assert (submission.round, submission.submitter) == ("v6.1", "ExampleLab")
    assert [str(root.path) for root in submission.results] == ["results"]
    assert [*submission.systems] == ["edge-1"]
    assert (submission.final, submission.category, submission.implementation) == (False, None, {})


@pytest.mark.parametrize(
    ("survey", "listed"),
    [
        (replace(SURVEY, submitter="YourOrganisation", other_submitters=("A", "B")), "submitter"),
        (with_system(to_fill_in=("cooling", "framework")), "systems.edge-1.description: cooling, framework"),
        (with_system(unmapped={"mine": "resnet"}), "systems.edge-1.model_mapping.mine"),
        (with_system(unknown=("resnext",)), "systems.edge-1: resnext is no benchmark of v6.1"),
        (with_system(has_power=True), "systems.edge-1.nameplate_power"),
        (with_system(name="x" * 201), f"systems.{'x' * 201}: rename the folder"),
    ],
)
def test_what_is_to_fill_in_is_marked_and_listed(survey: Survey, listed: str) -> None:
    """Code and calibration always are."""
    assert still_to_fill_in(survey) == [listed, "implementation", "calibration"]
    assert len(marks(survey)) == 3
    assert len(marks(SURVEY)) == 2


def test_a_mapping_that_is_switched_on_is_one() -> None:
    text = format_declaration(with_system(unmapped={"mine": "resnet50"}))
    Path("submission.yaml").write_text(
        text.replace("#    model_mapping:", "    model_mapping:").replace("#      mine", "      mine")
    )
    assert load_submission(Path("submission.yaml")).systems["edge-1"].model_mapping == {"mine": "resnet50"}


def test_power_in_a_round_without_nameplates_needs_none() -> None:
    round_ = replace(ROUND, nameplate_power=False)
    assert "nameplate_power" not in format_declaration(replace(with_system(has_power=True), round=round_))


def test_lines_are_of_a_width_for_reading() -> None:
    survey = with_system(to_fill_in=tuple(ROUND.system_fields), unmapped={"m": None}, unknown=("n",), has_power=True)
    assert max(map(len, format_declaration(survey).splitlines())) <= 100
    assert max(map(len, format_outcome(Path("submission.yaml"), survey).splitlines())) <= 80


def test_the_outcome_counts_by_division() -> None:
    both = replace(SYSTEM, name="b", models={Division.CLOSED: {}, Division.OPEN: {}})
    survey = replace(SURVEY, systems=(SYSTEM, both), runs=1)
    assert format_outcome(Path("x.yaml"), survey).startswith(
        "Wrote x.yaml: 1 run of 2 systems in closed, 1 system in open; round v6.1.\n"
    )


def test_the_outcome_names_what_the_scan_found_and_counts_what_is_too_much() -> None:
    found = [finding("SCAN-010", f"results/{number}/system_meta.json", found="invalid JSON") for number in range(7)]
    said = format_outcome(Path("x.yaml"), replace(SURVEY, findings=tuple(found)))
    assert said.count("can't be read: invalid JSON") == 5
    assert "\n  … and 2 more\n" in said


def test_the_outcome_says_that_nothing_needed_the_wished_description() -> None:
    survey = replace(SURVEY, wishes=Wishes(detected="machine.yaml"), leaves_detected_out=True)
    said = format_outcome(Path("x.yaml"), survey)
    assert "machine.yaml is not used: every system has a description of its own." in said
    assert "machine.yaml" not in format_outcome(Path("x.yaml"), SURVEY)


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
_PATHS = _TEXTS.filter(lambda text: "/" not in text and text.strip() not in ("", ".", "..")).map(Path)
_SYSTEMS = st.builds(
    FoundSystem,
    name=_TEXTS,
    models=st.dictionaries(
        st.sampled_from(Division), st.dictionaries(_TEXTS, st.just(("Offline",)), max_size=2), min_size=1, max_size=2
    ),
    declared=st.fixed_dictionaries(
        {},
        optional={"hw_notes_extra": _TEXTS, "status": st.just("rdi"), "model_mapping": st.dictionaries(_TEXTS, _TEXTS)},
    ),
    to_fill_in=st.lists(st.sampled_from(ROUND.system_fields), unique=True).map(tuple),
    unmapped=st.dictionaries(_TEXTS, st.none() | st.just("resnet"), max_size=2),
    unknown=st.lists(_TEXTS, max_size=2).map(tuple),
    has_power=st.booleans(),
    has_nameplate=st.booleans(),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(_SYSTEMS, max_size=3, unique_by=lambda system: system.name),
    st.lists(st.tuples(_PATHS, st.none() | st.sampled_from(Division)), min_size=1, max_size=2),
    st.dictionaries(st.sampled_from(["infer_scenarios", "drop_failed"]), st.booleans()),
    st.none() | _TEXTS,
)
def test_whatever_is_found_the_file_loads(
    systems: list[FoundSystem], roots: list[tuple[Path, Division | None]], switches: dict[str, bool], output: str | None
) -> None:
    wishes = Wishes(preprocess=switches, output=output, archive="x.tar.gz")
    survey = replace(SURVEY, systems=tuple(systems), roots=tuple(roots), wishes=wishes)
    Path("submission.yaml").write_text(format_declaration(survey), encoding="utf-8")
    submission = load_submission(Path("submission.yaml"))
    assert [root.path for root in submission.results] == [path for path, _ in roots]
    for system in systems:
        if system.name in submission.systems:
            declared = submission.systems[system.name]
            assert declared.hw_notes_extra == system.declared.get("hw_notes_extra")
            assert declared.model_mapping == system.declared.get("model_mapping", {})
