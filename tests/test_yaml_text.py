"""Values as YAML: plain where YAML reads them so, in quotes where it would not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from rules.config.document import parse_yaml
from rules.yaml_text import yaml_scalar


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("AMD EPYC 9575F", "AMD EPYC 9575F"),
        ("3d-unet-99", "3d-unet-99"),
        ("/data/results", "/data/results"),
        ("N/A", "N/A"),
        ("0", '"0"'),
        ("yes", '"yes"'),
        ("null", '"null"'),
        ("2024-01-01", '"2024-01-01"'),
        ("a: b", '"a: b"'),
        ("a # b", '"a # b"'),
        ("*", '"*"'),
        (" a", '" a"'),
        ("a ", '"a "'),
        ("", '""'),
        ("two\nlines", '"two\\nlines"'),
        ("Müller", '"Müller"'),
        (64, "64"),
        (True, "true"),
        (None, "null"),
    ],
)
def test_a_value_is_written_so(value: Any, text: str) -> None:
    assert yaml_scalar(value) == text


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.integers() | st.booleans() | st.none())
@example("\x7f\x85\u2028\ufeff")
@example("=")
@example("<<")
@example("1_000")
@example("0o17")
@example("a" * 500)
def test_any_value_is_one_line_that_reads_back(value: Any) -> None:
    line = f"key: {yaml_scalar(value)}"
    assert len(line.splitlines()) == 1
    assert yaml.safe_load(line) == {"key": value}
    assert parse_yaml(line, "x").value == {"key": value}


def test_half_a_character_is_none() -> None:
    assert yaml_scalar("a\ud83d") == '"a?"'
