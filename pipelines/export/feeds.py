"""Atom feed, sitemap and robots.txt.  No clock: what has no known date is not given one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from pipelines.export.addresses import SiteAddresses, permanent_id
from pipelines.export.facts import Dates
from pipelines.model import Catalog, Package


def atom(packages: Sequence[Package], catalog: Catalog, addresses: SiteAddresses, dates: Dates, updated: str) -> str:
    """An entry per dataset whose last change is known, newest first (RFC 4287).

    Atom wants a moment of every entry and of the feed: ``updated`` stands for the feed when no dataset has one.
    """
    dated = [p for p in packages if p.spec.name in dates and dates[p.spec.name].modified]
    dated.sort(key=lambda p: (_moment(dates[p.spec.name].modified), p.spec.name), reverse=True)
    newest = _moment(dates[dated[0].spec.name].modified) if dated else updated
    entries = [_entry(p, catalog, addresses, dates) for p in dated]
    self_link = f'  <link rel="self" href={quoteattr(addresses.base + "feed.xml")}/>' if addresses.base else ""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ja">',
        f"  <title>{_text(catalog.title)}</title>",
        f"  <id>{permanent_id(catalog)}</id>",
        f"  <updated>{_text(newest)}</updated>",
        f"  <author><name>{_text(catalog.publisher)}</name></author>",
        f"  <link href={quoteattr(addresses.home())}/>",
        *filter(None, [self_link]),
        *entries,
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def _entry(package: Package, catalog: Catalog, addresses: SiteAddresses, dates: Dates) -> str:
    spec, moments = package.spec, dates[package.spec.name]
    published = f"    <published>{_text(_moment(moments.issued))}</published>" if moments.issued else ""
    lines = [
        "  <entry>",
        f"    <title>{_text(spec.title)}</title>",
        f"    <id>{permanent_id(catalog, spec.name)}</id>",
        f"    <updated>{_text(_moment(moments.modified))}</updated>",
        *filter(None, [published]),
        f"    <author><name>{_text(f'{spec.department.municipality} {spec.department.title}')}</name></author>",
        f"    <link href={quoteattr(addresses.dataset(spec.name))}/>",
        f"    <summary>{_text(spec.notes or spec.title)}</summary>",
        "  </entry>",
    ]
    return "\n".join(lines)


def _moment(text: str) -> str:
    """Atom wants the moment, not only the day: a day is its first moment in Japan."""
    return text if "T" in text or not text else f"{text}T00:00:00+09:00"


def sitemap(pages: Iterable[tuple[str, str]]) -> str:
    """Pages as (absolute address, day of the last change or empty), after https://www.sitemaps.org/protocol.html."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for address, changed in pages:
        day = f"<lastmod>{_text(changed)}</lastmod>" if changed else ""
        lines.append(f"  <url><loc>{_text(address)}</loc>{day}</url>")
    return "\n".join([*lines, "</urlset>"]) + "\n"


def robots(addresses: SiteAddresses) -> str:
    """Everybody may read everything; the sitemap is named where its address is known."""
    place = f"\nSitemap: {addresses.base}sitemap.xml\n" if addresses.base else ""
    return f"User-agent: *\nAllow: /\n{place}"


def _text(text: str) -> str:
    return escape("".join(c for c in text if c in "\t\n\r" or ord(c) >= 0x20))
