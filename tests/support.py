"""What many tests need: the example's real logs as runs, copies to break, workspaces to build."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
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


def copy_with_links(folder: Path, into: Path) -> Path:
    """A copy in which links are links."""
    return Path(shutil.copytree(folder, into / folder.name, symlinks=True))


def age(*paths: Path) -> None:
    """Let all that is there have been written long ago."""
    for path in paths:
        for each in (path, *path.rglob("*")):
            if each.exists():
                os.utime(each, ns=(1_600_000_000 * 10**9, 1_600_000_000 * 10**9))


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
    log.write_text(edited_log(log.read_text(), **entries))


def edited_log(text: str, **entries: Any) -> str:
    """The text of a log with other values; what it has no entry of comes at its end."""
    lines = [json.loads(line.removeprefix(":::MLLOG ")) for line in text.splitlines()]
    present = {entry["key"] for entry in lines}
    lines += [lines[-1] | {"key": key} for key in entries if key not in present]
    changed = (entry | {"value": entries.get(entry["key"], entry["value"])} for entry in lines)
    kept = (entry for entry in changed if entry["key"] not in entries or entry["value"] is not None)
    return "".join(f":::MLLOG {json.dumps(entry)}\n" for entry in kept)


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


def make_workspace(folder: Path, results: Iterable[Path | Mapping[str, str]] | str = "results", **keys: Any) -> Path:
    """A workspace with a submission.yaml; `results` are linked in, or named as text or mappings."""
    folder.mkdir(parents=True, exist_ok=True)
    roots = results if isinstance(results, str) else [r if isinstance(r, Mapping) else str(r) for r in results]
    said = {"round": "v6.1", "submitter": "ExampleLab", "division": "closed", "results": roots} | keys
    (folder / "submission.yaml").write_text(json.dumps(said, indent=2))  # JSON is YAML
    return folder


#: The example's results as `submission.yaml` names them.
EXAMPLE_RESULTS = ({"path": "results/closed"}, {"path": "results/open", "division": "open"})
#: The ids of the example's runs.
EXAMPLE_RUNS = (
    *(f"closed/example-edge/resnet50/{scenario}" for scenario in ("MultiStream", "Offline", "SingleStream")),
    *(f"open/example-edge-int4/bert-small-int4/{scenario}" for scenario in ("Offline", "SingleStream")),
)


def example_workspace(folder: Path, **keys: Any) -> Path:
    """A workspace with a copy of the example's results and of its code; `keys` change its submission.yaml."""
    shutil.copytree(EXAMPLE / "results", folder / "results")
    (folder / "code").mkdir()
    shutil.copy2(EXAMPLE / "generate.py", folder / "code/generate.py")
    return declare_example(folder, **keys)


def declare_example(workspace: Path, **keys: Any) -> Path:
    """Write the example's submission.yaml; `keys` change it."""
    return make_workspace(workspace, EXAMPLE_RESULTS, **{"implementation": {"*": "code"}} | keys)


def doit(workspace: Path, *arguments: str, check: bool = False, **environment: str) -> Outcome:
    """Run doit with this repository's dodo.py in a workspace, as a user does."""
    done = subprocess.run(
        doit_command(workspace, *arguments),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return Outcome(done.returncode, done.stdout + done.stderr)


def doit_command(workspace: Path, *arguments: str) -> list[str]:
    options = ["-f", str(REPOSITORY / "dodo.py"), "-d", str(workspace)]
    commands = ("list", "info", "clean", "forget", "help", "run")
    at = 1 if arguments and arguments[0] in commands else 0
    return [sys.executable, "-m", "doit", *arguments[:at], *options, *arguments[at:]]


def run_program(program: str, *arguments: str, folder: Path) -> Outcome:
    """Run an installed command of this environment in a folder."""
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return Outcome(done.returncode, done.stdout + done.stderr)


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path there, with its content."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tree(workspace: Path) -> dict[str, bytes]:
    """The submission tree that a build made: path -> content."""
    return files_below(workspace / "build/submission")


def archive(workspace: Path) -> bytes:
    return (workspace / "build/submission.tar.gz").read_bytes()


def archived(workspace: Path) -> dict[str, bytes]:
    """What the archive of a build holds: path -> content."""
    with tarfile.open(workspace / "build/submission.tar.gz") as opened:
        streams = {member.name: opened.extractfile(member) for member in opened.getmembers()}
        return {path: stream.read() for path, stream in streams.items() if stream}


def report(workspace: Path, name: str = "findings") -> Any:
    """One of the build's JSON reports."""
    return json.loads((workspace / f"build/{name}.json").read_bytes())


def placements(workspace: Path) -> list[tuple[str, str, str | None]]:
    """The rows of the plan that a build made: run, action, target."""
    return [(row["run"], row["action"], row["target"]) for row in report(workspace, "plan")["placements"]]
