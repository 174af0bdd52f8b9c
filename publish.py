#!/usr/bin/env python3
"""Command line of the open data catalogue publisher: one short function per command, no logic.

Exit codes: 0 all well · 1 something withheld or failed · 2 configuration or usage · 3 portal unreachable.
"""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

ROOT = Path(__file__).resolve().parent
F = TypeVar("F", bound=Callable[..., Any])

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def _workspace(context: click.Context) -> Any:
    from pipelines.run.workspace import Workspace

    options = context.find_root().params
    return Workspace(root=ROOT, datasets=Path(options["datasets"]).resolve(), var=Path(options["var"]).resolve())


def _screen(context: click.Context) -> Any:
    from pipelines.run.console import Console

    return Console(lang=context.find_root().params["lang"])


def command(name: str, *, group: click.Group | None = None) -> Callable[[F], click.Command]:
    """A command with ``--json``; our errors become one message and the exit code of their kind."""

    def decorate(function: F) -> click.Command:
        @click.option(
            "--json", "as_json", is_flag=True, help="機械で読む JSON を標準出力に書きます。 / JSON on stdout."
        )
        @click.pass_context
        @functools.wraps(function)
        def called(context: click.Context, /, **options: Any) -> None:
            from pipelines.model import CatalogError
            from pipelines.run.logs import crashed, keep_log

            # what starting makes is there to stay: looking through it again and again took a twelfth of a check
            gc.set_threshold(200_000, 20, 100)
            workspace, screen = _workspace(context), _screen(context)
            keep_log(workspace.var)
            try:
                code = function(workspace, screen, **options) or 0
            except CatalogError as error:
                screen.failed(error, as_json=options["as_json"])
                code = error.exit_code
            except click.ClickException:
                raise
            except Exception as bug:
                screen.failed(crashed(workspace.var, bug), as_json=options["as_json"])
                code = 1
            context.exit(code)

        return (group or cli).command(name)(called)

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--datasets",
    default=str(ROOT / "datasets"),
    envvar="CATALOG_DATASETS",
    show_default="datasets/",
    type=click.Path(file_okay=False),
    help="部署がファイルを置く場所。 / The drop tree.",
)
@click.option(
    "--var",
    default=str(ROOT / "var"),
    envvar="CATALOG_VAR",
    show_default="var/",
    type=click.Path(file_okay=False),
    help="状態・パッケージ・報告書の置き場所。 / State and outputs.",
)
@click.option(
    "--lang",
    default="ja",
    envvar="CATALOG_LANG",
    type=click.Choice(["ja", "en"]),
    show_default=True,
    help="表示の言葉。 / Language of messages.",
)
@click.version_option("0.2.0")
def cli(**options: Any) -> None:
    """自治体の表計算ファイルを標準のオープンデータに整え、CKAN に公開し、伸びを測ります。

    Publishes a municipality's spreadsheets as standard open data on CKAN, and measures growth.

    \b
    はじめに:  publish.py catalog up      手元の試用カタログを起動
               publish.py check           datasets/ の点検(通信なし)
               publish.py run             点検・公開・計測・報告を続けて実行

    \b
    終了コード: 0 すべて良好 / 1 見送り・失敗あり / 2 設定か使い方の誤り / 3 ポータルにつながらない
    """


@command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def check(workspace: Any, screen: Any, as_json: bool, paths: tuple[Path, ...]) -> int:
    """ファイルを点検します(通信しません)。PATH を省くと datasets/ 全体。 / Check files, no network.

    \b
    例: publish.py check
        publish.py check ~/Desktop/公衆トイレ一覧.xlsx --json
    """
    from pipelines.run.check import check_drop, check_files

    outcomes, strays = (
        (check_files(workspace, paths, screen.watch), ()) if paths else check_drop(workspace, screen.watch)
    )
    return int(screen.outcomes(outcomes, as_json=as_json, strays=strays))


@command("build")
@click.argument("names", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="書き出す場所(既定は var/packages)。")
def build(workspace: Any, screen: Any, as_json: bool, names: tuple[str, ...], out: Path | None) -> int:
    """データパッケージを作ります(ポータルは使いません)。 / Build Data Packages, without a portal.

    \b
    例: publish.py build
        publish.py build 141500_public_toilet --out /tmp/packages --json
    """
    from pipelines.run.conduct import build as build_datasets

    made = build_datasets(workspace, frozenset(names), screen.watch, out=out and out.resolve())
    return int(screen.outcomes(tuple(b.outcome for b in made.built), as_json=as_json, strays=made.found.problems))


@command("plan")
@click.argument("names", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="計画を JSON で保存します。")
@click.option("--exit-code", "exit_code", is_flag=True, help="変更があれば終了コード 1 を返します。")
def plan(workspace: Any, screen: Any, as_json: bool, names: tuple[str, ...], out: Path | None, exit_code: bool) -> int:
    """公開すると何が変わるかを示します(何も書き込みません)。 / Show what publishing would change.

    \b
    例: publish.py plan
        publish.py plan --out plan.json
    """
    from pipelines.run.conduct import plan as make_plan
    from pipelines.run.plans import save

    planned = make_plan(workspace, frozenset(names), screen.watch)
    if out:
        save(planned.plan, out)
    changed = bool(screen.plan(planned.plan, as_json=as_json))
    return int(changed and exit_code)


@command("apply")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def apply(workspace: Any, screen: Any, as_json: bool, file: Path) -> int:
    """保存した計画をそのとおり実行します。ポータルが変わっていたら断ります。 / Apply a saved plan exactly.

    \b
    例: publish.py plan --out plan.json && publish.py apply plan.json
    """
    from pipelines.run.plans import apply_saved

    return int(screen.account(apply_saved(workspace, file, screen.watch), as_json=as_json))


@command("run")
@click.argument("names", nargs=-1)
@click.option("--dry-run", is_flag=True, help="計画までで止めます(plan と同じ)。")
def run(workspace: Any, screen: Any, as_json: bool, names: tuple[str, ...], dry_run: bool) -> int:
    """点検・公開・計測・報告を続けて行います(定時実行はこれ)。 / All stages: the scheduled job.

    \b
    例: publish.py run
        publish.py run 141500_public_toilet
    """
    from pipelines.run.conduct import plan as make_plan
    from pipelines.run.conduct import run as run_all

    if dry_run:
        screen.plan(make_plan(workspace, frozenset(names), screen.watch).plan, as_json=as_json)
        return 0
    return int(screen.account(run_all(workspace, frozenset(names), screen.watch), as_json=as_json))


@cli.group("measure", invoke_without_command=True)
@click.pass_context
def measure(context: click.Context) -> None:
    """データセット数とアクセスを計測し、会議の記録を残します。 / Count, and keep the committee's records.

    \b
    例: publish.py measure                                今日の計測(today と同じ)
        publish.py measure import access.log.gz --source nginx
        publish.py measure status
    """
    if context.invoked_subcommand is None:
        context.invoke(measure_today)


@command("today", group=measure)
def measure_today(workspace: Any, screen: Any, as_json: bool = False) -> int:
    """今日のデータセット数、CKAN の閲覧数、設定した計測元を記録します。 / Today's snapshot and imports.

    \b
    例: publish.py measure today
    """
    from pipelines.run.measuring import today

    return int(screen.lines(today(workspace), as_json=as_json))


@command("links", group=measure)
def measure_links(workspace: Any, screen: Any, as_json: bool) -> int:
    """公開中のすべてのファイルが開けるかを確かめます。 / Ask whether every file's address answers.

    \b
    例: publish.py measure links
    """
    from pipelines.run.measuring import today

    return int(screen.lines(today(workspace, links=True), as_json=as_json))


@command("import", group=measure)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", required=True, help="catalog.yaml の measure.sources の名前か、種類(nginx、ga4 など)。")
@click.option("--from", "start", help="期間の初日(日付の列がない CSV のとき、YYYY-MM-DD)。")
@click.option("--to", "end", help="期間の末日(同上)。")
def measure_import(
    workspace: Any, screen: Any, as_json: bool, files: tuple[Path, ...], source: str, start: str | None, end: str | None
) -> int:
    """アクセスログや解析ツールの CSV を取り込みます。同じファイルは二度数えません。 / Import logs or exports.

    \b
    例: publish.py measure import /var/log/nginx/access.log* --source nginx
        publish.py measure import ga4.csv --source ga4 --from 2026-10-01 --to 2026-10-31
    """
    from pipelines.run.measuring import import_files

    return int(screen.lines(import_files(workspace, files, source, start, end), as_json=as_json))


@command("facts", group=measure)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--series", help="系列(A0 など)。")
@click.option("--from", "start", help="期間の初日(YYYY-MM-DD)。")
@click.option("--to", "end", help="期間の末日(その日を含む)。")
@click.option("--value", help="その期間の件数。")
@click.option("--origin", help="出どころ(月報、計画書など)。")
@click.option("--confidence", type=click.Choice(["公表値", "手入力", "導出"]), help="値の性質(既定は手入力)。")
@click.option("--note", help="備考。")
@click.option("--reason", default="", help="記録済みの値を訂正する理由。")
def measure_facts(
    workspace: Any, screen: Any, as_json: bool, files: tuple[Path, ...], reason: str, **typed: str | None
) -> int:
    """期間の合計として報告された値(これまでの月報など)を、CSV か手入力で記録します。 / Reported totals.

    \b
    例: publish.py measure facts 月報.csv      (列: series,start,end,origin,value,confidence,note)
        publish.py measure facts --series A0 --from 2023-04-01 --to 2024-03-31 --value 75210 --origin 年報
    """
    from pipelines.run.measuring import facts

    return int(screen.lines(facts(workspace, files, reason, typed), as_json=as_json))


@command("approve", group=measure)
@click.argument("series")
@click.option("--version", default="1", show_default=True, help="系列の版。")
@click.option("--by", required=True, help="承認した会議の名前。")
@click.option("--on", required=True, help="承認した日(YYYY-MM-DD)。")
@click.option("--from", "since", required=True, help="公式とする最初の日(YYYY-MM-DD)。")
def measure_approve(
    workspace: Any, screen: Any, as_json: bool, series: str, version: str, by: str, on: str, since: str
) -> int:
    """会議が承認した数え方を、公式の系列として記録します。 / Record the approval of the official series.

    \b
    例: publish.py measure approve A1 --by DX推進調整会議 --on 2026-12-01 --from 2027-04-01
    """
    from pipelines.run.measuring import approve

    return int(screen.lines(approve(workspace, series, version, by, on, since), as_json=as_json))


@command("annotate", group=measure)
@click.argument("day")
@click.argument("text")
@click.option(
    "--kind",
    default="広報",
    show_default=True,
    type=click.Choice(["広報", "リニューアル", "計測変更", "障害", "災害"]),
    help="できごとの種類。",
)
def measure_annotate(workspace: Any, screen: Any, as_json: bool, day: str, text: str, kind: str) -> int:
    """数字の動きに関わるできごとを、日付とともに書き残します。 / Write an event beside the numbers.

    \b
    例: publish.py measure annotate 2026-05-08 広報さがみはらで特集 --kind 広報
    """
    from pipelines.run.measuring import annotate

    return int(screen.lines(annotate(workspace, day, text, kind), as_json=as_json))


@command("status", group=measure)
def measure_status(workspace: Any, screen: Any, as_json: bool) -> int:
    """計測元、数えた期間、欠測日、行の照合、公式の系列を示します。 / Sources, coverage, gaps, reconciliation.

    \b
    例: publish.py measure status
    """
    from pipelines.run.measuring import status

    state, lines = status(workspace)
    if as_json:
        screen.json(state)
        return 0
    return int(screen.lines(lines, as_json=False))


@command("evaluate", group=measure)
@click.argument("kpi")
@click.option("--fy", help="年度(R8 など、既定は今年度)。")
@click.option("--self", "self_grade", help="自己評価(A～D など)。")
@click.option("--self-text", help="自己評価の説明。")
@click.option("--committee", "committee_grade", help="会議の評価。")
@click.option("--committee-text", help="会議の意見。")
@click.option("--decided", help="会議が決めた日(YYYY-MM-DD)。")
def measure_evaluate(
    workspace: Any, screen: Any, as_json: bool, kpi: str, fy: str | None, decided: str | None, **answers: str | None
) -> int:
    """年度の自己評価と会議の評価を記録します(計算による案も残します)。 / Self-evaluation and grade.

    \b
    例: publish.py measure evaluate datasets --fy R8 --self B --self-text 研修の効果があった
        publish.py measure evaluate datasets --fy R8 --committee C --committee-text 一層の公開を --decided 2027-06-10
    """
    from pipelines.run.committee import evaluate

    return int(screen.lines(evaluate(workspace, kpi, fy, decided, **answers), as_json=as_json))


@command("instruct", group=measure)
@click.argument("text", required=False)
@click.option("--number", help="記録済みの指示の番号(R8-1 など)。対応を書くとき。")
@click.option("--fy", help="年度(R8 など、既定は今年度)。")
@click.option("--owner", help="担当。")
@click.option("--due", help="期日(YYYY-MM-DD)。")
@click.option("--status", help="open(対応中)、done(完了)、dropped(取りやめ)。")
@click.option("--followup", help="対応した内容。")
def measure_instruct(
    workspace: Any, screen: Any, as_json: bool, text: str | None, number: str | None, **given: str | None
) -> int:
    """会議の改善指示と、その対応を記録します。何も書かなければ一覧。 / Instructions and their follow-up.

    \b
    例: publish.py measure instruct 公開候補を各課に照会する --owner 事務局 --due 2027-09-30
        publish.py measure instruct --number R8-1 --status done --followup 12課から回答
    """
    from pipelines.run.committee import instruct

    return int(screen.lines(instruct(workspace, text, number, **given), as_json=as_json))


@command("action", group=measure)
@click.argument("text", required=False)
@click.option("--number", help="記録済みの行動目標の番号(R8-1 など)。")
@click.option("--fy", help="年度(R8 など、既定は今年度)。")
@click.option("--owner", help="担当。")
@click.option("--due", help="期日(YYYY-MM-DD)。")
@click.option("--planned", type=click.IntRange(min=0), help="公開を予定するデータセットの数。")
@click.option("--note", help="備考。")
@click.option("--done", help="実施した日(YYYY-MM-DD)。")
def measure_action(
    workspace: Any, screen: Any, as_json: bool, text: str | None, number: str | None, done: str | None, **given: Any
) -> int:
    """行動目標(行動そのもの)と、実施したかどうかを記録します。何も書かなければ一覧。 / Action goals.

    \b
    例: publish.py measure action 防災分野のデータを公開する --owner 危機管理課 --due 2027-01-31 --planned 3
        publish.py measure action --number R8-1 --done 2027-01-20
    """
    from pipelines.run.committee import act

    return int(screen.lines(act(workspace, text, number, done, **given), as_json=as_json))


@command("report")
@click.option("--as-of", help="いつ時点の報告か(YYYY-MM-DD、既定は今日)。")
@click.option("--fy", help="年度(R8、2026 など。既定は as-of の年度)。")
@click.option(
    "--format",
    "form",
    default="all",
    show_default=True,
    help="html, xlsx, docx, csv, json, all のどれか。",
    type=click.Choice(["html", "xlsx", "docx", "csv", "json", "all"]),
)
@click.option(
    "--compare",
    is_flag=False,
    flag_value="last",
    help="前の報告書(日付を書けばその日までの最後のもの)からの変化を示します。",
)
@click.option("--sample", is_flag=True, help="記録がたまったときの報告書の見本を作ります(架空のデータ)。")
def report(
    workspace: Any,
    screen: Any,
    as_json: bool,
    as_of: str | None,
    fy: str | None,
    form: str,
    compare: str | None,
    sample: bool,
) -> int:
    """成長の報告書を作ります。 / Write the growth report.

    \b
    例: publish.py report
        publish.py report --as-of 2026-10-31 --fy R8 --format docx
        publish.py report --compare               前の報告書からの変化も示す
        publish.py report --sample                架空の実績による見本
    """
    from pipelines.run.reporting import write_report, write_sample

    if sample:
        return int(screen.lines(write_sample(workspace, form), as_json=as_json))
    return int(screen.lines(write_report(workspace, as_of, fy, form, compare), as_json=as_json))


@command("list")
def list_datasets(workspace: Any, screen: Any, as_json: bool) -> int:
    """datasets/ にあるデータセットを一覧にします(通信しません)。 / List the drop.

    \b
    例: publish.py list
    """
    from pipelines.run.listing import listing

    return int(screen.table(listing(workspace), as_json=as_json))


@command("status")
@click.option("--dataset", help="このデータセットの履歴を示します。")
def status(workspace: Any, screen: Any, as_json: bool, dataset: str | None) -> int:
    """最近の実行と、データセットごとの公開の記録を示します。 / Last runs and a dataset's history.

    \b
    例: publish.py status
        publish.py status --dataset 141500_public_toilet
    """
    from pipelines.run.listing import history, runs

    rows = history(workspace, dataset) if dataset else runs(workspace)
    return int(screen.table(rows, as_json=as_json))


@command("new")
@click.argument("kind", type=click.Choice(["catalog", "department", "dataset"]))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title", default="", help="名前(日本語)。")
@click.option("--name", default="", help="ポータルでの名前(半角)。フォルダー名が日本語のときは必要です。")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="このファイルから項目の定義(schema.yaml)も作ります。",
)
def new(
    workspace: Any, screen: Any, as_json: bool, kind: str, folder: Path, title: str, name: str, source: Path | None
) -> int:
    """ひな形の YAML を作ります(あるものは上書きしません)。 / Write a correct skeleton.

    \b
    例: publish.py new department datasets/kankyo --title 環境政策課
        publish.py new dataset datasets/kankyo/hoankirin --title 保存樹木一覧 --from ~/保存樹木.xlsx
    """
    from pipelines.run.skeleton import skeleton

    return int(screen.lines(skeleton(workspace, kind, folder, title, source, name), as_json=as_json))


@command("doctor")
def doctor(workspace: Any, screen: Any, as_json: bool) -> int:
    """設定・鍵・権限・ポータルの具合を調べます。 / Examine configuration, token, rights and portal.

    \b
    例: publish.py doctor
    """
    from pipelines.run.doctor import examine

    return int(screen.findings(list(examine(workspace)), as_json=as_json))


@cli.group()
def catalog() -> None:
    """手元の試用カタログ(本物の CKAN)を動かします。 / The embedded catalogue.

    \b
    例: publish.py catalog up
        publish.py catalog status --json
    """


def _catalogue_command(name: str, text: str) -> None:
    def called(workspace: Any, screen: Any, as_json: bool) -> int:
        from pipelines.run.catalogue import catalogue

        return int(screen.catalogue(catalogue(workspace, name, show=not as_json), as_json=as_json))

    called.__doc__ = f"{text}\n\n    \b\n    例: publish.py catalog {name}\n    "
    command(name, group=catalog)(called)


_catalogue_command("up", "起動します(初めてなら CKAN を入れるところから)。 / Start it, installing it first if needed.")
_catalogue_command("down", "止めます。データは残ります。 / Stop it; data stay.")
_catalogue_command("status", "動いているかどうかと住所を示します。 / Is it running, and where.")
_catalogue_command("reset", "止めて、中のデータをすべて消します。 / Stop it and delete its data.")


@command("prepare", group=catalog)
@click.option("--user", help="公開に使う利用者の名前(手元の試用カタログでは不要)。")
def catalog_prepare(workspace: Any, screen: Any, as_json: bool, user: str | None) -> int:
    """部署ごとの組織を作り、公開用の利用者を編集者にします(管理者の鍵が必要)。 / Make organizations.

    \b
    例: publish.py catalog prepare
        CKAN_ADMIN_TOKEN=… publish.py catalog prepare --user odp
    """
    from pipelines.run.prepare import prepare

    rows = [{"組織": name, "結果": done} for name, done in prepare(workspace, user)]
    return int(screen.table(rows, as_json=as_json))


@command("approvals")
def approvals(workspace: Any, screen: Any, as_json: bool) -> int:
    """保留中のものと、決定を待つ申請を一覧にします。 / What is held, and requests that wait.

    \b
    例: publish.py approvals
    """
    from pipelines.run.screening import waiting

    return int(screen.table(waiting(workspace), as_json=as_json))


@command("request")
@click.argument("dataset")
@click.option("--by", required=True, help="申請する人。")
@click.option("--reason", required=True, help="公開してよい理由。")
@click.option("--basis", required=True, help="根拠となる法令や要綱。")
@click.option("--until", required=True, help="期限(YYYY-MM-DD、1年以内)。")
@click.option("--detector", default="", help="検出の種類(省くと保留中のすべて)。")
@click.option("--column", default="", help="項目(省くと保留中のすべて)。")
def request(workspace: Any, screen: Any, as_json: bool, dataset: str, **answers: str) -> int:
    """保留されたものの公開を申請します(承認は別の人)。 / Ask that a held finding may be published.

    \b
    例: publish.py request 141500_food_business_all --by 佐藤 --reason 法令により公表 \\
          --basis 食品衛生法 --until 2027-03-31
    """
    from pipelines.run.screening import request as ask

    return int(screen.lines(ask(workspace, dataset, **answers), as_json=as_json))


@command("approve")
@click.argument("number")
@click.option("--by", required=True, help="承認する人(申請した人とは別の人)。")
@click.option("--reason", default="", help="申し添えること。")
def approve(workspace: Any, screen: Any, as_json: bool, number: str, by: str, reason: str) -> int:
    """申請を承認します(四つの目)。 / Approve a request.

    \b
    例: publish.py approve 1a2b3c4d5e6f --by 鈴木
    """
    from pipelines.run.screening import decide

    return int(screen.lines(decide(workspace, "approve", number, by, reason), as_json=as_json))


@command("reject")
@click.argument("number")
@click.option("--by", required=True, help="決めた人。")
@click.option("--reason", required=True, help="公開しない理由。")
def reject(workspace: Any, screen: Any, as_json: bool, number: str, by: str, reason: str) -> int:
    """申請を却下します。承認を取り消すのもこれです。 / Reject a request or take an approval back.

    \b
    例: publish.py reject 1a2b3c4d5e6f --by 鈴木 --reason 個人の氏名のため
    """
    from pipelines.run.screening import decide

    return int(screen.lines(decide(workspace, "reject", number, by, reason), as_json=as_json))


@command("export")
@click.option(
    "--site",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="書き出す場所(空か、前に作ったもの)。 / Where to write it.",
)
@click.option("--base-url", default="", help="サイトを置く住所(https://…/)。 / Where it will be served.")
@click.option("--shrink", is_flag=True, help="前のサイトにあったデータセットがなくなってもかまいません。")
def export(workspace: Any, screen: Any, as_json: bool, site: Path, base_url: str, shrink: bool) -> int:
    """カタログ全体を静的なサイトに書き出します(CKAN は使いません)。 / The catalogue as a static site.

    \b
    例: publish.py export --site ~/site --base-url https://data.example.lg.jp/
    """
    from pipelines.run.exporting import export_site

    lines = export_site(workspace, site.resolve(), base_url, screen.watch, shrink=shrink)
    return int(screen.lines(lines, as_json=as_json))


@cli.group()
def audit() -> None:
    """承認の記録を確かめます。 / The audit log.

    \b
    例: publish.py audit verify
    """


@command("verify", group=audit)
def audit_verify(workspace: Any, screen: Any, as_json: bool) -> int:
    """承認の記録が書き換えられていないことを確かめます。 / Verify the hash chain.

    \b
    例: publish.py audit verify
    """
    from pipelines.run.screening import verify

    return int(screen.problems(verify(workspace), as_json=as_json, fine="audit-whole"))


@command("withdraw")
@click.argument("dataset")
@click.option("--urgent", is_flag=True, help="今すぐ非公開にし、消えたことを確かめます。")
@click.option("--reason", required=True, help="取り下げる理由。")
@click.option("--approver", required=True, help="決めた人。")
@click.option("--undo", "back", is_flag=True, help="取り下げを取り消します(次の run で公開されます)。")
def withdraw(
    workspace: Any, screen: Any, as_json: bool, dataset: str, urgent: bool, reason: str, approver: str, back: bool
) -> int:
    """データセットを公開からはずします。 / Withdraw a dataset.

    \b
    例: publish.py withdraw 141500_public_toilet --reason 内容の誤り --approver 鈴木
        publish.py withdraw 141500_food --urgent --reason 個人情報の混入 --approver 鈴木
        publish.py withdraw 141500_food --undo --reason 修正済み --approver 鈴木
    """
    from pipelines.run.urgent import withdraw_now
    from pipelines.run.withdrawing import undo
    from pipelines.run.withdrawing import withdraw as withdraw_dataset

    if urgent and not back:
        done = withdraw_now(workspace, dataset, reason, approver)
        return int(screen.lines(done.lines, as_json=as_json)) or int(not done.gone)
    act = undo if back else withdraw_dataset
    return int(screen.lines(act(workspace, dataset, reason, approver), as_json=as_json))


@command("restore")
@click.argument("dataset")
@click.option("--version", "number", type=int, help="戻す版の番号(省くと、戻せる版を一覧にします)。")
def restore(workspace: Any, screen: Any, as_json: bool, dataset: str, number: int | None) -> int:
    """前に公開した版に戻します。次に新しいファイルが置かれるまで保ちます。 / Restore a published version.

    \b
    例: publish.py restore 141500_public_toilet
        publish.py restore 141500_public_toilet --version 3
    """
    from pipelines.run.restoring import restore as restore_version
    from pipelines.run.restoring import versions

    if number is None:
        return int(screen.table(versions(workspace, dataset), as_json=as_json))
    return int(screen.account(restore_version(workspace, dataset, number, screen.watch), as_json=as_json))


if __name__ == "__main__":
    cli()
