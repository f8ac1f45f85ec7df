"""Who has a mailbox here, and which mailbox an address belongs to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from email.utils import formataddr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payclerk_playground.personas import Persona

PAYCLERK_ADDRESS = "billing@reply.payclerk.example"
HOST_NAME = "mx.playground.example"


@dataclass(frozen=True)
class Account:
    address: str
    name: str
    title: str = ""
    tz: str = "UTC"
    locale: str = "en"
    is_payclerk: bool = False
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)

    @property
    def mailbox(self) -> str:
        """The address as it stands in a From or To line."""
        return formataddr((self.name, self.address))


class Accounts:
    def __init__(self, personas: Iterable[Persona]) -> None:
        people = [_account(persona) for persona in personas if persona.has_mailbox]
        self.payclerk = Account(PAYCLERK_ADDRESS, "payclerk", is_payclerk=True)
        self._by_address = {account.address: account for account in [*people, self.payclerk]}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_address.values())

    def find(self, address: str) -> Account | None:
        """The account that gets mail for this address, with any +tag in it."""
        return self._by_address.get(without_tag(address))

    def signs_in(self, login: str, password: str) -> Account | None:
        account = self.find(login) or self.by_local_part(login)
        return account if account and secrets.compare_digest(account.password.encode(), password.encode()) else None

    def by_local_part(self, login: str) -> Account | None:
        """People also sign in with the bare name, as long as only one address begins with it."""
        found = [account for account in self if account.address.split("@")[0] == login.casefold()]
        return found[0] if len(found) == 1 else None


def without_tag(address: str) -> str:
    local, at, domain = address.strip().casefold().rpartition("@")
    return local.split("+")[0] + at + domain


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def _account(persona: Persona) -> Account:
    return Account(persona.email.casefold(), persona.name, persona.title, persona.tz, persona.locale)
