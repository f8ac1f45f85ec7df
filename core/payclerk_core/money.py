"""Money: whole minor units, made, rounded, shared and read in this one module.

`cents` are minor units of the currency, whatever it calls them: hundredths of a dollar, whole yen, thousandths of a
dinar (ISO 4217). No float ever. Rounding is half up, to the minor unit (domain: per line, then summed, so that
the summary page and the continuation sheet cannot disagree).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

HUNDRED: Final = Decimal(100)
LARGEST_CENTS: Final = 10**15  # ten trillion: far above any contract, far below a 64-bit column
_MOST_DIGITS: Final = 15
_SYMBOLS: Final = {"USD": "$", "CAD": "$", "AUD": "$", "NZD": "$", "GBP": "£", "EUR": "€"}
# ISO 4217, list one (looked at in November 2026): the currencies in use with two decimals, with none, and with three.
# Not here: those with four (CLF, UYW), which are units of account, and codes of metals, funds and tests.
_TWO: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
    CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
    KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
    PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY
    TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_MINOR: Final = {code: places for codes, places in ((_TWO, 2), (_NONE, 0), (_THREE, 3)) for code in codes.split()}


def minor_units(currency: str) -> int:
    """How many decimals amounts of this currency have (ISO 4217). Raises ValueError for a code that is none.

    >>> minor_units("USD"), minor_units("JPY"), minor_units("KWD")
    (2, 0, 3)
    """
    try:
        return _MINOR[currency]
    except KeyError:
        raise ValueError(f"{currency} is not a currency in use (ISO 4217); write one like USD") from None


def currencies() -> tuple[str, ...]:
    """The codes of all currencies that amounts can be in, in alphabetical order."""
    return tuple(sorted(_MINOR))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in whole minor units of one currency.

    >>> Money(1050) + Money(5)
    Money('10.55', 'USD')
    """

    cents: int
    currency: str = "USD"

    def __repr__(self) -> str:
        return f"Money('{self.plain()}', '{self.currency}')"

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.cents, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.cents), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.cents < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.cents <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.cents > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.cents >= self._same(other)

    def __bool__(self) -> bool:
        return self.cents != 0

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.cents

    def times(self, rate: Decimal) -> Money:
        """This amount times a rate, rounded half up to the cent.

        >>> Money(33333).times(Decimal("0.10"))
        Money('33.33', 'USD')
        """
        return Money(int((self.cents * rate).to_integral_value(ROUND_HALF_UP)), self.currency)

    def percent(self, rate: Decimal) -> Money:
        """So many percent of this amount, rounded half up to the cent.

        >>> Money(33333).percent(Decimal(10))
        Money('33.33', 'USD')
        """
        return Money(PercentOf(rate)(self.cents), self.currency)

    def share(self, weights: Sequence[int]) -> list[Money]:
        """Split by weights (not negative) so that the parts add up to the cent: largest remainder, first on a tie.

        >>> Money(100).share([1, 1, 1])
        [Money('0.34', 'USD'), Money('0.33', 'USD'), Money('0.33', 'USD')]
        """
        total = sum(weights)
        if not weights or total <= 0 or min(weights) < 0:
            raise ValueError("weights must not be negative, and must add up to more than zero")
        sign = -1 if self.cents < 0 else 1
        exact = [divmod(abs(self.cents) * weight, total) for weight in weights]
        parts = [quotient for quotient, _ in exact]
        left = abs(self.cents) - sum(parts)
        for index in sorted(range(len(weights)), key=lambda i: (-exact[i][1], i))[:left]:
            parts[index] += 1
        return [Money(sign * part, self.currency) for part in parts]

    def plain(self) -> str:
        """'1234.50', for files and machines: as many decimals as the currency has.

        >>> Money(1235, "JPY").plain(), Money(1235, "KWD").plain()
        ('1235', '1.235')
        """
        return self._written("")

    def grouped(self) -> str:
        """'-1,234.50', for papers: thousands apart, without the currency."""
        return self._written(",")

    def _written(self, thousands: str) -> str:
        places = minor_units(self.currency)
        whole, part = divmod(abs(self.cents), 10**places)
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{whole:{thousands}}" + (f".{part:0{places}d}" if places else "")

    @property
    def whole(self) -> Decimal:
        """The amount in whole units of the currency: 12.50 for 1,250 cents."""
        return Decimal(self.cents).scaleb(-minor_units(self.currency))

    def __str__(self) -> str:
        """'$1,234.50', for people; negative amounts as '-$1,234.50'.

        >>> str(Money(-123450))
        '-$1,234.50'
        """
        sign = "-" if self.cents < 0 else ""
        symbol = _SYMBOLS.get(self.currency, self.currency + " ")
        return f"{sign}{symbol}{abs(self).grouped()}"


class PercentOf:
    """A rate in percent, made once and applied to thousands of amounts in whole cents: half up, in whole numbers.

    >>> PercentOf(Decimal("7.5"))(100_01)
    750
    """

    __slots__ = ("_half", "_over", "_under")

    def __init__(self, rate: Decimal) -> None:
        over, under = rate.as_integer_ratio()
        self._over, self._half, self._under = over, 50 * under, 100 * under

    def __call__(self, cents: int) -> int:
        # Half up is away from zero, for a deduction as for an addition: what is taken back is what was given.
        if cents >= 0:
            return (cents * self._over + self._half) // self._under
        return -((self._half - cents * self._over) // self._under)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum; zero of `currency` for none."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result


def percent_of(part: Money, whole: Money) -> Decimal:
    """part ÷ whole in percent, two decimals; 0 when the whole is zero (domain 3.5).

    >>> percent_of(Money(1), Money(3))
    Decimal('33.33')
    """
    if not whole:
        return Decimal("0.00")
    return (Decimal(part.cents) * HUNDRED / Decimal(whole.cents)).quantize(Decimal("0.01"), ROUND_HALF_UP)


_PLAIN: Final = re.compile(r"\d+(\.\d+)?|\.\d+")
_GROUPED: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_LONE_COMMA: Final = re.compile(r"\d{1,3},\d{3}")  # of a currency with three decimals: a thousand or one


def read_money(text: str, currency: str = "USD") -> Money:
    """An amount as people type it: '1,234.50', '$ 1234.5', '(12.00)', '-12'.

    Refuses what could be read in two ways ('1.234,50', '12,5'; of dinars also '1,234') and fractions of a cent.

    >>> read_money("$1,234.50")
    Money('1234.50', 'USD')
    """
    bare = text.strip().replace("\u00a0", "").replace(" ", "")
    in_brackets = bare.startswith("(") and bare.endswith(")")
    bare = bare[1:-1] if in_brackets else bare
    signed = bare.startswith("-")
    bare = (
        bare.removeprefix("-" if signed else "+").removeprefix(_SYMBOLS.get(currency, currency)).removeprefix(currency)
    )
    if minor_units(currency) == 3 and _LONE_COMMA.fullmatch(bare):
        raise ValueError(f"'{text.strip()[:40]}' can be read in two ways; write it like 1234.500")
    if not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        raise ValueError(f"'{text.strip()[:40]}' is not an amount; write it like 1234.50")
    amount = decimal_to_money(Decimal(bare.replace(",", "")), currency)
    return -amount if in_brackets != signed else amount


def decimal_to_money(value: Decimal, currency: str) -> Money:
    """A decimal number of whole units ('12.5' is 12.50), exact to the currency's minor unit or refused."""
    places = minor_units(currency)
    # Looked at before anything is reckoned with it: what is far from any amount would overflow, or become nothing.
    if value.is_finite() and value and value.adjusted() > _MOST_DIGITS:
        raise ValueError(f"{value} is too large to be an amount")
    if value.is_finite() and value and value.adjusted() < -places:
        raise ValueError(_fraction(value, currency, places))
    try:
        cents = value.scaleb(places)
        exact = cents == cents.to_integral_value()
    except InvalidOperation:
        exact = False
    if not exact:
        raise ValueError(_fraction(value, currency, places))
    if abs(cents) > LARGEST_CENTS:
        raise ValueError(f"{value} is too large to be an amount")
    return Money(int(cents), currency)


def _fraction(value: Decimal, currency: str, places: int) -> str:
    if places == 2:
        return f"{value} has fractions of a cent; round it to two decimals"
    most = f"has {places} decimals at most" if places else "has no decimals"
    return f"{value} is too exact for {currency}, which {most}; round it"
