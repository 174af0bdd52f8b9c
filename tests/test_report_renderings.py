"""Five renderings with equal numbers: each is parsed back and compared with the model, cell by cell."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import lxml.html
import openpyxl
import pytest

from pipelines.model import ConfigError
from pipelines.report import FORMATS, kpi_dataset, render, report
from pipelines.report.charts import TONES, svg
from pipelines.report.paper import Chart, Report, Table
from tests.test_report_history import DEPARTMENTS, catalog, day_one, full_history

COVERED = ("full", "dayone")


@pytest.fixture(scope="module", params=COVERED)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report with much data, and one with nearly none."""
    folder = tmp_path_factory.mktemp(request.param)
    m, today = full_history(folder) if request.param == "full" else day_one(folder)
    return report(m, catalog(folder), today, departments=DEPARTMENTS)


@pytest.fixture(scope="module")
def folder(made: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All five files of it."""
    found = tmp_path_factory.mktemp("rendered")
    for name in FORMATS:
        render(made, name, found)
    return found


def numeric(table: Table) -> Iterator[tuple[int, int, float]]:
    """(row, column, number) of every number in a table."""
    for down, row in enumerate(table.rows):
        for at, cell in enumerate(row):
            if table.columns[at].digits is not None and isinstance(cell, (int, float)):
                yield down, at, cell


def page(folder: Path) -> Any:
    """The HTML parsed."""
    return lxml.html.fromstring(next(folder.glob("*.html")).read_text(encoding="utf-8"))


# ── the same numbers ───────────────────────────────────────────────────────────────────────────


def test_check_25_html_has_every_cell_of_every_table(made: Report, folder: Path) -> None:
    """The page's tables are the model's, written the same way."""
    tree = page(folder)
    for table in made.tables():
        [found] = tree.xpath(f"//table[@id='table-{table.id}']/tbody")
        cells = [["".join(c.itertext()) for c in row] for row in found]
        assert cells == [list(row) for row in table.written()], table.id


def test_check_25_html_cards(made: Report, folder: Path) -> None:
    """Every figure on a card is the model's text."""
    tree = page(folder)
    for card in made.cards:
        for figure in (card.headline, *card.main):
            [found] = tree.xpath(f"//*[@data-figure='{card.kpi}.{figure.key}']")
            assert figure.text in "".join(found.itertext())


def test_check_25_json_is_the_model(made: Report, folder: Path) -> None:
    """Nothing lost, nothing rounded again."""
    assert json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8")) == made.as_json()


def test_check_25_csv_has_every_number(made: Report, folder: Path) -> None:
    """Each number stands on its own line with table, row and column."""
    text = next(folder.glob("*.csv")).read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    for table in made.tables():
        width = len(table.columns) - 1
        own = [line["値"] for line in lines if line["表ID"] == table.id]
        assert len(own) == width * len(table.rows)
        for down, at, number in numeric(table):
            if at:
                assert float(own[down * width + at - 1].lstrip("'")) == number
    for card in made.cards:
        found = {line["項目ID"]: line["値"] for line in lines if line["表ID"] == "card"}
        for figure in (card.headline, *card.figures):
            shown = found[f"{card.kpi}.{figure.key}"]
            assert (shown == figure.text) if figure.value is None else (float(shown.lstrip("'")) == figure.value)


def test_check_25_xlsx_has_every_number(made: Report, folder: Path) -> None:
    """Sheet by sheet: below each caption stand the model's own numbers (formulas by their stored value)."""
    book = openpyxl.load_workbook(next(folder.glob("*.xlsx")), data_only=True)
    assert len(book.sheetnames) == 9
    for sheet, section in zip(book, made.sections, strict=True):
        captions = {
            str(row[0].value).split("（見本")[0]: row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value
        }
        for table in (b for b in section.blocks if isinstance(b, Table) and b.id != "kpi"):
            start = captions[table.caption] + 2
            for down, at, number in numeric(table):
                assert sheet.cell(start + down, at + 1).value == pytest.approx(number), (table.id, down, at)
    values = [cell.value for row in book.worksheets[0].iter_rows(max_col=2) for cell in row]
    for card in made.cards:
        for figure in (card.headline, *card.figures):
            assert (figure.text if figure.value is None else figure.value) in values


def test_check_25_the_workbook_calculates_without_macros(made: Report, folder: Path) -> None:
    """Formulas only in the fiscal-year tables, each equal to its stored value; no macro, no external link."""
    path = next(folder.glob("*.xlsx"))
    formulas = openpyxl.load_workbook(path).worksheets[1]
    values = openpyxl.load_workbook(path, data_only=True).worksheets[1]
    found = 0
    for row in formulas.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                found += 1
                assert calculated(cell.value, values) == pytest.approx(values[cell.coordinate].value)
    assert found >= 6
    assert not [n for n in zipfile.ZipFile(path).namelist() if "vba" in n.lower() or "externalLink" in n]


def calculated(formula: str, sheet: Any) -> float:
    """A tiny calculator for =ROUND(arithmetic over cells, digits)."""
    body, digits = re.fullmatch(r"=ROUND\((.+),(\d)\)", formula).groups()  # type: ignore[union-attr]
    numbers = re.sub(r"\$?([A-Z])\$?(\d+)", lambda m: repr(float(sheet[f"{m[1]}{m[2]}"].value)), body)
    return round(eval(numbers), int(digits))  # arithmetic over our own numbers


def test_check_25_docx_has_the_cards_and_years(made: Report, folder: Path) -> None:
    """The committee's paper writes the model's own texts."""
    document = docx.Document(str(next(folder.glob("*.docx"))))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for card in made.cards:
        keys = ("progress", "achievement", "change", "delay", "pace-needed", "pace-actual")
        assert {card.headline.text, *(card.figure(k).text for k in keys)} <= set(cells)
        for reference in made.table(f"years-{card.kpi}").written():
            assert reference[2] in cells


# ── the same bytes ─────────────────────────────────────────────────────────────────────────────


def test_check_25_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    """HTML, CSV and JSON of two independent runs are byte-identical (and so is the workbook)."""
    found = []
    for name in ("a", "b"):
        m, today = full_history(tmp_path / name)
        made = report(m, catalog(tmp_path), today, departments=DEPARTMENTS)
        found.append([render(made, f, tmp_path / name).read_bytes() for f in ("html", "csv", "json", "xlsx")])
    assert found[0] == found[1]


def test_an_unknown_format_is_refused(made: Report, tmp_path: Path) -> None:
    """With the formats that exist."""
    with pytest.raises(ConfigError, match="html、json、csv、xlsx、docx"):
        render(made, "pdf", tmp_path)


# ── what the page is made of ───────────────────────────────────────────────────────────────────


def test_check_24_the_page_needs_nothing_from_outside(folder: Path) -> None:
    """No script, no subresource, a policy that forbids both; links only to the licence and inside."""
    text = next(folder.glob("*.html")).read_text(encoding="utf-8")
    tree = page(folder)
    assert not tree.xpath("//script|//link|//img|//iframe|//object|//*[@src]|//image")
    assert not re.findall(r"@import|url\(['\"]?(?!#)", text)
    assert "default-src 'none'" in text
    assert {h for h in tree.xpath("//a/@href") if not h.startswith("#")} <= {
        "https://creativecommons.org/licenses/by/4.0/deed.ja"
    }


def test_the_page_is_well_structured(folder: Path) -> None:
    """lang, one h1, headings that skip no level, unique ids, tables with caption and scopes."""
    tree = page(folder)
    assert tree.xpath("/html/@lang") == ["ja"]
    levels = [int(h.tag[1]) for h in tree.xpath("//h1|//h2|//h3|//h4")]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for found in tree.xpath("//table"):
        assert found.xpath("./caption")
        assert not found.xpath(".//th[not(@scope)]")


def test_check_24_every_picture_is_named_and_has_its_table(made: Report, folder: Path) -> None:
    """role=img with title and description, and the table of the same numbers in the same section."""
    tree = page(folder)
    for section in made.sections:
        for chart in (b for b in section.blocks if isinstance(b, Chart)):
            [drawing] = tree.xpath(f"//*[@role='img' and @aria-labelledby='{chart.id}-t {chart.id}-d']")
            assert drawing.tag == "svg"
            assert tree.xpath(f"//*[@id='{chart.id}-d']")[0].text_content().startswith(chart.summary)
            assert tree.xpath(f"//table[@id='table-{chart.table}']")


def test_check_24_series_differ_without_colour(made: Report) -> None:
    """Of two strokes in a chart, kind, dash or marker differ, and lightness too."""
    for chart in (b for s in made.sections for b in s.blocks if isinstance(b, Chart)):
        looks = [(s.kind, s.style, s.marker) for s in chart.strokes]
        assert len(set(looks)) == len(looks)
        grey = [luminance(TONES[s.tone]) for s in chart.strokes]
        assert len(grey) < 2 or abs(grey[0] - grey[1]) > 0.02


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_lines_reach_three_to_one_on_white() -> None:
    """WCAG 1.4.11 for every tone used."""
    assert all(1.05 / (luminance(tone) + 0.05) >= 3 for tone in TONES.values())


def test_a_gap_in_a_line_is_a_gap(made: Report) -> None:
    """No point is drawn for a month without a value."""
    charts = [b for s in made.sections for b in s.blocks if isinstance(b, Chart) and b.id == "chart-months"]
    for chart in charts:
        known = sum(v is not None for k in ("now", "past") for v in made.table("months").column(k))
        drawing = lxml.html.fromstring(svg(made, chart))
        points = drawing.xpath("//*[contains(@class, 'mark-symbol')]/path|//*[contains(@class, 'mark-symbol')]/*/path")
        assert len(points) == known


def test_native_charts_have_alternative_text(made: Report, folder: Path) -> None:
    """Every chart of the model is a native chart of the workbook, described."""
    charts = [b for s in made.sections for b in s.blocks if isinstance(b, Chart)]
    book = zipfile.ZipFile(next(folder.glob("*.xlsx")))
    drawings = "".join(book.read(n).decode() for n in book.namelist() if n.startswith("xl/drawings/drawing"))
    assert sum(n.startswith("xl/charts/chart") for n in book.namelist()) == len(charts)
    assert all(f"{c.title}。" in drawings for c in charts)


def test_the_paper_sets_an_east_asian_font_and_describes_its_pictures(folder: Path) -> None:
    """Without w:eastAsia Word falls back to another face for Japanese."""
    path = next(folder.glob("*.docx"))
    styles = zipfile.ZipFile(path).read("word/styles.xml").decode()
    assert styles.count('w:eastAsia="游ゴシック"') >= 3
    for shape in docx.Document(str(path)).inline_shapes:
        assert shape._inline.docPr.get("descr")


# ── the open dataset ───────────────────────────────────────────────────────────────────────────


def test_the_kpi_dataset_is_valid_and_honest(tmp_path: Path) -> None:
    """Frictionless accepts CSV and schema; an unmeasured year is empty, not 0; twelve rows for two KPIs."""
    import frictionless

    for name, (m, today) in {"one": day_one(tmp_path), "full": full_history(tmp_path)}.items():
        found = kpi_dataset(m, catalog(tmp_path), today)
        path = tmp_path / f"{name}.csv"
        path.write_text(found.csv, encoding="utf-8", newline="")
        resource = frictionless.Resource(
            path=path.name, basepath=str(tmp_path), schema=frictionless.Schema(dict(found.schema))
        )
        assert resource.validate().valid, name
        assert len(found.rows) == 12
        values = {(r["指標ID"], r["年度"]): (r["値"], r["状態"]) for r in found.rows}
        assert values["accesses", 2022] == (73098, "公表値")
        if name == "one":
            assert values["accesses", 2026] == (None, "未計測")
            assert values["datasets", 2026] == (None, "見本のみ")
        else:
            assert values["accesses", 2026] == (51872, "速報")
            assert values["datasets", 2026] == (79, "速報")


def test_the_kpi_dataset_agrees_with_the_report(tmp_path: Path) -> None:
    """The same figures in both."""
    m, today = full_history(tmp_path)
    made, rows = report(m, catalog(tmp_path), today), kpi_dataset(m, catalog(tmp_path), today).rows
    for name in ("datasets", "accesses"):
        years = made.table(f"years-{name}")
        assert [r["値"] for r in rows if r["指標ID"] == name] == list(years.column("value"))
        assert [r["参考経路"] for r in rows if r["指標ID"] == name] == list(years.column("reference"))


def test_a_made_up_history_is_marked_in_the_kpi_dataset(tmp_path: Path) -> None:
    """So that nobody publishes it as the city's own."""
    m, today = full_history(tmp_path, sample=True)
    assert kpi_dataset(m, catalog(tmp_path), today).sample
