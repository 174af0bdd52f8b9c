"""From a query's tree to a condition of SQL with bound parameters."""

from __future__ import annotations

import json
import re
from typing import Any

from . import dates, fields
from .lucene import All, Bool, Node, QuerySyntaxError, Range, Term, dismax_words, needed, unescape


def like_pattern(text: str) -> str:
    """A Lucene word as a LIKE pattern: ``*`` and ``?`` are wild unless escaped."""
    out = []
    for escaped, plain in re.findall(r"\\(.)|(.)", text, flags=re.S):
        if plain in ("*", "?"):
            out.append("%" if plain == "*" else "_")
        else:
            out.append(re.sub(r"([\\%_])", r"\\\1", escaped or plain))
    return "".join(out)


def is_wild(text: str) -> bool:
    """Whether an unquoted word holds a wildcard that is not escaped."""
    return bool(re.search(r"(?:^|[^\\])(?:\\\\)*[*?]", text))


def literal(text: str) -> str:
    """Escape LIKE's own signs."""
    return re.sub(r"([\\%_])", r"\\\1", text)


class Conditions:
    """Builds conditions over the table's row ``d``; ``bound`` collects their parameters."""

    def __init__(self, default_field: str = "text") -> None:
        self.bound: dict[str, Any] = {}
        self.default_field = default_field

    def bind(self, value: Any) -> str:
        """A parameter's mark in the SQL."""
        name = f"p{len(self.bound)}"
        self.bound[name] = value
        return f":{name}"

    def of(self, node: Node) -> str:
        """The condition of a tree."""
        if isinstance(node, All):
            return "true"
        if isinstance(node, Bool):
            return self._bool(node)
        if isinstance(node, Range):
            return self._range(node)
        return self._term(node)

    def _bool(self, node: Bool) -> str:
        must = [self.of(part) for sign, part in node.clauses if sign == "+"]
        should = [self.of(part) for sign, part in node.clauses if sign == "?"]
        never = [f"NOT coalesce({self.of(part)}, false)" for sign, part in node.clauses if sign == "-"]
        parts = must + never
        if should and not must:
            parts.append("(" + " OR ".join(should) + ")")
        return "(" + " AND ".join(parts or ["true"]) + ")"

    def _term(self, node: Term) -> str:
        field = node.field or self.default_field
        if not node.quoted and node.text == "*":
            return self._exists(field)
        wild = not node.quoted and is_wild(node.text)
        if fields.is_text(field):
            # each word, as Solr's analyser does; a quoted phrase as it stands
            words = [node.text] if node.quoted else node.text.split()
            found = [self._holds(field, word, wild, node.quoted) for word in words]
            return "(" + " AND ".join(found or ["true"]) + ")"
        if wild:
            return self._wild(field, like_pattern(node.text))
        return self._equals(field, node.text if node.quoted else unescape(node.text))

    def _exists(self, field: str) -> str:
        mark = self.bind(field)
        return f"(jsonb_exists(d.doc, {mark}) OR jsonb_exists(d.rest, {mark}))"

    def _equals(self, field: str, value: str) -> str:
        if field == "id" or field in fields.COLUMNS:
            return f"d.{field} = {self.bind(value)}"
        return f"d.doc @> cast({self.bind(json.dumps({field: [value]}, ensure_ascii=False))} AS jsonb)"

    def _wild(self, field: str, pattern: str) -> str:
        if field == "id" or field in fields.COLUMNS:
            return f"d.{field} LIKE {self.bind(pattern)}"
        return f"EXISTS ({self._each(field)} WHERE x.v LIKE {self.bind(pattern)})"

    def _each(self, field: str) -> str:
        return f"SELECT 1 FROM jsonb_array_elements_text(d.doc->{self.bind(field)}) x(v)"

    def _holds(self, field: str, word: str, wild: bool = False, quoted: bool = True) -> str:
        """Whether a text holds a word, anywhere: Japanese has no blanks to cut at.

        A value in a field of the publisher's own (``extras_id:1``) is compared as a whole word where it
        is Latin: 1 must not find 10.
        """
        column = self._folded(field)
        if wild:
            return f"{column} LIKE {self.bind('%' + like_pattern(fields.fold(word)) + '%')}"
        plain = fields.fold(word if quoted else unescape(word))
        found = f"{column} LIKE {self.bind('%' + literal(plain) + '%')}"
        if not fields.is_extra(field) or not plain.isascii():
            return found
        whole = f"(^|[^a-z0-9]){_quoted(plain)}($|[^a-z0-9])"
        return f"({found} AND {column} ~ {self.bind(whole)})"

    def _folded(self, field: str) -> str:
        if field == "text":
            return "d.alltext"
        name = field.removesuffix("_ngram") if field in ("title_ngram", "name_ngram") else field
        return f"coalesce(d.folded->>{self.bind(name)}, '')"

    def _range(self, node: Range) -> str:
        field = node.field or self.default_field
        if node.low is None and node.high is None:
            return self._exists(field)
        kind = "timestamptz" if fields.is_date(field) else "numeric" if field in fields.NUMBERS else "text"
        value = f"x.v::{kind}" + (' COLLATE "C"' if kind == "text" else "")
        tests = []
        for end, sign in ((node.low, ">=" if node.with_low else ">"), (node.high, "<=" if node.with_high else "<")):
            if end is not None:
                tests.append(f"{value} {sign} cast({self.bind(_comparable(end, kind))} AS {kind})")
        return f"EXISTS ({self._each(field)} WHERE {' AND '.join(tests)})"

    def dismax(self, query: str, weights: str, minimum: str) -> tuple[str, str]:
        """(condition, score) of a plain query: each word in any of the weighted fields (Solr's dismax)."""
        looked = [(name, float(weight or 1)) for name, _, weight in (w.partition("^") for w in weights.split())]
        must: list[str] = []
        may: list[str] = []
        scores: list[str] = []
        for sign, word in dismax_words(query):
            hits = [(self._hit(field, word), weight) for field, weight in looked]
            any_hit = "(" + " OR ".join(hit for hit, _ in hits) + ")"
            if sign == "-":
                must.append(f"NOT {any_hit}")
                continue
            (must if sign == "+" else may).append(any_hit)
            scores.append("greatest(" + ", ".join(f"CASE WHEN {hit} THEN {w} ELSE 0 END" for hit, w in hits) + ")")
        must += _at_least(may, needed(len(may), minimum))
        return " AND ".join(must) or "true", " + ".join(scores) or "0"

    def _hit(self, field: str, word: str) -> str:
        if fields.is_text(field) or field == "name":
            return self._holds(field, word)
        return f"EXISTS ({self._each(field)} WHERE lower(x.v) = {self.bind(fields.fold(word))})"


def _quoted(text: str) -> str:
    """A text as a regular expression of PostgreSQL's that matches just this text."""
    return re.sub(r"([^a-z0-9])", r"\\\1", text)


def _at_least(conditions: list[str], count: int) -> list[str]:
    """Conditions saying that at least ``count`` of the given ones hold."""
    if count <= 0:
        return []
    if count == len(conditions):
        return conditions
    return ["(" + " + ".join(f"({condition})::int" for condition in conditions) + f") >= {count}"]


def _comparable(text: str, kind: str) -> str:
    """A range's end in a form the database can cast: a failed cast would break CKAN's transaction."""
    if kind == "timestamptz":
        return dates.resolve(text)
    if kind == "numeric" and not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        raise QuerySyntaxError(f"bad number {text!r}")
    return text
