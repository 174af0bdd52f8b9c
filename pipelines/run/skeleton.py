"""``new``: correct YAML skeletons with every key explained, never over something that exists."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import load_catalog, load_dataset, load_department
from pipelines.intake import claimed_schema, dropped
from pipelines.model import ConfigError, ReadOptions, Schema, SourceTable
from pipelines.run.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TEMPLATES = Path(__file__).parent / "templates"
NAME = re.compile(r"[a-z0-9_-]{2,100}")
#: what a column is taken for, as the terminal says it
KINDS = {
    "integer": "整数",
    "number": "数",
    "date": "日付",
    "date_precision": "日付（年・年月も）",
    "fiscal_year": "年度（西暦）",
    "year": "年（西暦）",
    "time": "時刻",
    "code": "番号（文字のまま）",
    "phone": "電話番号",
    "postal": "郵便番号",
    "url": "URL",
    "corporate_number": "法人番号",
    "lgcode": "市区町村コード",
    "latitude": "緯度",
    "longitude": "経度",
}
WIDTH, EXAMPLES, LONGEST = 28, 3, 18


def skeleton(
    workspace: Workspace, kind: str, folder: Path, title: str, source: Path | None, name: str = ""
) -> list[str]:
    """Write the skeleton of ``kind`` (catalog, department or dataset) into ``folder``; what was written, as sentences.

    Raises :class:`ConfigError` when a file exists, the name is not legal, or ``source`` cannot be read; then nothing
    has been written.
    """
    if kind == "catalog":
        return _catalog(folder, title)
    if kind == "department":
        return _department(workspace, folder, title, name)
    return _dataset(workspace, folder, title, source, name)


def _catalog(folder: Path, title: str) -> list[str]:
    text = _filled("catalog", title=title or "○○市オープンデータカタログ")
    return [
        *_write({folder / "catalog.yaml": text}),
        "publisher・code・homepage・licence を自分の市のものに直してください。",
        "次に `publish.py new department フォルダー --title 部署の名前` で部署のフォルダーを作ります。",
    ]


def _department(workspace: Workspace, folder: Path, title: str, name: str) -> list[str]:
    text = _filled("department", id=_name(folder, name), title=title or folder.name)
    told = _write({folder / "department.yaml": text})
    load_department(folder, load_catalog(workspace.datasets))
    return [*told, "次に、標準データセットの名前のファイル（例: 公衆トイレ一覧.xlsx）を、ここに入れてください。"]


# ── datasets ───────────────────────────────────────────────────────────────────────────────────


def _dataset(workspace: Workspace, folder: Path, title: str, source: Path | None, name: str) -> list[str]:
    standard = claimed_schema(folder.name, workspace.schemas)
    standard = standard or (claimed_schema(source.stem, workspace.schemas) if source else None)
    if standard:
        return [
            f"「{standard.title}」は標準データセットです。dataset.yaml は要りません。",
            f"部署のフォルダーに「{standard.title}.xlsx」（または .csv）という名前で入れてください。",
        ]
    name, title = _name(folder, name), title or unicodedata.normalize("NFC", folder.name)
    files = {folder / "dataset.yaml": _filled("dataset", name=name, title=title)}
    if source is None:
        return [*_write(files), "項目の定義（schema.yaml）がまだありません。`--from ファイル` で作れます。"]
    table, several = _table(source)
    content = _inferred(table, name, title)
    files[folder / "schema.yaml"] = _schema_text(content)
    told = [*_shown(table, content["fields"]), "", *_like(table, workspace)]
    if several and table.sheet:
        files[folder / "dataset.yaml"] = _with_sheet(files[folder / "dataset.yaml"], table.sheet)
        told.append(
            f"{several}「{table.sheet}」を使うことにしました。違うときは dataset.yaml の sheet: を直してください。"
        )
    return [*told, *_write(files), *_checked(workspace, folder), *_next(folder, source)]


def _table(source: Path) -> tuple[SourceTable, str]:
    """The table, and what reading said where several sheets hold data (then ``sheet:`` has to say which)."""
    from pipelines.read import read

    step = read(dropped(source.resolve(), source.resolve().parent), ReadOptions())
    if step.value is None:
        reasons = "\n".join(f"{p.message}{p.hint}" for p in step.problems)
        raise ConfigError(f"{source} から項目を読み取れませんでした。\n{reasons}")
    return step.value, next((p.message for p in step.problems if p.code == "sheet-ambiguous"), "")


def _with_sheet(text: str, sheet: str) -> str:
    """The skeleton with its ``sheet:`` line in force."""
    return re.sub(r"(?m)^# sheet: \S+", lambda _: f"sheet: {_scalar(sheet)}", text, count=1)


def _inferred(table: SourceTable, name: str, title: str) -> dict[str, Any]:
    from pipelines.standardize import infer_schema

    return infer_schema(table, re.sub(r"[^a-z0-9]+", "_", name).strip("_")[:60], title)


def _schema_text(content: dict[str, Any]) -> str:
    from pipelines.config.yamlfile import dump_yaml

    return (TEMPLATES / "schema.yaml").read_text(encoding="utf-8") + dump_yaml(content)


def _shown(table: SourceTable, fields: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What was read and taken for what, one line a column with examples from the file."""
    where = f"シート「{table.sheet}」" if table.sheet else "ファイル"
    rows = "・".join(str(row) for row in table.header_rows)
    yield f"{where}の{rows}行目を見出しとして、{len(table.frame):,}行・{len(fields)}項目を読みました。"
    yield ""
    yield f"  {_padded('項目')}{_padded('種類', 20)}例"
    for field in fields:
        kind = KINDS.get(_taken_for(field), "文字")
        yield f"  {_padded(field['name'])}{_padded(kind, 20)}{'、'.join(_examples(table, field))}"


def _taken_for(field: dict[str, Any]) -> str:
    kinds = [str(field.get(key, "")) for key in ("clean", "type")]
    return kinds[1] if kinds == ["code", "year"] else kinds[0] or kinds[1]


def _examples(table: SourceTable, field: dict[str, Any]) -> list[str]:
    label = "" if field.get("aliases") else field["name"]
    if label not in table.header:
        return []
    column = table.frame.iloc[:, table.header.index(label)].drop_duplicates().astype(str)
    found = dict.fromkeys(" ".join(value.split()) for value in column.head(10 * EXAMPLES) if value.strip())
    return [v if len(v) <= LONGEST else v[: LONGEST - 1] + "…" for v in list(found)[:EXAMPLES]]


def _padded(text: str, width: int = WIDTH) -> str:
    """Text on a column of a terminal: a Japanese character is two wide."""
    one_line = " ".join(text.split())
    wide = sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in one_line)
    return one_line + " " * max(2, width - wide)


def _like(table: SourceTable, workspace: Workspace) -> list[str]:
    from pipelines.run.recognise import standard_of

    standard: Schema | None = standard_of(table.header, workspace.schemas)
    if standard is None:
        return []
    return [
        f"列を見ると、標準データセット「{standard.title}」のようです。標準として公開するなら、いま作ったものは消して、"
        f"ファイルを「{standard.title}」という名前で部署のフォルダーに入れてください。"
    ]


def _checked(workspace: Workspace, folder: Path) -> list[str]:
    """The new files are read as the scheduled run will read them, where the folder stands in a department's."""
    parent = folder.resolve().parent
    if not (parent / "department.yaml").is_file() or parent.parent != workspace.datasets:
        return [f"{folder} は部署のフォルダーの中にありません。datasets/部署/ の下に移すと公開の対象になります。"]
    load_dataset(folder.resolve(), load_department(parent, workspace.catalog), workspace.catalog, {}, None)
    return []


def _next(folder: Path, source: Path) -> list[str]:
    inside = source.resolve().parent == folder.resolve()
    return [
        "種類が違っていたら schema.yaml の type と clean を直してください（行を消すと、文字として扱います）。",
        *([] if inside else [f"次に、{source.name} を {folder} に入れて `publish.py check` で確かめてください。"]),
    ]


# ── files and names ────────────────────────────────────────────────────────────────────────────


def _filled(template: str, **values: str) -> str:
    """A template with its ``{{key}}`` places filled; values are written as YAML needs them."""
    text = (TEMPLATES / f"{template}.yaml").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", _scalar(value))
    return text


def _scalar(value: str) -> str:
    """Plain where a person would write it plain; in double quotes (which YAML reads like JSON) where it must be."""
    return (
        value
        if re.fullmatch(r"[\w（）・ー々〆ヶ()-]+", value) and not value.isdigit()
        else json.dumps(value, ensure_ascii=False)
    )


def _write(files: dict[Path, str]) -> list[str]:
    """All files or none."""
    for path in files:
        if path.exists():
            raise ConfigError(f"{path} はもうあります（上書きしません）。作り直すときは、先に消してください。")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [f"{path} を作りました。" for path in files]


def _name(folder: Path, given: str) -> str:
    """The name on the portal: as given, or the folder's where that is legal."""
    name = given or folder.name.lower()
    if NAME.fullmatch(name):
        return name
    raise ConfigError(
        f"「{name}」はポータルでの名前に使えません。`--name` で半角英小文字・数字・_・- の名前を付けてください"
        "（例: --name hoikuen-list。住所になるので、あとで変えません）。"
    )
