"""Encodings: the whole file, strictly, with the byte that cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.read._mojibake import meant
from pipelines.read.delimited import find_delimiter, records
from pipelines.read.encoding import Decoded, Undecodable, decode

TEXT = "名称,住所,備考\r\n相模原市役所,神奈川県相模原市中央区中央2丁目11-15,ｶﾅと〜①㈱髙\r\n"


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"\x81\x60", "～", "cp932"),
        (bytes.fromhex("8740878afbfc"), "①㈱髙", "cp932"),
        (b"\xef\xbb\xbfab", "ab", "utf-8-bom"),
        ("氏名".encode(), "氏名", "utf-8"),
        ("氏名,住所\n".encode("utf-16"), "氏名,住所\n", "utf-16"),
        ("氏名,a1\nb,2\n".encode("utf-16-le"), "氏名,a1\nb,2\n", "utf-16"),
        (
            "図書館,公民館\nとしょかん,こうみんかん\n".encode("euc_jp"),
            "図書館,公民館\nとしょかん,こうみんかん\n",
            "euc_jp",
        ),
        ("図書館".encode("iso2022_jp"), "図書館", "iso2022_jp"),
        ("ﾄｼｮｶﾝ,ｺｳﾐﾝｶﾝ\n".encode("cp932"), "ﾄｼｮｶﾝ,ｺｳﾐﾝｶﾝ\n", "cp932"),
    ],
)
def test_decodes(data: bytes, text: str, encoding: str) -> None:
    """BOM, UTF-8, CP932, EUC-JP, ISO-2022-JP and UTF-16, in this order of trust."""
    assert decode(data) == Decoded(text, encoding)


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"a\xa0b", 1),
        (b"a\x80b", 1),
        (b"\x83\x65\xff", 2),
        (bytes.fromhex("e5908de7a7b02ce4bd8fe689800ae59bb3e69bb8e9a4a82ce69db1e4baace983"), 30),
        (bytes.fromhex("61620a81600ae9ab99"), 8),
    ],
)
def test_refuses_with_the_byte(data: bytes, offset: int) -> None:
    """0x80, 0xA0, 0xFF, a cut character and mixed encodings are refused with the first byte that does not fit."""
    found = decode(data)
    assert isinstance(found, Undecodable)
    assert found.offset == offset


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_round_trip(encoding: str) -> None:
    """What was written in an encoding comes back as it was."""
    found = decode(TEXT.replace("〜", "～").encode(encoding))
    assert isinstance(found, Decoded)
    assert found.text == TEXT.replace("〜", "～")


@given(st.binary(max_size=200))
def test_never_raises_and_never_repairs(data: bytes) -> None:
    """Any bytes give a text that encodes back to them, or a refusal."""
    found = decode(data)
    if isinstance(found, Decoded) and found.encoding in ("utf-8", "euc_jp"):
        assert found.text.encode(found.encoding) == data


def test_delimiters() -> None:
    """The delimiter is the one on which the records agree; commas inside quotes do not count."""
    assert find_delimiter("a;b;c\n1,5;2;3\n4;5,5;6\n") == ";"
    assert find_delimiter('a\tb\n"1,2"\t3\n') == "\t"
    assert find_delimiter("ただの文\n") == ","


@given(st.lists(st.lists(st.text(alphabet='a,"\n\r 漢', max_size=5), min_size=2, max_size=3), min_size=1, max_size=8))
def test_quoted_records_round_trip(rows: list[list[str]]) -> None:
    """Whatever is quoted after RFC 4180 comes back cell by cell."""
    text = "\r\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    assert records(text, ",").rows == rows


@pytest.mark.parametrize("text", ["市民会館", "中央公園の広場", "ひらがな", "山"])
def test_text_decoded_the_wrong_way_is_recognised(text: str) -> None:
    """Two characters or more that became mojibake are read back; sound text, rare kanji and accents are left alone."""
    for codec in ("cp1252", "latin-1", "cp932"):
        wrong = text.encode().decode(codec, "ignore")
        if wrong.encode(codec).decode("utf-8", "ignore") == text:
            assert meant(wrong) == (text if len(text) > 1 else None)
    for sound in (text, "縺れ糸資料館", "髮神社", "Café à la carte", "Ångström", "Zürich", "ã"):
        assert meant(sound) is None


def test_utf8_inside_cp932_is_no_cp932() -> None:
    """A single UTF-8 cell in a CP932 file is named with its line; the same words in CP932 are read."""
    before, after = "番号,名称\n1,中央\n2,".encode("cp932"), ",西町\n".encode("cp932")
    mixed = decode(before + "市民会館".encode() + after)
    assert isinstance(mixed, Undecodable)
    assert "3 行目" in mixed.detail
    assert isinstance(decode(before + "市民会館".encode("cp932") + after), Decoded)


@given(st.text(alphabet="縺繝蜈蟶譁螟公園町髙﨑ｱｲあ、", min_size=1, max_size=12))
def test_cp932_is_not_doubted_without_reason(text: str) -> None:
    """Whatever CP932 text says, a file is only called mixed where a whole cell is well-formed UTF-8 Japanese."""
    data = f"名称,値\n{text},1\n".encode("cp932")
    decoded = decode(data)
    if isinstance(decoded, Undecodable):
        assert len(text.encode("cp932").decode("utf-8")) >= 2
