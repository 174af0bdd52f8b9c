"""What differs between CKAN's lines below its search code: all of it is here."""

from __future__ import annotations

import ckan
import ckan.model as model

LINE = tuple(int(part) for part in ckan.__version__.split(".")[:2])
SCHEMA = f'<schema name="ckan-{LINE[0]}.{LINE[1]}" version="1.6"/>'


def written() -> None:
    """To be called after the index was written: commit it where CKAN will not.

    2.12 writes the index inside its own transaction and commits both. 2.10 and 2.11 do so for what changed in
    their session (``_object_cache``), but DataStore there commits ``datastore_active`` first, writes the index
    afterwards and leaves it to Solr to keep it.
    """
    if LINE < (2, 12) and not hasattr(model.Session(), "_object_cache"):
        model.Session.commit()
