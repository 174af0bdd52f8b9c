"""The stage as others use it: formats by content, delimited text, golden cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.model import DroppedFile, Level, ReadOptions, SourceTable, Step
from pipelines.read import Limits, identify, read, read_all
from tests.cases.read.build import dropped, sheet, xls, xlsx, zipped

CASES = Path(__file__).parent / "cases" / "read"
TABLE = "名称,住所,定員\nA園,1-2,10\nB園,3-4,20\n"


def codes(step: Step[SourceTable]) -> list[str]:
    return [problem.code for problem in step.problems]


def values(step: Step[SourceTable]) -> list[list[str]]:
    assert step.value is not None, codes(step)
    return [list(row) for row in step.value.frame.itertuples(index=False)]


@pytest.mark.parametrize("folder", sorted(p.parent for p in CASES.glob("*/expected.json")), ids=lambda p: p.name)
def test_golden(folder: Path) -> None:
    """A file in tests/cases/read/<name>/ is read as its expected.json says."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    path = next(p for p in folder.iterdir() if p.stem == "input")
    options = ReadOptions(known=frozenset(expected.get("known", [])), sheet=expected.get("options_sheet"))
    step = read(DroppedFile(path=path, shown=path.name, size=path.stat().st_size, digest=""), options)
    problems = sorted({f"{problem.level}:{problem.code}" for problem in step.problems})
    assert problems == sorted(expected.get("problems", []))
    if expected.get("rows") is None:
        assert step.value is None
        return
    table = step.value
    assert table is not None
    assert [table.format, table.encoding, table.sheet] == [
        expected["format"],
        expected["encoding"],
        expected.get("sheet"),
    ]
    assert list(table.header_rows) == expected["header_rows"]
    assert list(table.header) == expected["header"]
    assert len(table.frame) == expected["rows"]
    for cell, text in expected.get("cells", {}).items():
        assert text in {
            value
            for i, row in enumerate(values(step))
            for j, value in enumerate(row)
            if table.origin.place(i, j).cell == cell
        }
    assert dict(table.facts) == expected.get("facts", {})
    left = sorted({item.what for item in table.left_out})
    assert left == sorted(expected.get("left_out", []))


@pytest.mark.parametrize(
    ("name", "data", "format_", "encoding"),
    [
        ("a.csv", TABLE.encode(), "csv", "utf-8"),
        ("a.csv", b"\xef\xbb\xbf" + TABLE.encode(), "csv", "utf-8-bom"),
        ("a.csv", TABLE.encode("cp932"), "csv", "cp932"),
        ("a.csv", TABLE.encode("euc_jp"), "csv", "euc_jp"),
        ("a.csv", TABLE.encode("iso2022_jp"), "csv", "iso2022_jp"),
        ("a.csv", TABLE.encode("utf-16"), "csv", "utf-16"),
        ("a.tsv", TABLE.replace(",", "\t").encode(), "tsv", "utf-8"),
        ("a.xlsx", TABLE.encode("cp932"), "csv", "cp932"),
        ("a.csv", xlsx({"S": sheet([["名称", "住所", "定員"], ["A園", "1-2", 10], ["B園", "3-4", 20]])}), "xlsx", None),
        ("a.zip", zipped({"中/表.csv": TABLE}), "csv", "utf-8"),
        (
            "a.zip",
            zipped({"b.xlsx": xlsx({"S": sheet([["名称", "住所", "定員"], ["A園", "1-2", 10], ["B園", "3-4", 20]])})}),
            "xlsx",
            None,
        ),
        (
            "a.xls",
            "<html><body><table><tr><th>名称<th>住所<th>定員</tr><tr><td>A園<td>1-2<td>10</tr><tr><td>B園<td>3-4<td>20</tr></table>",
            "html",
            "utf-8",
        ),
    ],
)
def test_format_is_found_by_content(tmp_path: Path, name: str, data: bytes, format_: str, encoding: str | None) -> None:
    """Format and encoding come from the bytes, never from the extension, and the values are the same in all of them."""
    step = read(dropped(tmp_path, name, data))
    assert step.value is not None, codes(step)
    assert (step.value.format, step.value.encoding) == (format_, encoding)
    assert step.value.header == ("名称", "住所", "定員")
    assert values(step) == [["A園", "1-2", "10"], ["B園", "3-4", "20"]]


def test_xls_of_the_oldest_kind_is_read(tmp_path: Path) -> None:
    """A BIFF file is read by its records; numbers lose the .0 they never had."""
    step = read(dropped(tmp_path, "a.xls", xls([["id", "name", "n"], [1, "x", 2.5], [2, "y", 3]])))
    assert values(step) == [["1", "x", "2.5"], ["2", "y", "3"]]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n...", "PDF 文書"),
        (b"\x89PNG\r\n\x1a\n....", "画像(PNG)"),
        (b"(function($){ var a = [1,2,3]; $.each(a, b); })(jQuery);\n", "プログラム(JavaScript)"),
        (b"var data = [\n {a: 1, b: 2},\n];\n", "プログラム(JavaScript)"),
        (b'{"type": "FeatureCollection", "features": []}', "JSON"),
        (b"<?xml version='1.0'?><rss><channel/></rss>", "XML"),
        (
            "<!DOCTYPE html><html><body><nav><a href='/'>市政</a></nav><p>お知らせ</p></body></html>".encode(),
            "ウェブページ(HTML)",
        ),
        (zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}), "Word 文書"),
        (
            "お世話になっております。\n先日お送りした表について、ご確認ください。\n以上、よろしくお願いいたします。\n".encode(),
            "文章",
        ),
        (bytes(range(256)) * 40, "表ではないデータ"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, data: bytes, what: str) -> None:
    """A file that is no table is rejected by the name of what it is."""
    step = read(dropped(tmp_path, "一覧.csv", data))
    assert step.value is None
    assert codes(step) == ["not-a-table"]
    assert what in step.problems[0].message


def test_identify_names_what_read_rejects(tmp_path: Path) -> None:
    """Format and encoding are known of a rejected file too."""
    assert identify(dropped(tmp_path, "a.xls", "<html><nav></nav></html>")) == ("html", "utf-8")
    assert identify(dropped(tmp_path, "b.csv", b"%PDF-1.4")) == ("pdf", None)
    assert identify(dropped(tmp_path, "c.csv", TABLE.encode("cp932"))) == ("csv", "cp932")


def test_every_value_keeps_its_cell(tmp_path: Path) -> None:
    """Row and column of each value are those the spreadsheet (or the text file's records) shows."""
    step = read(dropped(tmp_path, "a.csv", "一覧表\n\n名称,備考\nA,\n,\nB,x\n"))
    assert step.value is not None
    assert step.value.header_rows == (3,)
    assert step.value.first_data_row == 4
    assert [step.value.origin.place(row, 1).cell for row in range(2)] == ["B4", "B6"]


@pytest.mark.parametrize(
    ("text", "code", "cell_row"),
    [
        ('a,b\n1,"2\n3,4\n', "csv-quote", 2),
        ('a,b\n1,"2"x\n3,4\n', "csv-quote", 2),
        ("a,b\n1,2\n3\n", "row-short", 3),
        ("a,b\n1,2\n3,4,5\n", "row-long", 3),
        ("a,b\n1,x\x00y\n", "control-character", 2),
        ("a,b\n1,x\ufffdy\n", "broken-character", 2),
        ("a,b\n1,x\u202ey\n", "bidi-character", 2),
        ("a,b\n1,\ue000\n", "gaiji", 2),
        ("a,b\n1,2\n\ufeffa,b\n3,4\n", "bom-inside", 3),
        ("a,b\n1,2\n3," + "x" * 131_073 + "\n", "cell-too-long", 3),
    ],
)
def test_damaged_text_is_an_error_with_its_row(tmp_path: Path, text: str, code: str, cell_row: int) -> None:
    """Whatever cannot be read exactly is an ERROR that names the record."""
    step = read(dropped(tmp_path, "a.csv", text))
    problem = next(problem for problem in step.problems if problem.code == code)
    assert problem.level is Level.ERROR
    assert problem.place.row == cell_row
    assert step.withheld


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a,b\r\n1,2\n3,4\r\n", "mixed-newline"),
        ("sep=;\na;b\n1;2\n3;4\n", "separator-line"),
        ("a\tb\n1\t2\n3\t4\n", "delimiter"),
        ("a;b\n1;2\n3;4\n", "delimiter"),
    ],
)
def test_harmless_oddities_are_read_and_told(tmp_path: Path, text: str, code: str) -> None:
    """A mixed line end, a sep= line and another delimiter are read right, and said."""
    step = read(dropped(tmp_path, "a.csv", text))
    assert values(step) == [["1", "2"], ["3", "4"]]
    assert code in codes(step)
    assert not step.withheld


def test_extra_empty_cells_are_harmless(tmp_path: Path) -> None:
    """Trailing empty cells are no ragged row."""
    step = read(dropped(tmp_path, "a.csv", "a,b\n1,2,,\n3,4\n"))
    assert codes(step) == []


def test_line_breaks_inside_quotes_are_no_mixed_newlines(tmp_path: Path) -> None:
    """Only record ends count, and a record of several lines counts once."""
    step = read(dropped(tmp_path, "a.csv", 'a,b\r\n1,"x\ny"\r\n3,4\r\n'))
    assert codes(step) == []
    assert values(step)[0] == ["1", "x\ny"]
    assert step.value is not None
    assert step.value.origin.place(1, 0).row == 3


@pytest.mark.parametrize(("data", "code"), [(b"", "empty-file"), (b" \n\n", "empty-file"), (b"a,b,c\n", "no-rows")])
def test_nothing_to_publish(tmp_path: Path, data: bytes, code: str) -> None:
    """An empty file and a header alone are withheld with their own reason."""
    assert code in codes(read(dropped(tmp_path, "a.csv", data)))


def test_missing_file_is_a_problem(tmp_path: Path) -> None:
    """A file that went away between intake and read is no crash."""
    gone = DroppedFile(path=tmp_path / "x.csv", shown="x.csv", size=1, digest="")
    assert codes(read(gone)) == ["file-missing"]


def test_large_text_is_refused_by_size(tmp_path: Path) -> None:
    """The size limit is asked before anything is read."""
    step = read(dropped(tmp_path, "a.csv", TABLE), limits=Limits(text_bytes=10))
    assert codes(step) == ["file-too-large"]


def test_zip_with_several_tables_is_a_question(tmp_path: Path) -> None:
    """Which of two tables is meant is not guessed."""
    step = read(dropped(tmp_path, "a.zip", zipped({"a.csv": TABLE, "b.csv": TABLE})))
    assert codes(step) == ["zip-several"]
    assert codes(read(dropped(tmp_path, "b.zip", zipped({"a.txt.exe": "x"})))) == ["zip-empty"]


def test_header_rows_and_encoding_can_be_stated(tmp_path: Path) -> None:
    """dataset.yaml may name header rows and encoding; they replace the search."""
    data = "大分類,,\n名,数,注\nA,1,x\n".encode("cp932")
    step = read(dropped(tmp_path, "a.csv", data), ReadOptions(header_rows=(2,), encoding="cp932"))
    assert step.value is not None
    assert step.value.header == ("名", "数", "注")
    assert codes(read(dropped(tmp_path, "a.csv", data), ReadOptions(encoding="utf-8"))) == ["encoding"]


def test_problems_speak_japanese_with_a_way_out(tmp_path: Path) -> None:
    """Every problem code has its Japanese message; errors have a hint."""
    from pipelines.read.problems import WORDS

    assert all(any(ord(c) > 0x3000 for c in message) for message, _ in WORDS.values())
    step = read(dropped(tmp_path, "a.csv", b"\x83\x65\xff\xff"))
    assert all(problem.hint for problem in step.problems if problem.level is Level.ERROR)


def test_many_equal_problems_keep_their_true_number(tmp_path: Path) -> None:
    """Problems of a code are listed up to a number, and the rest is counted in words."""
    step = read(dropped(tmp_path, "a.csv", "a,b\n" + "1,\ufffd\n" * 250))
    found = [problem for problem in step.problems if problem.code == "broken-character"]
    assert len(found) == 101
    assert found[-1].message.startswith("同じことが、ほかに150か所あります：文字化け")


def test_read_all_gives_every_sheet(tmp_path: Path) -> None:
    """read_all returns the table of each sheet in order, for dataset.yaml to stack or to choose."""
    book = xlsx({"北": sheet([["名", "数"], ["a", 1]]), "南": sheet([["名", "数"], ["b", 2]])})
    step = read_all(dropped(tmp_path, "a.xlsx", book))
    assert step.value is not None
    assert [table.sheet for table in step.value] == ["北", "南"]


LONG_TEXTS = {
    "plain": "名,数,注\n" + "".join(f"a{i},{i},x\n" for i in range(200)),
    "around": "一覧\n\n名,数,注\n" + "".join(f"a{i},{i},\n" for i in range(40)) + "\n（注）外国人を含む,,\n",
    "odd rows": "名,数,注\na,1,x\n\n名,数,注\n合計,1,\n【北部】,,\nb,2,\nc,,\n3,,\nd,4,\n合計,6,\n※速報値,,\n",
    "names only at the end": "名,数,注\n" + "".join(f"a{i},{i},x\n" for i in range(30)) + "最後の施設,,\n",
    "ragged": "名,数,注\na,1,x\nb,2\nc,3,x,y\nd,4,x,\n" + "e,5,z\n" * 9,
    "characters": "名,数,注\na,1,\ue000\n" + "b,2,\ufffd\n" * 5,
    "quotes": '名,数,注\n"a\nb",1,"x""y"\n' + "c,2,z\n" * 9,
    "damaged": '名,数,注\na,1,x\nb,"2,y\n',
}


@pytest.mark.parametrize("name", LONG_TEXTS)
def test_long_texts_are_read_like_short_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Streaming a long file gives the table, the places and the problems that reading it whole gives."""
    from pipelines.read import bulk, delimited

    file = dropped(tmp_path, "a.csv", LONG_TEXTS[name])
    whole = read(file)
    monkeypatch.setattr(bulk, "CHARACTERS", 10)
    monkeypatch.setattr(bulk, "BATCH", 7)
    monkeypatch.setattr(delimited, "LONG", 10)
    streamed = read(file)
    assert values(streamed) == values(whole)
    assert whole.value is not None
    assert streamed.value is not None
    assert list(streamed.value.origin.rows) == list(whole.value.origin.rows)
    assert streamed.value.header_rows == whole.value.header_rows
    assert {(item.what, item.row) for item in streamed.value.left_out} == {
        (item.what, item.row) for item in whole.value.left_out
    }
    found = [
        sorted((p.code, p.place.row or 0, p.place.column or 0) for p in step.problems) for step in (whole, streamed)
    ]
    assert found[0] == found[1]
