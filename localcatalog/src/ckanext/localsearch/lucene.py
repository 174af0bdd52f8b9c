"""The part of the Lucene/Solr query language that CKAN and its extensions send, read into a small tree.

Understood: ``field:value``, phrases, groups, ``+ - ! && || AND OR NOT``, wildcards, ranges, boosts (ignored).
Clauses combine as in Lucene's QueryParserBase.addClause. Not understood: fuzzy, regular expressions, functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


class QuerySyntaxError(ValueError):
    """The query cannot be read."""


@dataclass(frozen=True)
class All:
    """Matches everything: ``*:*``."""


@dataclass(frozen=True)
class Term:
    """A word (with its escapes: it may hold wildcards) or a quoted phrase (without)."""

    field: str | None
    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Range:
    """``field:[low TO high]``; None is an open end, braces exclude the end."""

    field: str | None
    low: str | None
    high: str | None
    with_low: bool = True
    with_high: bool = True


@dataclass(frozen=True)
class Bool:
    """Clauses with their sign: ``+`` must, ``-`` must not, ``?`` should."""

    clauses: tuple[tuple[str, Node], ...]


Node = All | Term | Range | Bool

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<phrase>"(?:[^"\\]|\\.)*")
    | (?P<sign>&&|\|\||[()+\-!])
    | (?P<range>[\[{](?:[^\]}"]|"[^"]*")*[\]}])
    | (?P<word>(?:\\.|[^\s()"\[\]{}:^~])+)
    | (?P<colon>:)
    | (?P<boost>[\^~][0-9.]*)
    )""",
    re.X | re.S,
)
_RANGE = re.compile(r'^("[^"]*"|\S+)\s+TO\s+("[^"]*"|\S+)$')
_CONJUNCTIONS = {"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR"}


class Token(NamedTuple):
    """A piece of the query; ``glued`` when no blank stands before it."""

    kind: str
    text: str
    glued: bool


END = Token("end", "", False)


def unescape(text: str) -> str:
    """Take the backslashes away."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.S)


def tokens(text: str) -> list[Token]:
    """Cut a query into tokens; raises QuerySyntaxError."""
    out: list[Token] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found or found.end() == place:
            raise QuerySyntaxError(f"cannot read {text[place : place + 20]!r}")
        kind = str(found.lastgroup)
        out.append(Token(kind, found[kind], found.start(kind) == place and place > 0))
        place = found.end()
    return out


def parse(text: str, default_and: bool = True) -> Node:
    """The tree of a query; raises QuerySyntaxError."""
    parser = _Parser(tokens(text), default_and)
    node = parser.query(None)
    if parser.peek() is not END:
        raise QuerySyntaxError(f"unexpected {parser.peek().text!r}")
    return node


class _Parser:
    def __init__(self, all_tokens: list[Token], default_and: bool) -> None:
        self.tokens, self.place, self.default_and = all_tokens, 0, default_and

    def peek(self) -> Token:
        return self.tokens[self.place] if self.place < len(self.tokens) else END

    def take(self) -> Token:
        token = self.peek()
        self.place += 1
        return token

    def query(self, field: str | None) -> Node:
        clauses: list[tuple[str, Node]] = []
        while self.peek() is not END and self.peek()[:2] != ("sign", ")"):
            conjunction = self._conjunction() if clauses else None
            modifier = self._modifier()
            node = self._primary(field)
            if clauses:
                clauses[-1] = (self._again(clauses[-1][0], conjunction), clauses[-1][1])
            clauses.append((self._sign(modifier, conjunction), node))
        if not clauses:
            return All()
        if len(clauses) == 1 and clauses[0][0] != "-":
            return clauses[0][1]
        return Bool(tuple(clauses))

    def _conjunction(self) -> str | None:
        token = self.peek()
        if token.kind in ("word", "sign") and token.text in _CONJUNCTIONS:
            return _CONJUNCTIONS[self.take().text]
        return None

    def _modifier(self) -> str | None:
        token = self.peek()
        if token.kind == "sign" and token.text in "+-!":
            return "+" if self.take().text == "+" else "-"
        if token[:2] == ("word", "NOT"):
            self.take()
            return "-"
        return None

    def _again(self, sign: str, conjunction: str | None) -> str:
        """The sign of the clause before, seen what follows it."""
        if sign == "-" or conjunction is None:
            return sign
        if conjunction == "AND":
            return "+"
        return "?" if self.default_and else sign

    def _sign(self, modifier: str | None, conjunction: str | None) -> str:
        if modifier == "-":
            return "-"
        if self.default_and:
            return "?" if conjunction == "OR" else "+"
        return "+" if modifier == "+" or conjunction == "AND" else "?"

    def _primary(self, field: str | None) -> Node:
        token = self.take()
        if token[:2] == ("sign", "("):
            return self._group(field)
        if token.kind == "word" and field is None and self.peek().kind == "colon":
            return self._fielded(unescape(token.text))
        if token.kind == "phrase":
            return self._after(Term(field, unescape(token.text[1:-1]), True))
        if token.kind == "word":
            return self._after(Term(field, self._whole_word(token.text, field), False))
        if token.kind == "range":
            return self._after(_range(field, token.text))
        raise QuerySyntaxError(f"unexpected {token.text!r}" if token is not END else "unexpected end")

    def _group(self, field: str | None) -> Node:
        node = self.query(field)
        if self.take()[:2] != ("sign", ")"):
            raise QuerySyntaxError("missing )")
        return self._after(node)

    def _fielded(self, name: str) -> Node:
        self.take()
        if name == "*":
            self.take()
            return All()
        if self.peek().kind == "sign" and self.peek().text in "+-!":  # field:-5
            sign, value = self.take().text, self.take()
            if value.kind != "word":
                raise QuerySyntaxError("bad value")
            return self._after(Term(name, sign + unescape(value.text), True))
        return self._primary(name)

    def _whole_word(self, text: str, field: str | None) -> str:
        """Put together again what the tokens cut: 2020-01-01T00:00:00Z."""
        while self.peek().glued and (
            self.peek().kind == "word"
            or (self.peek().kind == "sign" and self.peek().text in "+-!")
            or (self.peek().kind == "colon" and field is not None)
        ):
            text += self.take().text
        return text

    def _after(self, node: Node) -> Node:
        while self.peek().kind == "boost" and self.peek().glued:
            self.take()
        return node


def _range(field: str | None, text: str) -> Range:
    found = _RANGE.match(text[1:-1].strip())
    if not found:
        raise QuerySyntaxError(f"bad range {text!r}")
    low, high = (None if end == "*" else unescape(end.strip('"')) for end in found.groups())
    return Range(field, low, high, text[0] == "[", text[-1] == "]")


class Word(NamedTuple):
    """A piece of a dismax query: ``+`` must, ``-`` must not, ``?`` should."""

    sign: str
    text: str


def dismax_words(text: str) -> list[Word]:
    """Words and "phrases" of a plain query; nothing a person may type is an error."""
    out = []
    for sign, phrase, word in re.findall(r'([+-]?)(?:"([^"]*)"|([^\s"]+))', text):
        value = (phrase or word).strip()
        if value and value not in ("AND", "OR", "NOT", "&&", "||"):
            out.append(Word(sign or "?", value))
    return out


def needed(words: int, rule: str) -> int:
    """How many of the optional words must match (Solr's ``mm``: ``2``, ``75%``, ``-1``, ``2<-1 5<80%``)."""
    result = words if "<" in rule else _share(words, rule)
    for part in rule.split() if "<" in rule else ():
        above, share = part.split("<")
        if words > int(above):
            result = _share(words, share)
    return max(0, min(words, result))


def _share(words: int, rule: str) -> int:
    if rule.endswith("%"):
        percent = int(rule[:-1])
        some = words * abs(percent) // 100
        return words - some if percent < 0 else some
    return words + int(rule) if int(rule) < 0 else int(rule)
