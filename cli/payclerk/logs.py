"""How payclerk logs: one line an event, to stderr. No amounts, no addresses, no secrets, whoever writes the line."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import structlog

from payclerk_core.redaction import redacted

PLACES = 8
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def set_up_logs(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
            _redacted_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # the stderr of now, which may be another by then
    )
    logging.setLogRecordFactory(_redacted_record)
    if sys.excepthook is sys.__excepthook__:  # whoever hung up another one, a test's say, wants to hear of it
        sys.excepthook = _tell_uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = lambda given: _tell_uncaught(given.exc_type, given.exc_value, given.exc_traceback)
    # Libraries speak up only when something is wrong; their debug lines hold tokens and addresses.
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def _redacted_line(_logger: Any, _name: str, line: Any) -> str:
    return redacted(str(line))


def _redacted_record(*given: Any, **more: Any) -> logging.LogRecord:
    """A line of a library without our secrets, whichever handler prints it: some hang up their own."""
    record = logging.LogRecord(*given, **more)
    try:
        said = record.getMessage()
    except Exception:  # noqa: BLE001 - the library's own fault; the handler would print what it was given
        said = str(record.msg)
    record.msg, record.args = redacted(said), ()
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = redacted("".join(traceback.format_exception(record.exc_info[1])).rstrip())
        record.exc_info = None
    return record


def _tell_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """What ended a thread or the process: its words may hold a secret that nobody knows as one, so they are left out."""
    if error is not None and not issubclass(kind, KeyboardInterrupt | SystemExit):
        sys.stderr.write(f"{redacted(places(error.with_traceback(trace)))}\n")


def places(error: BaseException) -> str:
    """The kind of a fault and the lines it came through, without its words and without what the variables held."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join([type(error).__name__, *lines])
