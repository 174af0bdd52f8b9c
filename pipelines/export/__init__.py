"""export: the catalogue for other systems and for places without CKAN.

Packages → DCAT 3 (Turtle, JSON-LD), schema.org JSON-LD, ``data.json``, 「オープンデータ一覧」, and a static
site with all of them.  Only what was built and cleared goes in; nothing of the clock or the machine does.
"""

from pipelines.export.addresses import (
    Addresses,
    NoAddresses,
    PortalAddresses,
    SiteAddresses,
    permanent_id,
    site_addresses,
)
from pipelines.export.datajson import data_json
from pipelines.export.dcat import catalogue_graph, dataset_graph
from pipelines.export.facts import Dates, Moments
from pipelines.export.graph import Graph, json_ld, turtle
from pipelines.export.odlist import NAME as LIST_NAME
from pipelines.export.odlist import list_csv, open_data_list
from pipelines.export.site import Site, documents, export
from pipelines.export.standing import standing_package
from pipelines.export.swap import published

__all__ = [
    "LIST_NAME",
    "Addresses",
    "Dates",
    "Graph",
    "Moments",
    "NoAddresses",
    "PortalAddresses",
    "Site",
    "SiteAddresses",
    "catalogue_graph",
    "data_json",
    "dataset_graph",
    "documents",
    "export",
    "json_ld",
    "list_csv",
    "open_data_list",
    "permanent_id",
    "published",
    "site_addresses",
    "standing_package",
    "turtle",
]
