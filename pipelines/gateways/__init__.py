"""The only doors to the outside: ckan.py (ckanapi), store.py (sqlite3), web.py (requests), folders.py (ctypes)."""
