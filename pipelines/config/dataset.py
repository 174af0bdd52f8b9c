"""dataset.yaml, or only the name of a standard dataset → :class:`DatasetSpec` with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipelines.config.catalog import licence
from pipelines.config.forms import DatasetForm, read_form
from pipelines.config.schema import load_schema, table_schema
from pipelines.model import Catalog, ConfigError, DatasetSpec, Department, Field, ReadOptions, Repair, Schema

SAMPLE_TAG = "見本"


def standard_dataset(schema: Schema, department: Department, catalog: Catalog, folder: Path | None) -> DatasetSpec:
    """The spec of a standard dataset of which only the file was dropped; its name follows the standard's file rule."""
    return _spec(DatasetForm(name=_standard_name(schema, department)), schema, department, catalog, folder, False)


def load_dataset(
    folder: Path, department: Department, catalog: Catalog, schemas: Mapping[str, Schema], found: Schema | None
) -> DatasetSpec:
    """Read ``folder/dataset.yaml``.  ``found`` is the schema its file or folder name claims, if any."""
    path = folder / "dataset.yaml"
    form = read_form(path, DatasetForm)
    if form.stack and form.combine != "stack":
        raise ConfigError(f"{path}: 「stack」は「combine: stack」と書いたときだけ使えます。")
    schema = _with_stack_column(_own_schema(folder) or _schema(form, path, schemas) or found, form)
    if form.name is None:
        form = form.model_copy(update={"name": _fallback_name(path, schema, department)})
    if form.title is None and schema is None:
        raise ConfigError(f"{path}: 「title」（データセットの題名）を書いてください。")
    return _spec(form, schema, department, catalog, folder, True)


def _own_schema(folder: Path) -> Schema | None:
    """A dataset that no standard knows brings its own fields, confirmed by committing the file."""
    path = folder / "schema.yaml"
    return load_schema(path) if path.is_file() else None


def _with_stack_column(schema: Schema | None, form: DatasetForm) -> Schema | None:
    """The schema with the column that ``stack:`` declares: first in an own dataset, after a standard's own columns."""
    if schema is None or form.stack is None or schema.field(form.stack.column):
        return schema
    made = Field(name=form.stack.column, description="どのファイルの行かを示します。")
    fields = (*schema.fields, made) if schema.generation else (made, *schema.fields)
    return replace(schema, fields=fields, descriptor=table_schema(fields, schema.primary_key))


def _schema(form: DatasetForm, path: Path, schemas: Mapping[str, Schema]) -> Schema | None:
    if form.schema_ is None:
        return None
    by_title = {schema.title: schema for schema in schemas.values() if schema.generation != 1}
    schema = schemas.get(form.schema_) or by_title.get(form.schema_)
    if schema is None:
        raise ConfigError(f"{path}: スキーマ「{form.schema_}」は schemas/ にありません。")
    return schema


def _standard_name(schema: Schema, department: Department) -> str:
    return f"{department.code}_{schema.name}"


def _fallback_name(path: Path, schema: Schema | None, department: Department) -> str:
    if schema is not None and schema.generation:
        return _standard_name(schema, department)
    name = path.parent.name
    if name.isascii() and name.replace("-", "").replace("_", "").isalnum() and name == name.lower() and len(name) > 1:
        return name
    raise ConfigError(f"{path}: 「name」（半角英小文字・数字・_・- の、ずっと変えない名前）を書いてください。")


def _spec(
    form: DatasetForm, schema: Schema | None, department: Department, catalog: Catalog, folder: Path | None, own: bool
) -> DatasetSpec:
    base_title = form.title or (schema.title if schema else "")
    title = f"{base_title}（見本：{department.municipality}）" if department.sample else base_title
    return DatasetSpec(
        name=form.name or "",
        title=title,
        department=department,
        schema=schema,
        notes=_notes(form, base_title, schema, department),
        tags=_tags(form, schema, department),
        groups=form.groups or (schema.groups if schema else ()),
        licence=licence(form.licence) if form.licence else department.licence,
        credit=(form.credit or department.credit or catalog.credit).replace("{title}", base_title),
        source_url=form.source_url or catalog.homepage * (not department.sample),
        frequency=form.frequency,
        temporal=form.temporal,
        spatial=form.spatial or department.municipality,
        version=form.version,
        folder=folder,
        configured=own,
        options=_options(form, schema),
        repairs=tuple(Repair(field=r.field, match=r.match, value=r.value) for r in form.repairs),
        drop_columns=form.drop_columns,
        constants={**department.settings.get("constants", {}), **form.constants},
        renames=form.renames,
        transform=form.transform,
        combine=form.combine,
        expect_rows=form.expect.rows,
        renamed_from=form.renamed_from,
        withdraw=form.withdraw.model_dump() if form.withdraw else None,
        settings={
            "files": (form.file,) if form.file else form.files,
            "portal_edits": form.portal_edits,
            "screen": form.screen,
            "stack": form.stack and {"column": form.stack.column, "from": form.stack.source},
            "resources": form.resources.model_dump(),
            "change": form.expect.change,
        },
    )


def _notes(form: DatasetForm, title: str, schema: Schema | None, department: Department) -> str:
    """What a citizen reads first; a sample says so before anything else."""
    parts = []
    if department.sample:
        parts.append(
            f"これは動作確認用の見本です。{department.municipality}が公開したオープンデータを加工して作成しました。"
        )
    parts.append(form.notes or f"{department.municipality}（{department.title}）の「{title}」です。")
    if schema is not None and schema.generation:
        parts.append(f"自治体標準オープンデータセット「{schema.title}」の項目にそろえて公開しています。")
    return "\n\n".join(parts)


def _tags(form: DatasetForm, schema: Schema | None, department: Department) -> tuple[str, ...]:
    tags = [*form.tags, *(schema.tags if schema else ())]
    if department.sample:
        tags += [SAMPLE_TAG, department.municipality]
    return tuple(dict.fromkeys(tags))


def _options(form: DatasetForm, schema: Schema | None) -> ReadOptions:
    known = {name for f in schema.fields for name in (f.name, *f.aliases)} if schema else set()
    known |= {*schema.renames, *(part for parts in schema.merges.values() for part in parts)} if schema else set()
    return ReadOptions(
        sheet=form.sheet,
        header_rows=form.header_rows,
        encoding=form.encoding,
        known=frozenset(known | set(form.renames)),
        settings=form.read,
    )
