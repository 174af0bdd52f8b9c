"""Keys for matching only: what people write differently and mean the same.  Never publish a key."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DASHES = "〜～~ー−‐‑‒–—―-─━﹣－ｰ"
_PAIRS = (
    "髙高 﨑崎 嵜崎 碕崎 德徳 濵浜 濱浜 邊辺 邉辺 齋斎 齊斉 澤沢 廣広 國国 圀国 眞真 櫻桜 瀨瀬 槇槙 桒桑 "
    "黑黒 惠恵 應応 學学 縣県 區区 圓円 藏蔵 嶋島 嶌島 淵渕 淨浄 龍竜 瀧滝 萬万 豐豊 壽寿 榮栄 藝芸 會会 "
    "條条 鐵鉄 體体 畫画 氣気 號号 驛駅 關関 觀観 權権 驗験 檢検 縱縦 實実 乘乗 總総 顯顕 彌弥 彥彦 曾曽 "
    "禮礼 祿禄 靜静 鹽塩 桧檜 舘館 來来 嶽岳 冨富 峯峰 莊荘 與与 當当 圖図 ヶケ ヵカ ゖケ ゕカ 𠮷吉 〇○ "
    "◯○ ⼀一 "
)
_MAP = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
_MAP |= {ord(c): "ー" for c in _DASHES} | {ord(c): "" for c in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}
_MAP |= dict(zip(map(ord, "〔［【〈《｛「『〕］】〉》｝」』[]{}"), "((((((((" + "))))))))" + "()()", strict=True))
_MAP |= dict(zip(map(ord, "‘’´`“”″"), "''''\"\"\"", strict=True))
_DROPPED = re.compile("[\\s\u3000\ufe00-\ufe0f\U000e0100-\U000e01ef]+")


@lru_cache(maxsize=65536)
def match_key(text: str) -> str:
    """Folded by NFKC, case, width, blanks, dashes, brackets, ヶ/ケ and old forms of kanji; idempotent."""
    for _ in range(8):
        folded = _folded(text)
        if folded == text:
            break
        text = folded
    return text


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(_MAP)).casefold().translate(_MAP)
    return unicodedata.normalize("NFKC", _DROPPED.sub("", plain))
