"""What MLCommons' own checker said of the corpus, and what `verify --profile official` says, in one form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from support import CORPUS

from rules.rounds import load_round
from rules.sources import Files
from rules.verification import Judged, Profile, Verification
from rules.verify import verify_tree

#: Names of the tables that belong to a tree of the corpus: `<slice>.<round>`.
TABLES = tuple(
    sorted(path.stem for path in (CORPUS / "oracle").glob("*.json") if not path.stem.startswith(("raw_", "peer_")))
)


@dataclass(frozen=True)
class Table:
    """The official verdicts on one slice in one round."""

    slice: Path
    round: str
    passes: bool
    #: By the result's path without `results/`.
    results: dict[str, dict[str, Any]]
    #: None where the official checker ended in a traceback.
    csv: str | None


@lru_cache(maxsize=2)
def load_table(name: str) -> Table:
    slice_, round_ = name.split(".", 1)
    said = json.loads((CORPUS / f"oracle/{name}.json").read_bytes())
    csv = CORPUS / f"oracle/{name}.csv"
    return Table(
        slice=CORPUS / "slices" / slice_,
        round=round_,
        passes=said["run"]["verdict"] == "PASS",
        results={"/".join(result[part] for part in _IDENTITY): result for result in said["results"]},
        csv=csv.read_text() if csv.is_file() else None,
    )


_IDENTITY = ("division", "submitter", "system", "benchmark", "scenario")


def verify(files: Files, root: Path, round_: str, **options: Any) -> Verification:
    return verify_tree(files, root, load_round(round_), Profile.OFFICIAL, **options)


def by_identity(verification: Verification) -> dict[str, Judged]:
    places = (each.place for each in verification.results)
    names = ("/".join((p.division.value, p.submitter, p.system, p.model, p.scenario)) for p in places)
    return dict(zip(names, verification.results, strict=True))


def errors(judged: Judged) -> list[str]:
    """Why a result fails, for the message of a test."""
    return [f"{found.code} {found.message}" for found in judged.findings if found.is_error]
