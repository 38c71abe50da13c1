"""Where a command may write the file that it is asked for."""

from __future__ import annotations

from pathlib import Path


def expect_elsewhere(path: Path, *folders: Path) -> None:
    """A UserError where a file would come to lie in `folders`, or in the results of the workspace here.

    Results are never written to, also not by a slip of the hand.
    """
    from rules.errors import UserError
    from rules.folders import is_within

    for folder in (*folders, *_results()):
        if is_within(path, folder):
            raise UserError(f"{path} lies in {folder}, which is never written to; name a file elsewhere")


def _results() -> tuple[Path, ...]:
    """Of the submission.yaml here; none where there is none that can be read."""
    from rules.config.loader import load_submission
    from rules.errors import UserError
    from rules.tasks.workspace import DECLARATION

    try:
        return load_submission(DECLARATION).results_folders() if DECLARATION.is_file() else ()
    except UserError:
        return ()
