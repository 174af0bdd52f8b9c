"""Open data catalogue publisher: what departments drop becomes what citizens download.

Data flows one way.  ``intake`` finds what was dropped and by whom; ``read`` turns bytes into a
table of text that remembers its cells; ``standardize`` writes headers and values as the standard
wants them and counts every change; ``validate`` lets Frictionless judge; ``screen`` lets nothing
personal, hidden or hostile pass; ``package`` writes a deterministic Data Package; ``publish``
plans and applies the difference to a CKAN portal; ``measure`` counts datasets and accesses;
``report`` draws progress against the target; ``reply`` tells the department.  ``run`` is the
conductor.  No stage imports another: what they share is in ``model``.
"""
