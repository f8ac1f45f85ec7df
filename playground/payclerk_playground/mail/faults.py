"""What can be made to go wrong between payclerk and the people it writes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from .accounts import without_tag


@dataclass
class MailFaults:
    """A count is used up by one each time its fault is shown; an address stays until `clear`."""

    temporary: int = 0  # the next so many recipients are answered with 451
    busy: int = 0  # the next so many connections are answered with 421
    lost_replies: int = 0  # the next so many mails are taken, but the line drops before the server says so
    _refused: set[str] = field(default_factory=set)
    _bounced: dict[str, str] = field(default_factory=dict)

    def refuse(self, address: str) -> None:
        """Answer 550 at once when somebody writes to this address."""
        self._refused.add(without_tag(address))

    def bounce(self, address: str, status: str = "5.1.1") -> None:
        """Take mail to this address and send it back later, with this RFC 3463 status."""
        self._bounced[without_tag(address)] = status

    def clear(self) -> None:
        self.temporary = self.busy = self.lost_replies = 0
        self._refused.clear()
        self._bounced.clear()

    def refuses(self, address: str) -> bool:
        return without_tag(address) in self._refused

    def bounce_status(self, address: str) -> str | None:
        return self._bounced.get(without_tag(address))

    def takes(self, fault: str) -> bool:
        """Whether this fault is due now; if so one of its count is used up."""
        left: int = getattr(self, fault)
        setattr(self, fault, max(0, left - 1))
        return left > 0
