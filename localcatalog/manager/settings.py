"""ckan.ini: every setting of the embedded catalogue, with its reason where it has one."""

from __future__ import annotations

from manager.layout import Layout, digest, write_private
from manager.postgres import socket_folder
from manager.redis_server import socket_path
from manager.state import State

LOGGING = """
[loggers]
keys = root, ckan
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARNING
handlers = console
[logger_ckan]
level = WARNING
handlers = console
qualname = ckan
propagate = 0
[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic
[formatter_generic]
format = %(asctime)s %(levelname)-5.5s [%(name)s] %(message)s
"""


def settings(state: State, layout: Layout) -> dict[str, str]:
    """The settings by name (CKAN's config_declaration.yaml)."""
    own = {key: value.format(secret=state.secret) for key, value in layout.line.settings.items()}
    return {**_connections(state), **_site(state, layout), **_rules(), **own}


def _connections(state: State) -> dict[str, str]:
    place = f"?host={socket_folder(state)}"
    return {
        "use": "egg:ckan",
        "SECRET_KEY": state.secret,
        "WTF_CSRF_SECRET_KEY": state.secret,
        "api_token.jwt.encode.secret": f"string:{state.secret}",
        "api_token.jwt.decode.secret": f"string:{state.secret}",
        "sqlalchemy.url": f"postgresql://ckan@/ckan{place}",
        "ckan.datastore.write_url": f"postgresql://ckan@/datastore{place}",
        "ckan.datastore.read_url": f"postgresql://datastore_ro@/datastore{place}",
        "solr_url": "embedded:",
        "ckan.redis.url": f"unix://{socket_path(state)}?db=0",
    }


def _site(state: State, layout: Layout) -> dict[str, str]:
    return {
        "ckan.site_url": str(state.url),
        "ckan.site_id": state.site_id,
        "ckan.site_title": "オープンデータカタログ（手元の試用環境）",
        "ckan.plugins": layout.line.plugins,
        "ckan.locale_default": "ja",
        "ckan.locales_offered": "ja en",
        "ckan.display_timezone": "Asia/Tokyo",
        "ckan.storage_path": str(layout.storage),
        "ckan.views.default_views": "image_view text_view datatables_view",
    }


def _rules() -> dict[str, str]:
    return {
        "ckan.max_resource_size": "1024",
        "ckan.search.rows_max": "1000",
        "ckan.auth.create_unowned_dataset": "false",
        "ckan.auth.create_user_via_web": "false",
        # organizations are made by the administrator alone, never by the publishing job
        "ckan.auth.user_create_organizations": "false",
        "ckan.auth.user_create_groups": "false",
        "ckan.auth.user_delete_organizations": "false",
        "ckan.auth.user_delete_groups": "false",
        "ckan.datastore.sqlsearch.enabled": "true",
        # no English stemming of Japanese words
        "ckan.datastore.default_fts_lang": "simple",
    }


def text(state: State, layout: Layout) -> str:
    """The whole ini file; a % of ours is doubled because the file is interpolated."""
    lines = [f"{key} = {value.replace('%', '%%')}\n" for key, value in settings(state, layout).items()]
    return "[app:main]\n" + "".join(lines) + LOGGING


def write(state: State, layout: Layout) -> None:
    """Write ckan.ini (mode 0600: it holds the signing secret)."""
    write_private(layout.ini, text(state, layout))


def fingerprint(state: State, layout: Layout) -> str:
    """Changes when the web server must be restarted to see new settings."""
    return digest(text(state, layout))
