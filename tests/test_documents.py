"""What a submitter writes by hand: the code that is found, and what is asked for when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import EXAMPLE, make_workspace

from rules.config.loader import load_submission
from rules.config.model import Submission
from rules.documents import code_files, code_of, document_findings, has_readme


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for path in ("code/README.md", "code/run.py", "docs/calibration.md"):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).touch()
    return tmp_path


def submission(**keys: Any) -> Submission:
    make_workspace(Path(), **keys)
    return load_submission(Path("submission.yaml"))


class TestCode:
    @pytest.mark.parametrize(
        ("implementation", "model", "source"),
        [
            ({"resnet50": "code/resnet50", "*": "code"}, "resnet50", Path("code/resnet50")),
            ({"resnet50": "code/resnet50", "*": "code"}, "bert-99", Path("code")),
            ({"resnet50": "code/resnet50"}, "bert-99", None),
            ({}, "resnet50", None),
        ],
    )
    def test_a_models_own_entry_or_that_of_all_others(
        self, implementation: dict[str, str], model: str, source: Path | None
    ) -> None:
        assert code_of(submission(implementation=implementation), model) == source

    def test_a_folder_gives_its_files_sorted_by_their_path_in_it(self) -> None:
        Path("code/src").mkdir()
        for name in ("m", "z", "b", "y", "a"):  # in no order, as they may lie on a disk
            (Path("code/src") / name).touch()
        assert [(str(inside), str(path)) for inside, path in code_files(Path("code"))] == [
            (name, f"code/{name}") for name in ("README.md", "run.py", "src/a", "src/b", "src/m", "src/y", "src/z")
        ]

    def test_a_file_is_all_of_its_own(self) -> None:
        ((inside, path),) = code_files(EXAMPLE / "generate.py")
        assert (str(inside), path) == ("generate.py", EXAMPLE / "generate.py")

    @pytest.mark.parametrize("name", [".git/config", ".env", "src/.cache/x", "__pycache__/x.pyc", "src/__pycache__/x"])
    def test_hidden_files_and_caches_stay_out(self, name: str) -> None:
        (Path("code") / name).parent.mkdir(parents=True, exist_ok=True)
        (Path("code") / name).touch()
        assert [str(inside) for inside, _ in code_files(Path("code"))] == ["README.md", "run.py"]

    def test_a_hidden_folder_above_counts_for_nothing(self) -> None:
        source = Path(".work/code")
        source.mkdir(parents=True)
        (source / "run.py").touch()
        assert len(code_files(source)) == 1

    def test_nothing_is_found_where_nothing_is(self) -> None:
        assert code_files(Path("missing")) == []

    @pytest.mark.parametrize(("name", "expected"), [("README.md", True), ("docs/README.md", False), ("README", False)])
    def test_a_readme_counts_at_the_top(self, name: str, expected: bool) -> None:
        source = Path("other")
        (source / name).parent.mkdir(parents=True)
        (source / name).touch()
        assert has_readme(code_files(source)) is expected


class TestFindings:
    COMPLETE: dict[str, Any] = {  # noqa: RUF012 - read only
        "implementation": {"*": "code"},
        "calibration": "docs/calibration.md",
    }

    @pytest.mark.parametrize(
        ("keys", "codes"),
        [
            (COMPLETE, []),
            (COMPLETE | {"implementation": {"resnet50": "code", "bert-99": "code"}}, []),
            (COMPLETE | {"implementation": {"resnet50": "code"}}, ["TEXT-001"]),
            (COMPLETE | {"calibration": None}, ["TEXT-002"]),
            ({}, ["TEXT-001", "TEXT-002"]),
        ],
    )
    @pytest.mark.parametrize("final", [False, True])
    def test_what_is_still_to_be_written_is_an_error_only_in_the_final_build(
        self, keys: dict[str, Any], codes: list[str], final: bool
    ) -> None:
        said = {key: value for key, value in keys.items() if value is not None}
        findings = document_findings(submission(final=final, **said), ["resnet50", "bert-99"])
        assert [each.code for each in findings] == codes
        assert [each.is_error for each in findings] == [final] * len(codes)
        assert {each.path for each in findings} <= {"submission.yaml"}

    def test_models_without_code_are_named_once_and_sorted(self) -> None:
        declared = submission(**self.COMPLETE | {"implementation": {"bert-99": "code"}})
        findings = document_findings(declared, ["whisper", "resnet50", "whisper", "bert-99"])
        assert [(each.code, each.found) for each in findings] == [("TEXT-001", "resnet50, whisper")]

    def test_nothing_shipped_needs_no_code(self) -> None:
        assert document_findings(submission(calibration="docs/calibration.md"), []) == []

    @pytest.mark.parametrize("final", [False, True])
    def test_a_declared_path_that_is_not_there_is_always_an_error(self, final: bool) -> None:
        missing = {"implementation": {"*": "gone", "resnet50": "gone"}, "calibration": "gone.md"}
        findings = document_findings(submission(final=final, **missing), ["resnet50"])
        assert [(each.code, each.found, each.is_error) for each in findings] == [
            ("TEXT-003", "gone", True),
            ("TEXT-003", "gone.md", True),
        ]
