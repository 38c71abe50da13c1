"""Random faults in finished trees, archives and raw results: whatever they are, the answer is findings.

A case is a number: the same number gives the same faults in the same place.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType

from fuzz.faults import BYTES, is_taken, plant
from memory_files import MemoryFiles, load_tree
from power_run import add_power
from support import CORPUS, copy_of, declare_example
from trees import tree_of_all_kinds

from rules.errors import UserError
from rules.reports.tables import summary_csv, verified_report, verified_rows
from rules.reports.text import format_findings, format_verification
from rules.rounds import load_round
from rules.sources import Disk, Files, open_tree
from rules.steps.files import json_bytes
from rules.tasks.check import check_run
from rules.tasks.workspace import Workspace
from rules.verdict import Verdict
from rules.verification import Profile
from rules.verify import verify_tree

#: Generous: the largest file of a case is read in a second.
LONGEST_S = 60


class HangError(BaseException):
    """A case didn't end in time. No exception that anybody could take for his own."""


@contextmanager
def time_limit(longest_s: int = LONGEST_S) -> Iterator[None]:
    def expire(_: int, __: FrameType | None) -> None:
        raise HangError(f"not done after {longest_s} s")

    previous = signal.signal(signal.SIGALRM, expire)
    signal.alarm(longest_s)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


@dataclass(frozen=True)
class Lab:
    """What faults are planted in, and a folder to work in."""

    #: Trees with the round that they pass in.
    trees: tuple[tuple[MemoryFiles, str], ...]
    #: A workspace's results.
    raw: MemoryFiles
    scratch: Path


def set_up(built: Path, scratch: Path) -> Lab:
    """From the built example, and from the corpus where that is at hand."""
    trees = [(tree_of_all_kinds(built, scratch), "v6.1")]
    for name, round_ in (("v51_pass", "v5.1"), ("v60_pass", "v6.0"), ("v61_pass", "v6.1")):
        if CORPUS.is_dir():
            trees += [(part, round_) for part in parts_of(load_tree(CORPUS / "slices" / name))]
    workspace = declare_example(scratch / "workspace")
    results = copy_of(built / "results", scratch / "raw")
    add_power(results / "closed/example-edge/resnet50/Offline")
    place = results / "open/example-edge-int4/llama3.1-8b/Offline"
    for path, data in trees[0][0].files.items():
        if "/llama3.1-8b/Offline/" in path:
            target = place / path.partition("/Offline/")[2]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return Lab(tuple(trees), load_tree(results), workspace)


def parts_of(tree: MemoryFiles) -> Iterator[MemoryFiles]:
    """A tree of each system, so that little is read but what faults are planted in."""
    systems = {tuple(path.split("/")[:4]) for path in tree.folders if path.count("/") == 3 and "/results/" in path}
    for division, submitter, _, system in sorted(systems):
        part = MemoryFiles(tree.root)
        for path, data in tree.files.items():
            inside = path.split("/")
            if inside[:2] == [division, submitter] and (len(inside) < 4 or inside[3].startswith(system)):
                part.write(path, data)
        part.make_folder(f"{division}/{submitter}/src")
        part.make_folder(f"{division}/{submitter}/code")
        yield part


@dataclass(frozen=True)
class Case:
    """What was looked at, and what is wrong with it."""

    kind: str
    faults: list[str]


def run_case(lab: Lab, number: int) -> Case:
    """Plant faults, look at the result, and hold what was said of it to what always holds."""
    random = Random(number)
    kind = random.choices(sorted(_KINDS), [_KINDS[kind][0] for kind in sorted(_KINDS)])[0]
    case = Case(kind, [])
    try:
        with time_limit():
            _KINDS[kind][1](lab, random, case.faults)
    except BaseException as problem:
        raise AssertionError(f"case {number}, {kind}: {'; '.join(case.faults)}") from problem
    return case


def examine(files: Files, root: Path, round_: str) -> None:
    """Verify a tree and make every report of it."""
    passes = {}
    for profile in (Profile.OFFICIAL, Profile.STRICT):
        verification = verify_tree(files, root, load_round(round_), profile)
        for judged in verification.results:
            assert judged.passes or any(found.is_error for found in judged.findings), judged.place
        assert printable(format_verification(verification))
        read_back(json_bytes(verified_report(verification)))
        summary_csv(verification.round, verified_rows(verification)).encode(errors="backslashreplace")
        passes[profile] = {judged.place.folder for judged in verification.results if judged.passes}
    assert passes[Profile.STRICT] <= passes[Profile.OFFICIAL]


def printable(text: str) -> bytes:
    return text.encode(errors="backslashreplace")


def read_back(data: bytes) -> object:
    def no_constant(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(data, parse_constant=no_constant)


def _tree(lab: Lab, random: Random, faults: list[str]) -> None:
    base, round_ = random.choice(lab.trees)
    tree = base.copy()
    faults += plant(random, tree)
    examine(tree, tree.root, round_)


def _raw(lab: Lab, random: Random, faults: list[str]) -> None:
    """A workspace's results: scan and check, as a build does."""
    results = lab.raw.copy()
    faults += plant(random, results)
    with laid_out(results, lab.scratch / "results") as folder:
        faults += _odd_things(random, folder, results)
        previous = Path.cwd()
        os.chdir(lab.scratch)
        try:
            workspace = Workspace()
            assert printable(format_findings(workspace.inventory.findings)) is not None
            for run in workspace.inventory.runs:
                verdict, _ = check_run(workspace, run)
                written = json_bytes(verdict.to_json())
                assert json_bytes(Verdict.from_json(json.loads(written)).to_json()) == written
                printable(format_findings(verdict.findings))
        finally:
            os.chdir(previous)


def _disk(lab: Lab, random: Random, faults: list[str]) -> None:
    """A tree on disk, where there may be links, pipes and depths."""
    base, round_ = random.choice(lab.trees)
    tree = base.copy()
    faults += plant(random, tree)
    with laid_out(tree, lab.scratch / "tree") as folder:
        faults += _odd_things(random, folder, tree)
        examine(Disk(), folder, round_)


def _archive(lab: Lab, random: Random, faults: list[str]) -> None:
    """A damaged archive is read, or refused in a sentence."""
    base, round_ = random.choice(lab.trees)
    tree = base.copy()
    faults += plant(random, tree)
    data = packed(tree, random)
    if random.random() < 0.7:
        name = random.choice(sorted(BYTES))
        faults.append(f"the archive: {name}")
        data = BYTES[name](random, data)
    path = lab.scratch / "tree.tar.gz"
    path.write_bytes(data)
    try:
        files = open_tree(path)
    except UserError as problem:
        assert printable(str(problem))
    else:
        examine(files, path, round_)


_Examination = Callable[[Lab, Random, list[str]], None]
#: What is looked at, and how often.
_KINDS: dict[str, tuple[int, _Examination]] = {
    "tree": (12, _tree),
    "raw": (5, _raw),
    "disk": (1, _disk),
    "archive": (1, _archive),
}


def packed(tree: MemoryFiles, random: Random) -> bytes:
    stream = io.BytesIO()
    mode = random.choice(("w:gz", "w", "w:xz"))
    with tarfile.open(fileobj=stream, mode=mode) as tar:  # type: ignore[call-overload]
        for path in sorted(tree.folders - {""}):
            member = tarfile.TarInfo(path)
            member.type = random.choice((tarfile.DIRTYPE,) * 9 + (tarfile.SYMTYPE,))
            tar.addfile(member)
        for path, data in sorted(tree.files.items()):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return stream.getvalue()


@contextmanager
def laid_out(tree: MemoryFiles, folder: Path) -> Iterator[Path]:
    """A tree on disk, for a while. What no disk can hold (too long a name) is left out."""
    folder.mkdir(parents=True)
    try:
        for path in sorted(tree.folders - {""}):
            with suppress(OSError):
                (folder / path).mkdir()
        for path, data in tree.files.items():
            with suppress(OSError):
                (folder / path).write_bytes(data)
        yield folder
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)  # of any depth, unlike shutil.rmtree


def _odd_things(random: Random, folder: Path, tree: MemoryFiles) -> list[str]:
    """Sometimes a thing that only a disk can hold."""
    if random.random() < 0.7:
        return []
    path = f"{random.choice(sorted(tree.folders))}/odd".lstrip("/")
    if is_taken(tree, path):
        return []
    place, name = folder / path, random.choice(sorted(_ODD))
    with suppress(OSError):
        _ODD[name](place)
    return [f"{path}: {name}"]


def _nest(place: Path) -> None:
    """Folders so deep that their path is hardly one that the system takes."""
    path = str(place)
    while len(path) < 3900:
        os.mkdir(path)  # noqa: PTH102 - a Path of such depth is slow
        path += "/a"


_ODD: dict[str, Callable[[Path], object]] = {
    "a dangling link": lambda place: place.symlink_to("nowhere"),
    "a link to itself": lambda place: place.symlink_to(place),
    "a link to a folder around it": lambda place: place.symlink_to(place.parent),
    "a link to the root": lambda place: place.symlink_to("/proc/self/fd"),
    "a pipe": os.mkfifo,
    "a deep folder": _nest,
    "a device": lambda place: place.symlink_to("/dev/zero"),
}
