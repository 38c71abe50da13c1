"""What `compare_with` names, for the report. What is heavy to import waits until something is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rules.domain import Division
from rules.folders import is_within
from rules.tasks.workspace import Workspace

if TYPE_CHECKING:
    from rules.reports.comparison import Comparison, Results
    from rules.reports.tables import SummaryRow


def compared_files(workspace: Workspace) -> list[str]:
    """The files to compare with; each, and what would stand for it if it were there, is looked at."""
    found: set[str] = set()
    for path in workspace.submission.compare_with:
        if not _is_written(workspace, path):
            found.update(_files(workspace, path))
    return sorted(found)


def _files(workspace: Workspace, path: Path) -> Iterator[str]:
    from rules.published import inputs_of, tables_of

    to_come = (path / division.value for division in Division)
    for each in (*tables_of(path), *(folder for folder in to_come if not folder.exists())):
        workspace.view.stat(str(each))
    try:
        yield from inputs_of(path)
    except OSError:  # the report says so
        return


def comparisons(workspace: Workspace, rows: Iterable[SummaryRow]) -> tuple[Comparison, ...]:
    """The build's results beside those of each source."""
    sources = workspace.submission.compare_with
    if not sources:
        return ()
    from rules.reports.comparison import compare, read_summary_csv
    from rules.reports.tables import summary_csv

    ours = read_summary_csv(summary_csv(workspace.round, rows), str(workspace.paths.summary_csv))
    return tuple(compare(ours, _read(workspace, path)) for path in sources)


def _read(workspace: Workspace, path: Path) -> Results:
    """What can't be read is for the page to show: it is no part of the submission."""
    from rules.errors import UserError
    from rules.published import read_results
    from rules.reports.comparison import Results

    if _is_written(workspace, path):
        return Results(str(path), (), problem=f"{path}: this build writes it; keep a copy elsewhere")
    try:
        return read_results(path)
    except UserError as problem:
        return Results(str(path), (), problem=str(problem))
    except OSError as problem:
        return Results(str(path), (), problem=f"{path}: can't be read: {problem.strerror or problem}")


def _is_written(workspace: Workspace, path: Path) -> bool:
    """Whether a build would read what it has written itself."""
    return is_within(path, workspace.paths.output)
