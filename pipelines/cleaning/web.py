"""Addresses on the web and e-mail addresses: only what a stranger may follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from pipelines.cleaning.cleaned import Cleaned, error, ok, warn
from pipelines.cleaning.folding import fold
from pipelines.cleaning.marks import instead_of_value

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?![0-9]+(?:/|$))")
_PATH = re.compile(r"\\\\|[A-Za-z]:[\\/]|/|\.\.?[\\/]")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z][a-z0-9-]{0,61}[a-z0-9])")
_BARE_HOST = re.compile(r"(?:[A-Za-z0-9-]+\.)+(?:jp|com|net|org|info|io|tokyo|city)(?:[:/?#].*)?")
_INTERNAL = re.compile(r"(?:.*\.)?(?:localhost|local|internal|intra|lan|lgwan\.jp|home\.arpa|corp)")


def clean_url(text: str, context: Mapping[str, Any]) -> Cleaned:
    """An http(s) URL in ASCII: the host by IDNA (UTS 46), other characters percent-encoded; no user, no inner host."""
    if mark := instead_of_value(text):
        return mark
    folded = fold(text)
    if re.search(r"\s", folded) or "\n" in text.strip():
        return error("several_urls" if len(re.findall("https?://", folded)) > 1 else "space_in_url")
    if len(re.findall("https?://", folded)) > 1 and re.search("[;,、]https?://", folded):
        return error("several_urls")
    refused = _scheme(folded)
    if refused:
        return refused
    result = _rebuilt(folded)
    if result.value and result.status == "ok" and _was_wide(text):
        return replace(result, status="warn", flag="fullwidth", rule="full-width")
    return result


def _was_wide(text: str) -> bool:
    return re.search("[\uff01-\uff5e]", text) is not None


def _scheme(folded: str) -> Cleaned | None:
    if _PATH.match(folded):
        return error("scheme", hold="internal_path")
    found = _SCHEME.match(folded)
    if found is None:
        return error("scheme_missing", suggest=f"https://{folded}" if _BARE_HOST.fullmatch(folded) else None)
    scheme = found[1].lower()
    if scheme not in ("http", "https"):
        return error("scheme", hold="internal_path") if scheme in ("file", "smb") else error("scheme")
    return None


def _rebuilt(folded: str) -> Cleaned:
    try:
        split = urlsplit(folded)
        port = split.port
    except ValueError:
        return error("format")
    if "@" in split.netloc:
        return error("userinfo", hold="credentials")
    host, refused = _host(split.hostname or "")
    if refused:
        return refused
    netloc = host if port is None or port == {"http": 80, "https": 443}[split.scheme] else f"{host}:{port}"
    path, query, anchor = (_escaped(part) for part in (split.path, split.query, split.fragment))
    value = urlunsplit((split.scheme, netloc, path, query, anchor))
    return ok(value, _rule(split, host, netloc))


def _rule(split: SplitResult, host: str, netloc: str) -> str | None:
    """What was changed, in the order of importance; None leaves the door's usual name."""
    if host != (split.hostname or ""):
        return "idna"
    if netloc != split.netloc:
        return "host-notation"
    escaped = any(_escaped(part) != part for part in (split.path, split.query, split.fragment))
    return "percent-encoding" if escaped else None


def _escaped(part: str) -> str:
    """Percent-encode what RFC 3986 has no place for; a lone % is one of them."""
    part = re.sub("%(?![0-9A-Fa-f]{2})", "%25", part)
    return quote(part, safe="/:@!$&'()*+,;=-._~?%", encoding="utf-8", errors="replace")


def _host(host: str) -> tuple[str, Cleaned | None]:
    try:
        ip_address(host.strip("[]"))
        return host, error("internal_host", hold="internal_path")
    except ValueError:
        pass
    if _INTERNAL.fullmatch(host):
        return host, error("internal_host", hold="internal_path")
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            return host, error("format")
    return host, None if _HOST.fullmatch(host) and len(host) <= 253 else error("format")


_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_EMAIL = re.compile(rf"({_LOCAL})@([^@\s]+)")
_DISGUISED = re.compile(r"[\[(<]?\s*(?:at|アット|あっと|アットマーク|★|☆|●|■|◎)\s*[\])>]?", re.I)
_PERSON = re.compile(r"[a-z]{2,}[._][a-z]{2,}[0-9]{0,3}|[a-z][._][a-z]{3,}")
_OFFICE_WORDS = (
    "info|ka|kakari|shitsu|soumu|somu|koho|kouhou|kikaku|kankyo|bousai|seisaku|office|"
    "center|opendata|data|web|mail|contact|support|suishin|kanri|joho|jouhou|gyosei|kyoiku|"
    "kodomo|fukushi|zeimu|shimin|toshi|keikaku"
)
_OFFICE = re.compile(rf"(?:.*[._])?(?:{_OFFICE_WORDS})(?:[._].*)?")


def clean_email(text: str, context: Mapping[str, Any]) -> Cleaned:
    """One address, domain in lower case.  ``parts["hold"]``: a person's mailbox at work, or a private provider's."""
    if mark := instead_of_value(text):
        return mark
    folded = re.sub("^(?:mailto:|e-?mail[:：]|メール[:：]) ?", "", fold(text), flags=re.I)
    found = _EMAIL.fullmatch(folded)
    if found is None:
        return _no_email(folded)
    host, refused = _host(found[2].lower())
    if refused or len(found[1]) > 64:
        return error("format")
    value, hold = f"{found[1]}@{host}", _hold(found[1].lower(), host)
    parts = {"hold": hold} if hold else {}
    if _was_wide(text):
        return warn(value, "fullwidth", rule="full-width", **parts)
    return ok(value, **parts)


def _no_email(folded: str) -> Cleaned:
    if folded.count("@") > 1:
        return error("several_addresses")
    guess = _DISGUISED.sub("@", folded, count=1).replace(" ", "")
    return error("format", suggest=guess if "@" not in folded and _EMAIL.fullmatch(guess) else None)


@cache
def _private_providers() -> tuple[str, ...]:
    """Domains where people, not offices, have their mailboxes."""
    return tuple((Path(__file__).parent / "mail_providers.txt").read_text(encoding="utf-8").split())


def _hold(local: str, host: str) -> str | None:
    if any(host == free or host.endswith(f".{free}") for free in _private_providers()):
        return "pii.personal_email"
    if _PERSON.fullmatch(local) and not _OFFICE.fullmatch(local):
        return "pii.personal_mailbox"
    return None
