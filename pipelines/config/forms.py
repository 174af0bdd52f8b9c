"""The shapes of the YAML files as pydantic forms: what may be written, and what its absence means."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.config.yamlfile import load_yaml
from pipelines.model import ConfigError

F = TypeVar("F", bound="Form")


class Form(BaseModel):
    """A mapping of a YAML file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_sections(cls, content: Any) -> Any:
        """``measure:`` with nothing under it is an empty section, not a text."""
        if not isinstance(content, dict):
            return content
        names = {(info.alias or name): info.annotation for name, info in cls.model_fields.items()}
        return {key: value for key, value in content.items() if value != "" or names.get(key, str) is str}


class LicenceForm(Form):
    id: str
    title: str
    version: str = ""
    url: str = ""
    basis: str = ""


class PointForm(Form):
    fy: int
    value: float


class TargetForm(Form):
    title: str
    unit: str = "件"
    base: PointForm
    target: PointForm


class PortalForm(Form):
    kind: Literal["embedded", "ckan"] = "embedded"
    url: str | None = None
    datastore: Literal["own", "portal", "none"] = "own"
    parallel: int = Field(default=2, ge=1, le=8)
    timeout: float = Field(default=60, gt=0)
    licences: dict[str, str] = {}


class OutputForm(Form):
    bom: bool = True
    newline: Literal["crlf", "lf"] = "crlf"


class IntakeForm(Form):
    quiet_seconds: float = Field(default=30, ge=0)


class CatalogForm(Form):
    title: str
    publisher: str
    code: str = Field(pattern=r"^\d{6}$")
    homepage: str = ""
    licence: LicenceForm
    credit: str = ""
    portal: PortalForm = PortalForm()
    output: OutputForm = OutputForm()
    intake: IntakeForm = IntakeForm()
    targets: dict[str, TargetForm] = {}
    measure: dict[str, Any] = {}
    report: dict[str, Any] = {}
    screen: dict[str, Any] = {}
    publish: dict[str, Any] = {}


class DepartmentForm(Form):
    id: str = Field(pattern=r"^[a-z0-9_-]{2,100}$")
    title: str
    municipality: str = ""
    code: str = Field(default="", pattern=r"^(\d{6})?$")
    credit: str = ""
    licence: LicenceForm | None = None
    contact: str = ""
    email: str = ""
    sample: bool = False
    bbox: tuple[float, float, float, float] | None = None
    constants: dict[str, str] = {}


class RepairForm(Form):
    field: str
    match: str
    value: str = ""


class ExpectForm(Form):
    """``rows``: how many there should be; ``change``: how far, in percent, they may differ from what is published."""

    rows: tuple[int | None, int | None] = (None, None)
    change: tuple[float | None, float | None] = (-50, 200)

    @field_validator("rows", "change", mode="before")
    @classmethod
    def _open_ends(cls, rows: Any) -> Any:
        return tuple(None if end in ("", "~", "null") else end for end in rows) if isinstance(rows, list) else rows


class StackForm(Form):
    """``combine: stack``: the column that says which file a row came from, and where its value is taken from.

    ``from`` is a word (the year or month in the file's name, the file's name without its extension, the sheet) or a
    mapping of file names (``*`` allowed) to values: ``{minami.csv: 南区, chuo*.xlsx: 中央区}``.
    """

    column: str = Field(min_length=1)
    source: Literal["filename-year", "filename-month", "filename", "sheet"] | dict[str, str] = Field(
        default="filename-year", alias="from"
    )


class ResourcesForm(Form):
    """``combine: resources``: one resource per file, the newest first; ``titles`` names files that carry no year."""

    order: Literal["newest", "oldest", "listed"] = "newest"
    titles: dict[str, str] = {}


class WithdrawForm(Form):
    reason: str
    approved_by: str


class DatasetForm(Form):
    name: str | None = Field(default=None, pattern=r"^[a-z0-9_-]{2,100}$")
    title: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    notes: str = ""
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    licence: LicenceForm | None = None
    credit: str = ""
    source_url: str = ""
    frequency: str = ""
    temporal: tuple[str, str] | None = None
    spatial: str = ""
    version: str = ""
    file: str | None = None
    files: tuple[str, ...] = ()
    combine: Literal["single", "stack", "resources"] = "single"
    stack: StackForm | None = None
    resources: ResourcesForm = ResourcesForm()
    sheet: str | None = None
    header_rows: tuple[int, ...] | None = None
    encoding: str | None = None
    read: dict[str, Any] = {}
    renames: dict[str, str] = {}
    constants: dict[str, str] = {}
    drop_columns: tuple[str, ...] = ()
    repairs: tuple[RepairForm, ...] = ()
    transform: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    expect: ExpectForm = ExpectForm()
    renamed_from: str | None = None
    withdraw: WithdrawForm | None = None
    portal_edits: Literal["keep", "overwrite"] = "keep"
    screen: dict[str, Any] = {}


def read_form(path: Path, form: type[F]) -> F:
    """Read one YAML file as ``form``.  Raises :class:`ConfigError` that names file, key and what to write."""
    content = load_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: 「キー: 値」の形で書いてください。")
    try:
        return form.model_validate(content)
    except ValidationError as error:
        raise ConfigError("\n".join(_sentence(path, form, detail) for detail in error.errors())) from None


def _sentence(path: Path, form: type[Form], detail: Any) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{path}: 「{where}」という項目はありません。{_suggestion(form, detail['loc'])}"
    if detail["type"] == "missing":
        return f"{path}: 「{where}」を書いてください（必須です）。"
    reason = _REASONS.get(detail["type"], detail["msg"])
    return f"{path}: 「{where}」の値 {detail.get('input')!r} は使えません（{reason}）。"


_REASONS = {
    "string_pattern_mismatch": "決められた書式に合いません",
    "int_parsing": "整数で書いてください",
    "float_parsing": "数で書いてください",
    "bool_parsing": "true か false で書いてください",
    "literal_error": "決められた語から選んでください",
    "dict_type": "「キー: 値」の形で書いてください",
    "tuple_type": "一覧（- から始まる行）で書いてください",
}


def _suggestion(form: type[Form], location: tuple[Any, ...]) -> str:
    known = _known_keys(form, location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"「{close[0]}」のことですか？" if close else f"使える項目: {'、'.join(known)}"


def _known_keys(form: type[Form], parents: tuple[Any, ...]) -> list[str]:
    for part in parents:
        info = form.model_fields.get(str(part))
        inner = next((a for a in _inner_forms(info.annotation)), None) if info else None
        form = inner or form
    return [info.alias or name for name, info in form.model_fields.items()]


def _inner_forms(annotation: Any) -> list[type[Form]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, Form) else []
    return [found for part in getattr(annotation, "__args__", ()) for found in _inner_forms(part)]
