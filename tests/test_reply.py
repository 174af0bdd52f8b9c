"""reply: the same problems on the terminal, as JSON and as pages; no value where it may be personal."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines import reply
from pipelines.model import (
    DroppedFile,
    Fix,
    LeftOut,
    Level,
    Origin,
    Outcome,
    Place,
    Problem,
    SourceBlock,
    SourceTable,
    Verdict,
)

SECRET = "090-0000-1234"
FILE = DroppedFile(path=Path("/drop/環境/トイレ.xlsx"), shown="環境/トイレ.xlsx", size=1, digest="0")


def problem(row: int | None = 5, column: int | None = 3, value: str | None = "有り", **changes: Any) -> Problem:
    """A problem of the file at that cell."""
    place = Place(path=FILE.shown, sheet="表", row=row, column=column, field=changes.pop("field", "有無"))
    words = {"message": "「有無」が、決められた値ではありません。", "hint": "次のどれかを書いてください: 有、無"}
    return Problem(
        **{"code": "constraint-error", "level": Level.ERROR, "place": place, "value": value, **words, **changes}
    )


PROBLEMS = (
    problem(value="メモ", level=Level.NOTICE, message="お知らせです。", hint=""),
    problem(row=9),
    problem(row=12),
    problem(row=7, column=4, value=None, level=Level.HOLD, message="個人の電話番号のようです。", field="電話"),
    problem(row=None, column=None, value=None, level=Level.WARNING, message="列がありません。", field="緯度"),
)


def source() -> SourceTable:
    """What the file was read as."""
    frame = pd.DataFrame({0: ["a", "b"]}, dtype=pd.StringDtype("pyarrow"))
    origin = Origin(blocks=(SourceBlock(path=FILE.shown, sheet="表", columns=(1,)),), rows=(4, 5))
    left = (LeftOut(what="title", row=1, text="トイレの一覧"), LeftOut(what="total", row=9, text="合計"))
    return SourceTable(
        path=FILE.shown, format="xlsx", encoding=None, sheet="表", header=("名称",), header_rows=(2, 3),
        first_data_row=4, frame=frame, origin=origin, left_out=left,
    )  # fmt: skip


def outcome(problems: tuple[Problem, ...] = PROBLEMS, verdict: Verdict = Verdict.WITHHELD) -> Outcome:
    """One dataset's outcome with one file."""
    decision = "publish" if verdict is Verdict.PUBLISHED else "withhold"
    fix = Fix(rule="full-width", field="番号", count=1200, examples=(("０４２", "042"), ("<b>", "")))
    entry = reply.file_entry(source(), None, FILE, None, decision, problems, (fix,))
    return Outcome(
        dataset="toilet", department="環境局", title="トイレ<一覧>", verdict=verdict, problems=problems, files=(entry,)
    )


def test_lines_tell_the_important_first() -> None:
    """The verdict, then errors, holds, warnings, notices; repeated problems together with a true total."""
    told = reply.lines(outcome())
    assert (
        told[0]
        == "× トイレ<一覧>（環境局）: 公開を見合わせています。直すところが2か所、確認していただくことが1件あります。"
    )
    heads = [line for line in told if line.startswith("  [")]
    words = ["直してください", "確認してください", "気をつけてください", "お知らせ"]
    assert [line[3 : line.index("]")] for line in heads] == words
    assert "（2か所）" in heads[0]
    assert "      C9: 有り" in told
    assert "    → 次のどれかを書いてください: 有、無" in told


def test_lines_count_what_they_do_not_show() -> None:
    """Thousands of the same problem are a few lines, and the number is true."""
    told = reply.lines(outcome(tuple(problem(row=n) for n in range(2, 3002))))
    assert len(told) == 10
    assert "機械判読の15のルール" in told[-1]
    assert "      ほか2,995か所" in told


def test_document_is_the_contract() -> None:
    """The contract's fields in its order, then what the sheet was read as; 1-based rows, true sums."""
    document = reply.document([outcome(), outcome((), Verdict.PUBLISHED)])
    assert document["summary"] == {"publish": 1, "withhold": 1, "hold": 0, "reject": 0, "errors": 2, "warnings": 1}
    names = "path format encoding sheet header_rows first_data_row data_rows dataset schema decision problems fixes"
    assert list(document["files"][0]) == [*names.split(), "header", "left_out"]
    entry = document["files"][0]
    assert (entry["header_rows"], entry["first_data_row"], entry["data_rows"]) == ([2, 3], 4, 2)
    assert list(entry["problems"][0]) == [
        "code",
        "level",
        "sheet",
        "row",
        "column",
        "cell",
        "field",
        "value",
        "message",
        "hint",
    ]
    assert entry["problems"][1]["cell"] == "C9"
    assert entry["problems"][3]["value"] is None
    assert entry["fixes"][0] == {
        "rule": "full-width",
        "field": "番号",
        "count": 1200,
        "examples": [["０４２", "042"], ["<b>", ""]],
    }


def test_a_file_that_could_not_be_read_has_an_entry() -> None:
    """Without a table what is unknown is null, and problems of other files are not its own."""
    other = Problem(code="x", level=Level.ERROR, place=Place(path="別.csv"), message="別")
    entry = reply.file_entry(None, None, FILE, None, "reject", (other, problem()))
    assert (entry["format"], entry["data_rows"], entry["decision"]) == (None, None, "reject")
    assert [p["code"] for p in entry["problems"]] == ["constraint-error"]


def test_page_says_everything_without_script_or_network() -> None:
    """Verdict first, cells by value, what we changed, what was left out; escaped, self-contained."""
    page = reply.page(
        outcome(), catalog_title="目録", marked={"印.xlsx": "一覧.csv"}, checked="2026年11月22日", contact="係"
    )
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "トイレ&lt;一覧&gt;" in page
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    for words in (
        *("公開を見合わせています", "C9、C12", "全角の英数字・記号を半角に", "０４２ → 042", "<b> → （空）"),
        *("2行目、3行目", "表題: 1行目「トイレの一覧」", "4行目から 2件", "印.xlsx", "合計・小計の行"),
    ):
        assert words in text, words
    assert text.index("公開を見合わせています") < text.index("直していただくところ") < text.index("知っておいて")


def test_page_of_a_published_dataset() -> None:
    """Good news is a page too, with the address and nothing to do."""
    page = reply.page(outcome((), Verdict.PUBLISHED), url="https://data.example.jp/dataset/toilet")
    assert "新しく公開しました。" in page
    assert "https://data.example.jp/dataset/toilet" in page
    assert "直していただくところ" not in page


def test_page_of_many_problems_stays_short() -> None:
    """Ten thousand different wrong values do not make a page of ten thousand rows; the totals stay true."""
    page = reply.page(outcome(tuple(problem(row=n, value=f"値{n}") for n in range(2, 10_002))))
    assert page.count("<tr>") < 200
    assert "10,000か所" in page
    assert "ほかに9,900とおりの値" in page


def test_repeats_of_a_key_are_one_group() -> None:
    """Messages that differ only in the row they point to stand together, each with its own words."""
    repeats = [problem(row=n, code="unique-error", message=f"「ID」が{n - 1}行目と重複しています。") for n in (5, 9)]
    told = reply.lines(outcome(tuple(repeats)))
    assert sum(line.startswith("  [") for line in told) == 1
    page = reply.page(outcome(tuple(repeats)))
    assert "「ID」が前の行と重複しています。" in page
    assert "「ID」が8行目と重複しています。" in page


def test_index_lists_what_to_do_first() -> None:
    """A department's datasets: withheld before published, with links and counts."""
    good = Outcome(dataset="a", department="環境局", title="良い", verdict=Verdict.PUBLISHED)
    page = reply.index_page("環境局", [good, outcome()], {"toilet": "toilet.html"})
    assert page.index("トイレ") < page.index("良い")
    assert 'href="toilet.html"' in page
    assert "2件のデータのうち、1件に" in page


@pytest.mark.parametrize("level", list(Level))
def test_no_form_shows_a_personal_value(level: Level) -> None:
    """Where a problem carries no value, none appears on the terminal, in JSON or on the page."""
    hidden = outcome((problem(value=None, level=level),))
    shown = outcome((problem(value=SECRET, level=level),))
    for form in (lambda o: "\n".join(reply.lines(o)), lambda o: str(reply.document([o])), reply.page):
        assert SECRET not in form(hidden)
        assert SECRET in form(shown)


def test_examples_of_a_silent_field_are_not_shown() -> None:
    """Where a field's value is held back, the examples of what we changed in it are too; the count stays."""
    fix = Fix(rule="full-width", field="電話", count=3, examples=((SECRET, "x"),))
    entry = reply.file_entry(source(), None, FILE, None, "hold", (problem(value=None, field="電話"),), (fix,))
    assert entry["fixes"] == [{"rule": "full-width", "field": "電話", "count": 3, "examples": []}]


def test_the_same_said_twice_of_a_cell_is_told_once() -> None:
    """Unique column and primary key say the same of a repeated ID: one place to fix; the JSON keeps both findings."""
    words = "「ID」が4行目と重複しています。"
    twice = tuple(problem(code=code, message=words) for code in ("unique-error", "primary-key"))
    assert "直すところが1か所" in reply.lines(outcome(twice))[0]
    assert reply.document([outcome(twice)])["summary"]["errors"] == 2
