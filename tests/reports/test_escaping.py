"""Names and messages in every format: shown, never obeyed."""

from __future__ import annotations

from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from any_text import ANY_TEXT
from hypothesis import given

from rules.reports.escaping import markdown, printable, uri_path


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Größe 4 µs 漢字 🚀", "Größe 4 µs 漢字 🚀"),
        ("a\tb\r\nc", "a\tb\r\nc"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("bell\a, nothing\0, next line\x85", "bell\\x07, nothing\\x00, next line\\x85"),
        ("name\udcff", "name\\udcff"),
        ("\ufffe\uffff", "\\ufffe\\uffff"),
    ],
)
def test_what_has_no_shape_is_shown_as_python_writes_it(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY_TEXT)
def test_any_text_becomes_text_of_xml_and_of_utf8(text: str) -> None:
    element = ElementTree.Element("a")
    element.text = printable(text)
    read = ElementTree.fromstring(ElementTree.tostring(element, encoding="utf-8")).text or ""
    assert read == printable(text).replace("\r\n", "\n").replace("\r", "\n")


@given(ANY_TEXT)
def test_what_is_printable_stays(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("llama2-70b_99.9", "llama2-70b_99.9"),
        ("__init__", "\\_\\_init\\_\\_"),
        ("a|b", "a\\|b"),
        ("*bold* `code` ~gone~", "\\*bold\\* \\`code\\` \\~gone\\~"),
        ("[text](javascript:x)", "\\[text\\](javascript:x)"),
        ("<script>x</script> &amp;", "&lt;script&gt;x&lt;/script&gt; &amp;amp;"),
        ("one\n\n# two\r\nthree", "one # two three"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_markdown_shows_markup_as_it_is_written(text: str, escaped: str) -> None:
    assert markdown(text) == escaped


@given(ANY_TEXT)
def test_markdown_of_any_text_is_one_line_without_tags(text: str) -> None:
    escaped = markdown(text)
    assert len(escaped.splitlines()) <= 1
    assert not {"<", ">"} & set(escaped)


@given(ANY_TEXT)
def test_a_path_in_a_uri_is_quoted_as_python_does(path: str) -> None:
    try:
        data = path.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # no name of a file
        assert uri_path(path).isascii()
    else:
        assert uri_path(path) == quote(data)
