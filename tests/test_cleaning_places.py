"""Telephone numbers, postal codes, addresses, coordinates: the neighbours of the agreed cases."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import clean
from pipelines.cleaning.codes import municipalities

OK, WARN, ERROR = "ok", "warn", "error"


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("０３－１２３４－５６７８", OK, "03-1234-5678", None),
        ("0312345678", OK, "03-1234-5678", None),
        ("03(1234)5678", OK, "03-1234-5678", None),
        ("(042)754-1111", OK, "042-754-1111", None),
        ("042 754 1111", OK, "042-754-1111", None),
        ("04-2953-1111", OK, "04-2953-1111", None),
        ("0154752131", OK, "01547-5-2131", None),
        ("04992-2-1444", OK, "04992-2-1444", None),
        ("+81-3-1234-5678", OK, "03-1234-5678", None),
        ("+81 (0)3-1234-5678", OK, "03-1234-5678", None),
        ("TEL:042-754-1111", OK, "042-754-1111", None),
        ("0120123456", OK, "0120-123-456", None),
        ("0570-012345", OK, "0570-012-345", None),
        ("119", OK, "119", None),
        ("042-754-1111(内線2345)", WARN, "042-754-1111", "extension_split"),
        ("045-671-2121（代表）", WARN, "045-671-2121", "label_split"),
        ("公園緑地課　(042)769-9999", WARN, "042-769-9999", "label_split"),
        ("TEL:042-754-1111 FAX:042-754-1112", WARN, "042-754-1111", "label_split"),
        ("FAX 042-754-1112", ERROR, None, "fax_number"),
        ("03-1234-5678～5680", WARN, "03-1234-5678", "range_split"),
        ("03-1234-5678・5679", WARN, "03-1234-5678 / 03-1234-5679", "several_numbers"),
        ("042-769-9999\n042-754-1111", WARN, "042-769-9999 / 042-754-1111", "several_numbers"),
        ("042-769-9999 / 042-754-1111", OK, "042-769-9999 / 042-754-1111", None),
        ("9012345678", ERROR, None, "leading_zero_lost"),
        ("42-754-1111", ERROR, None, "leading_zero_lost"),
        ("99-9999", ERROR, None, "area_code_missing"),
        ("03-1234-567", ERROR, None, "wrong_length"),
        ("042-754-11111", ERROR, None, "wrong_length"),
        ("000-0000-0000", ERROR, None, "invalid_number"),
        ("+1-202-555-0101", ERROR, None, "foreign_number"),
        ("担当まで", ERROR, None, "not_a_phone"),
        ("なし", WARN, None, "none_or_na"),
    ],
)
def test_phone(text: str, status: str, value: str | None, flag: str | None) -> None:
    """The area code is split by the numbering plan; words and extensions go apart; zeros are not put back silently."""
    cleaned = clean("phone", text)
    assert (cleaned.status, cleaned.value, cleaned.flag) == (status, value, flag)


def test_phone_parts() -> None:
    """What is taken off a number is kept; mobile numbers ask for a person's look, also among several."""
    assert clean("phone", "042-754-1111 内線 2345").parts["extension"] == "2345"
    assert clean("phone", "公園緑地課 042-769-9999").parts["label"] == "公園緑地課"
    assert clean("phone", "03-1234-5678～5680").parts["last"] == "03-1234-5680"
    assert clean("phone", "042-754-1111 / 090-1234-5678").parts["hold"] == "pii.mobile"
    assert clean("phone", "754-1111", area_code="042").value == "042-754-1111"


@pytest.mark.parametrize(
    "text, status, value, flag, suggest",
    [
        ("2480012", OK, "248-0012", None, None),
        ("〒 248 - 0012", OK, "248-0012", None, None),
        ("248−0012", OK, "248-0012", None, None),
        ("100-8111", OK, "100-8111", None, None),
        ("2480012.0", OK, "248-0012", None, None),
        ("600000", ERROR, None, "leading_zero_lost", "060-0000"),
        ("60-0001", ERROR, None, "leading_zero_lost", "060-0001"),
        ("248-0099", WARN, "248-0099", "unlisted_code", None),
        ("999-9999", ERROR, None, "no_such_code", None),
        ("248-00-12", ERROR, None, "format", None),
        ("248", ERROR, None, "format", None),
    ],
)
def test_postal(text: str, status: str, value: str | None, flag: str | None, suggest: str | None) -> None:
    """Seven digits of a delivery area that exists; an office's own number counts too."""
    cleaned = clean("postal", text)
    assert (cleaned.status, cleaned.value, cleaned.flag, cleaned.suggest) == (status, value, flag, suggest)


@pytest.mark.parametrize(
    "text, prefecture, city, rest",
    [
        ("広島県廿日市市下平良1-11-1", "広島県", "廿日市市", "下平良1-11-1"),
        ("石川県野々市市三納1-1", "石川県", "野々市市", "三納1-1"),
        ("福島県田村市船引町船引字畑添76-2", "福島県", "田村市", "船引町船引字畑添76-2"),
        ("東京都羽村市緑ヶ丘5-2-1", "東京都", "羽村市", "緑ヶ丘5-2-1"),
        ("奈良県大和郡山市北郡山町248-4", "奈良県", "大和郡山市", "北郡山町248-4"),
        ("千葉県市原市国分寺台中央1-1-1", "千葉県", "市原市", "国分寺台中央1-1-1"),
        ("東京都八丈町大賀郷2551-2", "東京都", "八丈町", "大賀郷2551-2"),
        ("神奈川県葉山町堀内2135", "神奈川県", "三浦郡葉山町", "堀内2135"),
        ("千葉県鎌ヶ谷市新鎌ヶ谷2-6-1", "千葉県", "鎌ヶ谷市", "新鎌ヶ谷2-6-1"),
        ("大阪市北区中之島1-3-20", "大阪府", "大阪市北区", "中之島1-3-20"),
        ("千代田区千代田1-1", "東京都", "千代田区", "千代田1-1"),
        ("東京都　府中市　宮西町2-24", "東京都", "府中市", "宮西町2-24"),
    ],
)
def test_address_by_the_longest_name(text: str, prefecture: str, city: str, rest: str) -> None:
    """The longest municipality name wins; prefecture and county are completed; blanks between do not matter."""
    cleaned = clean("address", text)
    assert cleaned.status == OK
    assert [cleaned.parts[key] for key in ("prefecture", "city", "rest")] == [prefecture, city, rest]
    assert cleaned.value == prefecture + city + rest


@pytest.mark.parametrize(
    "text, status, flag",
    [
        ("府中市宮西町2-24", ERROR, "ambiguous_municipality"),
        ("伊達市鹿島町20-1", ERROR, "ambiguous_municipality"),
        ("中央区中央2-11-15", ERROR, "ambiguous_municipality"),
        ("東京都鎌倉市御成町18-10", ERROR, "prefecture_mismatch"),
        ("御成町18番10号", ERROR, "municipality_missing"),
        ("葉山町堀内2135", ERROR, "municipality_missing"),
        ("神奈川県どこか市1", ERROR, "unknown_municipality"),
        ("神奈川県津久井郡城山町久保沢1-3-1", WARN, "abolished_municipality"),
        ("兵庫県篠山市北新町41", WARN, "abolished_municipality"),
        ("神奈川県相模原市中央2-11-15", WARN, "ward_missing"),
        ("神奈川県横浜市", OK, None),
        ("-", WARN, "none_or_na"),
    ],
)
def test_address_that_needs_a_look(text: str, status: str, flag: str | None) -> None:
    """What could be two places, or none, is never decided by us."""
    assert (clean("address", text).status, clean("address", text).flag) == (status, flag)


def test_address_at_home() -> None:
    """A department's own municipality completes its addresses and decides between namesakes."""
    home = {"municipality": "神奈川県相模原市"}
    assert clean("address", "中央区中央2-11-15", **home).value == "神奈川県相模原市中央区中央2-11-15"
    assert clean("address", "中央2-11-15", **home).flag == "municipality_added"
    assert clean("address", "東京都町田市森野2-2-22", **home).value == "東京都町田市森野2-2-22"
    assert clean("address", "府中市宮西町2-24", municipality="東京都府中市").parts["code"] == "132063"


@pytest.mark.parametrize(
    "rest, town, block, building",
    [
        ("御成町18番10号", "御成町", "18-10", None),
        ("御成町18番10号鎌倉市役所", "御成町", "18-10", "鎌倉市役所"),
        ("本町1丁目2番地の3　市庁舎3階", "本町一丁目", "2-3", "市庁舎3階"),
        ("常盤六丁目4番4号", "常盤六丁目", "4-4", None),
        ("西町12丁目3-4", "西町十二丁目", "3-4", None),
        ("十文字町1790番地3", "十文字町", "1790-3", None),
        ("御成町十八番十号", "御成町", "18-10", None),
        ("霞が関2－1－2 第2号館", "霞が関", "2-1-2", "第2号館"),
        ("三ヶ所1670", "三ヶ所", "1670", None),
        ("無番地", "無番地", None, None),
    ],
)
def test_address_below_the_municipality(rest: str, town: str, block: str | None, building: str | None) -> None:
    """町字 with 丁目 in kanji numerals, 番地以下 in digits and hyphens, the building apart (DS-442)."""
    parts = clean("address", f"神奈川県鎌倉市{rest}").parts
    assert (parts.get("town"), parts.get("block"), parts.get("building")) == (town, block, building)


def test_kyoto_and_sapporo_keep_their_streets() -> None:
    """通り名 belongs to the town; 条 is part of the name, not a number of the block."""
    assert (
        clean("address", "京都市中京区寺町通御池上る上本能寺前町488番地").parts["town"] == "寺町通御池上る上本能寺前町"
    )
    assert clean("address", "北海道札幌市中央区北1条西2丁目").parts["town"] == "北一条西二丁目"


def test_every_municipality_is_found() -> None:
    """Each listed name, with prefecture, is read as itself, also with a town behind it."""
    for code, (prefecture, name) in municipalities().items():
        if name:
            cleaned = clean("address", f"{prefecture}{name}本町1-2")
            assert (cleaned.parts["code"], cleaned.parts["city"]) == (code, name)


BBOX = (139.48, 35.28, 139.58, 35.37)


@pytest.mark.parametrize(
    "lat, lon, status, value, flag",
    [
        ("35.319200", "139.546700", OK, "35.319200,139.546700", None),
        ("３５．３１９２", "１３９．５４６７", OK, "35.3192,139.5467", None),
        ("35°19'09.12\"", "139°32'48.12\"", OK, "35.319200,139.546700", None),
        ("北緯35度19分9.12秒", "東経139度32分48.12秒", OK, "35.319200,139.546700", None),
        ("35 19 09.12", "139 32 48.12", OK, "35.319200,139.546700", None),
        ("35.3192N", "139.5467E", OK, "35.3192,139.5467", None),
        ("139.5467", "35.3192", WARN, "35.3192,139.5467", "swapped"),
        ("E139.5467", "N35.3192", WARN, "35.3192,139.5467", "swapped"),
        ("35.31", "139.5467", WARN, "35.31,139.5467", "low_precision"),
        ("", "139.5467", ERROR, None, "half_missing"),
        ("35.3192", "139.9467", ERROR, None, "outside_city"),
        ("35.3192", "-139.5467", ERROR, None, "outside_japan"),
        ("48.5", "139.5467", ERROR, None, "outside_japan"),
        ("35.60.00.0", "139.32.48", ERROR, None, "out_of_range"),
        ("nan", "139.5467", ERROR, None, "not_a_coordinate"),
        ("35,3192", "139,5467", ERROR, None, "not_a_coordinate"),
    ],
)
def test_coord(lat: str, lon: str, status: str, value: str | None, flag: str | None) -> None:
    """Decimal degrees inside the city; trailing zeros survive; minutes and seconds are computed to six decimals."""
    cleaned = clean("coord", [lat, lon], bbox=BBOX)
    assert (cleaned.status, cleaned.value, cleaned.flag) == (status, value, flag)


def test_single_coordinates() -> None:
    """A latitude in the longitude's column is an error, since one value alone cannot be swapped."""
    assert clean("latitude", "43.064310").value == "43.064310"
    assert clean("latitude", "139.5").flag == "swapped"
    assert clean("longitude", "E139.546700").value == "139.546700"
    assert clean("longitude", "35.3").flag == "swapped"
    assert clean("latitude", "0").flag == "zero"


def test_tokyo_datum_needs_the_grid() -> None:
    """Where the national grid has no shift there is no answer: at sea it holds zeros (460 m wrong)."""
    assert clean("tokyo_datum", "20.5,150").flag == "outside_grid"
    assert clean("tokyo_datum", "24.3,124.2").flag == "outside_grid"
    assert clean("tokyo_datum", "139.77,35.678").flag == "swapped"
    assert clean("tokyo_datum", "35.678,139.77", bbox=BBOX).flag == "outside_city"


@settings(max_examples=200, deadline=None)
@given(st.floats(24, 45.5), st.floats(123, 148))
def test_tokyo_datum_shift_is_plausible_or_refused(lat: float, lon: float) -> None:
    """Every answer moves north by 200 to 620 m, as the two datums differ all over Japan."""
    cleaned = clean("tokyo_datum", f"{lat:.6f},{lon:.6f}")
    if cleaned.value:
        assert 0.002 < float(cleaned.parts["lat"]) - round(lat, 6) < 0.0056
    else:
        assert cleaned.flag == "outside_grid"
