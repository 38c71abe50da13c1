"""Single faults in results that pass: `verify --profile official` fails what the official checker fails, no more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from memory_files import load_tree
from parity.changes import change
from parity.official import by_identity, errors, verify
from support import CORPUS

from rules.commands.verify import _OFFICIAL_SWITCHES as OFFICIAL_SWITCHES

Mutation = dict[str, Any]


def mutations() -> list[Mutation]:
    """All of the corpus; each says what the official checker made of it."""
    return [each for path in sorted((CORPUS / "mutations").glob("*.json")) for each in json.loads(path.read_bytes())]


pytestmark = [
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of published results is not at hand"),
    pytest.mark.parametrize("mutation", [pytest.param(m, id=f"{m['slice']}-{m['id']}") for m in mutations()]),
]
#: Switches that the official checker takes, and that change nothing there.
_WITHOUT_EFFECT = ("--skip_compliance", "--scenarios-to-skip")


def options(arguments: list[str]) -> dict[str, Any]:
    """The official checker's arguments as verify's."""
    if not arguments or arguments[0] in _WITHOUT_EFFECT:
        return {}
    if arguments[0] == "--submitter":
        return {"submitter": arguments[1]}
    return {"skipped": OFFICIAL_SWITCHES[arguments[0].removeprefix("--")]}


def test_the_verdicts_are_the_official_ones(mutation: Mutation) -> None:
    tree = load_tree(CORPUS / "slices" / mutation["slice"])
    change(tree, mutation["ops"])
    verification = verify(tree, tree.root, mutation["version"], **options(mutation["args"]))
    official = mutation["official"]
    assert verification.passes is (official["verdict"] == "PASS"), mutation["description"]
    if official["verdict"] != "CRASH":  # else it has no verdict on any result
        differing = official.get("results") or {}
        ours = by_identity(verification)
        assert set(differing) <= set(ours)
        for identity, judged in ours.items():
            passes = identity not in differing or differing[identity]["verdict"] == "PASS"
            assert judged.passes is passes, (mutation["description"], identity, errors(judged))
