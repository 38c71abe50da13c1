"""Small YAML documents of a tree."""

from __future__ import annotations

import pytest
import yaml

from rules.parsers.yaml_values import parse_yaml


def test_a_document_is_its_value() -> None:
    assert parse_yaml("a: [1, 2.5, yes, x]") == {"a": [1, 2.5, True, "x"]}


@pytest.mark.parametrize(
    "value",
    ["!!bool x", "!!bool ''", "!!int x", "!!int ''", "!!float x", "!!float ''", "!!timestamp x", "!!timestamp ''",
     "!!binary '///'", "!!set [x]", "!!omap x", "!!map x"],
)  # fmt: skip
def test_a_value_that_is_not_what_its_tag_says_is_an_error_in_the_document(value: str) -> None:
    with pytest.raises((yaml.YAMLError, ValueError)):
        parse_yaml(f"a: {value}")
