"""What a publication changes, told to readers (the dataset's 更新履歴) and to whoever reads the plan."""

from __future__ import annotations

import datetime as dt

from pipelines.model import Action, Change, PackageFile
from pipelines.publish.archive import Version
from pipelines.publish.compare import Difference
from pipelines.publish.delta import delta
from pipelines.publish.wanted import Wanted, WantedResource


def note_of(want: Wanted, before: Version | None, at: dt.datetime) -> str:
    """One line of the history: the day, and rows added, removed and changed since the version before."""
    told = [part for part in (_told(r, before) for r in want.resources) if part]
    return f"{at:%Y-%m-%d} {'、'.join(told) or '説明などを更新'}"


def _told(resource: WantedResource, before: Version | None) -> str:
    """What happened to one table; nothing is said of files that hold the same rows in another form."""
    if resource.file.schema is None:
        return ""
    old = before.file(resource.file.key) if before else None
    if old is not None and old.digest == resource.file.digest:
        return ""
    return f"{change_of(resource.file, old)}（全{resource.file.rows}行）"


def change_of(file: PackageFile, old: PackageFile | None) -> str:
    """Rows added, removed and changed, or why that cannot be said."""
    if old is None:
        return "公開"
    assert file.schema is not None, "only tables have rows"
    change = delta(old.path, file.path, file.schema.primary_key)
    return "項目を変更" if change is None else change.told


def load_changes(difference: Difference, before: Version | None) -> tuple[Change, ...]:
    """The rows that applying will move, one change for each table whose file is new."""
    return tuple(
        Change(
            dataset=difference.wanted.name,
            action=Action.LOAD,
            field=r.file.path.name,
            old=_rows(before, r),
            new=f"{change_of(r.file, before.file(r.file.key) if before else None)}（全{r.file.rows}行）",
            resource=r.id,
        )
        for r in difference.uploads
        if r.file.schema is not None
    )


def _rows(before: Version | None, resource: WantedResource) -> str | None:
    old = before.file(resource.file.key) if before else None
    return f"全{old.rows}行" if old else None
