"""One module per odd dataset, named in its dataset.yaml by ``transform:``; always before standardize and validate.

A module holds one function, ``transform(table: SourceTable) -> Step[SourceTable]``: the table as read in, the table as
standardize can take it out, or no table and the problems that say why.  It changes shape (columns, rows), never values
that a cleaner or ``repairs:`` could change, keeps the origin of every cell (``Origin.reordered``), and raises nothing:
a department's mistake is a :class:`~pipelines.model.Problem`.  ``split_position`` is a worked example.
"""
