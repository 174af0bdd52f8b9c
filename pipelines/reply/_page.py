"""The reply as one Japanese page per dataset, and one list per department: no script, nothing from the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.model import Outcome, Problem, Verdict
from pipelines.reply._difference import Difference
from pipelines.reply._grouped import (
    GOOD,
    LEVEL_WORDS,
    SHORT_VERDICTS,
    WRONG,
    Group,
    column_name,
    grouped,
    headline,
    place_words,
    several_sheets,
)
from pipelines.reply._preview import Preview
from pipelines.reply._words import FIXES, LEFT_OUT

if TYPE_CHECKING:
    import jinja2

_SHOWN_ROWS = 100
_SHOWN_CELLS = 40
_NONE: Mapping[str, str] = {}
_TEMPLATES = Path(__file__).parent / "templates"


def page(
    outcome: Outcome,
    *,
    catalog_title: str = "",
    marked: Mapping[str, str] = _NONE,
    url: str | None = None,
    checked: str = "",
    contact: str = "",
    differences: Sequence[Difference] = (),
    previews: Sequence[Preview] = (),
) -> str:
    """One self-contained HTML page on one dataset.

    ``marked`` are the marked-up copies' file names (relative to the page) with the files they are of, ``url`` the
    dataset's address on the catalogue, ``checked`` when the file was checked, as it should be read, ``contact`` whom to
    ask, ``differences`` what changes against what was published, ``previews`` how its tables look.
    """
    sheets = several_sheets(outcome)
    groups = [_group_view(group, sheets) for group in grouped(outcome.problems)]
    return _template("page.html").render(
        outcome=outcome,
        tone=_tone(outcome.verdict),
        headline=headline(outcome),
        todo=[group for group in groups if group["todo"]],
        remarks=[group for group in groups if not group["todo"]],
        files=[_file_view(entry) for entry in outcome.files],
        several=len({problem.place.path for problem in outcome.problems}) > 1,
        catalog_title=catalog_title,
        marked=marked,
        url=url,
        checked=checked,
        contact=contact,
        differences=differences,
        previews=previews,
    )


def index_page(
    department: str,
    outcomes: Sequence[Outcome],
    links: Mapping[str, str],
    *,
    catalog_title: str = "",
    checked: str = "",
) -> str:
    """All datasets of a department, those with something to do first; ``links``: dataset name → page's file name."""
    order = [*WRONG, Verdict.WAITING, Verdict.WITHDRAWN, *GOOD]
    rows = [
        {
            "title": outcome.title,
            "link": links.get(outcome.dataset),
            "tone": _tone(outcome.verdict),
            "verdict": SHORT_VERDICTS[outcome.verdict],
            "department": outcome.department,
            "count": sum(group.count for group in grouped(outcome.problems) if _todo(group)),
            "files": [entry["path"] for entry in outcome.files],
        }
        for outcome in sorted(outcomes, key=lambda o: (o.verdict in GOOD, order.index(o.verdict), o.dataset))
    ]
    return _template("index.html").render(
        department=department,
        several=len({outcome.department for outcome in outcomes}) > 1,
        rows=rows,
        wrong=sum(1 for outcome in outcomes if outcome.verdict in WRONG),
        catalog_title=catalog_title,
        checked=checked,
    )


@cache
def _template(name: str) -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment.get_template(name)


def _tone(verdict: Verdict) -> str:
    return "good" if verdict in GOOD else "wrong" if verdict in WRONG else "plain"


def _todo(group: Group) -> bool:
    return group.level.value in ("error", "hold")


def _group_view(group: Group, sheets: bool) -> dict[str, Any]:
    same = len({problem.message for problem in group.problems}) == 1
    rows = _rows(group, same, sheets)
    return {
        "todo": _todo(group),
        "level": group.level.value,
        "word": LEVEL_WORDS[group.level],
        "message": group.message,
        "hint": group.hint,
        "count": group.count,
        "more": len(rows) - _SHOWN_ROWS,
        "values": any(problem.value is not None for problem in group.problems),
        "messages": not same,
        "hints": any(group.own_hint(problem) for problem in group.problems),
        "rows": rows[:_SHOWN_ROWS],
    }


def _rows(group: Group, same: bool, sheets: bool) -> list[dict[str, Any]]:
    """One row for all cells of a value: a clerk replaces them together."""
    found: dict[tuple[str, str | None, str, str], list[Problem]] = {}
    for problem in group.problems:
        message, hint = "" if same else problem.message, group.own_hint(problem)
        found.setdefault((problem.place.path, problem.value, message, hint), []).append(problem)
    return [
        {
            "path": path,
            "where": _some([place_words(problem.place, sheet=sheets) for problem in problems], _SHOWN_CELLS),
            "value": value,
            "message": message,
            "hint": hint,
        }
        for (path, value, message, hint), problems in found.items()
    ]


def _file_view(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A file's entry with its row lists in words."""
    return {
        **entry,
        "header_words": "、".join(f"{row}行目" for row in entry["header_rows"]),
        "left_out": _left_out_views(entry.get("left_out", [])),
        "unmatched": list(entry.get("unmatched", [])),
        "fixes": [{**fix, "rule": FIXES.get(fix["rule"], fix["rule"])} for fix in entry["fixes"]],
        "fix_count": sum(fix["count"] for fix in entry["fixes"]),
    }


def _left_out_views(left_out: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    views: dict[str, list[str]] = {}
    for left in left_out:
        where = f"{left['row']}行目" if left["row"] else f"{column_name(left['column'])}列" if left["column"] else ""
        sheet = f"シート「{left['sheet']}」" if left["sheet"] else ""
        text = f"「{left['text'][:60]}」" if left["text"] else ""
        views.setdefault(LEFT_OUT.get(left["what"], left["what"]), []).append(sheet + where + text)
    return [{"what": what, "where": _some(places)} for what, places in views.items()]


def _some(places: Sequence[str], shown: int = 10) -> str:
    words = "、".join(place for place in places[:shown] if place)
    return f"{words} ほか{len(places) - shown:,}か所" if len(places) > shown else words
