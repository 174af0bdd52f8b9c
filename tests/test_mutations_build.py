"""Damaged files through the whole decision: nothing whose shape the damage changed is published without a word."""

from __future__ import annotations

from benchmarks.mutate_build import WAYS, page, run


def test_forty_damaged_files_are_kept_back_or_told() -> None:
    """Every way of damage, every format; ten thousand are behind ``make mutate``."""
    ends, _ = run(40, seed=11)
    assert ends.total() == 40
    assert {way for way, _ in ends} == set(WAYS)
    assert [ended for _, ended in ends if "黙って" in ended or "例外" in ended] == []
    kept = sum(number for (_, ended), number in ends.items() if ended.startswith("見送り"))
    assert kept > 24
    assert f"公開を止めたもの {kept}" in page(ends, 0.0, 0, 11)
