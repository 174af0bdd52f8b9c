"""reply: what the department gets back, the same problems in every form.

``lines`` and ``reading`` for the terminal, ``document`` for machines (the JSON contract of ``check --json``), ``page``
and ``index_page`` for people, ``marked_copy`` as the department's own workbook with the cells marked.  Wherever a
problem carries no value (it may be personal), no form shows one.
"""

from pipelines.reply._difference import difference
from pipelines.reply._document import document, file_entry, problem_entry
from pipelines.reply._lines import lines
from pipelines.reply._marked import marked_copy
from pipelines.reply._page import index_page, page
from pipelines.reply._preview import preview
from pipelines.reply._reading import reading

__all__ = [
    "difference", "document", "file_entry", "index_page", "lines", "marked_copy", "page", "preview", "problem_entry",
    "reading",
]  # fmt: skip
