"""Make `leads.csv`: 2,000 rows as they come from real life, most of them good; and `small.csv`, 25 good ones.

The rows are always the same.

python demo/make_leads.py
"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

ROWS = 2_000
SMALL = 25
HEADER = [
    "Email",
    "First name",
    "Last name",
    "Phone",
    "Company",
    "Brew method",
    "Status",
    "Score",
    "First order",
    "Tags",
]
FIRST = (
    "Ada Amir Ana Anton Beatriz Björn Carla Chen Chidi Clara Dmitri Elif Emma Farid Fatima Felix Giulia Hanna Hiro "
    "Irma Ivan Jana Jasper José Julia Kofi Lara Leila Liam Lucía Maja Marco Mei Mina Noah Nora Olga Omar Paula Pedro "
    "Priya Rafael Ravi Rosa Samira Sofia Tariq Théo Tomás Yuki Zoë Łukasz"
).split()
LAST = (
    "Abebe Andersson Bauer Bianchi Brown Castillo Costa Díaz Dubois Eriksen Fischer Fuentes García Haddad Hansen "
    "Hughes Ivanova Jansen Johnson Kaya Kim Klein Kowalski Larsen Lefèvre Lindqvist López Mbeki Meyer Mori Müller "
    "Nakamura Nguyễn Novák O'Brien Okafor Olsen Patel Pereira Petrov Ramos Rossi Santos Schmidt Silva Smith Suzuki "
    "Tanaka Vega Weber Wójcik Yılmaz Zhang"
).split()
PLACES = "Corner Harbour Station Garden Mill Bridge Market Museum Lakeside Old Town".split()
KINDS = ["Café", "Bistro", "Bakery", "Hotel", "Office", "Deli", "Roastery, Ltd."]
METHODS = ["espresso", "filter", "french press", ""]
TAGS = ["trade fair", "newsletter", "referral", "wholesale"]
STATUSES = ["", "", "", "new", "New", "contacted"]
NAMES = str.maketrans("äáãåçéèëíïłñóöøõšúüýžğıéễôæÀŁ'", "aaaaceeeiilnoooosuuyzgieeoaAL-")


def good_row(chance: random.Random, number: int) -> list[str]:
    """Return one lead; the number makes its address unique."""
    first, last = chance.choice(FIRST), chance.choice(LAST)
    address = f"{first}.{last}{number}".translate(NAMES).encode("ascii", "ignore").decode().lower()
    company = f"{chance.choice(PLACES)} {chance.choice(KINDS)}"
    ordered = date(2025, 1, 6) + timedelta(days=chance.randrange(500)) if chance.random() < 0.6 else None
    return [
        f"{address.replace('-', '')}@{company.split(maxsplit=1)[0].lower()}.example",
        first if chance.random() < 0.93 else "",
        last,
        f"+4930{chance.randrange(10**6, 10**7)}" if chance.random() < 0.5 else "",
        company,
        chance.choice(METHODS),
        chance.choice(STATUSES),
        str(min(100, int(chance.betavariate(2, 3) * 100))),
        ordered.isoformat() if ordered else "",
        "; ".join(chance.sample(TAGS, chance.randrange(3))),
    ]


def spoil(rows: list[list[str]]) -> None:
    """Put in what real files hold: mistakes, and people who stand there twice."""
    rows[57][0] = "not-an-address"
    rows[203][0] = "missing.at.example.com"
    rows[1650][0] = "two@@signs.example"
    rows[341][6] = "VIP"
    rows[902][6] = "unknown"
    rows[488][7] = "a lot"
    rows[1201][7] = "12,5 points"
    rows[655][8] = "2025-02-30"
    rows[1444][8] = "soon"
    rows[777].append("one cell too many")
    rows[1333].extend(["two", "too many"])
    rows[1810][5] = "teapot"
    rows[1100][0] = ""
    for at in (250, 1250, 1950):
        rows[at] = [*rows[at - 25]]
        rows[at][0] = rows[at][0].upper()
        rows[at][7] = "100"


def main() -> None:
    chance = random.Random(2026)  # noqa: S311 - the same rows each time is the point
    rows = [good_row(chance, number) for number in range(ROWS)]
    spoil(rows)
    write("leads.csv", rows)
    write("small.csv", [good_row(chance, number) for number in range(SMALL)])


def write(name: str, rows: list[list[str]]) -> None:
    with (Path(__file__).parent / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *rows])


if __name__ == "__main__":
    main()
