"""How payclerk logs: one line an event, to stderr. No amounts, no addresses, no secrets."""

from __future__ import annotations

import logging
import sys
import traceback

import structlog

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
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # the stderr of now, which may be another by then
    )
    # Libraries speak up only when something is wrong; their debug lines hold tokens and addresses.
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def places(error: BaseException) -> str:
    """The kind of a fault and the lines it came through, without its words and without what the variables held."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join([type(error).__name__, *lines])
