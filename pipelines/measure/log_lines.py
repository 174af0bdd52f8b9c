"""The SQL that turns lines of an access log into one narrow row per line.

Lines are read whole (no CSV quoting: one stray quote must never swallow its neighbours) and cut by DuckDB's string
functions.  Rules of *who is left out* that need only the line itself are decided here, in the order of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.measure.rules import Rules
from pipelines.measure.urls import ASSETS, BEACON, TRACKERS

#: JST is nine hours ahead, all year
_JST = 9 * 3600

#: no filter on the way (DuckDB would work out its column twice): a line without a readable time has no ``jst``
LINE_TABLE = """
CREATE TABLE line (
  jst BIGINT, reason VARCHAR, address VARCHAR, agent VARCHAR, visitor UBIGINT, click UBIGINT, target VARCHAR,
  bytes BIGINT, redirected BOOLEAN
)
"""

#: Apache writes a quote inside a field as \" and a backslash as \\ : both are masked before the cut at the quotes
_COMBINED = r"""
SELECT q, CASE WHEN len(q) >= 7 THEN split_part(split_part(q[1], '[', 2), ']', 1) END AS stamp, q[2] AS request,
       q[3] AS middle
FROM (SELECT string_split(CASE WHEN contains(line, '\')
        THEN replace(replace(line, '\\', chr(3)), '\"', chr(2)) ELSE line END, '"') AS q FROM whole)
"""
_JSON = """
SELECT coalesce(j[1], j[2], '') AS written_address, coalesce(j[3], j[4], j[5], '') AS stamp,
       coalesce(j[6], concat(coalesce(j[7], '-'), ' ', coalesce(j[8], j[9], '-'), ' HTTP/1.1')) AS request,
       concat(' ', j[10], ' ', coalesce(j[11], j[12], '0'), ' ') AS middle, coalesce(j[13], j[14], '-') AS referer,
       coalesce(j[15], j[16], '-') AS agent, j[17] AS host, coalesce(j[18], j[19], '') AS forwarded
FROM (SELECT json_extract_string(line, [
  '$.remote_addr', '$.remote_ip', '$.time_iso8601', '$.time_local', '$.time', '$.request', '$.request_method',
  '$.request_uri', '$.uri', '$.status', '$.body_bytes_sent', '$.bytes_sent', '$.http_referer', '$.referer',
  '$.http_user_agent', '$.user_agent', '$.host', '$.http_x_forwarded_for', '$.x_forwarded_for']) AS j
  FROM whole WHERE json_valid(line))
"""


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def insert_lines(path: Path, kind: str, rules: Rules, salt: str, days: tuple[int, ...] | None = None) -> str:
    """The statement that reads a file into ``line``; ``days`` (JST, since 1970) keeps only those days.

    With ``trusted_proxies`` the connection must know ``client(address, forwarded)`` (rules.client).
    """
    only = f" WHERE jst // 86400 IN ({', '.join(map(str, days))})" if days is not None else ""
    judging = _judging(rules, salt, _words(kind, rules))
    return f"INSERT INTO line WITH {_reading(path, kind)}, {judging} SELECT * FROM judged{only}"


def _reading(path: Path, kind: str) -> str:
    """Common table expressions up to ``field``: stamp, request, middle, and what the words need."""
    whole = (
        f"whole AS (SELECT line FROM read_csv({quoted(str(path))}, columns={{'line': 'VARCHAR'}}, header=false,"
        " delim='\x01', quote='', escape='', auto_detect=false, strict_mode=false, ignore_errors=true,"
        " null_padding=false, max_line_size=1000000, buffer_size=4000000))"
    )
    return f"{whole}, field AS ({_JSON if kind == 'json' else _COMBINED})"


@dataclass(frozen=True, slots=True)
class _Words:
    """Expressions that are only worked out for the lines that need them (half of a log is style sheets)."""

    address: str
    referer: str
    agent: str
    host: str | None


def _words(kind: str, rules: Rules) -> _Words:
    """Where a format keeps address, referer, agent and host; a quoted field n of combined is ``q[2 * n]``."""
    if kind == "json":
        words, forwarded = _Words("written_address", "referer", "agent", "host"), "forwarded"
    else:
        words, forwarded = _Words("split_part(q[1], ' ', 1)", "q[4]", "q[6]", None), f"q[{2 * rules.forwarded_field}]"
    if not rules.trusted_proxies:
        return words
    if kind != "json" and rules.forwarded_field == 0:
        return replace(words, address="client('', split_part(q[1], ' - ', 1))")
    believed = f"coalesce({forwarded}, '') NOT IN ('', '-')"
    return replace(
        words, address=f"CASE WHEN {believed} THEN client({words.address}, {forwarded}) ELSE {words.address} END"
    )


def _judging(rules: Rules, salt: str, words: _Words) -> str:
    """Common table expressions from ``field`` to ``judged``, which has the columns of ``line``."""
    return f"""
timed AS (SELECT *, {_SECONDS} + {_JST} AS jst, string_split(request, ' ') AS r,
  try_cast(split_part(middle, ' ', 2) AS SMALLINT) AS status FROM field),
addressed AS (SELECT *, r[1] AS method, CASE WHEN len(r) = 3 AND starts_with(r[3], 'HTTP/')
  THEN {_relative("r[2]")} END AS url FROM timed),
cut AS (SELECT *, CASE WHEN contains(url, '?') OR contains(url, '#') THEN string_split(split_part(url, '#', 1), '?')
  ELSE [url] END AS u FROM addressed),
local AS (SELECT *, {_local_path(rules)} AS long_path, coalesce(u[2], '') AS query FROM cut),
short AS (SELECT *, CASE WHEN long_path = '/' OR NOT suffix(long_path, '/') THEN long_path
  ELSE coalesce(nullif(rtrim(long_path, '/'), ''), '/') END AS path FROM local),
found AS (SELECT *, {_reason(rules, words)} AS reason FROM short),
named AS (SELECT *, CASE WHEN reason IS NULL OR reason IN ('method', 'status', 'embedded')
    THEN {words.address} END AS address,
  CASE WHEN reason IS NULL THEN nullif({words.agent}, '-') END AS agent FROM found),
seen AS (SELECT *, CASE WHEN reason IS NULL THEN hash({quoted(salt)}, address, coalesce(agent, '')) END AS visitor
  FROM named),
judged AS (SELECT jst, reason, address, CASE WHEN reason IS NULL THEN coalesce(agent, '') END AS agent, visitor,
  CASE WHEN reason IS NULL THEN hash(visitor, jst // 3600, path, {_PLAIN_QUERY}) END AS click,
  CASE WHEN reason IS NULL THEN {_TARGET} END AS target,
  CASE WHEN reason IS NULL THEN coalesce(try_cast(split_part(middle, ' ', 3) AS BIGINT), 0) END AS bytes,
  jst IS NOT NULL AND status = 302 AND contains(path, '/download') AS redirected
  FROM seen)"""


#: ``05/Oct/2026:10:00:00 +0900`` (nearly every line); ISO with fraction, ``Z`` and offset is cut apart
_SECONDS = r"""CASE WHEN substr(stamp, 3, 1) = '/' THEN epoch(try_strptime(stamp, '%d/%b/%Y:%H:%M:%S %z'))::BIGINT
  ELSE epoch(try_strptime(substr(stamp, 1, 19) || CASE WHEN suffix(stamp, 'Z') THEN '+0000'
    ELSE regexp_extract(stamp, '[+-]\d{2}:?\d{2}$') END, '%Y-%m-%dT%H:%M:%S%z'))::BIGINT END"""


def _relative(url: str) -> str:
    """An absolute request line (``GET http://host/x``) as its path."""
    return f"CASE WHEN {url} LIKE 'http%://%' THEN regexp_replace({url}, '^https?://[^/]*', '') ELSE {url} END"


def _local_path(rules: Rules) -> str:
    """Path without root folder and locale (urls.path_of does the same); an empty one is the home page."""
    path = "u[1]"
    if rules.root:
        root = quoted(rules.root)
        path = f"CASE WHEN starts_with(u[1], {root}) THEN substr(u[1], {len(rules.root) + 1}) ELSE u[1] END"
    maybe_locale = f"substr({path}, 4, 1) IN ('', '/', '_')"  # cheap: the pattern is only tried where it may fit
    local = f"CASE WHEN {maybe_locale} THEN regexp_replace({path}, {_LOCALE}, '\\1') ELSE {path} END"
    return f"coalesce(nullif({local}, ''), '/')"


_LOCALE = "'^/[a-z]{2}(?:_[A-Za-z]{2,4}){0,2}(/|$)'"


def _reason(rules: Rules, words: _Words) -> str:
    """Why a line is left out, first rule first; NULL: a candidate (address and agent are asked later)."""
    host = f"WHEN {words.host} <> {quoted(rules.site_host)} THEN 'host'" if rules.site_host and words.host else ""
    statuses = "status IN (200, 304)"
    if rules.count_redirect_downloads:
        statuses = f"({statuses} OR (status = 302 AND contains(path, '/download')))"
    first = "WHEN starts_with(path, '/webassets/') THEN 'asset'"  # nearly all of them; the long list is asked rarely
    assets = " OR ".join(f"path = {quoted(a)} OR starts_with(path, {quoted(a + '/')})" for a in ASSETS)
    return f"""CASE WHEN jst IS NULL OR url IS NULL OR status IS NULL THEN 'unparsable' {host}
  {first} WHEN path = {quoted(BEACON)} THEN 'beacon' WHEN NOT starts_with(path, '/dataset') AND ({assets}) THEN 'asset'
  WHEN NOT (method = 'GET' OR (method = 'POST' AND starts_with(path, '/api/'))) THEN 'method'
  WHEN NOT {statuses} THEN 'status' WHEN {_inside_view("path")} OR {_inside_view(words.referer)} THEN 'embedded' END"""


def _inside_view(column: str) -> str:
    return f"(contains({column}, '/view/') AND contains(split_part({column}, '/view/', 1), '/resource/'))"


_TRACKED = "(?:" + "|".join(TRACKERS) + ")"
_MAYBE = "contains(query, 'utm_') OR contains(query, 'clid') OR contains(query, 'mc_')"
#: the query without trackers; most queries have none, so the costly way is taken rarely
_PLAIN_QUERY = (
    f"CASE WHEN query = '' THEN '' WHEN ({_MAYBE}) AND regexp_matches(query, '(?:^|&){_TRACKED}')"
    " THEN array_to_string(list_filter(string_split(query, '&'),"
    f" lambda p: p <> '' AND NOT regexp_matches(p, '^{_TRACKED}')), '&') ELSE query END"
)
#: what urls.locate needs to know: the path, and of an API call the parameters that name a dataset
_TARGET = (
    "CASE WHEN starts_with(path, '/api/') THEN path || '?' || array_to_string(regexp_extract_all(query,"
    " '(?:^|&)((?:id|resource_id|sql)=[^&]*)', 1), '&') ELSE path END"
)
