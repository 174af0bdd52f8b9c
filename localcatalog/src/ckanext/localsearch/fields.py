"""What each search field is, after CKAN 2.12's Solr schema (ckan/config/solr/schema.xml)."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

TEXT = {
    *("title", "notes", "author", "author_email", "maintainer", "maintainer_email", "res_name", "res_description"),
    *("text", "urls", "depends_on", "dependency_of", "derives_from", "has_derivation", "links_to", "linked_from"),
    *("child_of", "parent_of", "title_ngram", "name_ngram"),
}
NUMBERS = {"views_total", "views_recent", "resources_accessed_total", "resources_accessed_recent"}
DATES = {"metadata_created", "metadata_modified", "indexed_ts"}
SEVERAL = {"tags", "groups", "permission_labels", "res_name", "res_description", "res_format", "res_url", "res_type"}
STORED = {
    *("index_id", "id", "site_id", "title", "entity_type", "dataset_type", "state", "name", "revision_id", "version"),
    *("url", "ckan_url", "download_url", "notes", "author", "author_email", "maintainer", "maintainer_email"),
    *("license", "license_id", "tags", "groups", "organization", "capacity", "res_name", "res_description"),
    *("res_format", "res_url", "res_type", "metadata_created", "metadata_modified", "indexed_ts"),
}
TO_TEXT = {
    *("name", "title", "license", "notes", "tags", "groups", "organization", "res_name", "res_description"),
    *("maintainer", "author", "url", "ckan_url", "download_url", "res_url", "text", "urls"),
}
WHOLE = ("data_dict", "validated_data_dict")
# asked for in nearly every query: plain columns, so that they cost nothing to test
COLUMNS = ("site_id", "entity_type", "state", "capacity", "name", "dataset_type", "organization", "owner_org")


def is_text(field: str) -> bool:
    """Analysed text; everything else is an exact string."""
    return field in TEXT or field.startswith(("extras_", "res_extras_"))


def is_extra(field: str) -> bool:
    """A field whose name the publisher chose."""
    return field.startswith(("extras_", "res_extras_"))


def is_date(field: str) -> bool:
    """A point in time."""
    return field in DATES or field.endswith("_date")


def is_several(field: str) -> bool:
    """A field with several values: answered as a list."""
    return field in SEVERAL or field.startswith(("vocab_", "res_extras_"))


def is_stored(field: str) -> bool:
    """A field that ``fl=*`` returns."""
    return field in STORED or field.startswith(("extras_", "res_extras_", "vocab_")) or field.endswith("_date")


def is_searched(field: str) -> bool:
    """A field that a plain query looks into."""
    return field in TO_TEXT or field.startswith(("extras_", "res_extras_", "vocab_"))


def fold(value: str) -> str:
    """NFKC and lower case, white space as one blank: ＡＢＣ = abc, ﾃﾞｰﾀ = データ. For matching only."""
    # twice: lower case can make a letter that composes with the mark after it
    lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).lower())
    return re.sub(r"\s+", " ", lower)


def values(value: Any) -> list[str]:
    """A value as Solr would index it: a flat list of texts, empty for nothing."""
    if value is None or value == "":
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, list | tuple | set):
        return [text for part in value for text in values(part)]
    if isinstance(value, dict):
        return [json.dumps(value, ensure_ascii=False, sort_keys=True)]
    return [str(value).replace("\x00", "")]
