"""`python -m payclerk`."""

from __future__ import annotations

from .main import app

app()
