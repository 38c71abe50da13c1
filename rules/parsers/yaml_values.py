"""Small YAML documents -> values. Bounded: a few lines of YAML can say what no memory holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: A configuration or a list of power supplies has a hundredth of it; even libyaml takes a second for this much.
_LONGEST_CHARACTERS = 1 << 19
#: Values that a document may hold, were its aliases written out.
_MOST_VALUES = 1 << 20
#: What any figure fits in; Python refuses to print the largest integers.
_LARGEST_INTEGER_BITS = 1000


def parse_yaml(text: str) -> Any:
    """The document's value. Raises yaml.YAMLError, ValueError or RecursionError for what is none."""
    if len(text) > _LONGEST_CHARACTERS:
        raise ValueError(f"more than {_LONGEST_CHARACTERS >> 10} KB")
    try:
        data = yaml.load(text, Loader=_Loader)
    except (AttributeError, LookupError) as problem:  # PyYAML trusts tags: `!!timestamp x`, `!!bool x`, `!!int ''`
        raise ValueError(f"a value that its tag doesn't fit ({problem})") from None
    _count(data, {})
    return data


def _count(value: object, known: dict[int, int]) -> int:
    """How many values a value is, with its parts. Of those that are shared each is looked at once."""
    if isinstance(value, int) and value.bit_length() > _LARGEST_INTEGER_BITS:
        raise ValueError("an integer of hundreds of digits")
    parts = _parts(value)
    if not parts:
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_VALUES  # until it is known: a value within itself has no end
        known[id(value)] = 1 + sum(_count(part, known) for part in parts)
    if known[id(value)] > _MOST_VALUES:
        raise ValueError("aliases of aliases")
    return known[id(value)]


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, set)) else ()
