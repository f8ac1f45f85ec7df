#!/usr/bin/env bash
# price-parser 0.5.1 (attrs 25.4.0), Python 3.11
#
# Guess:  a credit is read as a negative amount, or not at all: "(1,234.50)" and "-$1,234.50" as -1234.50.
# Is:     the amount comes back positive in each of the ways in which accounts write a credit: parentheses, a minus before
#         or behind, CR. Nothing says that something was left out.
# Why it matters: a deductive change order or a credit line read by it adds what should be taken off, so the sum to date is
#         wrong by twice its amount. Amounts from outside need a reader that takes the whole cell or refuses it.
#
# Output seen:
#   (1,234.50) 1234.50
#   -$1,234.50 1234.50
#   1.234,50- 1234.50
#   CR 500.00 500.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check price-parser==0.5.1 attrs==25.4.0
"$work/venv/bin/python" - >"$work/seen" <<'PY'
from price_parser import Price

for text in ("(1,234.50)", "-$1,234.50", "1.234,50-", "CR 500.00"):
    print(text, Price.fromstring(text).amount)
PY
cat "$work/seen"
diff - "$work/seen" <<'SEEN'
(1,234.50) 1234.50
-$1,234.50 1234.50
1.234,50- 1234.50
CR 500.00 500.00
SEEN
