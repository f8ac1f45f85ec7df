"""DocuSign's way of saying no."""

from __future__ import annotations

import uuid

from starlette.responses import JSONResponse


class DocusignError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def error_response(error: DocusignError) -> JSONResponse:
    return JSONResponse(
        {"errorCode": error.code, "message": error.message},
        status_code=error.status,
        headers={"X-DocuSign-TraceToken": str(uuid.uuid4())},
    )
