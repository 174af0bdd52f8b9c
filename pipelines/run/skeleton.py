"""``new``: correct YAML skeletons, never over something that exists."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.config import load_catalog, load_department
from pipelines.intake import claimed_schema, dropped
from pipelines.model import ConfigError, ReadOptions
from pipelines.run.workspace import Workspace

CATALOG = """\
title: {title}
publisher: ○○市
code: "000000"          # 全国地方公共団体コード(6桁)
homepage: https://www.example.lg.jp/opendata/

licence:
  id: cc-by             # CKAN が知っている、開かれたライセンスの名前
  title: クリエイティブ・コモンズ 表示 4.0 国際
  version: "4.0"
  url: https://creativecommons.org/licenses/by/4.0/deed.ja
credit: "{{title}}、○○市、CC BY 4.0"

portal:
  kind: embedded        # 手元の試用カタログ。本番は「url: https://…」
"""
DEPARTMENT = """\
id: {id}                # ポータルの組織の名前(半角英小文字・数字・_・-)。ずっと変えません。
title: {title}
contact: ""             # 問い合わせ先(データセットのページに出ます)
email: ""
"""
DATASET = """\
name: {name}            # ポータルでの名前(半角英小文字・数字・_・-)。ずっと変えません。
title: {title}
notes: ""               # 市民に向けた説明
tags: []
frequency: ""           # 更新頻度(年1回、毎月 など)
"""
NAME = re.compile(r"[a-z0-9_-]{2,100}")


def skeleton(workspace: Workspace, kind: str, folder: Path, title: str, source: Path | None) -> list[str]:
    """Write the skeleton of ``kind`` (catalog, department or dataset) into ``folder``; what was written, as sentences.

    Raises :class:`ConfigError` when the file exists, the name is not legal, or ``source`` cannot be read.
    """
    if kind == "catalog":
        return [_write(folder / "catalog.yaml", CATALOG.format(title=title or "○○市オープンデータカタログ"))]
    if kind == "department":
        text = DEPARTMENT.format(id=_name(folder), title=title or folder.name)
        told = [_write(folder / "department.yaml", text)]
        load_department(folder, load_catalog(workspace.datasets))
        return [*told, "次に、標準データセットの名前のファイル（例: 公衆トイレ一覧.xlsx）をこのフォルダーに入れてください。"]
    return _dataset(workspace, folder, title, source)


def _dataset(workspace: Workspace, folder: Path, title: str, source: Path | None) -> list[str]:
    standard = claimed_schema(folder.name, workspace.schemas) or (source and claimed_schema(source.stem, workspace.schemas))
    if standard:
        return [
            f"「{standard.title}」は標準データセットです。dataset.yaml は要りません。",
            f"部署のフォルダーに「{standard.title}.xlsx」（または .csv）という名前で入れてください。",
        ]
    schema = _schema_text(source, folder, title) if source else None
    told = [_write(folder / "dataset.yaml", DATASET.format(name=_name(folder), title=title or folder.name))]
    if schema is None:
        return [*told, "項目の定義（schema.yaml）がまだありません。`--from ファイル` で作れます。"]
    told.append(_write(folder / "schema.yaml", schema))
    return [*told, "項目の種類（type）と説明を確かめてから、ファイルをこのフォルダーに入れてください。"]


def _schema_text(source: Path, folder: Path, title: str) -> str:
    from pipelines.read import read
    from pipelines.standardize import infer_schema

    step = read(dropped(source.resolve(), source.resolve().parent), ReadOptions())
    if step.value is None:
        reasons = "\n".join(p.message for p in step.problems)
        raise ConfigError(f"{source} から項目を読み取れませんでした。\n{reasons}")
    from pipelines.config.yamlfile import dump_yaml

    return dump_yaml(infer_schema(step.value, _name(folder).replace("-", "_"), title or folder.name))


def _write(path: Path, text: str) -> str:
    if path.exists():
        raise ConfigError(f"{path} はもうあります（上書きしません）。")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return f"{path} を作りました。"


def _name(folder: Path) -> str:
    """The folder's name where it is legal on the portal, else a place to write one."""
    name = folder.name.lower()
    return name if NAME.fullmatch(name) else "write-a-name-here"
