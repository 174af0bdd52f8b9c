"""All that CKAN needs before its first request, in one process; safe to run again.

Databases and roles, CKAN's and the plugins' migrations, DataStore permissions, the users with their
tokens, and the search index where the site's address or id changed.
Reads a JSON object on stdin: {"secrets": {...}, "reindex": bool}; its last line on stdout is the
JSON object of the secrets as they then are.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from typing import Any

import ckan_app
import lines
import psycopg2
from sqlalchemy.engine import make_url

USERS = {"admin": True, "publisher": False}


def connect(url: str, database: str | None = None) -> Any:
    """A connection outside any transaction, to the database of a SQLAlchemy address or to another one there."""
    parts = make_url(url)
    connection = psycopg2.connect(host=parts.query["host"], user=parts.username, dbname=database or parts.database)
    connection.autocommit = True
    return connection


def make_databases(settings: Any) -> None:
    """The two databases and DataStore's read-only role."""
    with connect(settings["sqlalchemy.url"], "postgres").cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'datastore_ro'")
        if not cursor.fetchone():
            cursor.execute("CREATE ROLE datastore_ro LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
        cursor.execute("SELECT datname FROM pg_database")
        present = {row[0] for row in cursor.fetchall()}
        for name in {"ckan", "datastore"} - present:
            cursor.execute(f"CREATE DATABASE {name} OWNER ckan ENCODING 'UTF8'")


def migrate(settings: Any) -> None:
    """CKAN's own schema, then that of each plugin."""
    from ckan.cli import db
    from ckan.config.environment import load_environment

    load_environment(settings)
    db._run_migrations("", "head")
    lines.migrate_plugins()


def grant_datastore(settings: Any) -> None:
    """What ``ckan datastore set-permissions`` prints, run here (psql's own \\connect left out)."""
    from ckan.model import parse_db_config
    from ckanext.datastore.cli import permissions_sql

    main, write, read = (
        parse_db_config(key) for key in ("sqlalchemy.url", "ckan.datastore.write_url", "ckan.datastore.read_url")
    )
    script = permissions_sql(main["db_name"], write["db_name"], main["db_user"], write["db_user"], read["db_user"])
    with connect(settings["ckan.datastore.write_url"]).cursor() as cursor:
        cursor.execute(re.sub(r"(?m)^\\connect.*$", "", script))


def make_user(name: str, sysadmin: bool, known: dict[str, str]) -> None:
    """A user whose password and token are in ``known`` and work."""
    import ckan.model as model
    from ckan.plugins import toolkit

    admin = {"ignore_auth": True, "user": toolkit.get_action("get_site_user")({"ignore_auth": True}, {})["name"]}
    user = model.User.get(name)
    password = known.get(f"{name}_password")
    if user is None:
        password = password or secrets.token_urlsafe(18)
        new = {"name": name, "email": f"{name}@localhost.local", "password": password}
        toolkit.get_action("user_create")(dict(admin), new)
        user = model.User.get(name)
    elif password is None:
        password = secrets.token_urlsafe(18)
        user.password = password
    user.sysadmin = sysadmin
    model.repo.commit()
    known[f"{name}_password"] = password
    if not token_works(known.get(f"{name}_token"), name):
        known[f"{name}_token"] = new_token(name, admin)


def token_works(token: str | None, name: str) -> bool:
    """Whether a token is one of this user's and not revoked."""
    from ckan.lib.api_token import get_user_from_token

    owner = get_user_from_token(token, update_access_time=False) if token else None
    return owner is not None and owner.name == name


def new_token(name: str, admin: dict[str, Any]) -> str:
    """A fresh token; earlier ones of ours are revoked."""
    from ckan.plugins import toolkit

    for old in toolkit.get_action("api_token_list")(dict(admin), {"user_id": name}):
        if old["name"] == "localcatalog":
            toolkit.get_action("api_token_revoke")(dict(admin), {"jti": old["id"]})
    made = toolkit.get_action("api_token_create")(dict(admin), {"user": name, "name": "localcatalog"})
    return str(made["token"])


def reindex() -> None:
    """Build the search index anew: it holds whole addresses and the site's id."""
    import ckan.lib.search as search
    from ckanext.localsearch import table

    table.empty()
    search.rebuild(quiet=True, force=True)


def main() -> None:
    """Run every step and print the secrets."""
    order = json.load(sys.stdin)
    settings = ckan_app.config()
    make_databases(settings)
    migrate(settings)
    known = dict(order["secrets"])
    # a second load: plugins may now find their tables
    app = ckan_app.load()
    with ckan_app.flask(app).test_request_context():
        grant_datastore(settings)
        for name, sysadmin in USERS.items():
            make_user(name, sysadmin, known)
        if order["reindex"]:
            reindex()
    print("\n" + json.dumps(known))


if __name__ == "__main__":
    main()
