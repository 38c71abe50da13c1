"""Whatever a name or a log may hold, for properties of what writes it."""

from __future__ import annotations

from hypothesis import strategies as st

#: Halves of surrogate pairs included: how Python holds file names that aren't UTF-8.
ANY_TEXT = st.text(st.characters())
