"""What a reply shows beside the problems: what changes, how the table will look, where it is handed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipelines import reply
from pipelines.model import Level, Outcome, Place, Problem, Verdict
from pipelines.publish import Archive
from pipelines.reply import difference, lines, marked_copy, page
from pipelines.run.replies import write_replies
from tests.test_run_build import OWN, build, built, dataset, workspace

HEADER = "番号,名称,人数\n"
OLD = HEADER + "001,東園,10\n002,西園,20\n003,南園,30\n"
NEW = HEADER + "001,東園,10\n002,西園,25\n004,北園,40\n"
KEYED = OWN + "primaryKey: [番号]\n"
PLACES = """\
name: own
title: 一覧
fields:
- {name: 番号, clean: code}
- {name: 緯度, clean: latitude, write: number, role: latitude, datastore: numeric}
- {name: 経度, clean: longitude, write: number, role: longitude, datastore: numeric}
"""


@pytest.fixture(autouse=True)
def _settled(drop: Path) -> None:
    """No file is waited for."""
    with (drop / "catalog.yaml").open("a", encoding="utf-8") as settings:
        settings.write("intake: {quiet_seconds: 0}\n")


def written(folder: Path, name: str, text: str) -> Path:
    """A file of that text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("key", "counts"), [(("番号",), (1, 1, 1)), ((), (1, 1, 1))])
def test_rows_are_added_removed_or_changed(tmp_path: Path, key: tuple[str, ...], counts: tuple[int, ...]) -> None:
    """A record with another value is changed, not removed and added; with a key and without one."""
    found = difference("表", written(tmp_path, "a", OLD), written(tmp_path, "b", NEW), key)
    assert (found.added, found.removed, found.changed) == counts
    assert found.added_rows == (("004", "北園", "40"),)
    assert found.removed_rows == (("003", "南園", "30"),)
    assert found.changed_cells == (("002　西園　25", (("人数", "20", "25"),)),)


def test_other_columns_and_a_repeated_row(tmp_path: Path) -> None:
    """New columns are named; the same rows in another order are the same; of two equal rows one may go."""
    old, new = written(tmp_path, "a", "a,b\n1,x\n1,x\n2,y\n"), written(tmp_path, "b", "b,c\ny,0\nx,0\n")
    found = difference("表", old, new)
    assert (found.added_columns, found.removed_columns, found.same) == (("c",), ("a",), False)
    assert (found.added, found.removed, found.changed) == (0, 1, 0)
    again = difference("表", written(tmp_path, "c", "a\n1\n2\n"), written(tmp_path, "d", "a\n2\n1\n"))
    assert again.same


def replied(drop: Path, folder: Path, verdict: Verdict | None = None) -> str:
    """Build the drop, write the replies with what is kept of earlier publications; the page of the one dataset."""
    made = build(workspace(drop)).built
    outcomes = [
        b.outcome if verdict is None else Outcome(dataset=b.name, department="d", title="一覧", verdict=verdict)
        for b in made
    ]
    archive = Archive(folder / "history")
    write_replies(folder / "replies", workspace(drop).catalog, outcomes, made, "", archive)
    for one in made:
        if one.package:
            archive.add(one.package, one.package.digest, "", "")
    return (folder / "replies" / "data.html").read_text(encoding="utf-8")


def test_the_page_tells_what_an_update_changed(drop: Path, tmp_path: Path) -> None:
    """Against the publication before this one; the first publication and an unchanged one have nothing to tell."""
    folder = dataset(drop, "", KEYED, a__csv=OLD)
    assert "前に公開したものとの違い" not in replied(drop, tmp_path, Verdict.PUBLISHED)
    written(folder, "a.csv", NEW)
    made = built(drop)["data"]
    archive = Archive(tmp_path / "history")
    archive.add(made.package, made.package.digest, "", "")  # as publishing does before the reply is written
    text = replied(drop, tmp_path, Verdict.UPDATED)
    assert "増えた行 1、なくなった行 1、値の変わった行 1" in text
    assert '<td>人数</td><td class="value">20</td><td class="value">25</td>' in text
    assert "前に公開したものとの違い" not in replied(drop, tmp_path, Verdict.UNCHANGED)


def test_the_preview_shows_rows_and_points(drop: Path, tmp_path: Path) -> None:
    """The first rows, and a picture of the places with north up."""
    dataset(drop, "", PLACES, a__csv="番号,緯度,経度\n001,35.5,139.3\n002,35.6,139.4\n")
    text = replied(drop, tmp_path)
    assert "全2件のうち初めの2件" in text
    assert "地図に載る位置 2件" in text
    first, second = ([float(n) for n in part.split('"')[0:3:2]] for part in text.split('cx="')[1:])
    assert first[0] < second[0]
    assert first[1] > second[1]


def test_replies_stand_beside_the_file_until_it_is_mended(drop: Path, tmp_path: Path) -> None:
    """Page and marked workbook in 確認結果, which intake passes over; both go with the last error."""
    folder = dataset(drop, "", KEYED, a__csv=HEADER + "001,東園,多数\n002,西園,2\n")
    home = drop / "kankyo" / "確認結果"
    replied(drop, tmp_path)
    assert sorted(p.name for p in home.iterdir()) == ["一覧_data.html", "一覧_data.xlsx"]
    assert 'href="一覧_data.xlsx"' in (home / "一覧_data.html").read_text(encoding="utf-8")
    assert [p.place.path for p in build(workspace(drop)).found.problems] == []
    written(folder, "a.csv", OLD)
    replied(drop, tmp_path)
    assert not home.exists()


def test_every_file_with_marks_has_its_copy(drop: Path, tmp_path: Path) -> None:
    """Two offices, two files with an error each: two workbooks, and the page says of which file each is."""
    wrong = HEADER + "001,東園,多数\n"
    folder = dataset(drop, "combine: stack\n", KEYED, a__csv=wrong, b__csv=wrong.replace("001", "002"))
    home = drop / "kankyo" / "確認結果"
    text = replied(drop, tmp_path)
    assert sorted(p.name for p in home.iterdir()) == ["一覧_data.2.xlsx", "一覧_data.html", "一覧_data.xlsx"]
    page = (home / "一覧_data.html").read_text(encoding="utf-8")
    assert 'href="一覧_data.2.xlsx"' in page
    assert text.count("元のファイルは") == 2
    written(folder, "b.csv", HEADER + "002,西園,2\n")
    replied(drop, tmp_path)
    assert sorted(p.name for p in home.iterdir()) == ["一覧_data.html", "一覧_data.xlsx"]


def test_every_cell_of_a_finding_is_marked(tmp_path: Path) -> None:
    """One sentence about many cells: each of them is coloured and has its comment, the list names it once."""
    source = written(tmp_path, "a.csv", "名称,電話\na,1\nb,2\nc,3\n")
    cells = [Place(path="a.csv", row=row, column=2, field="電話") for row in (2, 4)]
    one = Problem(code="held-mobile", level=Level.HOLD, place=cells[0], message="電話です。", also=tuple(cells))
    copy = marked_copy(source, [one], tmp_path / "out.xlsx")
    assert copy is not None
    book = load_workbook(copy)
    sheet = book.worksheets[1]
    assert [bool(sheet.cell(row, 2).comment) for row in (1, 2, 3, 4)] == [False, True, False, True]
    assert sheet["B2"].fill.fgColor.rgb == sheet["B4"].fill.fgColor.rgb != sheet["B3"].fill.fgColor.rgb
    assert [c.value for c in book.worksheets[0]["A"]].count("2") == 0


def test_what_only_one_cell_may_mean_is_told_at_that_cell() -> None:
    """The rule is said once for the group; each cell's own suggestion stands beside it."""
    rule = "西暦で書いてください。"
    hints = {5: f"「2024-05-01」のことなら、そう書き直してください。{rule}", 6: rule}
    told = [
        Problem(code="value-date", level=Level.ERROR, message="日付ではありません。", hint=hint, value=str(row),
                place=Place(path="a", row=row, column=1, field="日"))
        for row, hint in hints.items()
    ]  # fmt: skip
    outcome = Outcome(dataset="a", department="課", title="表", verdict=Verdict.WITHHELD, problems=tuple(told))
    text = lines(outcome)
    assert "      A5: 5　→ 「2024-05-01」のことなら、そう書き直してください。" in text
    assert "      A6: 6" in text
    assert f"    → {rule}" in text
    assert "<td>「2024-05-01」のことなら、そう書き直してください。</td>" in page(outcome)


def test_an_unchanged_page_is_not_drawn_again(drop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand unchanged datasets cost no thousand pages; another person to ask is another page."""
    dataset(drop, "", KEYED, a__csv=OLD)
    drawn = []
    monkeypatch.setattr(
        reply, "page", lambda *given, real=reply.page, **named: drawn.append(1) or real(*given, **named)
    )
    first = replied(drop, tmp_path, Verdict.UNCHANGED)
    assert (replied(drop, tmp_path, Verdict.UNCHANGED), drawn) == (first, [1])
    (drop / "kankyo" / "department.yaml").write_text(
        "id: kankyo\ntitle: 環境政策課\ncontact: 内線 1234\n", encoding="utf-8"
    )
    assert "内線 1234" in replied(drop, tmp_path, Verdict.UNCHANGED)
    assert replied(drop, tmp_path, Verdict.REJECTED)
    assert len(drawn) == 3
