"""Killed at any point, at any moment: the next run ends exactly where an undisturbed one ends.

A sample runs with the other tests; ``make faults`` is the whole.
"""

from __future__ import annotations

import random

import pytest

from tests.faults.publisher import LOCAL
from tests.faults.scenes import KILLS, ROUNDS, TALLY, Scene

pytestmark = pytest.mark.catalogue

#: every call of a run that updates one dataset and creates another, at its three moments
CALLS = [
    ("package_search", 1),
    ("package_revise", 1),
    ("datastore_upsert", 1),
    ("datastore_delete", 1),
    ("download", 1),
    ("datastore_search", 1),
    ("package_create", 1),
    ("package_revise", 2),
    ("datastore_search", 2),
    ("datastore_create", 1),
    ("resource_view_list", 1),
    ("resource_view_create", 1),
    ("download", 2),
    ("datastore_search", 3),
]
POINTS = [(action, number, moment) for action, number in CALLS for moment in ("before", "after", "answered")]
SAMPLE = [
    ("package_revise", 1, "after"),
    ("package_create", 1, "after"),
    ("datastore_create", 1, "after"),
]


@pytest.mark.parametrize("point", POINTS if ROUNDS else SAMPLE, ids=lambda p: f"{p[0]}-{p[1]}-{p[2]}")
def test_killed_at_a_call(scene: Scene, undisturbed: dict[int, str], point: tuple[str, int, str]) -> None:
    """kill -9 at every call, before CKAN gets it, after it did it, after we heard of it: the next run converges."""
    for _ in range(max(1, ROUNDS)):
        assert scene.killed_at(*point), "the run comes by this point"
        scene.converged(undisturbed)
    TALLY["points"] += 1


@pytest.mark.parametrize("stop", LOCAL if ROUNDS else LOCAL[3:4])
def test_killed_at_a_write_of_our_own(scene: Scene, undisturbed: dict[int, str], stop: str) -> None:
    """kill -9 around what we note ourselves (intent, kept version, verified): the next run converges."""
    for _ in range(max(1, ROUNDS)):
        assert scene.killed_in(stop), "the run comes by this point"
        scene.converged(undisturbed)
    TALLY["points"] += 1


def test_killed_at_random_moments(scene: Scene, undisturbed: dict[int, str]) -> None:
    """kill -9 at any moment, several times in a row: the run that is let live converges."""
    dice, most, killed = random.Random(20261122), 1.0, 0
    while killed < max(2, KILLS):
        for _ in range(2):
            moment = dice.uniform(0, most)
            hit = scene.killed_after(moment)
            killed += hit
            most *= 1 if moment < most * 0.8 else 1.2 if hit else 0.9  # about as long as a run takes here
        scene.converged(undisturbed)
