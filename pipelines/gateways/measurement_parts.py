"""The parts of the measurement tables that are not accesses: the catalogue of a day, and the committee's tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from pipelines.gateways import measurement_tables as tables
from pipelines.gateways.measurement_records import (
    AccessFile,
    ActionItem,
    Annotation,
    DatasetEvent,
    Evaluation,
    Instruction,
    LinkAnswer,
    QualityDay,
    ResourceMap,
    Revision,
    SeenFile,
)
from pipelines.gateways.measurement_tables import Rows, span
from pipelines.model import DatasetDay


class CatalogueRows(Rows):
    """Snapshots, quality, events and the resources' datasets."""

    def snapshot(self, day: dt.date, datasets: Sequence[DatasetDay], quality: Iterable[QualityDay] = ()) -> None:
        """Replace the snapshot of a day (and its quality) as a whole."""
        with self.transaction():
            for table in (tables.SNAPSHOT, tables.QUALITY):
                self.store.write(f'DELETE FROM "{table.name}" WHERE day = ?', (day.isoformat(),))
            self._put(tables.SNAPSHOT, datasets)
            self._put(tables.QUALITY, quality)

    def snapshots(self, start: dt.date, end: dt.date) -> list[DatasetDay]:
        """Every dataset of every snapshot between two days."""
        return self._all(tables.SNAPSHOT, "day BETWEEN ? AND ?", span(start, end), "day, dataset")

    def snapshot_on(self, day: dt.date) -> list[DatasetDay]:
        """The newest snapshot of that day or earlier; empty when there is none."""
        row = self.store.one("SELECT MAX(day) AS day FROM dataset_snapshot WHERE day <= ?", (day.isoformat(),))
        if row is None or row["day"] is None:
            return []
        found = dt.date.fromisoformat(row["day"])
        return self.snapshots(found, found)

    def dataset_counts(self, start: dt.date, end: dt.date, *, samples: bool = False) -> list[tuple[dt.date, int]]:
        """The number of counted datasets of each day that has a snapshot; sample datasets only where asked for."""
        ours = "counted" if samples else "counted AND NOT sample"
        rows = self.store.rows(
            f"SELECT day, SUM({ours}) AS n FROM dataset_snapshot WHERE day BETWEEN ? AND ? GROUP BY day ORDER BY day",
            span(start, end),
        )
        return [(dt.date.fromisoformat(row["day"]), int(row["n"])) for row in rows]

    def qualities(self, day: dt.date) -> list[QualityDay]:
        """The quality of each dataset on a day that has a snapshot."""
        return self._all(tables.QUALITY, "day = ?", (day.isoformat(),), "dataset")

    def add_events(self, events: Iterable[DatasetEvent]) -> None:
        """Record what changed between two snapshots."""
        self._put(tables.EVENT, events)

    def clear_events(self, day: dt.date) -> None:
        """Forget the events of a day (its snapshot is being taken again)."""
        self.store.write("DELETE FROM dataset_event WHERE day = ?", (day.isoformat(),))

    def events(self, start: dt.date, end: dt.date) -> list[DatasetEvent]:
        """Datasets added, removed, restored, renamed between two days."""
        return self._all(tables.EVENT, "day BETWEEN ? AND ?", span(start, end), "day, event, dataset")

    def link_answers(self) -> dict[str, LinkAnswer]:
        """Resource → the last answer of its address."""
        return {row.resource: row for row in self._all(tables.LINK, order="resource")}

    def set_link_answers(self, answers: Iterable[LinkAnswer]) -> None:
        """Replace all answers (those of resources that are gone go too)."""
        with self.transaction():
            self.store.write("DELETE FROM link_answer")
            self._put(tables.LINK, answers)

    def map_resources(self, day: dt.date, datasets: Mapping[str, str]) -> None:
        """Record the dataset of each resource from a day on; an unchanged one adds no row."""
        known = self.resource_map(day)
        changed = [(r, d) for r, d in sorted(datasets.items()) if known.get(r) != d]
        self._put(tables.RESOURCE, [ResourceMap(resource=r, valid_from=day, dataset=d) for r, d in changed])

    def resource_map(self, day: dt.date) -> dict[str, str]:
        """Resource → dataset as of a day; a resource first seen later keeps its first known dataset."""
        rows = self._all(tables.RESOURCE, order="valid_from DESC")
        found = {row.resource: row.dataset for row in rows}
        found.update({row.resource: row.dataset for row in reversed(rows) if row.valid_from <= day})
        return found


class FileRows(Rows):
    """The manifest of delivered files, and how they lay on the disk when they were read."""

    def add_file(self, file: AccessFile) -> None:
        """Enter a file into the manifest (again: the entry is replaced)."""
        self._put(tables.FILE, [file])

    def files(self, source: str, start: dt.date | None = None, end: dt.date | None = None) -> list[AccessFile]:
        """The manifest of a source, or its files with lines between two days, oldest first."""
        found = self._all(tables.FILE, "source = ?", (source,), order="first_at, sha256")
        return [f for f in found if _touches(f, start, end)]

    def forget_files(self, source: str, fingerprints: Iterable[str]) -> None:
        """Take files out of the manifest (their content lives on inside a longer file)."""
        for sha256 in sorted(fingerprints):
            self.store.write("DELETE FROM access_file WHERE source = ? AND sha256 = ?", (source, sha256))

    def seen_files(self, source: str) -> dict[str, SeenFile]:
        """Path → the file as it was when its content was last read."""
        return {row.path: row for row in self._all(tables.SEEN, "source = ?", (source,), "path")}

    def set_seen(self, source: str, files: Iterable[SeenFile]) -> None:
        """Replace what is remembered of a source's files."""
        with self.transaction():
            self.store.write("DELETE FROM seen_file WHERE source = ?", (source,))
            self._put(tables.SEEN, files)


class CommitteeRows(Rows):
    """Evaluations, instructions, 行動目標, annotations, revisions."""

    def record_evaluation(self, evaluation: Evaluation) -> None:
        """Record (or replace) the grade of a KPI in a fiscal year."""
        self._put(tables.EVALUATION, [evaluation])

    def evaluations(self, fiscal_year: int | None = None) -> list[Evaluation]:
        """Grades, of one fiscal year or all."""
        return self._of_year(tables.EVALUATION, fiscal_year, "fiscal_year, kpi")

    def record_instruction(self, instruction: Instruction) -> None:
        """Record (or replace) a 改善指示."""
        self._put(tables.INSTRUCTION, [instruction])

    def instructions(self, fiscal_year: int | None = None) -> list[Instruction]:
        """改善指示, of one fiscal year or all."""
        return self._of_year(tables.INSTRUCTION, fiscal_year, "fiscal_year, instruction")

    def record_action(self, item: ActionItem) -> None:
        """Record (or replace) a 行動目標."""
        self._put(tables.ACTION, [item])

    def actions(self, fiscal_year: int | None = None) -> list[ActionItem]:
        """行動目標, of one fiscal year or all."""
        return self._of_year(tables.ACTION, fiscal_year, "fiscal_year, item")

    def annotate(self, annotation: Annotation) -> None:
        """Write an event beside the numbers."""
        self._put(tables.ANNOTATION, [annotation])

    def annotations(self, start: dt.date, end: dt.date) -> list[Annotation]:
        """Hand-written events between two days."""
        return self._all(tables.ANNOTATION, "day BETWEEN ? AND ?", span(start, end), "day, annotation")

    def add_revision(self, revision: Revision) -> None:
        """Record that a final figure changed, and why."""
        self._put(tables.REVISION, [revision])

    def revisions(self, start: dt.date | None = None, end: dt.date | None = None) -> list[Revision]:
        """Changed final figures, of days in a period or all."""
        if start is None or end is None:
            return self._all(tables.REVISION, order="at, subject")
        return self._all(tables.REVISION, "day BETWEEN ? AND ?", span(start, end), "at, subject")


def _touches(file: AccessFile, start: dt.date | None, end: dt.date | None) -> bool:
    if file.first_day is None or file.last_day is None:
        return start is None and end is None
    return (end is None or file.first_day <= end) and (start is None or file.last_day >= start)
