"""Who a user agent is: a script, an assistant acting for a person, a robot, or a person.

COUNTER Code of Practice for Research Data, section on internet robots and machines, with two additions: machines are
tested before robots (the published robot lists also name curl and python), and an allow-list comes before the robots
(their patterns ``yahoo``, ``bot`` and ``docomo`` hit people in Japan).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pipelines.model import AccessClass, ConfigError

LISTS = Path(__file__).parent / "lists"
#: what a pattern may contain and still be a plain text (after removing the backslashes)
_PLAIN = re.compile(r"(?:[\w \-/:;,@!&=<>~'\"%#]|\\[^\w])*")


def read_list(name: str) -> tuple[str, ...]:
    """The patterns of a dated list file (without ``.txt``); ConfigError when there is no such file."""
    path = LISTS / f"{name}.txt"
    if not path.is_file():
        raise ConfigError(f"ロボット一覧 {name} がありません（{LISTS} にあるもの: {', '.join(list_names())}）。")
    return tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line)


def list_names() -> list[str]:
    """The names of all vendored lists."""
    return sorted(path.stem for path in LISTS.glob("*.txt"))


class Patterns:
    """Many patterns as one question.  Most are plain texts, which are a hundred times cheaper without ``re``."""

    def __init__(self, patterns: Iterable[str]) -> None:
        plain, anchored, rest = [], [], []
        for pattern in patterns:
            body = pattern.removeprefix("^")
            if not _PLAIN.fullmatch(body) or not body:
                rest.append(pattern)
            elif pattern.startswith("^"):
                anchored.append(re.sub(r"\\(.)", r"\1", body).lower())
            else:
                plain.append(re.sub(r"\\(.)", r"\1", body).lower())
        self._texts = _shortest(plain)
        self._starts = tuple(anchored)
        self._rest = re.compile("|".join(f"(?:{p})" for p in rest), re.IGNORECASE) if rest else None

    def hit(self, agent: str) -> bool:
        """True when any pattern is found in the user agent, whatever the case."""
        folded = agent.lower()
        if folded.startswith(self._starts) or any(text in folded for text in self._texts):
            return True
        return self._rest is not None and self._rest.search(agent) is not None


def _shortest(texts: Iterable[str]) -> tuple[str, ...]:
    """Drop texts that contain a shorter one of the list (``googlebot`` where ``bot`` is asked anyway)."""
    kept: list[str] = []
    for text in sorted(set(texts), key=lambda t: (len(t), t)):
        if not any(short in text for short in kept):
            kept.append(text)
    return tuple(kept)


class Agents:
    """The classes of user agents by named lists; :meth:`classify` asks once per distinct user agent."""

    def __init__(
        self, machine: Iterable[str], assistant: Iterable[str], allow: Iterable[str], robot: Iterable[str]
    ) -> None:
        self._machine, self._assistant = Patterns(machine), Patterns(assistant)
        self._allow, self._robot = Patterns(allow), Patterns(robot)

    def classify(self, agent: str) -> AccessClass:
        """machine → AI agent on a person's behalf → allow-list → robot → regular; no user agent (``-``) is a robot."""
        text = "" if agent == "-" else agent
        if self._machine.hit(text):
            return AccessClass.MACHINE
        if self._assistant.hit(text):
            return AccessClass.AI_AGENT
        if not self._allow.hit(text) and self._robot.hit(text):
            return AccessClass.ROBOT
        return AccessClass.REGULAR


@cache
def agents(
    machine: tuple[str, ...], assistant: tuple[str, ...], allow: tuple[str, ...], robot: tuple[str, ...]
) -> Agents:
    """The classes by the names of lists; a name that starts with ``=`` is itself one pattern (a city's own)."""
    return Agents(*(tuple(_patterns(names)) for names in (machine, assistant, allow, robot)))


def _patterns(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        if name.startswith("="):
            yield name[1:]
        else:
            yield from read_list(name)
