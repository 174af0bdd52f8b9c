"""Rows that are people: a combination of age, sex, place and date shared by fewer than k rows points at one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.screen.column import Column
from pipelines.screen.finding import HOLD, Detector, Finding, ScreenRules
from pipelines.screen.looking import Table

_AGE = re.compile(r"(?:^|\||_|の)(?:年齢|年代|年齢層|年齢区分|年齢階級|age|満年齢)(?:$|\||\(|_)")
_SEX = re.compile(r"(?:^|\||_|の)(?:性別|sex|gender|男女)(?:$|\||\(|_)")
_QUASI = re.compile(
    r"町丁|町名|大字|地区|居住|住所|職業|国籍|学校|学年|発症日|発生日|陽性.{0,3}日|判明日|退院|死亡日|事故日|生年|受診|属性|続柄|家族|世帯構成|緯度|経度|latitude|longitude"
)
#: a stand that somebody took: on a map it is told by the place alone (賛否 coloured by house)
_STAND = re.compile(r"賛否|賛成|反対|投票先|支持政党")
_PLACE = re.compile(r"緯度|経度|latitude|longitude|居住|住所|町丁|番地")
_COUNT = re.compile(
    r"人口|人数|者数|件数|世帯数|患者数|(?:^|\||_)(?:数|計|合計|総数|count|population|value|値|割合|率|%)(?:$|\||\()"
)


def find(table: Table, rules: ScreenRules) -> Iterable[Finding]:
    """HOLD when a table has age and sex (or one of them with another quasi-identifier), or a stand somebody took and a
    place, per row and no count."""
    ages, sexes = table.headed(_AGE), table.headed(_SEX)
    others = [c for c in table.headed(_QUASI) if c not in ages and c not in sexes]
    stands = table.headed(_STAND) if table.headed(_PLACE) else []
    if table.headed(_COUNT) or not ((ages and (sexes or others)) or (sexes and others) or stands):
        return
    places = [c for c in table.headed(_PLACE) if c not in others] if stands else []
    columns = [c for c in (*ages, *sexes, *stands, *others, *places) if c.cells.filled]
    rare = _rare(table, columns, rules.k) if len(columns) > 1 else ()
    if rare:
        anchor = columns[0]
        yield Finding(
            type="few_alike",
            level=HOLD,
            column=anchor,
            hits=tuple(range(len(anchor.values))),
            because=f"1行が1人の表で、{'・'.join(c.label for c in columns)}の組み合わせが同じ人が{rules.k}人未満です",
            combinations=frozenset(rare),
            rows=len(rare),
        )


def _rare(table: Table, columns: list[Column], k: int) -> tuple[str, ...]:
    keys = [c.index for c in columns]
    frame = table.frame.iloc[:, keys]
    sizes = frame.groupby([frame.iloc[:, n] for n in range(len(keys))], dropna=False, sort=False).size()
    return tuple("\x1f".join(map(str, key)) for key in sizes[sizes < k].index)


DETECTOR = Detector(
    id="few-alike",
    version="2",
    title="一人に絞れる組み合わせ（k-匿名性）",
    source="k-匿名性（準識別子: 年齢・性別・町丁・日付など。既定 k=5）",
    find=find,
    advice="区分を粗くする（年代を10歳刻み、町丁を地区にする）か、1人1行をやめて集計表にしてください。",
)
