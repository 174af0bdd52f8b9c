"""The guarded child process: ``python -m pipelines.read.child FOLDER LIMITS`` opens what may be hostile.

Reads one JSON request a line (``do``, ``path``, ``out``), writes the answer file and one JSON line.  It imports the
standard library and the one workbook reader a file needs, so that a small workbook costs milliseconds.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.read._wire import Book, Refused, write
from pipelines.read.limits import Limits

CPU_MARGIN = 5


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    folder, limits = Path(sys.argv[1]), Limits(**json.loads(sys.argv[2]))
    _confine(limits)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    for line in sys.stdin:
        request = json.loads(line)
        _more_time(limits)
        answer = _serve(request, folder, limits)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _confine(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.unzipped_bytes * 2, limits.unzipped_bytes * 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def _more_time(limits: Limits) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + limits.seconds) + CPU_MARGIN
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def _serve(request: dict[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    out = Path(request["out"])
    if out.parent != folder:
        return {"ok": False, "code": "reader-died"}
    try:
        OPERATIONS[request["do"]](Path(request["path"]), limits, out)
    except Refused as refused:
        return {"ok": False, "code": refused.code, "words": refused.words}
    except MemoryError:
        return {"ok": False, "code": "zip-bomb", "words": {"detail": "メモリの上限を超えました"}}
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, KeyError, IndexError, RecursionError) as error:
        return {"ok": False, "code": "broken-file", "words": {"detail": type(error).__name__}}
    except Exception as error:  # a reader's own bug on a damaged file: the file is refused, the parent lives
        return {"ok": False, "code": "broken-file", "words": {"detail": type(error).__name__}}
    return {"ok": True}


def _package(path: Path, limits: Limits, out: Path) -> None:
    from pipelines.read._container import open_package

    _answer(open_package(path, limits), out)


def _unpack(path: Path, limits: Limits, out: Path) -> None:
    from pipelines.read._container import unpack

    unpack(path, limits, out)


def _ole(path: Path, limits: Limits, out: Path) -> None:
    from pipelines.read._xls import open_xls

    _answer(open_xls(path, limits), out)


def _html(path: Path, limits: Limits, out: Path) -> None:
    from pipelines.read._html import open_html

    _answer(open_html(path, limits), out)


def _answer(book: Book, out: Path) -> None:
    with out.open("w", encoding="ascii") as stream:
        write(book, stream)


OPERATIONS: dict[str, Callable[[Path, Limits, Path], None]] = {
    "package": _package,
    "unpack": _unpack,
    "ole": _ole,
    "html": _html,
}

if __name__ == "__main__":
    main()
