"""An SMTP server that takes every mail and forgets it, in a process of its own: `smtp_sink.py PORT`."""

from __future__ import annotations

import signal
import sys

from aiosmtpd.controller import Controller


class Sink:
    """aiosmtpd calls this with each mail."""

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: ARG002, N802
        return "250 taken"


def main() -> None:
    controller = Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main()
