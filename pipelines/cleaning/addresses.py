"""Japanese addresses: split by the longest match in the list of municipalities, never by ``.+?[市区町村]``.

The text itself stays as written (ヶ/ケ, old forms, 丁目 numerals); only the split parts are in the standard's notation.
Source of the lists: ``build_lists.py`` (Japan Post) and ``abolished.tsv`` (notices of mergers; not complete).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.codes import municipalities
from pipelines.cleaning.folding import DASHES, fold_alnum, hyphens
from pipelines.cleaning.marks import instead_of_value
from pipelines.cleaning.numerals import kanji_digits
from pipelines.cleaning.texts import clean_text

ABOLISHED = Path(__file__).parent / "abolished.tsv"
_SAME = str.maketrans("ヶヵ龍桧鯵祗", "ケカ竜檜鰺祇")
_POSTAL = re.compile(r"^〒 ?([0-9０-９]{3})[-－‐−ー]?([0-9０-９]{4})[ \u3000\n]*")
_ISLANDS = {"三宅村": "三宅島三宅村", "八丈町": "八丈島八丈町"}
_COUNTY = re.compile("^[^市町村]+?郡(?=.+[町村]$)")
_BLANKS = " \u3000\n"


@dataclass(frozen=True, slots=True)
class _Place:
    """One way to write a municipality: its code, official name and prefecture; successor if it was abolished."""

    code: str
    prefecture: str
    name: str
    kind: str = "full"
    successor: str = ""


@cache
def _index() -> Mapping[str, Mapping[str, tuple[_Place, ...]]]:
    """Prefecture → written name (folded) → places; ``""`` as prefecture holds the names of all prefectures."""
    index: dict[str, dict[str, tuple[_Place, ...]]] = defaultdict(dict)
    for code, (prefecture, name) in municipalities().items():
        if name:
            _add(index, name, _Place(code, prefecture, name))
            if name in _ISLANDS:
                _add(index, _ISLANDS[name], _Place(code, prefecture, name))
            if found := _COUNTY.match(name):
                _add(index, name[found.end() :], _Place(code, prefecture, name, "county"))
    for line in ABOLISHED.read_text(encoding="utf-8").splitlines():
        prefecture, name, successor, *_ = line.split("\t")
        _add(index, name, _Place("", prefecture, name, "abolished", successor))
    return index


def _add(index: dict[str, dict[str, tuple[_Place, ...]]], name: str, place: _Place) -> None:
    for prefecture in (place.prefecture, ""):
        known = index[prefecture].get(name.translate(_SAME), ())
        index[prefecture][name.translate(_SAME)] = (*known, place)


@cache
def _prefectures() -> tuple[str, ...]:
    return tuple(dict.fromkeys(prefecture for prefecture, _ in municipalities().values()))


@cache
def _wards() -> Mapping[str, int]:
    """How many municipalities have a ward of that bare name (中央区: 12)."""
    counts: dict[str, int] = defaultdict(int)
    for _, name in municipalities().values():
        if name.endswith("区"):
            counts[name.rpartition("市")[2]] += 1
    return counts


@cache
def _designated() -> frozenset[str]:
    """Codes of the cities that have wards: their addresses are not complete without one."""
    cities = {
        prefecture + name.rpartition("市")[0] + "市"
        for prefecture, name in municipalities().values()
        if "市" in name[:-1] and name.endswith("区")
    }
    return frozenset(code for code, names in municipalities().items() if "".join(names) in cities)


def clean_address(text: str, context: Mapping[str, Any]) -> Cleaned:
    """The whole address with its prefecture; ``parts`` prefecture, city, rest, town, block, building, code, postal.

    Context ``municipality`` (神奈川県相模原市) completes addresses that begin with a ward or a town name.
    """
    if mark := instead_of_value(text):
        return mark
    plain = clean_text(text, {})
    bare = plain.value or ""
    postal = _POSTAL.match(bare)
    bare = bare[postal.end() :] if postal else bare
    prefecture = next((name for name in _prefectures() if bare.startswith(name)), "")
    body = bare[len(prefecture) :].lstrip(_BLANKS)
    result = _split(prefecture, body, str(context.get("municipality") or ""))
    if postal and result.value:
        number = hyphens(fold_alnum(f"{postal[1]}-{postal[2]}"))
        result = replace(result, parts={**result.parts, "postal": number}, rule="postal-code-split")
    if plain.status == "warn" and result.status == "ok":
        result = replace(result, status="warn", flag=plain.flag)
    return result


def _split(prefecture: str, body: str, home: str) -> Cleaned:
    at_home = _at_home(prefecture, body, home)
    if at_home:
        return at_home
    length, places = _longest(prefecture, body)
    if not prefecture:
        places = _without_prefecture(body, length, places, home)
    if len({(place.prefecture, place.name) for place in places}) > 1:
        return error("ambiguous_municipality", suggest=" / ".join(p.prefecture + p.name for p in places[:4]))
    if not places:
        return _nowhere(prefecture, body, home)
    return _answer(places[0], body[:length], body[length:], bool(prefecture))


def _longest(prefecture: str, body: str) -> tuple[int, tuple[_Place, ...]]:
    """The longest known name that ``body`` begins with, and its places."""
    names, folded = _index()[prefecture], body.translate(_SAME)
    for length in range(min(len(folded), 14), 1, -1):
        if places := names.get(folded[:length]):
            full = tuple(place for place in places if place.kind != "county")
            return length, full or places
    return 0, ()


def _without_prefecture(body: str, length: int, places: tuple[_Place, ...], home: str) -> tuple[_Place, ...]:
    """A bare 町 or 村 is also a name of neighbourhoods, a bare 区 also a ward elsewhere: neither decides."""
    if (places and places[0].kind == "county") or _shared_ward(body[:length]):
        return ()
    near = tuple(place for place in places if home.startswith(place.prefecture))
    return near or places


def _shared_ward(name: str) -> bool:
    return name.endswith("区") and "市" not in name and _wards().get(name, 0) > 1


def _at_home(prefecture: str, body: str, home: str) -> Cleaned | None:
    """An address that begins with a ward of the department's own designated city."""
    found = next((name for name in _prefectures() if home.startswith(name)), "")
    if not found or (prefecture and prefecture != found):
        return None
    length, places = _longest(found, home[len(found) :] + body)
    city = len(home) - len(found)
    if not places or length <= city or places[0].kind == "abolished":
        return None
    result = _answer(places[0], places[0].name, body[length - city :], False)
    return replace(result, rule="municipality-added")


def _nowhere(prefecture: str, body: str, home: str) -> Cleaned:
    """No municipality at the beginning: somewhere else, at home, or nowhere."""
    length, places = _longest("", body)
    if prefecture and places and places[0].kind == "full" and not body[:length].endswith(("町", "村", "区")):
        return error("prefecture_mismatch", suggest=places[0].prefecture + body)
    if home and not prefecture and body and not re.match("[^0-9]{1,8}[市郡](?!場)", body):
        found = next((name for name in _prefectures() if home.startswith(name)), "")
        _, own = _longest(found, home[len(found) :])
        if found and own:
            return replace(
                _answer(own[0], own[0].name, body, False),
                status="warn",
                flag="municipality_added",
                rule="municipality-added",
            )
    if prefecture:
        return error("unknown_municipality" if body else "municipality_missing")
    if found_ward := re.match("[^0-9市]{1,3}区", body):
        return error("ambiguous_municipality" if _shared_ward(found_ward[0]) else "unknown_municipality")
    return error("unknown_municipality" if re.match("[^0-9]{1,8}[市郡区]", body) else "municipality_missing")


def _answer(place: _Place, written: str, rest: str, complete: bool) -> Cleaned:
    rest = rest.lstrip(_BLANKS)
    parts = {"prefecture": place.prefecture, "city": written, "rest": rest, **split_rest(rest)}
    if place.kind == "county":
        written = parts["city"] = place.name
    if place.code:
        parts["code"] = place.code
    value = f"{place.prefecture}{written}{rest}"
    if place.kind == "abolished":
        return warn(value, "abolished_municipality", suggest=place.successor or None, **parts)
    if rest and place.code in _designated():
        return warn(value, "ward_missing", rule=None if complete else "prefecture-added", **parts)
    rule = "county-added" if place.kind == "county" else None if complete else "prefecture-added"
    return ok(value, rule, **parts)


# ── below the municipality ──────────────────────────────────────────────────────────────────────

_N = "[0-9０-９]+|[〇一二三四五六七八九十百]+"
_LINK = f"(?: ?[{re.escape(DASHES)}－の] ?|番地の|番地|番の|番|号)"
_CHOME = re.compile(f"^(.*?(?:{_N})丁目)(.*)$", re.S)
_BLOCK = re.compile(
    rf"(?P<block>(?:[0-9０-９]+(?![0-9０-９]|条|線|区|地割|丁目|号線)(?:{_LINK}(?:[0-9０-９]+)?)*"
    rf"|[一二三四五六七八九十百]+(?:番地|番)(?:の?(?:{_N})号?)?))(?P<building>.*)$",
    re.S,
)
_NO_NUMBER = re.compile("^(.*?)[ \u3000\n]+(.*)$", re.S)


def split_rest(rest: str) -> dict[str, str]:
    """``本町1丁目2番3号　市役所`` → town 本町一丁目, block 2-3, building 市役所 (DS-442; empty parts are left out)."""
    town, after = "", rest
    if found := _CHOME.match(rest):
        town, after = _kanji_chome(found[1]), found[2]
    block = _BLOCK.match(after.lstrip(_BLANKS)) if town else _BLOCK.search(after)
    if block is None:
        parted = _NO_NUMBER.match(after)
        town, building = (town + parted[1], parted[2]) if parted else (town + after, "")
        parts = {"town": town, "building": building}
    else:
        before = "" if town else after[: block.start()]
        parts = {"town": town + before, "block": _numbers(block["block"]), "building": block["building"]}
    return {key: value.strip(_BLANKS) for key, value in parts.items() if value.strip(_BLANKS)}


def _numbers(block: str) -> str:
    """``18番10号`` → ``18-10``, ``1790番地の3`` → ``1790-3``."""
    digits = kanji_digits(fold_alnum(block))
    return "-".join(re.findall("[0-9]+", digits))


def _kanji_chome(town: str) -> str:
    """本町1丁目 → 本町一丁目 (the standard keeps 丁目 in kanji numerals)."""
    return re.sub("([0-9０-９]{1,2})(?=丁目|条)", lambda found: _kanji(int(fold_alnum(found[1]))), town)


def _kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else "〇一二三四五六七八九"[tens] + "十") + "〇一二三四五六七八九"[
        ones
    ].replace("〇", "")
