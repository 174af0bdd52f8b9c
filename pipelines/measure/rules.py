"""How accesses are counted here: the decided rules with a city's few settings, under one version."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from pipelines.measure.agents import Agents, agents, list_names
from pipelines.model import ConfigError

#: the meaning of the counting rules themselves; change it with them
EDITION = "coprd-1"
PRIVATE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
    "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings of ``measure:`` in catalog.yaml; every one of them is part of :attr:`version`.

    ``internal``: networks of the city's own staff and servers.  ``trusted_proxies``: only behind these networks is
    X-Forwarded-For believed; in a combined log it is the quoted field ``forwarded_field`` (1 is the request, 4 the one
    after the agent; 0: the line begins with it).  ``site_host``: lines of other hosts are not ours.  ``root``: CKAN's
    folder.  ``allow_list`` False gives the pure published lists.  ``count_redirect_downloads``: a download answered by
    302 (the file lives elsewhere) counts.
    """

    internal: tuple[str, ...] = PRIVATE
    trusted_proxies: tuple[str, ...] = ()
    forwarded_field: int = 4
    site_host: str = ""
    root: str = ""
    allow_list: bool = True
    count_redirect_downloads: bool = False
    final_after_days: int = 3
    machine_lists: tuple[str, ...] = ("counter-machine-2025.11", "local-machine-2026-11-22")
    agent_lists: tuple[str, ...] = ("local-agent-2026-11-22",)
    allow_lists: tuple[str, ...] = ("local-allow-2026-11-22",)
    robot_lists: tuple[str, ...] = ("counter-robots-2025.11", "crawler-user-agents-1.67.0")

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Rules:
        """Rules from configuration (texts and lists of texts); ConfigError names what is wrong."""
        known = {f.name: f for f in fields(cls)}
        for name in settings:
            if name not in known:
                names = ", ".join(known)
                raise ConfigError(f"measure.rules に「{name}」という設定はありません（使えるもの: {names}）。")
        rules = cls(**{name: _setting(name, known[name].default, value) for name, value in settings.items()})
        rules.check()
        return rules

    def check(self) -> None:
        """Raise ConfigError for a network or a list that does not exist."""
        networks(self.internal)
        networks(self.trusted_proxies)
        if self.forwarded_field in (1, 2, 3):
            raise ConfigError(
                "measure.rules.forwarded_field は 4 以上（4 はユーザーエージェントの次の欄）か 0（行の先頭）です。"
            )
        for name in (*self.machine_lists, *self.agent_lists, *self.allow_lists, *self.robot_lists):
            if not name.startswith("=") and name not in list_names():
                raise ConfigError(f"ロボット一覧「{name}」がありません（使えるもの: {', '.join(list_names())}）。")

    @property
    def version(self) -> str:
        """The edition of the rules and a digest of every setting and list name: ``coprd-1+3f2a9c01``."""
        text = repr(sorted(asdict(self).items()))
        return f"{EDITION}+{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    @property
    def list_version(self) -> str:
        """The names of the lists in force."""
        allow = self.allow_lists if self.allow_list else ()
        return " ".join((*self.machine_lists, *self.agent_lists, *allow, *self.robot_lists))

    def agents(self) -> Agents:
        """The classes of user agents by these lists."""
        allow = self.allow_lists if self.allow_list else ()
        return agents(self.machine_lists, self.agent_lists, allow, self.robot_lists)


def _setting(name: str, default: Any, value: Any) -> Any:
    """A configured text (everything from YAML is text) as the rule wants it."""
    if isinstance(default, bool):
        if str(value).lower() not in ("true", "false", "yes", "no"):
            raise ConfigError(f"measure.rules.{name} は true か false です: {value}")
        return str(value).lower() in ("true", "yes")
    if isinstance(default, int):
        if not str(value).isdigit():
            raise ConfigError(f"measure.rules.{name} は0以上の整数です: {value}")
        return int(value)
    if isinstance(default, tuple):
        return (str(value),) if isinstance(value, str) else tuple(str(v) for v in value)
    return str(value)


def networks(texts: tuple[str, ...]) -> list[Network]:
    """Networks from CIDR texts; ConfigError for one that is none."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise ConfigError(f"ネットワークの書き方が正しくありません: {text}（例 10.0.0.0/8）") from error
    return found


def inside(address: str, known: list[Network]) -> bool:
    """True when an address (also ``::ffff:10.0.0.5``) lies in one of the networks; a text that is none does not."""
    try:
        parsed: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in known if network.version == parsed.version)


def client(address: str, forwarded: str, trusted: list[Network]) -> str:
    """Who asked: X-Forwarded-For (``a, b, c``) is believed only behind a trusted proxy (an empty ``address`` is one).

    Its last address that is no trusted proxy; where all of them are, the first.
    """
    hops = [hop for part in forwarded.split(",") if (hop := part.strip()) not in ("", "-")]
    if not hops or (address and not inside(address, trusted)):
        return address
    return next((hop for hop in reversed(hops) if not inside(hop, trusted)), hops[0])
