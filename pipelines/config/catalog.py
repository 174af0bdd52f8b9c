"""catalog.yaml and department.yaml → :class:`Catalog` and :class:`Department`."""

from __future__ import annotations

from pathlib import Path

from pipelines.config.forms import CatalogForm, DepartmentForm, LicenceForm, TargetForm, read_form
from pipelines.model import Catalog, ConfigError, Department, Licence, Portal, Target


def load_catalog(root: Path) -> Catalog:
    """Read ``root/catalog.yaml``.  Raises :class:`ConfigError` when it is missing or wrong."""
    path = root / "catalog.yaml"
    if not path.is_file():
        raise ConfigError(f"{path} がありません。`publish.py new catalog` でひな形を作れます。")
    form = read_form(path, CatalogForm)
    portal = Portal(
        kind="ckan" if form.portal.url else form.portal.kind,
        url=form.portal.url,
        datastore=form.portal.datastore,
        parallel=form.portal.parallel,
        timeout=form.portal.timeout,
        licences=form.portal.licences,
    )
    return Catalog(
        root=root,
        title=form.title,
        publisher=form.publisher,
        code=form.code,
        homepage=form.homepage,
        licence=licence(form.licence),
        credit=form.credit,
        portal=portal,
        targets=tuple(_target(kpi, target) for kpi, target in form.targets.items()),
        bom=form.output.bom,
        newline="\r\n" if form.output.newline == "crlf" else "\n",
        settle_seconds=form.intake.quiet_seconds,
        settings={
            "measure": form.measure,
            "report": form.report,
            "screen": form.screen,
            "publish": form.publish,
            "licence_basis": form.licence.basis,
        },
    )


def load_department(folder: Path, catalog: Catalog) -> Department:
    """Read ``folder/department.yaml``; municipality, code, licence and credit default to the catalogue's."""
    form = read_form(folder / "department.yaml", DepartmentForm)
    own = licence(form.licence) if form.licence else catalog.licence
    return Department(
        id=form.id,
        title=form.title,
        folder=folder,
        municipality=form.municipality or catalog.publisher,
        code=form.code or catalog.code,
        credit=form.credit or catalog.credit,
        licence=own,
        contact=form.contact,
        email=form.email,
        sample=form.sample,
        bbox=form.bbox,
        settings={"constants": form.constants},
    )


def licence(form: LicenceForm) -> Licence:
    """The licence as stated in a file."""
    return Licence(id=form.id, title=form.title, version=form.version, url=form.url)


def _target(kpi: str, form: TargetForm) -> Target:
    return Target(
        kpi=kpi,
        title=form.title,
        unit=form.unit,
        base_fy=form.base.fy,
        base=form.base.value,
        target_fy=form.target.fy,
        target=form.target.value,
    )
