"""Screening: every detector on its golden cases, whole tables, hidden content, and failing closed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import (
    DatasetSpec,
    Department,
    Field,
    Hidden,
    Level,
    Licence,
    Origin,
    Schema,
    SourceBlock,
    SourceTable,
    StandardTable,
    ValidTable,
)
from pipelines.screen import DETECTORS, Approvals, ScreenRules, columns_of, look, screen, versions
from pipelines.screen.detectors import driver_licence, formula, my_number, names, person_name
from pipelines.screen.detectors.money import luhn
from pipelines.screen.finding import BLOCK, Detector, Finding, rules_of
from pipelines.screen.folding import fold, fold_heading, fold_name, fold_values
from pipelines.screen.hidden import KINDS, hidden_level

CASES = sorted((Path(__file__).parent / "cases" / "screen").glob("*.json"))
GOLDEN = [(path.stem, case) for path in CASES for case in json.loads(path.read_text(encoding="utf-8"))["cases"]]
NOBODY = Approvals(key=b"test")
LICENCE = Licence(id="cc-by", title="CC BY 4.0")


def source(header: Sequence[str], rows: Sequence[Sequence[str]], hidden: Sequence[Hidden] = ()) -> SourceTable:
    """A table as a department would have dropped it, header in row 1."""
    frame = pd.DataFrame([list(row) for row in rows], columns=range(len(header)), dtype="str")
    block = SourceBlock(path="課/表.csv", sheet=None, columns=tuple(range(1, len(header) + 1)))
    return SourceTable(
        path="課/表.csv",
        format="csv",
        encoding="utf-8",
        sheet=None,
        header=tuple(header),
        header_rows=(1,),
        first_data_row=2,
        frame=frame,
        origin=Origin(blocks=(block,), rows=list(range(2, len(rows) + 2))),
        hidden=tuple(hidden),
    )


def spec(title: str = "施設一覧") -> DatasetSpec:
    """A dataset of a department."""
    department = Department(
        id="d", title="課", folder=Path(), municipality="相模原市", code="141500", credit="", licence=LICENCE
    )
    return DatasetSpec(name="facilities", title=title, department=department, schema=None, licence=LICENCE)


def valid(table: SourceTable, declared: Sequence[str], types: Sequence[str] = ()) -> ValidTable:
    """What standardize and validate would have made of the declared columns."""
    order = [table.header.index(name) for name in declared]
    kinds = types or ["string"] * len(declared)
    schema = Schema(
        name="s",
        title="s",
        fields=tuple(Field(name=n, type=t) for n, t in zip(declared, kinds, strict=True)),
        descriptor={},
    )
    frame = table.frame.iloc[:, order].copy()
    frame.columns = pd.Index(declared)
    standard = StandardTable(schema=schema, frame=frame, origin=table.origin.reordered(order), fixes=())
    return ValidTable(table=standard, report={})


def codes(dropped: SourceTable, rules: ScreenRules | None = None, **more: Any) -> list[str]:
    """Codes of everything that withholds."""
    found = look(dropped, spec(), NOBODY, rules or ScreenRules(), **more)
    return [v.problem.code for v in found if v.problem.level in (Level.ERROR, Level.HOLD)]


@pytest.mark.parametrize(("name", "case"), GOLDEN, ids=[f"{n}-{c['heading']}-{c['values'][0]}" for n, c in GOLDEN])
def test_golden_case(name: str, case: dict[str, Any]) -> None:
    """A heading and its values get exactly the level and type that the case states; innocent ones get nothing."""
    found = look(source([case["heading"]], [[v] for v in case["values"]]), spec("一覧"), NOBODY, ScreenRules())
    told = {v.problem.code: v.problem.level for v in found if v.problem.level in (Level.ERROR, Level.HOLD)}
    if case["level"] == "ok":
        assert told == {}
        return
    prefix = "blocked" if case["level"] == "error" else "held"
    code = f"{prefix}-{case['type'].replace('_', '-')}"
    assert told.get(code) == Level(case["level"])


def test_no_value_in_clear_anywhere() -> None:
    """No problem repeats a value it is about: not in value, message, hint or English."""
    values = ["123456789018", "山田太郎", "090-1234-5678", "taro@gmail.com", "AB12345678CD"]
    for verdict in look(source(["備考"], [[v] for v in values]), spec(), NOBODY, ScreenRules()):
        problem = verdict.problem
        assert problem.value is None
        assert not any(v in f"{problem.message}{problem.hint}{problem.message_en}" for v in values)


def test_problem_names_the_cell() -> None:
    """The reply says which cell of the department's own file it is."""
    table = source(["名称", "備考"], [["公園", ""], ["図書館", "個人番号は123456789018"]])
    problem = next(v.problem for v in look(table, spec(), NOBODY, ScreenRules()) if v.problem.level is Level.ERROR)
    assert (problem.place.cell, problem.place.field) == ("B3", "備考")
    assert "B3" in problem.message


@pytest.mark.parametrize(("count", "named"), [(3, "D2、D3、D4。"), (1200, "D10、D11 ほか。")])
def test_every_cell_of_a_repeated_value_is_named(count: int, named: str) -> None:
    """The places are those of the cells that are counted, ten of them; more are said to be there."""
    people = [["窓口", "市役所", "", "090-1234-5678"]] * count
    found = look(source(["名称", "場所", "備考", "携帯電話"], people), spec(), NOBODY, ScreenRules())
    [problem] = [v.problem for v in found if "mobile" in v.problem.code]
    assert f"{count:,}件あります" in problem.message
    assert problem.message.endswith(named)


def test_my_number_check_digit() -> None:
    """The published example passes; one digit wrong does not; about one random number in ten passes."""
    assert my_number.valid("123456789018")
    assert not my_number.valid("123456789019")
    assert not my_number.valid("１２３４５６７８９０１８")
    passing = sum(my_number.valid(f"{n * 7919 + 100_000_000_003:012d}") for n in range(5000))
    assert 400 < passing < 600


def test_my_number_column_without_heading() -> None:
    """A column of numbers that all pass is blocked whatever it is called; random codes are not."""
    stems = [f"{n * 104729 + 10_000_000_019:011d}" for n in range(40)]
    numbers = [next(s + str(d) for d in range(10) if my_number.valid(s + str(d))) for s in stems]
    assert codes(source(["整理"], [[n] for n in numbers])) == ["blocked-my-number"]
    assert codes(source(["整理"], [[f"{n * 999_999_937 + 300_000_000_000:012d}"] for n in range(40)])) == []


def test_driver_licence_formula() -> None:
    """The eleventh digit decides, and the first two are a commission."""
    assert driver_licence.valid("309012345620")
    assert not driver_licence.valid("309012345630")
    assert not driver_licence.valid("019012345620")


def test_luhn() -> None:
    """ISO/IEC 7812-1's check: the usual test number passes, a transposition does not."""
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("山田太郎", "full"),
        ("齋藤 陽葵", "full"),
        ("小泉悠斗", "full"),
        ("谷川", "surname"),
        ("山田太郎\n佐藤花子", "full"),
        ("YAMADA Taro", "full"),
        ("中央図書館", ""),
        ("大井川東", ""),
        ("毛利家", ""),
        ("テント 等", ""),
        ("2025年 平均", ""),
        ("安全安心", ""),
    ],
)
def test_names(value: str, kind: str) -> None:
    """姓 and 名 make a person; 姓 alone, towns, houses and organisations do not."""
    assert names.kind(value) == kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("-5", ""),
        ("+α", ""),
        ("@home", ""),
        ("- なし", ""),
        ("－", ""),
        ("-（休館）", ""),
        ("=1+1", "formula_like"),
        ("=cmd|'/C calc'!A0", "formula_dangerous"),
        ("-2+3+cmd|x", "formula_dangerous"),
        ('@SUM(1+1)*cmd|" /C calc"!A0', "formula_dangerous"),
        ('=HYPERLINK("http://x")', "formula_dangerous"),
        ("＝SUM(A1)", "fullwidth_formula"),
        ("\t=1+1", "formula_like"),
    ],
)
def test_formula(value: str, kind: str) -> None:
    """What a spreadsheet would run is withheld; signs, symbols and words stay as they are."""
    assert formula.judge(value) == kind


def test_formula_in_a_typed_column_is_the_validators_matter() -> None:
    """-5 in a number column is a number; the same table's text column is looked at."""
    table = source(["数", "文"], [["-5", "=1+1"]])
    found = look(table, spec(), NOBODY, ScreenRules(), table=valid(table, ["数", "文"], ["number", "string"]))
    assert [(v.problem.code, v.problem.place.column) for v in found if v.problem.level is Level.HOLD] == [
        ("held-formula", 2)
    ]


def test_small_cells_of_the_whole_city_per_day_pass() -> None:
    """Daily counts of the city point at nobody; the same counts by town do."""
    daily = [[f"2024-04-{d:02}", str(d % 4)] for d in range(1, 20)]
    assert codes(source(["公表日", "陽性者数"], daily)) == []
    towns = [[f"{t}町", str(n)] for n, t in enumerate("甲乙丙丁戊己庚")]
    assert "held-small-cell" in codes(source(["町丁名", "陽性者数"], towns))


def test_small_cell_threshold_is_the_citys() -> None:
    """k comes from the catalogue: 7 is small for health (10), not for k=5."""
    rows = [["甲町", "7"], ["乙町", "20"]]
    assert codes(source(["町丁名", "患者数"], rows)) == ["held-small-cell"]
    assert codes(source(["町丁名", "不登校児童数"], rows)) == []
    assert codes(source(["町丁名", "患者数"], rows), rules=ScreenRules(health_k=5)) == []


def test_suppressed_cell_derivable_from_total() -> None:
    """One x under a total can be worked out; two in both directions cannot."""
    one = [["甲", "12"], ["乙", "x"], ["丙", "30"], ["合計", "45"]]
    assert "held-derivable-cell" in codes(source(["地区", "利用者"], one))
    two = [["甲", "x"], ["乙", "x"], ["丙", "30"], ["合計", "45"]]
    assert "held-derivable-cell" not in codes(source(["地区", "利用者"], two))


def test_suppressed_cells_derivable_in_turn() -> None:
    """Solving one row makes a column solvable: the attentive reader goes on, and so does the detector."""
    rows = [["甲", "x", "10", "14"], ["乙", "x", "x", "20"], ["計", "10", "24", "34"]]
    assert codes(source(["地区", "男性", "女性", "合計"], rows)).count("held-derivable-cell") == 2


def test_person_rows_with_rare_combinations() -> None:
    """One row per person with age, sex and town: fewer than k alike are held, counts by age are not."""
    rows = [[f"{10 * (n % 8)}代", "男" if n % 2 else "女", f"{n % 5}町"] for n in range(60)]
    assert "held-few-alike" in codes(source(["年代", "性別", "居住町"], rows))
    many = [["30代", "男", "甲町"]] * 6
    assert codes(source(["年代", "性別", "居住町"], many)) == []
    assert codes(source(["年代", "性別", "人口"], [["30代", "男", "2"], ["40代", "女", "700"]])) == []


def test_address_of_a_person_against_a_facility() -> None:
    """The same 住所 column is a person's beside 氏名, a facility's beside 名称."""
    where = "相模原市中央区中央2-11-15"
    assert "held-person-address" in codes(source(["氏名", "住所"], [["山田太郎", where]]))
    assert codes(source(["名称", "住所"], [["中央公民館", where]])) == []


def test_owner_names_hold_only_when_they_leave() -> None:
    """Names in a business register are held when published, told when the column stays here."""
    table = source(["名称", "開設者"], [["中央医院", "加藤 俊彦"], ["北医院", "三木 康彰"]])
    assert codes(table, table=valid(table, ["名称", "開設者"])) == ["held-person-name"]
    assert codes(table, table=valid(table, ["名称"])) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_hidden_kinds(kind: str) -> None:
    """Each line of the leak table holds (or warns) with a Japanese reason, at its place."""
    hidden = Hidden(kind=kind, sheet="名簿", row=3, column=2)
    found = look(source(["名称"], [["公園"]], [hidden]), spec(), NOBODY, ScreenRules())
    problem = found[0].problem
    assert problem.level is KINDS[kind][0]
    assert problem.code.endswith(kind)
    assert (problem.place.sheet, problem.place.cell) == ("名簿", "B3")
    assert KINDS[kind][1] in problem.message


def test_unknown_hidden_kind_holds() -> None:
    """A kind that the reading stage invents tomorrow is held, not let through."""
    assert hidden_level(Hidden(kind="something-new")) is Level.HOLD


def test_values_in_hidden_columns_are_looked_at_too() -> None:
    """A hidden column is held, and a My Number in it blocks all the same."""
    table = source(["名称", "個人番号"], [["公園", "123456789018"]], [Hidden(kind="hidden-column", column=2)])
    assert codes(table) == ["blocked-my-number", "held-hidden-column"]


def test_only_declared_columns_leave() -> None:
    """A cleared table has the schema's fields alone; the rest is named in a warning."""
    table = source(["名称", "内部メモ"], [["公園", "甲"]])
    step = screen(valid(table, ["名称"]), table, spec(), NOBODY, ScreenRules())
    assert step.value is not None
    assert list(step.value.table.table.frame.columns) == ["名称"]
    assert [(p.code, p.level) for p in step.problems] == [("undeclared-column", Level.WARNING)]
    assert step.value.screened_by == versions()


def test_frame_with_a_column_the_schema_lacks_is_narrowed() -> None:
    """Even a column that slipped into the standard table does not leave."""
    table = source(["名称", "余計"], [["公園", "甲"]])
    both = valid(table, ["名称", "余計"])
    narrow = Schema(name="s", title="s", fields=(Field(name="名称"),), descriptor={})
    standard = StandardTable(schema=narrow, frame=both.table.frame, origin=both.table.origin, fixes=())
    step = screen(ValidTable(table=standard, report={}), table, spec(), NOBODY, ScreenRules())
    assert step.value is not None
    assert list(step.value.table.table.frame.columns) == ["名称"]


def test_new_column_holds_only_against_a_recorded_list() -> None:
    """First time: a warning.  Published before without it: held.  The city may turn that off."""
    table = source(["名称", "メモ２"], [["公園", "甲"]])
    ready = valid(table, ["名称"])
    known = frozenset({"名称", "メモ"})
    assert codes(table, table=ready) == []
    assert codes(table, table=ready, known_columns=known) == ["held-new-column"]
    assert codes(table, table=ready, known_columns=columns_of([table])) == []
    assert codes(table, table=ready, known_columns=known, rules=ScreenRules(new_column="warn")) == []


def _raises(table: object, rules: ScreenRules) -> list[Finding]:
    raise RuntimeError("planted")


def _exits(table: object, rules: ScreenRules) -> list[Finding]:
    raise SystemExit(1)


def _sleeps(table: object, rules: ScreenRules) -> list[Finding]:
    time.sleep(0.5)
    return []


@pytest.mark.parametrize("find", [_raises, _exits, _sleeps])
def test_failing_detector_holds(find: Any) -> None:
    """A detector that raises, exits or takes too long holds the dataset; nothing is cleared."""
    table = source(["名称"], [["公園"]])
    broken = Detector(id="broken", version="1", title="壊れた検査", source="", find=find)
    rules = ScreenRules(seconds=0.1)
    step = screen(valid(table, ["名称"]), table, spec(), NOBODY, rules, detectors=(broken,))
    assert step.value is None
    assert [p.code for p in step.problems] == ["detector-failed"]


def test_missing_dictionary_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Janome no table passes, not even one in which nobody would need it."""
    import sys

    monkeypatch.setitem(sys.modules, "janome", None)
    table = source(["名称"], [["公園"]])
    step = screen(valid(table, ["名称"]), table, spec(), NOBODY, ScreenRules(), detectors=(person_name.DETECTOR,))
    assert step.value is None
    assert [p.code for p in step.problems] == ["detector-failed"]


def test_missing_name_list_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for the list of names."""

    def gone() -> dict[str, int]:
        raise FileNotFoundError("names.tsv")

    monkeypatch.setattr(names, "_known", gone)
    assert codes(source(["名称"], [["公園"]])) == ["detector-failed"]


def test_two_columns_under_one_heading_are_two_findings() -> None:
    """Approving one of two columns called the same must not open the other."""
    table = source(["電話", "電話"], [["090-1234-5678", "080-1234-5678"]])
    assert codes(table) == ["held-mobile", "held-mobile"]


@pytest.mark.parametrize(
    ("heads", "parts", "found"),
    [
        (["個人番号1", "個人番号2", "個人番号3"], ["1234", "5678", "9018"], ["blocked-my-number"] * 3),
        (["個人番号", "", ""], ["１２３４", "5678", "9018"], ["blocked-my-number"] * 3),
        (["住民票コード（上）", "住民票コード（下）"], ["12345", "678901"], ["blocked-resident-code"] * 2),
        (["個人番号カード交付枚数", "申請枚数"], ["123456", "789018"], []),
        (["個人番号1", "個人番号2"], ["1234", "5678"], []),
    ],
)
def test_a_number_cut_over_columns(heads: list[str], parts: list[str], found: list[str]) -> None:
    """Neighbouring columns under such a heading are read together; what gives no whole number is none."""
    assert codes(source(["名称", *heads], [["公園", *parts], ["図書館", *[""] * len(parts)]])) == found


def test_a_stand_on_a_map_points_at_somebody() -> None:
    """Opinions or ages with the place they come from are held; counts of them by district are not."""
    people = [["賛成", f"35.{n:04}", f"139.{n:04}"] for n in range(9)]
    assert codes(source(["賛否", "緯度", "経度"], people)) == ["held-few-alike"]
    assert codes(source(["年代", "緯度", "経度"], [["30代", *row[1:]] for row in people])) == ["held-few-alike"]
    assert codes(source(["町丁", "賛成", "反対", "合計"], [["中央", "12", "30", "42"], ["北", "55", "20", "75"]])) == []


def test_standardized_values_are_looked_at() -> None:
    """What standardizing makes out of harmless text is screened as well."""
    table = source(["備考"], [["なし"]])
    made = valid(table, ["備考"])
    made.table.frame["備考"] = pd.Series(["個人番号は123456789018"], dtype="str")
    assert codes(table, table=made) == ["blocked-my-number"]


def test_several_sources() -> None:
    """A dataset combined from several files is looked at file by file."""
    clean, bad = source(["名称"], [["公園"]]), source(["個人番号"], [["123456789018"]])
    found = look((clean, bad), spec(), NOBODY, ScreenRules())
    assert [v.problem.code for v in found] == ["blocked-my-number"]


def test_block_comes_first_and_cannot_be_approved() -> None:
    """The binding of a BLOCK says never; it is told before anything that only waits."""
    table = source(["連絡先", "個人番号"], [["090-1234-5678", "123456789018"]])
    found = look(table, spec(), NOBODY, ScreenRules())
    assert [v.problem.level for v in found] == [Level.ERROR, Level.HOLD]
    assert BLOCK is Level.ERROR


def test_rules_from_the_catalogue() -> None:
    """Texts of YAML become rules; what is unknown or senseless is a ConfigError in Japanese."""
    from pipelines.model import ConfigError

    made = rules_of({"k": "3", "health_k": "11", "mail_domains": ["example.or.jp"], "new_column": "warn"})
    assert (made.k, made.health_k, made.new_column) == (3, 11, "warn")
    assert made.mail_domains == frozenset({"example.or.jp"})
    for wrong in ({"kk": "3"}, {"k": "1"}, {"name_rate": "2"}, {"new_column": "no"}, {"seconds": "x"}):
        with pytest.raises(ConfigError, match="screen"):
            rules_of(wrong)


def test_detectors_have_identity() -> None:
    """Every detector has an id of its own, a version, a Japanese title and the source of its formula."""
    assert len({d.id for d in DETECTORS}) == len(DETECTORS)
    assert all(d.version and d.title and d.source and d.advice for d in DETECTORS)


def test_folding() -> None:
    """Width, hyphens, line breaks and invisible characters do not hide a match; the lines stay one per value."""
    assert fold("１２３４－５６７８‐９０１８") == "1234-5678-9018"
    assert fold("12\u200b34\n56") == "1234 56"
    assert fold("一二三四五六七八九〇一八") == "123456789018"
    assert fold_heading("個 人\n番　号") == "個人番号"
    assert fold_name("髙橋 渡邊") == "高橋渡辺"
    assert fold_values(["a\nb", "", "c\x00d"]).split("\n") == ["a b", "", "c d"]


@given(st.lists(st.text(max_size=20), max_size=20))
def test_folding_keeps_one_line_per_value(values: list[str]) -> None:
    """Whatever the values hold, the n-th line is the n-th value's key."""
    assert len(fold_values(values).split("\n")) == max(len(values), 1)


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_table_is_judged_and_no_value_changes(rows: list[list[str]]) -> None:
    """Screening never fails on odd text, and the values it clears are the values it got."""
    table = source(["名称", "備考", "番号"], rows)
    ready = valid(table, ["名称", "備考", "番号"])
    before = ready.table.frame.copy()
    step = screen(ready, table, spec(), NOBODY, ScreenRules())
    assert not any(p.code == "detector-failed" for p in step.problems)
    if step.value is not None:
        pd.testing.assert_frame_equal(step.value.table.table.frame, before)


@given(st.integers(0, 10**11 - 1), st.sampled_from(["{}", "山田／{}", "{} 様", "（{}）", "No.{}"]))
def test_every_valid_my_number_in_remarks_is_blocked(stem: int, around: str) -> None:
    """Whatever surrounds it, a number that passes, alone in a column of remarks, blocks."""
    text = f"{stem:011d}"
    number = next(text + str(d) for d in range(10) if my_number.valid(text + str(d)))
    stamp = my_number._TIME.fullmatch(number)
    found = codes(source(["備考"], [[around.format(number)]]))
    assert stamp or "blocked-my-number" in found
