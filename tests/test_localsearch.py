"""The embedded catalogue's search: Lucene's query language, dates, and what package_search answers."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Catalogue

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ROOT / "localcatalog" / "catalog.py"
SOURCES = ROOT / "localcatalog" / "src"

# the parts that know nothing of CKAN are read directly; the rest is asked over HTTP and in CKAN's own Python
sys.path.insert(0, str(SOURCES))
try:
    from ckanext.localsearch import conditions, dates, fields, lucene
    from ckanext.localsearch.lucene import All, Bool, Range, Term
finally:
    sys.path.remove(str(SOURCES))

PREFIX = "localsearch-test"
ORGANIZATION = "localsearch-org"


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("*:*", All()),
        ("", All()),
        ("避難所", Term(None, "避難所")),
        ("name:abc-*", Term("name", "abc-*")),
        ('title:"避難所 一覧"', Term("title", "避難所 一覧", True)),
        ('+state:active -name:"x"', Bool((("+", Term("state", "active")), ("-", Term("name", "x", True))))),
        ("a OR b", Bool((("?", Term(None, "a")), ("?", Term(None, "b"))))),
        ("a AND NOT b", Bool((("+", Term(None, "a")), ("-", Term(None, "b"))))),
        ("!a", Bool((("-", Term(None, "a")),))),
        ("+labels:(a OR b)", Bool((("?", Term("labels", "a")), ("?", Term("labels", "b"))))),
        ("n:[1 TO 5}", Range("n", "1", "5", True, False)),
        ("n:{* TO 5]", Range("n", None, "5", False, True)),
        ("d:2026-01-01T00:00:00Z", Term("d", "2026-01-01T00:00:00Z")),
        ("n:-5", Term("n", "-5", True)),
        ("title:a^4", Term("title", "a")),
        (r"x:sha256\:ab", Term("x", r"sha256\:ab")),
    ],
)
def test_queries_are_read_as_lucene_reads_them(query: str, tree: object) -> None:
    """Fields, signs, groups, phrases, ranges, wildcards, escapes and boosts."""
    assert lucene.parse(query) == tree


@pytest.mark.parametrize("query", ["((a", "a)", "n:[1 5]", "name:", '"open', "a AND", "~"])
def test_broken_queries_are_refused(query: str) -> None:
    """A query that cannot be read is an error of its own kind, never another exception."""
    with pytest.raises(lucene.QuerySyntaxError):
        lucene.parse(query)


@given(st.text(alphabet='ab*?"()[]{}:+-!&|^~\\ 日本TO', max_size=20), st.booleans())
def test_any_text_is_read_or_refused(query: str, default_and: bool) -> None:
    """Whatever is typed, the parser either answers or says that it cannot."""
    try:
        tree = lucene.parse(query, default_and)
    except lucene.QuerySyntaxError:
        return
    builder = conditions.Conditions()
    try:
        where = builder.of(tree)
    except lucene.QuerySyntaxError:
        return
    assert set(re.findall(r"(?<!:):(p\d+)", where)) == set(builder.bound)


@given(st.text(max_size=30))
def test_a_plain_query_is_never_an_error(query: str) -> None:
    """dismax takes anything a person types, and binds every value instead of writing it into the SQL."""
    builder = conditions.Conditions()
    where, score = builder.dismax(query, "name^4 title^4 tags^2 groups^2 text", "2<-1 5<80%")
    for value in builder.bound.values():
        assert len(str(value)) < 4 or str(value) not in where + score


def test_default_operator_or_makes_words_optional() -> None:
    """Without q.op=AND bare words are optional, as Solr's default has it."""
    assert lucene.parse("a b", False) == Bool((("?", Term(None, "a")), ("?", Term(None, "b"))))


@pytest.mark.parametrize(
    ("words", "rule", "count"),
    [
        *((1, "2<-1 5<80%", 1), (2, "2<-1 5<80%", 2), (3, "2<-1 5<80%", 2), (6, "2<-1 5<80%", 4)),
        *((4, "75%", 3), (4, "-1", 3), (3, "2", 2), (1, "5", 1), (4, "-25%", 3), (0, "100%", 0)),
    ],
)
def test_minimum_match(words: int, rule: str, count: int) -> None:
    """Solr's mm, in all its forms."""
    assert lucene.needed(words, rule) == count


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("NOW", "2026-03-31T10:20:30+00:00"),
        ("NOW/DAY", "2026-03-31T00:00:00+00:00"),
        ("NOW-7DAYS", "2026-03-24T10:20:30+00:00"),
        ("NOW-1MONTH", "2026-02-28T10:20:30+00:00"),
        ("NOW+1YEAR/YEAR", "2027-01-01T00:00:00+00:00"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05Z+2HOURS", "2026-01-02T05:04:05+00:00"),
    ],
)
def test_date_mathematics(text: str, moment: str) -> None:
    """Dates as Solr writes them, with its mathematics."""
    assert dates.resolve(text, dt.datetime(2026, 3, 31, 10, 20, 30, tzinfo=dt.UTC)) == moment


@pytest.mark.parametrize("text", ["xx", "2026-13-01T00:00:00Z", "NOW-7", "NOW-1FORTNIGHT", "2026"])
def test_bad_dates_are_refused(text: str) -> None:
    """A bad date never reaches the database, where it would break CKAN's transaction."""
    with pytest.raises(lucene.QuerySyntaxError):
        dates.resolve(text)


@given(st.text(max_size=30))
def test_folding_is_idempotent(text: str) -> None:
    """Match keys are folded once and for all."""
    once = fields.fold(text)
    assert fields.fold(once) == once


@pytest.mark.parametrize(
    ("text", "pattern"), [("a*", "a%"), ("a?b", "a_b"), (r"a\*", "a*"), ("50%_", r"50\%\_"), (r"a\:b", "a:b")]
)
def test_wildcards_become_like_patterns(text: str, pattern: str) -> None:
    """Only Lucene's unescaped signs are wild; LIKE's own signs are plain letters."""
    assert conditions.like_pattern(text) == pattern


class Portal:
    """The running catalogue's action API."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = json.loads((home / "state.json").read_text("utf-8"))
        self.secrets = json.loads((home / "secrets.json").read_text("utf-8"))

    def call(self, action: str, user: str | None = "publisher", **given: Any) -> Any:
        """The result, or the HTTP status of a refusal."""
        address = f"http://127.0.0.1:{self.state['port']}/api/3/action/{action}"
        request = urllib.request.Request(address, json.dumps(given).encode(), {"Content-Type": "application/json"})
        if user:
            request.add_header("Authorization", self.secrets[f"{user}_token"])
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            return error.code

    def names(self, user: str | None = "publisher", **query: Any) -> list[str]:
        """The names package_search finds among the test's own datasets, in its order."""
        query["fq"] = f"organization:{ORGANIZATION} {query.get('fq', '')}"
        query.setdefault("sort", "name asc")
        return [one["name"].removeprefix(PREFIX + "-") for one in self.call("package_search", user, **query)["results"]]


DATASETS: list[dict[str, Any]] = [
    {
        "name": "a",
        "title": "指定緊急避難場所一覧",
        "tags": ["防災"],
        "extras": {"source_id": "1", "digest": "sha256:aa1"},
    },
    {"name": "b", "title": "避難所 ＡＢＣ", "tags": ["防災", "位置情報"], "extras": {"source_id": "10"}},
    {"name": "c", "title": "保育施設一覧", "tags": ["子育て"], "extras": {"source_id": "2"}, "private": True},
    {"name": "d", "title": "AED設置箇所 50%", "tags": ["位置情報"], "extras": {"source_id": "市役所"}},
]


@pytest.fixture(scope="module")
def portal(catalogue: Catalogue) -> Portal:
    """The session's catalogue with four known datasets of one organization."""
    home = catalogue.home
    run = [sys.executable, str(COMMAND)]
    subprocess.run([*run, "up", "--home", str(home)], check=True, capture_output=True)
    listed = json.dumps([{"name": ORGANIZATION, "title": "検索の試験"}])
    subprocess.run([*run, "prepare", "--home", str(home)], input=listed.encode(), check=True, capture_output=True)
    one = Portal(home)
    for known in DATASETS:
        one.call("dataset_purge", "admin", id=f"{PREFIX}-{known['name']}")
        made = one.call(
            "package_create",
            name=f"{PREFIX}-{known['name']}",
            title=known["title"],
            owner_org=ORGANIZATION,
            private=known.get("private", False),
            tags=[{"name": tag} for tag in known["tags"]],
            extras=[{"key": key, "value": value} for key, value in known["extras"].items()],
            resources=[{"name": "一覧", "url": "https://example.com/a.csv", "format": "CSV"}],
        )
        assert isinstance(made, dict), made
    return one


@pytest.mark.catalogue
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "避難"}, ["a", "b"]),
        ({"q": "abc"}, ["b"]),
        ({"q": "避難 -abc"}, ["a"]),
        ({"q": '"避難所 abc"'}, ["b"]),
        ({"q": "50%"}, ["d"]),
        ({"q": "title:避難 AND tags:位置情報"}, ["b"]),
        ({"fq": "tags:防災"}, ["a", "b"]),
        ({"fq": '+tags:"防災" -tags:"位置情報"'}, ["a"]),
        ({"fq": "tags:(子育て OR 位置情報)"}, ["b", "d"]),
        ({"fq": f"name:{PREFIX}-*"}, ["a", "b", "d"]),
        ({"fq": f"name:[{PREFIX}-b TO *]"}, ["b", "d"]),
        ({"fq": "res_format:CSV"}, ["a", "b", "d"]),
        ({"fq": "extras_source_id:1"}, ["a"]),
        ({"fq": "extras_source_id:市役所"}, ["d"]),
        ({"fq": 'extras_digest:"sha256:aa1"'}, ["a"]),
        ({"fq": "extras_digest:*"}, ["a"]),
        ({"fq": "metadata_modified:[NOW-1DAY TO NOW+1DAY]"}, ["a", "b", "d"]),
        ({"fq": "metadata_created:[* TO 2000-01-01T00:00:00Z]"}, []),
        ({"include_private": True}, ["a", "b", "c", "d"]),
        ({"include_private": True, "fq": "capacity:private"}, ["c"]),
        ({"fq": "state:deleted"}, []),
        ({"sort": "name desc"}, ["d", "b", "a"]),
        ({"rows": 1, "start": 1}, ["b"]),
        ({"rows": 0}, []),
    ],
)
def test_package_search(portal: Portal, query: dict[str, Any], found: list[str]) -> None:
    """What the publisher, the pages and the public ask for is found, in the order asked for."""
    assert portal.names(**query) == found


@pytest.mark.catalogue
def test_private_datasets_are_hidden_from_strangers(portal: Portal) -> None:
    """include_private shows a member's private datasets to the member alone."""
    assert "c" in portal.names(include_private=True)
    assert "c" not in portal.names(user=None, include_private=True)


@pytest.mark.catalogue
def test_chosen_fields_come_back(portal: Portal) -> None:
    """fl brings names, times and extras without the whole dataset."""
    fl = "id,name,metadata_modified,extras_digest"
    (found,) = portal.call("package_search", fq=f"name:{PREFIX}-a", fl=fl)["results"]
    shown = portal.call("package_show", id=f"{PREFIX}-a")
    assert found["id"] == shown["id"]
    assert found["digest"] == "sha256:aa1"
    assert found["metadata_modified"].rstrip("Z") == shown["metadata_modified"]


@pytest.mark.catalogue
def test_facets_count_values(portal: Portal) -> None:
    """facet.field counts each value among all hits, whatever the page."""
    query = {"fq": f"organization:{ORGANIZATION}", "rows": 1, "facet.field": ["tags", "organization"]}
    found = portal.call("package_search", **query)
    assert found["count"] == 3
    assert found["facets"] == {"tags": {"防災": 2, "位置情報": 2}, "organization": {ORGANIZATION: 3}}


@pytest.mark.catalogue
@pytest.mark.parametrize(
    ("query", "status"),
    [({"fq": "((a"}, 409), ({"fq": "metadata_modified:[xx TO *]"}, 409), ({"sort": "name sideways"}, 400)],
)
def test_bad_queries_are_refused_and_break_nothing(portal: Portal, query: dict[str, Any], status: int) -> None:
    """A query that cannot be read is the asker's error; the next one is answered."""
    assert portal.call("package_search", **query) == status
    assert portal.names(q="避難") == ["a", "b"]


@pytest.mark.catalogue
def test_changes_are_found_at_once(portal: Portal) -> None:
    """The index follows each write: changed, deleted, restored."""
    name = f"{PREFIX}-d"
    portal.call("package_patch", id=name, notes="津波浸水想定")
    assert portal.names(q="浸水") == ["d"]
    portal.call("package_patch", id=name, notes="")
    assert portal.names(q="浸水") == []
    portal.call("package_delete", id=name)
    assert portal.names() == ["a", "b"]
    portal.call("package_patch", id=name, state="active")
    assert portal.names() == ["a", "b", "d"]


ROLLED_BACK = """
import ckan_app
app = ckan_app.load()
with ckan_app.flask(app).test_request_context():
    import ckan.model as model
    from ckan.plugins import toolkit
    from sqlalchemy import event, text

    def found():
        count = "SELECT count(*) FROM local_search_doc WHERE alltext LIKE '%%巻き戻される%%'"
        return model.Session.execute(text(count)).scalar()

    def fail(session):
        print(found())
        raise RuntimeError("the commit fails")

    event.listen(model.Session, "before_commit", fail)
    try:
        toolkit.get_action("package_patch")(
            {"ignore_auth": True, "user": "admin"}, {"id": "%(name)s", "notes": "巻き戻される説明"}
        )
    except RuntimeError:
        model.Session.rollback()
    print(found())
"""


@pytest.mark.catalogue
def test_dataset_and_index_are_one_transaction(portal: Portal) -> None:
    """What CKAN rolls back is not found either."""
    inside = ROOT / "localcatalog" / "inside"
    env = {"PATH": os.environ["PATH"], "CKAN_INI": str(portal.home / "ckan.ini")}
    env["PYTHONPATH"] = f"{SOURCES}{os.pathsep}{inside}"
    python = Path(portal.state["environment"]) / "bin" / "python"
    ran = subprocess.run(
        [python, "-c", ROLLED_BACK % {"name": f"{PREFIX}-a"}], env=env, capture_output=True, text=True, check=False
    )
    assert ran.stdout.split()[-2:] == ["1", "0"], ran.stderr
