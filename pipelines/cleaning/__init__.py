"""Pure value cleaners, one kind of value per file, one door: ``clean(kind, text)``.

Values are never blanket-normalized: each kind has its own few rules, every change is named and counted.
"""

from pipelines.cleaning.cleaned import Cleaned
from pipelines.cleaning.door import KINDS, clean
from pipelines.cleaning.keys import match_key
from pipelines.cleaning.notation import NOTATIONS, write
from pipelines.cleaning.typed import typed

__all__ = ["KINDS", "NOTATIONS", "Cleaned", "clean", "match_key", "typed", "write"]
