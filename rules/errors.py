"""What a user can mend: errors that end a step with a message and no traceback."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can put right; its text is the whole message."""


class ConfigError(UserError):
    """`submission.yaml` (or a file it names) can't be used as it stands."""
