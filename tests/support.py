"""What many tests need: the example's real logs as runs, copies to break, workspaces to build."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules.checks.judge import judge
from rules.domain import Category, Division, Run, RunKey, Scenario
from rules.evidence import Evidence, load_evidence
from rules.rounds import Round, load_round
from rules.scan import scan_run
from rules.system import SystemDescription, describe_system
from rules.verdict import Verdict

REPOSITORY = Path(__file__).parents[1]
EXAMPLE = REPOSITORY / "examples"
#: Real LoadGen runs of 600 s, all valid: closed resnet50 with TEST01 and TEST04, edge.
CLOSED_SYSTEM = EXAMPLE / "results/closed/example-edge"
#: Open: the model bert-small-int4, which model_mapping.json maps to bert-99.
OPEN_SYSTEM = EXAMPLE / "results/open/example-edge-int4"
ROUND = load_round("v6.1")
#: Published results and official verdicts; not part of the repository.
CORPUS = REPOSITORY.parent / "shared/corpus"


def copy_of(folder: Path, into: Path) -> Path:
    """A writable copy of a folder, to break."""
    return Path(shutil.copytree(folder, into / folder.name))


def run_at(
    folder: Path,
    *,
    division: Division = Division.CLOSED,
    system: str = "example-edge",
    model: str = "resnet50",
    scenario: Scenario | None = None,
) -> Run:
    """The run in a scenario folder; the folder's name says the scenario unless told."""
    placed = scenario or Scenario.parse(folder.name)
    assert placed is not None
    run, findings = scan_run(RunKey(division, "ExampleLab", system, model, placed), folder)
    assert not findings
    return run


def description(meta: Mapping[str, Any] | None = None, *, division: Division = Division.CLOSED) -> SystemDescription:
    """The example's system description, or another's."""
    said = meta if meta is not None else json.loads((CLOSED_SYSTEM / "system_meta.json").read_bytes())
    return describe_system(
        division=division,
        submitter="ExampleLab",
        declared=None,
        category=None,
        meta=said,
        round_=ROUND,
        path="system_meta.json",
    )


def evidence_of(run: Run, *, benchmark: str = "resnet", round_: Round = ROUND, **meta: Any) -> Evidence:
    """A run's evidence; `meta` changes fields of the example's system description."""
    said = json.loads((CLOSED_SYSTEM / "system_meta.json").read_bytes()) | meta
    system = description(said, division=run.key.division)
    return load_evidence(run, round_, round_.benchmarks[benchmark], system)


def codes_of(evidence: Evidence, round_: Round = ROUND) -> set[str]:
    """The codes of all findings of a run."""
    return {found.code for found in judge(evidence, round_).findings}


def verdict(
    model: str = "resnet50",
    scenario: Scenario = Scenario.OFFLINE,
    *,
    benchmark: str | None = "resnet",
    division: Division = Division.CLOSED,
    system: str = "example-edge",
    category: Category = Category.EDGE,
    **more: Any,
) -> Verdict:
    """A verdict that passes, unless `more` says otherwise."""
    key = RunKey(division, "ExampleLab", system, model, scenario)
    said: dict[str, Any] = {"metric": 100.0, "units": "Samples/s"} | more
    return Verdict(key, f"results/{system}/{model}/{scenario}", benchmark, category, **said)


def edit_log(log: Path, **entries: Any) -> None:
    """Change the values of a LoadGen detail log's entries in place; None takes an entry out."""
    lines = []
    for line in log.read_text().splitlines():
        entry = json.loads(line.removeprefix(":::MLLOG "))
        if entry["key"] in entries:
            if entries[entry["key"]] is None:
                continue
            entry["value"] = entries[entry["key"]]
        lines.append(f":::MLLOG {json.dumps(entry)}\n")
    log.write_text("".join(lines))


@dataclass(frozen=True)
class Outcome:
    """What a user sees of one command."""

    code: int
    output: str

    @property
    def tasks(self) -> list[str]:
        """The tasks that ran, by doit's name, in order (the gate always runs and is left out)."""
        steps = ("check:", "plan", "stage:", "pack:", "report")
        return [line for line in self.output.splitlines() if line.startswith(steps) and " " not in line.strip()]


def make_workspace(folder: Path, results: Iterable[Path] | str = "results", **keys: Any) -> Path:
    """A workspace with a submission.yaml; `results` are linked in, or named as text."""
    folder.mkdir(parents=True, exist_ok=True)
    roots = results if isinstance(results, str) else [str(root) for root in results]
    said = {"round": "v6.1", "submitter": "ExampleLab", "division": "closed", "results": roots} | keys
    (folder / "submission.yaml").write_text(json.dumps(said, indent=2))  # JSON is YAML
    return folder


def doit(workspace: Path, *arguments: str, check: bool = False) -> Outcome:
    """Run doit with this repository's dodo.py in a workspace, as a user does."""
    command = [sys.executable, "-m", "doit"]
    options = ["-f", str(REPOSITORY / "dodo.py"), "-d", str(workspace)]
    commands = ("list", "info", "clean", "forget", "help", "run")
    at = 1 if arguments and arguments[0] in commands else 0
    said = [*arguments[:at], *options, *arguments[at:]]
    done = subprocess.run([*command, *said], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return Outcome(done.returncode, done.stdout + done.stderr)
