"""measure: how many datasets there are and how often they are used, day by day, so that every number can be traced.

One door each: :func:`measure` (the scheduled run), :func:`import_logs` (access logs), the imports of what other tools
report, and :func:`ship_facts` for figures that were already published.  Rules: COUNTER Code of Practice for Research
Data; definitions of 「アクセス件数」 and their approval: ``series``.
"""

from pipelines.measure.daily import MeasureResult, measure
from pipelines.measure.links import check_links
from pipelines.measure.links import due as links_due
from pipelines.measure.logs import ImportResult, import_logs
from pipelines.measure.rules import Rules
from pipelines.measure.scheduled import EXPORTS, LOGS, Around, import_configured, import_paths
from pipelines.measure.series import add_facts, configure, fact_of, import_period_csv, register, ship_facts
from pipelines.measure.sources.exports import ExportResult, import_ga4_csv, import_matomo_csv
from pipelines.measure.sources.ga4 import import_ga4, service_account_token
from pipelines.measure.sources.matomo import import_matomo
from pipelines.measure.sources.tracking import import_tracking_csv

__all__ = [
    "EXPORTS",
    "LOGS",
    "Around",
    "ExportResult",
    "ImportResult",
    "MeasureResult",
    "Rules",
    "add_facts",
    "check_links",
    "configure",
    "fact_of",
    "import_configured",
    "import_ga4",
    "import_ga4_csv",
    "import_logs",
    "import_matomo",
    "import_matomo_csv",
    "import_paths",
    "import_period_csv",
    "import_tracking_csv",
    "links_due",
    "measure",
    "register",
    "service_account_token",
    "ship_facts",
]
