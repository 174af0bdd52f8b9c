"""Workbooks: what a cell shows, what hides, what must not pass, which sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.model import Level, ReadOptions, SourceTable, Step
from pipelines.read import Limits, read
from tests.cases.read.build import MAIN, PACKAGE, Raw, dropped, ods, sheet, styled, xlsx, zipped

HEAD = ["名称", "値", "備考"]


def one(tmp_path: Path, rows: list[list[object]], **more: object) -> Step[SourceTable]:
    return read(dropped(tmp_path, "a.xlsx", xlsx({"S": sheet(rows)}, **more)))  # type: ignore[arg-type]


def column(step: Step[SourceTable], index: int = 1) -> list[str]:
    assert step.value is not None, [problem.code for problem in step.problems]
    return step.value.frame.iloc[:, index].tolist()


def codes(step: Step[SourceTable]) -> list[str]:
    return [problem.code for problem in step.problems]


def kinds(step: Step[SourceTable]) -> dict[str, int]:
    assert step.value is not None, codes(step)
    return {hidden.kind: hidden.count for hidden in step.value.hidden}


@pytest.mark.parametrize(
    ("cell", "text", "kind"),
    [
        (3, "3", None),
        (3.0, "3", None),
        (33.950612000000001, "33.950612", None),
        (1e-7, "0.0000001", None),
        (True, "TRUE", "boolean"),
        (styled(44171, "date"), "2020-12-06", "date"),
        (styled(1, "date"), "1900-01-01", "date"),
        (styled(0.4166666667, "time"), "10:00", "time"),
        (styled(1.5, "duration"), "36:00", "duration"),
        (styled(44171.75, "datetime"), "2020-12-06 18:00", "datetime"),
        (styled(45352, "month"), "2024-03", "month"),
        (styled(123, "zeros"), "00123", "padded"),
        (styled(2480012, "postal"), "248-0012", "padded"),
        (styled(0.125, "percent"), "0.125", "percent"),
        (Raw('<c r="{ref}" t="d"><v>2020-12-06T00:00:00</v></c>'), "2020-12-06", "date"),
        (Raw('<c r="{ref}" t="str"><f>A1&amp;B1</f><v>a_x000D_\nb</v></c>'), "a\nb", None),
        (Raw('<c r="{ref}"><f>1+1</f><v>2</v></c>'), "2", None),
        (
            Raw('<c r="{ref}" t="inlineStr"><is><r><t>相</t></r><r><t>模</t></r><rPh><t>サガミ</t></rPh></is></c>'),
            "相模",
            None,
        ),
    ],
)
def test_a_cell_becomes_the_text_it_stands_for(tmp_path: Path, cell: object, text: str, kind: str | None) -> None:
    """Dates are ISO, masks give back zeros, furigana is no text, needless decimals go; typed cells are marked."""
    step = one(tmp_path, [HEAD, ["a", cell, "x"], ["b", "y", "x"]])
    assert column(step)[0] == text
    assert step.value is not None
    assert step.value.cell_types.get((0, 1)) == kind


def test_shared_strings_drop_furigana(tmp_path: Path) -> None:
    """The phonetic run of a shared string is not part of the value."""
    strings = f'<sst xmlns="{MAIN}"><si><t>鎌倉</t><rPh sb="0" eb="2"><t>カマクラ</t></rPh></si></sst>'
    links = f'<Relationships xmlns="{PACKAGE}/relationships">'
    links += '<Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>'
    links += '<Relationship Id="rId2" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
    parts = {"xl/sharedStrings.xml": strings, "xl/_rels/workbook.xml.rels": links}
    step = one(tmp_path, [HEAD, [Raw('<c r="{ref}" t="s"><v>0</v></c>'), 1, 2]], parts=parts)
    assert column(step, 0) == ["鎌倉"]


def test_1904_dates(tmp_path: Path) -> None:
    """A book of the 1904 system counts from 1904-01-01."""
    step = one(tmp_path, [HEAD, ["a", styled(45383, "date"), "x"]], workbook='<workbookPr date1904="1"/>')
    assert column(step) == ["2028-04-02"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (Raw('<c r="{ref}" t="e"><v>#N/A</v></c>'), "error-cell"),
        (Raw('<c r="{ref}"><f>SUM(A1)</f></c>'), "formula-without-value"),
        (Raw('<c r="{ref}"><f>SUM(A1)</f><v></v></c>'), "formula-without-value"),
        (styled(60, "date"), "impossible-date"),
        (styled(-5, "date"), "impossible-date"),
        (1.234567890123457e18, "number-damaged"),
    ],
)
def test_cells_that_lost_their_value_are_errors(tmp_path: Path, cell: object, code: str) -> None:
    """An error value, a formula never computed, 29 February 1900 and a rounded number are told with their cell."""
    step = one(tmp_path, [HEAD, ["a", 5, "x"], ["b", cell, "x"]])
    problem = next(problem for problem in step.problems if problem.code == code)
    assert problem.level is Level.ERROR
    assert (problem.place.sheet, problem.place.cell) == ("S", "B3")


def test_formulas_left_at_zero_for_excel_to_compute(tmp_path: Path) -> None:
    """A writer that stores 0 and asks Excel to calculate on opening has not computed anything."""
    rows: list[list[object]] = [HEAD, ["a", Raw('<c r="{ref}"><f>1+1</f><v>0</v></c>'), "x"]]
    assert "formula-without-value" in codes(one(tmp_path, rows, workbook='<calcPr fullCalcOnLoad="1"/>'))
    assert codes(one(tmp_path, rows)) == []


def test_lot_numbers_that_became_dates(tmp_path: Path) -> None:
    """A date in a column of 番地 is an ERROR that says what was probably typed; nothing is turned back silently."""
    rows: list[list[object]] = [
        ["名称", "番地", "備考"],
        ["a", "3-4", ""],
        ["b", styled(45293, "month-day"), ""],
        ["c", "12-1-3", ""],
    ]
    problem = next(problem for problem in one(tmp_path, rows).problems if problem.code == "date-in-text")
    assert problem.place.cell == "B3"
    assert "1-2" in problem.message
    dates: list[list[object]] = [["名称", "開始日", "備考"], ["a", "未定", ""], ["b", styled(45293, "date"), ""]]
    assert codes(one(tmp_path, dates)) == []


# ── what hides ─────────────────────────────────────────────────────────────────────────────────


def test_hidden_rows_and_columns_are_told_and_kept(tmp_path: Path) -> None:
    """Hidden rows and columns stay in the table and are reported with their place; empty ones do not count."""
    xml = sheet(
        [["a", "b", "c", "d"], [1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]],
        before='<cols><col min="2" max="2" hidden="1"/><col min="3" max="3" width="0"/>'
        '<col min="9" max="99" hidden="1"/></cols>',
        row_attributes={3: 'hidden="1"', 4: 'ht="0"'},
    )
    step = read(dropped(tmp_path, "a.xlsx", xlsx({"S": xml})))
    assert step.value is not None
    assert len(step.value.frame) == 3
    places = {(hidden.kind, hidden.row, hidden.column) for hidden in step.value.hidden}
    assert places == {
        ("hidden-column", None, 2),
        ("zero-width", None, 3),
        ("hidden-row", 3, None),
        ("zero-height", 4, None),
    }


def test_filtered_rows_have_their_own_name(tmp_path: Path) -> None:
    """Rows hidden by a filter are told as such."""
    after = '<autoFilter ref="A1:B3"><filterColumn colId="0"/></autoFilter>'
    xml = sheet([["a", "b"], [1, 2], [3, 4]], after=after, row_attributes={2: 'hidden="1"'})
    assert kinds(read(dropped(tmp_path, "a.xlsx", xlsx({"S": xml})))) == {"filtered-row": 1}


def test_white_text_and_invisible_formats(tmp_path: Path) -> None:
    """White on white and ;;; are told; a white label on a dark fill is an ordinary header."""
    white = Raw('<c r="{ref}" s="5" t="inlineStr"><is><t>氏名</t></is></c>')
    dark = Raw('<c r="{ref}" s="10" t="inlineStr"><is><t>名称</t></is></c>')
    assert kinds(one(tmp_path, [[dark, "値"], [white, 1], ["x", styled(5, "hidden")]])) == {"white-text": 2}


def test_hidden_sheets_are_no_candidates(tmp_path: Path) -> None:
    """A hidden sheet is reported and never read as the dataset."""
    book = xlsx(
        {"表": sheet([["a", "b"], [1, 2]]), "名簿": sheet([["氏名", "住所"], ["x", "y"]])},
        states={"名簿": "veryHidden"},
    )
    step = read(dropped(tmp_path, "a.xlsx", book))
    assert step.value is not None
    assert step.value.sheet == "表"
    assert [(h.kind, h.sheet) for h in step.value.hidden] == [("hidden-sheet", "名簿")]


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("xl/pivotCache/pivotCacheRecords1.xml", "pivot-cache"),
        ("xl/externalLinks/externalLink1.xml", "external-link"),
        ("xl/vbaProject.bin", "macro"),
        ("xl/embeddings/oleObject1.bin", "embedded-object"),
        ("xl/media/image1.png", "image"),
        ("xl/connections.xml", "connection"),
        ("xl/model/item.data", "data-model"),
        ("xl/revisions/r1.xml", "revision"),
        ("xl/somethingNew.xml", "unknown-part"),
    ],
)
def test_parts_outside_the_allowed_list_are_told(tmp_path: Path, part: str, kind: str) -> None:
    """Whatever a workbook carries besides cells is reported by kind; unknown parts too."""
    step = one(tmp_path, [HEAD, ["a", 1, "x"]], parts={part: "<x/>"})
    assert kinds(step) == {kind: 1}


def test_comments_authors_names_and_lists(tmp_path: Path) -> None:
    """Comments keep their cell; authors, telling defined names and literal choice lists are told without their text."""
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        '<Relationship Id="r1" Type="x/comments" Target="../comments1.xml"/>'
        '<Relationship Id="r2" Type="x/hyperlink" Target="file:///C:/x.xlsx" TargetMode="External"/></Relationships>',
        "xl/comments1.xml": f'<comments xmlns="{MAIN}"><commentList><comment ref="B2">'
        "<text><t>秘密</t></text></comment></commentList></comments>",
        "docProps/core.xml": '<cp xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>山田</dc:creator></cp>',
    }
    rule = '<dataValidation type="list"><formula1>"山田,佐藤"</formula1></dataValidation>'
    lists = f"<dataValidations>{rule}</dataValidations>"
    area = '<definedName name="_xlnm.Print_Area">S!$A$1</definedName>'
    names = f'<definedNames><definedName name="x" hidden="1">S!$A$1</definedName>{area}</definedNames>'
    book = xlsx({"S": sheet([HEAD, ["a", 1, "x"]], after=lists)}, parts=parts)
    step = read(dropped(tmp_path, "a.xlsx", book))
    assert kinds(step) == {"comment": 1, "file-link": 1, "property": 1, "validation-list": 1}
    assert step.value is not None
    assert next(h for h in step.value.hidden if h.kind == "comment").column == 2
    assert "山田" not in repr(step.value.hidden)
    assert kinds(one(tmp_path, [HEAD, ["a", 1, "x"]], workbook=names)) == {"defined-name": 1}


# ── which sheet ────────────────────────────────────────────────────────────────────────────────


def test_samples_and_explanations_are_passed_over(tmp_path: Path) -> None:
    """記入例 is never published, by its name or by its ○○市; a code list does not compete with the data."""
    rows = sheet([["名称", "住所", "電話"], ["本庁舎", "中央1-1", "042-000-1111"]])
    made_up = sheet([["名称", "住所", "電話"], ["○○センター", "○○市××町", "000-000-0000"]])
    book = xlsx({"入力": rows, "記入例": rows, "見て": made_up, "コード表": sheet([["コード", "名"], [1, "a"]])})
    step = read(dropped(tmp_path, "a.xlsx", book))
    assert step.value is not None
    assert step.value.sheet == "入力"
    assert {item.sheet for item in step.value.left_out} == {"記入例", "見て", "コード表"}
    assert "template-only" in codes(read(dropped(tmp_path, "b.xlsx", xlsx({"記入例": rows}))))


def test_several_sheets_are_a_question(tmp_path: Path) -> None:
    """Parts of a whole are held; what is named, recognised or another count of the same is taken."""
    north, south = sheet([["名", "数"], ["a", 1], ["b", 2]]), sheet([["名", "数"], ["c", 1], ["d", 2]])
    parts = dropped(tmp_path, "a.xlsx", xlsx({"北": north, "南": south}))
    held = read(parts)
    assert [(p.code, p.level) for p in held.problems] == [("sheet-ambiguous", Level.HOLD)]
    named = read(parts, ReadOptions(sheet="南"))
    assert column(named, 0) == ["c", "d"]
    assert codes(named) == []
    assert codes(read(parts, ReadOptions(sheet="東"))) == ["sheet-missing"]
    variant = read(
        dropped(tmp_path, "b.xlsx", xlsx({"総数": north, "うち日本人": sheet([["名", "数"], ["a", 0], ["b", 1]])}))
    )
    assert [(p.code, p.level) for p in variant.problems] == [("sheet-left-out", Level.WARNING)]
    other = xlsx({"表紙2": sheet([["項目", "内容"], ["作成", "企画課"]]), "一覧": sheet([["名称", "緯度"], ["a", 1]])})
    known = read(dropped(tmp_path, "c.xlsx", other), ReadOptions(known=frozenset({"名称", "緯度", "経度"})))
    assert known.value is not None
    assert known.value.sheet == "一覧"


# ── ODS ────────────────────────────────────────────────────────────────────────────────────────


def test_ods(tmp_path: Path) -> None:
    """OpenDocument values, repeats, spans, hidden things; a million repeated empty rows cost nothing."""
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'.format
    cell = '<table:table-cell office:value-type="{}" office:{}="{}"><text:p>{}</text:p></table:table-cell>'.format
    header = f"<table:table-row>{text('名称')}{text('日付')}{text('率')}</table:table-row>"
    day, rate = cell("date", "date-value", "2024-04-01", "R6.4.1"), cell("percentage", "value", "0.5", "50%")
    row = f"<table:table-row>{text('a')}{day}{rate}</table:table-row>"
    hidden = row.replace("<table:table-row>", '<table:table-row table:visibility="filter">').replace(">a<", ">b<")
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rest = f'<table:table-row table:number-rows-repeated="1048000">{empty}</table:table-row>'
    styles = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    tables = f'<table:table table:name="S">{header}{row}{hidden}{rest}</table:table>'
    tables += f'<table:table table:name="H" table:style-name="ta2">{header}</table:table>'
    step = read(dropped(tmp_path, "a.ods", ods(tables, styles)))
    assert step.value is not None, codes(step)
    assert step.value.format == "ods"
    assert step.value.frame.values.tolist() == [["a", "2024-04-01", "0.5"], ["b", "2024-04-01", "0.5"]]
    assert kinds(step) == {"filtered-row": 1, "hidden-sheet": 1}


# ── hostile ────────────────────────────────────────────────────────────────────────────────────


def test_bounds_of_a_container(tmp_path: Path) -> None:
    """Unzipped size, ratio, parts and cells are bounded before and while reading."""
    small = Limits(unzipped_bytes=50_000, parts=20, cells=100)
    bomb = xlsx({"S": sheet([HEAD])}, parts={"xl/sharedStrings.xml": "x" * 60_000})
    assert codes(read(dropped(tmp_path, "a.xlsx", bomb), limits=small)) == ["zip-bomb"]
    ratio = xlsx({"S": sheet([HEAD])}, parts={"xl/x.xml": b"\0" * 11_000_000})
    assert codes(read(dropped(tmp_path, "b.xlsx", ratio))) == ["zip-bomb"]
    many = xlsx({"S": sheet([HEAD])}, parts={f"xl/media/{i}.png": "x" for i in range(30)})
    assert codes(read(dropped(tmp_path, "c.xlsx", many), limits=small)) == ["too-many-parts"]
    cells = xlsx({"S": sheet([[1] * 11] * 10)})
    assert codes(read(dropped(tmp_path, "d.xlsx", cells), limits=small)) == ["too-many-cells"]


def test_far_corner_and_lying_dimension(tmp_path: Path) -> None:
    """A cell at the far corner is refused by its address; a dimension is not believed."""
    far = xlsx(
        {
            "S": sheet([HEAD, ["a", 1, "x"]]).replace(
                "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
            )
        }
    )
    step = read(dropped(tmp_path, "a.xlsx", far))
    assert codes(step) == ["far-cell"]
    assert step.problems[0].place.cell == "XFD1048576"
    lying = xlsx({"S": sheet([HEAD, *[["a", 1, "x"]] * 50], before='<dimension ref="A1:B2"/>')})
    assert len(column(read(dropped(tmp_path, "b.xlsx", lying)))) == 50


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (xlsx({"S": "<!DOCTYPE x [<!ENTITY a 'b'>]>" + sheet([HEAD])}), "xml-entity"),
        (xlsx({"S": sheet([HEAD])})[:700], "broken-file"),
        (xlsx({"S": sheet([HEAD])[:-30]}), "broken-file"),
        (b"PK\x03\x04" + b"\0" * 200, "broken-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 1024, "broken-file"),
        (zipped({"[Content_Types].xml": "<T/>", "xl/workbook.bin": b"x"}), "unsupported-format"),
        (xlsx({"S": sheet([["a", Raw('<c r="{ref}" t="s"><v>99</v></c>')]])}), "broken-file"),
        (xlsx({"S": sheet([["a", Raw('<c r="ZZZ1"><v>99</v></c>')]])}), "broken-file"),
    ],
    ids=["entity", "cut", "end-cut", "zeros", "ole", "xlsb", "no-such-string", "no-such-column"],
)
def test_hostile_or_broken_workbooks_are_refused(tmp_path: Path, data: bytes, code: str) -> None:
    """DTD, cut files, false references: one clear reason, and the parent goes on."""
    assert codes(read(dropped(tmp_path, "a.xlsx", data))) == [code]


def test_password(tmp_path: Path) -> None:
    """An encrypted workbook asks for its password to be taken off."""
    import io

    from msoffcrypto.format.ooxml import OOXMLFile

    plain, locked = io.BytesIO(xlsx({"S": sheet([HEAD, ["a", 1, "x"]])})), io.BytesIO()
    OOXMLFile(plain).encrypt("secret", locked)
    step = read(dropped(tmp_path, "a.xlsx", locked.getvalue()))
    assert codes(step) == ["password"]
    assert "外して" in step.problems[0].hint
