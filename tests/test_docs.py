"""The documents: complete, true to the code, and without dead links.

``python -m tests.test_docs`` writes what is generated: docs/cli.md and the list of sets in docs/ja/department.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml

import publish
from pipelines.cleaning import clean, write
from pipelines.config import forms, load_schemas, schema
from pipelines.config.forms import Form
from pipelines.measure import rules, series
from pipelines.screen import ScreenRules

ROOT = Path(__file__).resolve().parent.parent
JA = ROOT / "docs" / "ja"
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FORMS: dict[str, type[Form]] = {
    name: form
    for module in (forms, schema)
    for name, form in vars(module).items()
    if isinstance(form, type) and issubclass(form, Form) and form is not Form
}
each_doc = pytest.mark.parametrize("path", DOCS, ids=lambda p: str(p.relative_to(ROOT)))


# ── what is generated ──────────────────────────────────────────────────────────────────────────


def commands(group: click.Group = publish.cli, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name; groups before their commands."""
    for name, command in sorted(group.commands.items()):
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")


COMMANDS = dict(commands())


def help_of(name: str, command: click.Command) -> str:
    """The text of ``--help``, as wide whatever the terminal."""
    full = f"publish.py {name}".strip()
    context = click.Context(command, info_name=full, terminal_width=100, help_option_names=["-h", "--help"])
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def cli_page() -> str:
    """docs/cli.md."""
    parts = [
        "# Command reference",
        "Generated from the command line itself; do not edit (`.venv/bin/python -m tests.test_docs` writes it).\n"
        "Commands are run as `.venv/bin/python publish.py …`, `--datasets`, `--var`, `--lang` before the name.\n"
        "Exit codes: 0 well · 1 something withheld or failed · 2 configuration or usage · 3 portal unreachable.",
        "\n".join(f"- [{name}](#{('publishpy ' + name).replace(' ', '-')})" for name in COMMANDS),
        *(
            f"## {f'publish.py {name}'.strip()}\n\n```\n{help_of(name, command)}\n```"
            for name, command in [("", publish.cli), *COMMANDS.items()]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def sets_table() -> str:
    """The standard sets that a file's name can claim, by their number."""
    sets = [s for s in load_schemas(ROOT / "schemas").values() if s.generation == 2]
    named = [(s, "、".join([s.name, *_japanese(s.aliases)][:4])) for s in sorted(sets, key=lambda s: s.number or 0)]
    rows = [f"| {s.number} | {s.title} | {names} |" for s, names in named]
    return "\n".join(["| 番号 | ファイルの名前 | ほかに使える名前（一部） |", "|---|---|---|", *rows])


def _japanese(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not name.isascii()]


def with_sets(text: str) -> str:
    """docs/ja/department.md with the list of sets as it must be."""
    begins, ends = "<!-- standard-sets begins -->", "<!-- standard-sets ends -->"
    before, rest = text.split(begins)
    return f"{before}{begins}\n{sets_table()}\n{ends}{rest.split(ends)[1]}"


def test_command_reference_is_up_to_date() -> None:
    """docs/cli.md is what the commands say of themselves; else: python -m tests.test_docs."""
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == cli_page()


def test_list_of_standard_sets_is_up_to_date() -> None:
    """Every set that a file name can claim stands in the department's guide; else: python -m tests.test_docs."""
    text = (JA / "department.md").read_text(encoding="utf-8")
    assert text == with_sets(text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name: str) -> None:
    """Each help holds an example that calls this very command."""
    text = COMMANDS[name].help or ""
    assert "例:" in text
    assert f"publish.py {name}" in text.split("例:")[1]


# ── settings ───────────────────────────────────────────────────────────────────────────────────


def section(kind: str, name: str) -> list[list[str]]:
    """The cells of the table under ``<!-- kind: name -->`` in docs/ja/settings.md, without its heading."""
    text = (JA / "settings.md").read_text(encoding="utf-8")
    mark = f"<!-- {kind}: {name} -->\n"
    assert text.count(mark) == 1, f"{mark} is missing"
    table = text.split(mark)[1].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table[2:]]


def default_text(info: Any) -> str | None:
    """How the page says a default; None where it may say it in its own words (what is inherited, a form of its own)."""
    if info.is_required():
        return "必須"
    value = info.get_default(call_default_factory=True)
    if isinstance(value, Form):
        return "下の表"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple) and value:
        return f"`[{', '.join('~' if v is None else str(v) for v in value)}]`"
    return f"`{value}`" if value or value == 0 else None


@pytest.mark.parametrize("name", FORMS)
def test_every_setting_is_explained(name: str) -> None:
    """Each key of each YAML file stands in docs/ja/settings.md with meaning, true default and example, and no other."""
    rows = {row[0].strip("`"): row for row in section("form", name)}
    fields = {info.alias or key: info for key, info in FORMS[name].model_fields.items()}
    assert list(rows) == list(fields)
    for key, info in fields.items():
        meaning, default, example = rows[key][1:]
        assert meaning, key
        assert example, key
        assert default_text(info) in (None, default), key
        assert (default == "必須") == info.is_required(), key


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("measure", series.KEYS),
        ("measure.sources", series.SOURCE_KEYS),
        ("measure.priority", series.PRIORITY_KEYS),
        ("measure.official", series.OFFICIAL_KEYS),
        ("measure.rules", tuple(rules.Rules.__dataclass_fields__)),
        ("screen", tuple(ScreenRules.__dataclass_fields__)),
    ],
)
def test_every_setting_of_a_section_is_explained(name: str, keys: tuple[str, ...]) -> None:
    """The same for the sections that a stage reads itself."""
    assert {row[0].strip("`") for row in section("keys", name)} == set(keys)


def test_every_setting_of_publish_is_explained() -> None:
    """``publish:`` has no form of its own: whatever the code asks of it stands on the page."""
    code = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "pipelines").glob("[rp]u*/*.py"))
    listed = {row[0].strip("`") for row in section("keys", "publish")}
    assert set(re.findall(r'"publish", \{\}\)\.get\("(\w+)"', code)) <= listed
    assert {key for key in listed if f'get("{key}"' not in code} == set()


@pytest.mark.parametrize(("name", "words"), [("Kind", schema.Kind), ("Notation", schema.Notation)])
def test_every_word_of_a_field_is_explained(name: str, words: Any) -> None:
    """What may stand under ``clean:`` and ``write:`` is listed."""
    listed = {word for row in section("words", name) for word in re.findall(r"`([^`]+)`", row[0])}
    assert listed == set(get_args(words))


# ── what the pages show is true ────────────────────────────────────────────────────────────────

LABELS = {
    "日付": ("date", None),
    "時刻": ("time", None),
    "電話番号": ("phone", None),
    "整数": ("integer", None),
    "緯度": ("latitude", None),
    "カナ": ("kana", None),
    "有無": ("bool", "presence"),
    "曜日": ("weekdays", None),
    "郵便番号": ("postal", None),
    "URL": ("url", None),
}


def examples(kind: str) -> list[list[str]]:
    """Rows of an example table in the department's guide."""
    table = (JA / "department.md").read_text(encoding="utf-8").split(f"<!-- examples: {kind} -->\n")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


@pytest.mark.parametrize("row", examples("fixed"), ids=lambda row: row[1])
def test_what_is_said_to_be_fixed_is_fixed(row: list[str]) -> None:
    """Each example becomes exactly what the guide says."""
    kind, notation = LABELS[row[0]]
    answer = clean(kind, row[1])
    assert answer.status != "error"
    assert (write(notation, answer.value or "") if notation else answer.value) == row[2]


@pytest.mark.parametrize("row", examples("sent back"), ids=lambda row: row[1])
def test_what_is_said_to_be_sent_back_is_sent_back(row: list[str]) -> None:
    """Each example is an error, and the corrected value beside it is none."""
    kind, _ = LABELS[row[0]]
    assert clean(kind, row[1]).status == "error"
    assert clean(kind, row[3].split("（")[0]).status != "error"


def blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks of a language, with their indentation in lists taken off."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", path.read_text(encoding="utf-8"), re.M | re.S)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) + "\n" for indent, text in found]


@each_doc
def test_yaml_shown_has_only_known_keys(path: Path) -> None:
    """Every YAML block is (part of) one of our files."""
    known = [
        {info.alias or key for key, info in FORMS[f"{name}Form"].model_fields.items()}
        for name in ("Catalog", "Department", "Dataset", "Schema", "Field")
    ]
    for text in blocks(path, "yaml"):
        content = yaml.safe_load(text)
        for entry in content if isinstance(content, list) else [content]:
            assert any(set(entry) <= keys for keys in known), text


def calls(path: Path) -> Iterator[list[str]]:
    """The words after ``publish.py`` wherever a page shows a call, in blocks and in running text."""
    text = path.read_text(encoding="utf-8").replace("$P ", "publish.py ").replace("\\\n", " ")
    text = re.sub(r"\n> ?", " ", text)
    shown = [line for block in re.findall(r"```\w*\n(.*?)```", text, re.S) for line in block.splitlines()]
    shown += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    for line in shown:
        for call in line.split("publish.py ")[1:]:
            yield re.split(r"&&|>>|\s#|[|;\\]", call)[0].split()


def option_names(command: click.Command) -> set[str]:
    """``--out``, ``-h`` …"""
    return {name for p in command.params for name in (*p.opts, *p.secondary_opts)} | {"-h", "--help"}


@each_doc
def test_commands_shown_exist(path: Path) -> None:
    """Every ``publish.py …`` on a page names a command that exists and options that it has."""
    if path.name == "cli.md":
        return  # generated; its forms of usage are no calls
    for words in calls(path):
        if not words or not words[0].isascii() or words[0] in ("…", "--help"):
            continue
        known = [name for name in COMMANDS if words[: len(name.split())] == name.split()]
        assert known, words
        name = max(known, key=len)
        rest = words[len(name.split()) :]
        assert not (isinstance(COMMANDS[name], click.Group) and rest and rest[0].isalpha() and rest[0].isascii()), words
        allowed = option_names(COMMANDS[name])
        assert {word for word in words if word.startswith("--")} <= allowed, words


# ── links and paths ────────────────────────────────────────────────────────────────────────────


def anchors(path: Path) -> set[str]:
    """The anchors that a page's headings make on GitHub."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each_doc
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link reaches a file of this repository, and every anchor a heading."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        if anchor and path.name != "cli.md":
            assert anchor in anchors(file), target


FOLDERS = r"(?:docs|pipelines|schemas|tests|benchmarks|localcatalog|datasets|\.ci)/"
#: what a reader is told to make, or is told about a city's own drop
MADE_BY_THE_READER = re.compile(
    r"datasets/(kankyo|部署)|schemas/disaster_well|pipelines/custom|tests/test_cleaning_wards|"
    r"pipelines/cleaning/wards|pipelines/screen/detectors/vehicle_plate"
)


@each_doc
def test_paths_named_exist(path: Path) -> None:
    """A path of this repository that a page names in code marks is there."""
    for named in re.findall(rf"`({FOLDERS}[^`\s]*)`", path.read_text(encoding="utf-8")):
        name = named.rstrip(".,")
        if not re.search(r"[*<〈…]", name) and not MADE_BY_THE_READER.match(name):
            assert (ROOT / name).exists(), name


# ── the worked examples of docs/extending.md ───────────────────────────────────────────────────

EXTENDING = ROOT / "docs" / "extending.md"


def python_block(word: str) -> dict[str, Any]:
    """Run the one Python block that holds ``word``; its names."""
    (text,) = [block for block in blocks(EXTENDING, "python") if word in block]
    names: dict[str, Any] = {"__name__": "shown"}
    exec(compile(text, str(EXTENDING), "exec", dont_inherit=True), names)
    return names


def test_schema_shown_loads(tmp_path: Path) -> None:
    """The example schema is one."""
    path = tmp_path / "disaster_well.yaml"
    path.write_text(blocks(EXTENDING, "yaml")[0], encoding="utf-8")
    loaded = schema.load_schema(path)
    assert (loaded.name, loaded.primary_key, len(loaded.fields)) == ("disaster_well", ("井戸番号",), 6)


@pytest.mark.parametrize("text, value", [("中央", "中央区"), ("相模原市　南区", "南区"), ("－", None), ("北区", None)])
def test_cleaner_shown_cleans(text: str, value: str | None) -> None:
    """The example cleaner does what it says, and twice changes nothing."""
    clean_ward = python_block("def clean_ward")["clean_ward"]
    assert clean_ward(text, {}).value == value
    assert value is None or clean_ward(value, {}).value == value


def test_detector_and_transform_shown_work() -> None:
    """The example detector finds a plate; the example transform drops the closed well and keeps addresses."""
    from pipelines.screen.looking import tables
    from tests.test_screen import source

    table = source(["名称", "状態"], [["公園", "使用中"], ["橋", "廃止"], ["相模300あ12-34", ""]])
    detector = python_block("_PLATE")["DETECTOR"]
    (found,) = [f for one in tables((table,)) for f in detector.find(one, ScreenRules())]
    assert (found.type, found.cells) == ("vehicle_plate", 1)
    step = python_block("def transform")["transform"](table)
    assert step.value is not None
    assert step.value.frame.iloc[:, 0].tolist() == ["公園", "相模300あ12-34"]
    assert step.value.origin.place(1, 0).row == table.origin.place(2, 0).row


def main() -> None:
    """Write what is generated."""
    (ROOT / "docs" / "cli.md").write_text(cli_page(), encoding="utf-8")
    page = JA / "department.md"
    page.write_text(with_sets(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
