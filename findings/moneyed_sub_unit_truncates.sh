#!/usr/bin/env bash
# py-moneyed 3.0 (babel 2.19.0), Python 3.11
#
# Guess:  Money.get_amount_in_sub_unit() rounds an amount to cents as printing it does.
# Is:     it cuts off what is below a cent, towards zero, while str() rounds half to even. An amount that was worked out
#         (a retainage of 10 % of 100.09) goes to a payment service as one cent less than the letter beside it says.
# Why it matters: amounts that are rounded once, by one rule, before they are stored never meet this; a system that keeps
#         unrounded Money and asks for sub units at the end loses up to a cent a line, also on credits (-10.009 -> -1000).
#
# Output seen:
#   10.009 printed 10.01 sub units 1000
#   -10.009 printed -10.01 sub units -1000
#   10.015 printed 10.02 sub units 1001
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check py-moneyed==3.0 babel==2.19.0 typing_extensions==4.15.0
"$work/venv/bin/python" - >"$work/seen" <<'PY'
from moneyed import Money

for amount in ("10.009", "-10.009", "10.015"):
    money = Money(amount, "USD")
    printed = str(money).replace("$", "").replace("\xa0", "")
    print(amount, "printed", printed, "sub units", money.get_amount_in_sub_unit())
PY
cat "$work/seen"
diff - "$work/seen" <<'SEEN'
10.009 printed 10.01 sub units 1000
-10.009 printed -10.01 sub units -1000
10.015 printed 10.02 sub units 1001
SEEN
