"""Text, readings, bytes, formulas, web and e-mail addresses: the neighbours of the agreed cases."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import clean

OK, WARN, ERROR = "ok", "warn", "error"


@pytest.mark.parametrize(
    "text, value, rule",
    [
        ("ＡＢＣ１２３", "ABC123", "full-width-alphanumeric"),
        ("ab\u200bc", "abc", "invisible-mark"),
        ("_x000D_a_x0\u200b00D_", "a", "invisible-mark"),
        ("か\u3099は\u309a", "がぱ", "combining-voiced-mark"),
        ("ﾊﾟ－ｸ", "パ－ク", "half-width-kana"),
        ("a\rb\u2028c", "a\nb\nc", "line-end"),
        ("\u00a0a\u3000", "a", "outer-blank"),
    ],
)
def test_text_changes(text: str, value: str, rule: str) -> None:
    """The few allowed changes, each named."""
    cleaned = clean("text", text)
    assert (cleaned.status, cleaned.value, cleaned.rule) == (OK, value, rule)


@pytest.mark.parametrize(
    "text",
    [
        "10〜20",
        "10～20",
        "ー－―‐−",
        "神\ufa19",
        "﨑",
        "Å",
        "葛\U000e0100城",
        "漢\u3099",
        "か゛",
        "ヶケ",
        "a\u3000b",
        "a\tb",
        "（）：！",
        "㍻㈱①⁵½",
        "e\u0301",
        "…",
        "🏢",
    ],
)
def test_text_that_must_not_change(text: str) -> None:
    """No NFKC, no NFC, no unified dashes, no dropped variation selectors, no touched inner blanks."""
    cleaned = clean("text", text)
    assert (cleaned.status, cleaned.value, cleaned.rule) == (OK, text, None)


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x9FFF, exclude_categories=["Cn"]), min_size=1))
def test_kanji_and_kana_are_untouched(text: str) -> None:
    """No assigned character between hiragana and the end of the kanji is ever changed (combining marks aside)."""
    if "\u3099" not in text and "\u309a" not in text:
        assert clean("text", text).value == text


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("さがみはらし", OK, "サガミハラシ", None),
        ("ｻｶﾞﾐﾊﾗｼ", OK, "サガミハラシ", None),
        ("コ－ヒ―", OK, "コーヒー", None),
        ("サガミハラ　チュウオウ", OK, "サガミハラ　チュウオウ", None),
        ("NTTビル", WARN, "NTTビル", "mixed_kana"),
        ("相模原市", ERROR, None, "not_kana"),
        ("-", WARN, None, "none_or_na"),
    ],
)
def test_kana(text: str, status: str, value: str | None, flag: str | None) -> None:
    """Readings are full-width katakana."""
    cleaned = clean("kana", text)
    assert (cleaned.status, cleaned.value, cleaned.flag) == (status, value, flag)


@pytest.mark.parametrize(
    "raw, status, value, detail",
    [
        ("82a082a2", OK, "あい", "cp932"),
        ("e38182", OK, "あ", "utf-8"),
        ("fffe4230", OK, "あ", "utf-16"),
        ("bbe1ccbe", OK, "氏名", "euc_jp"),
        ("8754fa40fb5c", OK, "Ⅰⅰ犾", "cp932"),
        ("80", ERROR, None, "undecodable"),
        ("fd", ERROR, None, "undecodable"),
        ("eda080", ERROR, None, "undecodable"),
        ("e38182e3", ERROR, None, "truncated_multibyte"),
        ("82a082", ERROR, None, "truncated_multibyte"),
        ("efbfbd", ERROR, None, "replacement_char"),
        ("e3818200", ERROR, None, "nul"),
        ("e280ae61", ERROR, None, "bidi_control"),
        ("zz", ERROR, None, "not_hexadecimal"),
    ],
)
def test_decode(raw: str, status: str, value: str | None, detail: str) -> None:
    """Strict decoding of the whole, in a fixed order; what no rule reads is refused."""
    cleaned = clean("decode", raw)
    assert (cleaned.status, cleaned.value) == (status, value)
    assert detail == (cleaned.parts["encoding"] if status == OK else cleaned.flag)


@settings(deadline=None)
@given(
    st.text(st.characters(max_codepoint=0x9FFF, exclude_categories=["Cc", "Cf", "Cs", "Cn"]), min_size=4),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_decode_reads_what_unicode_wrote(text: str, encoding: str) -> None:
    """Unicode encodings round-trip exactly (UTF-16 with its BOM)."""
    assert clean("decode", text.encode(encoding).hex()).value == text


@pytest.mark.parametrize(
    "text, column_type, status, flag",
    [
        ("- なし", "string", OK, None),
        ("@home", "string", OK, None),
        ("- 駐車場(2台)", "string", OK, None),
        ("+81-3-1234-5678", "phone", OK, None),
        ("=== 注意 ===", "string", OK, None),
        ("a=1+1", "string", OK, None),
        ("\t=1+1", "string", ERROR, "formula_like"),
        ("=A1", "string", ERROR, "formula_like"),
        ("=1+1", "number", ERROR, "formula_like"),
        ('=HYPERLINK("http://x","y")', "string", ERROR, "formula_dangerous"),
        ("@SUM(1+1)*cmd|x", "string", ERROR, "formula_dangerous"),
        ("+A!B1", "string", ERROR, "formula_dangerous"),
        ("＝cmd|x", "string", ERROR, "formula_dangerous"),
        ("＠SUM(1)", "string", WARN, "fullwidth_formula"),
    ],
)
def test_csv_injection(text: str, column_type: str, status: str, flag: str | None) -> None:
    """Nothing is altered: a formula goes back, a sign alone is text, a typed column is safe by its type."""
    cleaned = clean("csv_injection", text, column_type=column_type)
    assert (cleaned.status, cleaned.flag) == (status, flag)
    assert cleaned.value == (None if status == ERROR else text)


@pytest.mark.parametrize(
    "text, status, value, flag",
    [
        ("https://例え.jp/日本", OK, "https://xn--r8jz45g.jp/%E6%97%A5%E6%9C%AC", None),
        ("HTTPS://WWW.EXAMPLE.JP:443/Path", OK, "https://www.example.jp/Path", None),
        ("https://example.jp/a%20b?x=100%", OK, "https://example.jp/a%20b?x=100%25", None),
        ("http://example.jp:8080/", OK, "http://example.jp:8080/", None),
        ("www.example.jp", ERROR, None, "scheme_missing"),
        ("http//example.jp", ERROR, None, "scheme_missing"),
        ("javascript:alert(1)", ERROR, None, "scheme"),
        ("ftp://example.jp/a", ERROR, None, "scheme"),
        (r"\\server\share", ERROR, None, "scheme"),
        (r"C:\a\b.xls", ERROR, None, "scheme"),
        ("http://user:pass@example.jp/", ERROR, None, "userinfo"),
        ("http://192.168.0.1/", ERROR, None, "internal_host"),
        ("https://server.local/", ERROR, None, "internal_host"),
        ("https://example", ERROR, None, "format"),
        ("http://example.jp:99999/", ERROR, None, "format"),
        ("https://a.jp https://b.jp", ERROR, None, "several_urls"),
        ("https://a.jp;https://b.jp", ERROR, None, "several_urls"),
        ("https://example.jp/a　b", ERROR, None, "space_in_url"),
        ("なし", WARN, None, "none_or_na"),
    ],
)
def test_url(text: str, status: str, value: str | None, flag: str | None) -> None:
    """Only what a stranger can open: http(s), a public host, no user, ASCII."""
    cleaned = clean("url", text)
    assert (cleaned.status, cleaned.value, cleaned.flag) == (status, value, flag)


@pytest.mark.parametrize(
    "text, status, value, hold",
    [
        ("Info@Example.JP", OK, "Info@example.jp", None),
        ("mailto:info@example.jp", OK, "info@example.jp", None),
        ("ｉｎｆｏ＠example.jp", WARN, "info@example.jp", None),
        ("taro@gmail.com", OK, "taro@gmail.com", "pii.personal_email"),
        ("taro@i.softbank.jp", OK, "taro@i.softbank.jp", "pii.personal_email"),
        ("t.yamada@city.example.lg.jp", OK, "t.yamada@city.example.lg.jp", "pii.personal_mailbox"),
        ("kankyo.ka@city.example.lg.jp", OK, "kankyo.ka@city.example.lg.jp", None),
        ("a..b@b.jp", ERROR, None, None),
        ("a@b", ERROR, None, None),
        ("info@localhost", ERROR, None, None),
        ("a@b.jp, c@d.jp", ERROR, None, None),
    ],
)
def test_email(text: str, status: str, value: str | None, hold: str | None) -> None:
    """One address; a person's mailbox asks for a person's look."""
    cleaned = clean("email", text)
    assert (cleaned.status, cleaned.value, cleaned.parts.get("hold")) == (status, value, hold)


def test_disguised_email_is_only_suggested() -> None:
    """(at) is undone in the suggestion, never in the value."""
    assert clean("email", "info(at)example.jp").suggest == "info@example.jp"
