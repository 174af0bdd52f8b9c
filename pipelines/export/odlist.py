"""「オープンデータ一覧」(自治体標準オープンデータセット 第6番): the catalogue as a table, one row per file.

Dataset columns repeat on every row of the dataset.  A column of which nothing is known stays empty: no category, no
date and no address is made up.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from pipelines.export.addresses import Addresses, NoAddresses
from pipelines.export.facts import Dates, Moments, schema_of, standard
from pipelines.model import Catalog, DatasetSpec, Package, PackageFile

NAME = "open_data_list"
#: the standard's columns, in the order of its definition here (the official order is not known)
COLUMNS = (
    "全国地方公共団体コード",
    "データセット_ID",
    "地方公共団体名",
    "データセット_タイトル",
    "データセット_サブタイトル",
    "データセット_概要",
    "データセット_キーワード",
    "データセット_分類",
    "データセット_ユニバーサルメニュー",
    "データセット_公開日",
    "データセット_最終更新日",
    "データセット_バージョン",
    "データセット_言語",
    "データセット_URL",
    "データセット_更新頻度",
    "データセット_準拠する標準",
    "データセット_関連ドキュメント",
    "データセット_来歴情報",
    "データセット_対象地域",
    "データセット_対象期間",
    "データセット_連絡先名称",
    "データセット_連絡先メールアドレス",
    "データセット_連絡先電話番号",
    "データセット_連絡先内線番号",
    "データセット_連絡先FormURL",
    "データセット_連絡先備考（その他、SNSなど）",
    "データセット_備考",
    "ファイル_タイトル",
    "ファイル_アクセスURL",
    "ファイル_ダウンロードURL",
    "ファイル_説明",
    "ファイル形式",
    "ファイル_ライセンス",
    "ファイル_ステータス",
    "ファイル_サイズ",
    "ファイル_公開日",
    "ファイル_最終更新日",
    "ファイル_利用規約",
    "ファイル_関連ドキュメント",
    "ファイル_言語",
    "ファイル_準拠する標準",
    "ファイル_API対応有無",
)
Row = dict[str, str]


def open_data_list(
    packages: Sequence[Package], catalog: Catalog, addresses: Addresses | None = None, dates: Dates | None = None
) -> list[Row]:
    """A row per file, datasets by name; every row has every column."""
    places, known = addresses or NoAddresses(), dates or {}
    rows: list[Row] = []
    for package in sorted(packages, key=lambda p: p.spec.name):
        moments = known.get(package.spec.name, Moments())
        shared = _dataset(package, catalog, places, moments)
        for file in package.files:
            row = {**shared, **_file(file, package.spec, places, moments)}
            rows.append({column: row.get(column, "") for column in COLUMNS})
    return rows


def list_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV (RFC 4180, CRLF), labels first."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _dataset(package: Package, catalog: Catalog, addresses: Addresses, moments: Moments) -> Row:
    spec, department = package.spec, package.spec.department
    conforms = standard(schema_of(package))
    return {
        "全国地方公共団体コード": department.code,
        "データセット_ID": spec.name,
        "地方公共団体名": department.municipality,
        "データセット_タイトル": spec.title,
        "データセット_概要": " ".join(spec.notes.split()),
        "データセット_キーワード": ";".join(spec.tags),
        "データセット_公開日": (moments.issued or package.issued)[:10],
        "データセット_最終更新日": moments.modified[:10],
        "データセット_バージョン": spec.version,
        "データセット_言語": "日本語",
        "データセット_URL": addresses.dataset(spec.name),
        "データセット_更新頻度": spec.frequency,
        "データセット_準拠する標準": conforms.name if conforms else "",
        "データセット_関連ドキュメント": spec.source_url if spec.source_url != catalog.homepage else "",
        "データセット_対象地域": spec.spatial or department.municipality,
        "データセット_対象期間": "/".join(spec.temporal or ()),
        "データセット_連絡先名称": department.contact or department.title,
        "データセット_連絡先メールアドレス": department.email,
        "データセット_備考": _remark(spec),
    }


def _remark(spec: DatasetSpec) -> str:
    return "動作確認用の見本" if spec.department.sample else ""


def _file(file: PackageFile, spec: DatasetSpec, addresses: Addresses, moments: Moments) -> Row:
    return {
        "ファイル_タイトル": file.title,
        "ファイル_アクセスURL": addresses.dataset(spec.name),
        "ファイル_ダウンロードURL": addresses.file(spec.name, file),
        "ファイル_説明": file.description,
        "ファイル形式": file.format,
        "ファイル_ライセンス": spec.licence.title,
        "ファイル_サイズ": str(file.size or ""),
        "ファイル_最終更新日": moments.modified[:10],
        "ファイル_利用規約": spec.licence.url,
        "ファイル_言語": "日本語",
    }
