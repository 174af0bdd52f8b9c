"""What an approval is bound to: never to a name or a promise, but to exactly what the approver could have looked at.

Values enter only as an HMAC-SHA256 over the sorted set, with a key that stays on this machine (0600 under var/), so
that nobody can find a value again by trying numbers against the audit log.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.model import Hidden, Level, SourceTable
from pipelines.screen.running import Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Dataset, heading, detector and version, HMAC of the value set, SHA-256 of the file.

    ``never`` marks what nobody can approve (個人番号, 住民票コード).
    """

    dataset: str
    column: str
    detector: str
    version: str
    values: str
    digest: str
    never: bool = False


def of_finding(found: Found, dataset: str, digest: str, key: bytes) -> Binding:
    """The binding of one finding of a detector."""
    return Binding(
        dataset=dataset,
        column=found.finding.column.label,
        detector=f"{found.detector.id}/{found.finding.type}",
        version=found.detector.version,
        values=value_set(found.finding.found, key),
        digest=digest,
        never=found.finding.level is Level.ERROR,
    )


def of_hidden(hidden: Hidden, dataset: str, digest: str, key: bytes) -> Binding:
    """The binding of one hidden thing: its place and count; its content is bound by the file's digest."""
    where = f"{hidden.sheet or ''}!{hidden.row or ''}:{hidden.column or ''}"
    return Binding(
        dataset=dataset,
        column=where,
        detector=f"hidden/{hidden.kind}",
        version="1",
        values=value_set([f"{where}#{hidden.count}#{hidden.detail}"], key),
        digest=digest,
    )


def of_column(label: str, dataset: str, digest: str, key: bytes) -> Binding:
    """The binding of one column that earlier files did not have."""
    return Binding(
        dataset=dataset, column=label, detector="new-column", version="1", values=value_set([label], key), digest=digest
    )


def value_set(values: Iterable[str], key: bytes) -> str:
    """HMAC-SHA256 (hex) over the sorted distinct values, each length-prefixed so that no two sets meet."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for value in sorted(set(values)):
        encoded = value.encode("utf-8", "surrogatepass")
        mac.update(len(encoded).to_bytes(8, "big") + encoded)
    return mac.hexdigest()


def content_digest(sources: Sequence[SourceTable]) -> str:
    """SHA-256 over path, heading, every cell and everything hidden: for callers that do not know the file's bytes."""
    total = hashlib.sha256()
    for source in sources:
        total.update(repr((source.path, source.sheet, source.header, source.hidden)).encode("utf-8", "surrogatepass"))
        for j in range(source.frame.shape[1]):
            total.update("\x1f".join(map(str, source.frame.iloc[:, j].tolist())).encode("utf-8", "surrogatepass"))
            total.update(b"\x1e")
    return total.hexdigest()
