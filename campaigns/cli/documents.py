"""Workflow documents as files, and as they are told about."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from campaigns.engine.json_text import read_json
from campaigns.errors import Malformed, Problem

_STANDARD_INPUT = "standard input"


def read_document(file: IO[str]) -> dict[str, Any]:
    """Read a JSON object from a file; raise Malformed with the line and column where it breaks off."""
    try:
        found = read_json(file.read())
    except Malformed as error:
        raise Malformed("The file is no JSON.", problems=[Problem(_label(file), error.message)]) from error
    except UnicodeDecodeError as error:
        raise Malformed("The file is no UTF-8 text.", problems=[Problem(_label(file), str(error))]) from error
    if not isinstance(found, dict):
        raise Malformed("The file holds no JSON object.", problems=[Problem(_label(file), "must begin with {")])
    return found


def name_from(file: IO[str]) -> str:
    """Return a workflow's name when none is given: from the file's name."""
    stem = Path(_label(file)).stem
    return "Imported workflow" if stem == _STANDARD_INPUT else stem.replace("_", " ").replace("-", " ").title()


def _label(file: IO[str]) -> str:
    name = str(getattr(file, "name", ""))
    return _STANDARD_INPUT if name in {"", "-", "<stdin>"} else name
