"""YAML → plain Python, every scalar as the text that was typed.  The only importer of ``yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipelines.model import ConfigError

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def load_yaml(path: Path) -> Any:
    """Read one YAML file as dicts, lists and strings: an empty value is ``""``; ``012025``, ``no``, ``9:30`` stay text.

    Raises :class:`ConfigError` naming file and line when the file is missing, is not UTF-8, is not YAML,
    or gives the same key twice.
    """
    return parse_yaml(_text(path), path)


def parse_yaml(text: str, path: Path) -> Any:
    """The same for a text that was already read from ``path``."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        where = _where(path, error.problem_mark)
        raise ConfigError(f"{where}: YAML として読めません（{_reason(text, error)}）。") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: YAML として読めません（{error}）。") from None
    return "" if root is None else _Plain(path).build(root)


def dump_yaml(content: Any) -> str:
    """Plain values as YAML for a person to read and edit: keys in their order, no cutting of long lines."""
    text: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1000)
    return text


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path} を開けません（{error.strerror}）。") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: 文字コードを UTF-8 にしてください（{error.start + 1} バイト目）。") from None


def _where(path: Path, mark: Any) -> str:
    return f"{path} の {mark.line + 1} 行目" if mark is not None else str(path)


def _reason(text: str, error: yaml.MarkedYAMLError) -> str:
    lines = text.splitlines()
    number = error.problem_mark.line if error.problem_mark else len(lines)
    line = lines[number] if number < len(lines) else ""
    if line.lstrip(" ").startswith("\t"):
        return "字下げにタブは使えません。半角の空白にしてください"
    return "字下げ、引用符、「:」の後の空白を確かめてください"


class _Plain:
    """Turns the node tree into plain values; a node that is referred to twice is built once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.built: dict[int, Any] = {}

    def build(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if id(node) not in self.built:
            self.built[id(node)] = None
            self.built[id(node)] = self._collection(node)
        elif self.built[id(node)] is None:
            raise ConfigError(f"{_where(self.path, node.start_mark)}: 自分自身を参照しています。")
        return self.built[id(node)]

    def _collection(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item) for item in node.value]
        return self._mapping(node)

    def _mapping(self, node: yaml.Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigError(f"{_where(self.path, key_node.start_mark)}: 項目名は文字で書いてください。")
            if key in found:
                raise ConfigError(f"{_where(self.path, key_node.start_mark)}: 「{key}」が二度書かれています。")
            found[key] = self.build(value_node)
        return found
