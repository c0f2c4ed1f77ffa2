"""Prints a rule file of so many distinct rules: what does a further rule cost?

    python many.py N [--campaigns]

Segments of the ten kinds of W with events, windows, thresholds and values of their own; with --campaigns, campaigns that ask for
such a segment: when something happens, when something does not, and at a time. The first ten of a hundred are the ten of ten.
"""

import random
import sys

from workload import (CART, CATEGORIES, CHARGED, CHECKOUT, CITIES, CLICK, EVENTS, LAUNCH, SEARCH, VIEW, Abandoned, Categories, Count,
                      CountWithout, FirstEver, HoursAverage, Inactive, LastCategory, Sequence, Spent)

ALL = [name for name, _ in EVENTS]
SOLD = [VIEW, CART, CHARGED]  # have a category and a price


def segment(kind, choice):
    """One of the kind, with what it hangs on drawn."""
    days = choice.randint(1, 30)
    match kind:
        case 0:
            return Count(choice.choice(ALL), days, choice.randint(1, 9))
        case 1:
            cities = tuple(choice.sample(CITIES, 3))
            return CountWithout(choice.choice([VIEW, SEARCH, CART]), days, choice.randint(1, 6), cities, choice.choice([CHARGED, CHECKOUT]),
                                choice.randint(1, 14))
        case 2:
            return Spent(choice.choice([CART, CHARGED]), days, 50.0 * choice.randint(1, 200))
        case 3:
            return Categories(choice.choice(SOLD), days, choice.randint(2, 9))
        case 4:
            return Inactive(choice.randint(1, 20), choice.choice(ALL), 30, choice.randint(1, 5))
        case 5:
            return FirstEver(choice.choice(ALL), days)
        case 6:
            return LastCategory(choice.choice(["Product Viewed", "Category Viewed", "Added To Cart", "Removed From Cart", "Charged"]),
                                choice.choice(CATEGORIES))
        case 7:
            return Sequence(tuple(choice.sample([LAUNCH, VIEW, SEARCH, CART, CHECKOUT, CHARGED, CLICK], 3)), days)
        case 8:
            return Abandoned(choice.choice([CART, CHECKOUT, VIEW, SEARCH]), days, choice.choice([CHARGED, LAUNCH, CLICK]))
        case _:
            begin = choice.randint(0, 19)
            return HoursAverage(VIEW, days, (begin, begin + 4), tuple(choice.sample(CATEGORIES, 2)), choice.randint(1, 3),
                                10.0 * choice.randint(10, 80))


def segments(number):
    """So many, no two alike."""
    choice, found = random.Random(42), {}
    while len(found) < number:
        # A kind whose possibilities are used up gives its turn to the next.
        for kind in range(len(found) % 10, len(found) % 10 + 10):
            drawn = [segment(kind % 10, choice) for _ in range(20)]
            new = next((one for one in drawn if one.rule() not in found), None)
            if new:
                found[new.rule()] = new
                break
    return list(found)


def trigger(at, rule):
    # Who has just done something has not been idle: what asks for nothing done is asked at a time.
    match 2 if "did not" in rule else at % 3:
        case 0:
            return f'when "{SOLD[at // 3 % 3]}" where price >= {100 + at}'
        case 1:
            return f'when "{CART}" where price >= {100 + at} then no "{CHARGED}" within {1 + at % 24} hours'
        case _:
            return f"at 2026-01-{2 + at % 28:02} {at // 28 % 24:02}:00"


def text(number, campaigns):
    lines = [f"# {number} distinct rules. Made by many.py.", "settings {", '  timezone "UTC"', "}", ""]
    for at, rule in enumerate(segments(number)):
        if campaigns:
            lines += [f"campaign c{at} {{", "  category marketing", f"  {trigger(at, rule)}", f"  if {rule}", "  send template offer", "}", ""]
        else:
            lines.append(f"segment s{at} = {rule}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(text(int(sys.argv[1]), "--campaigns" in sys.argv[2:]), end="")
