"""A command line of the MLCommons automation (cm, mlcr) -> wishes, and what could not be carried over. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import NamedTuple

from rules.errors import UserError
from rules.starter.flags import FLAGS, SWITCHES, Flag
from rules.starter.wishes import Wishes

#: Commands, and the words behind them that come before the tags.
_PROGRAMS = ("cm", "cmr", "cmrd", "mlc", "mlcr", "mlcd", "mlcflow")
_WORDS = ("run", "docker", "script", "rr", "d", "r", "experiment")
#: What makes a command the generation of a submission.
_GENERATION = frozenset(("generate", "inference", "submission"))
_CHECKER = frozenset(("run", "submission", "checker"))
_PREFIXES = ("CM_", "MLC_")
#: Inputs of the machinery around every script: versions of dependencies, containers, the cache.
_MACHINERY = re.compile(
    r"(adr?|add_deps\w*|docker\w*|const|state|rebuild|new|fake\w*|silent|verbose|v|s|j|repro|print\w*|time|debug\w*"
    r"|out\w*|extra_cache_tags|search_folder_path|skip_(compile|run|sudo|system_deps)|accept_license|git_ssh|gh_token"
    r"|hf_token|verify_ssl|use_host\w*|force_cache|local_cache|shell)([.].*)?"
)
#: The value of a flag that is written without one.
_BARE = "yes"
#: The variation that a generation is anyway.
_INFERENCE = "_wg-inference"
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Command:
    """What a command line says that submission.yaml can say too, and the rest in words."""

    wishes: Wishes
    #: Flags that are in `wishes`, as they were written.
    carried: tuple[str, ...]
    #: Flags that are not, each with why.
    not_carried: tuple[tuple[str, str], ...]


class _Input(NamedTuple):
    """A flag or an assignment: its name as the automation has it, its value, and the flag as it was written."""

    name: str
    value: str
    written: str

    def __str__(self) -> str:
        return self.written if self.value == _BARE else f"{self.written}={shlex.quote(self.value)}"


def parse_command(line: str) -> Command:
    """Raises UserError where the line is none of a submission's generation."""
    words = _words(line)
    settings, rest = _leading_assignments(words)
    if not rest or rest[0].rpartition("/")[2] not in _PROGRAMS:
        raise UserError(f"{rest[0] if rest else 'nothing'} is no command of the automation (cm, cmr, mlc, mlcr)")
    tags, flags = _tags_and_flags(rest[1:])
    _expect_generation(tags, flags)
    wishes, carried, not_carried = Wishes(), [], []
    for given in sorted([*settings, *flags], key=_style_first):
        flag, spelled = _flag_of(given.name), str(given)
        if flag is None:
            not_carried.append((spelled, _unknown(given.name)))
        elif flag.take is None:
            not_carried.append((spelled, flag.note))
        elif flag.needs_value and given.value in ("", _BARE):
            not_carried.append((spelled, f"has no value; write {given.written}=VALUE"))
        else:
            taken = flag.take(wishes, given.value)
            if isinstance(taken, str):
                not_carried.append((spelled, taken))
            else:
                wishes = taken
                carried.append(spelled)
    variations = sorted(tag for tag in tags if tag.startswith("_") and tag != _INFERENCE)
    not_carried += [(tag, "a variation of the automation's; there is nothing like it here.") for tag in variations]
    if not any(_flag_of(given.name) is _PREPROCESSING for given in flags):
        wishes = replace(wishes, preprocess={**dict.fromkeys(SWITCHES, False), **wishes.preprocess})
        not_carried.append(
            (
                "no --preprocess_submission",
                "so nothing is inferred, moved or dropped; take `preprocess:` out to have that",
            )
        )
    return Command(wishes, tuple(carried), tuple(not_carried))


_PREPROCESSING = next(flag for flag in FLAGS if "preprocess_submission" in flag.names)


def _words(line: str) -> list[str]:
    """The words of a shell's line, which may go on behind a backslash, and may begin with a prompt."""
    joined = re.sub(r"\\\s*\r?\n", " ", line.strip())
    try:
        words = shlex.split(joined)
    except ValueError as problem:
        raise UserError(f"the command can't be read: {str(problem).lower()}; copy all of it") from None
    return words[1:] if words and words[0] in ("$", "#", ">") else words


def _leading_assignments(words: list[str]) -> tuple[list[_Input], list[str]]:
    """`KEY=value` in front of the command, as a shell takes them."""
    settings: list[_Input] = []
    for index, word in enumerate(words):
        assignment = _ASSIGNMENT.fullmatch(word)
        if assignment is None:
            return settings, words[index:]
        settings.append(_Input(f"env.{assignment[1]}", assignment[2], assignment[1]))
    return settings, []


def _tags_and_flags(words: list[str]) -> tuple[set[str], list[_Input]]:
    tags: set[str] = set()
    flags = []
    for word in words:
        if word.startswith("-"):
            written, equals, value = word.partition("=")
            name = written.lstrip("-")
            name = name if name.startswith("env.") else name.replace("-", "_")
            if name == "tags":
                tags |= set(value.split(","))
            else:
                flags.append(_Input(name, value if equals else _BARE, written))
        elif assignment := _ASSIGNMENT.fullmatch(word):
            flags.append(_Input(assignment[1], assignment[2], assignment[1]))
        else:
            tags |= {tag for tag in re.split(r"[,\s]+", word) if tag not in _WORDS or "," in word or " " in word}
    return tags, flags


def _expect_generation(tags: set[str], flags: list[_Input]) -> None:
    if tags >= _GENERATION or (tags & _GENERATION == _GENERATION - {"inference"}):
        return
    if tags >= _CHECKER:
        tree = next((given.value for given in flags if given.name in ("submission_dir", "input")), "PATH")
        round_ = next((given.value for given in flags if given.name in ("version", "src_version")), "v6.1")
        raise UserError(
            f"this checks a finished tree; here: mlperf-dodo verify --tree {shlex.quote(tree)} --round {round_}"
        )
    said = ",".join(sorted(tag for tag in tags if tag)) or "none"
    raise UserError(f"this is no generation of a submission (tags {said}); its tags are generate,inference,submission")


def _style_first(given: _Input) -> bool:
    """The run style decides what a results folder means, whichever comes first."""
    return given.name not in ("run_style", "env.MLC_MLPERF_RUN_STYLE", "env.CM_MLPERF_RUN_STYLE")


def _flag_of(name: str) -> Flag | None:
    key = _key(name)
    return next((flag for flag in FLAGS if name in flag.names or (key and key in flag.keys)), None)


def _key(name: str) -> str | None:
    """An environment key without its prefix: of `--env.MLC_X` and `--MLC_X`."""
    key = name.removeprefix("env.")
    for prefix in _PREFIXES:
        if key.startswith(prefix):
            return key.removeprefix(prefix)
    return key if name.startswith("env.") else None


def _unknown(name: str) -> str:
    if _MACHINERY.fullmatch(name):
        return "belongs to the automation's own machinery."
    known = sorted({each for flag in FLAGS for each in (*flag.names, *(f"env.MLC_{key}" for key in flag.keys))})
    nearest = get_close_matches(name, known, n=1, cutoff=0.8)
    return f"no input of the submission's generation{f'; --{nearest[0]} is' if nearest else ''}."
