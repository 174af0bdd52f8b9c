"""Every detector, in the order in which their findings are told: what blocks first."""

from __future__ import annotations

from pipelines.screen.detectors import (
    contact,
    driver_licence,
    formula,
    identity_papers,
    money,
    my_number,
    person_facts,
    person_name,
    resident_code,
    small_cells,
    social_insurance,
    uniqueness,
)
from pipelines.screen.finding import Detector

DETECTORS: tuple[Detector, ...] = (
    my_number.DETECTOR,
    resident_code.DETECTOR,
    driver_licence.DETECTOR,
    identity_papers.PASSPORT,
    identity_papers.RESIDENCE_CARD,
    social_insurance.PENSION,
    social_insurance.INSURED,
    money.ACCOUNT,
    money.CARD,
    contact.MOBILE,
    contact.MAIL,
    person_name.DETECTOR,
    person_facts.BIRTH,
    person_facts.ADDRESS,
    person_facts.SPECIAL_CARE,
    small_cells.SMALL,
    small_cells.DERIVABLE,
    uniqueness.DETECTOR,
    formula.DETECTOR,
)
