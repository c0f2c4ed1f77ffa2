"""The workload: ten segments (W), and ten variations of each (W100), as data.

Each kind of segment says what it means in the rule language; `queries.py` says the same to each peer. All are asked at one
instant, NOW. A window of n days is (NOW - n days, NOW]: the far edge is out, as everywhere in the rule language.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAYS = 30
NOW = START + timedelta(days=DAYS)

EVENTS = [  # each with its share of the log
    ("App Launched", 12), ("Product Viewed", 38), ("Product Searched", 12), ("Category Viewed", 10), ("Added To Cart", 8),
    ("Removed From Cart", 2), ("Checkout Started", 4), ("Charged", 3), ("Notification Viewed", 5), ("Notification Clicked", 2),
    ("User Login", 3), ("App Uninstalled", 1),
]
CATEGORIES = ["electronics", "fashion", "grocery", "home", "beauty", "toys", "books", "sports", "auto", "garden", "health", "jewelry",
              "pets", "office", "music", "baby"]
CITIES = ["Mumbai", "Delhi", "Bengaluru", "Hyderabad", "Ahmedabad", "Chennai", "Kolkata", "Surat", "Pune", "Jaipur", "Lucknow",
          "Kanpur", "Nagpur", "Indore", "Thane", "Bhopal", "Patna", "Vadodara", "Agra", "Nashik", "Dubai", "Jakarta", "Singapore",
          "London", "New York", "Austin", "Berlin", "Paris", "Madrid", "Lagos", "Nairobi", "Cairo", "Sao Paulo", "Bogota", "Lima",
          "Mexico City", "Manila", "Hanoi", "Bangkok", "Sydney"]
PLATFORMS = ["android", "ios", "web"]

LAUNCH, VIEW, SEARCH, CART, CHECKOUT, CHARGED, CLICK = (
    "App Launched", "Product Viewed", "Product Searched", "Added To Cart", "Checkout Started", "Charged", "Notification Clicked")


def last(days):
    return f"in last {days} day{'' if days == 1 else 's'}"


def times(least):
    return "" if least == 1 else f" at least {least} times"


def texts(values):
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def number(value):
    return f"{value:g}"


@dataclass(frozen=True)
class Count:
    """An event so often in so many days."""
    event: str
    days: int
    least: int

    def rule(self):
        return f'did "{self.event}"{times(self.least)} {last(self.days)}'


@dataclass(frozen=True)
class CountWithout:
    """An event so often in some cities, and another one not at all."""
    event: str
    days: int
    least: int
    cities: tuple
    without: str
    without_days: int

    def rule(self):
        return (f'did "{self.event}" where city in {texts(self.cities)}{times(self.least)} {last(self.days)}'
                f'\n  and did not "{self.without}" {last(self.without_days)}')


@dataclass(frozen=True)
class Spent:
    """The sum of price times quantity."""
    event: str
    days: int
    least: float

    def rule(self):
        return f'sum of price * qty over "{self.event}" {last(self.days)} >= {number(self.least)}'


@dataclass(frozen=True)
class Categories:
    """Different categories."""
    event: str
    days: int
    least: int

    def rule(self):
        return f'distinct category over "{self.event}" {last(self.days)} >= {self.least}'


@dataclass(frozen=True)
class Inactive:
    """No event at all of late, but some before."""
    idle_days: int
    event: str
    days: int
    least: int

    def rule(self):
        return f'did not any event {last(self.idle_days)} and did "{self.event}"{times(self.least)} {last(self.days)}'


@dataclass(frozen=True)
class FirstEver:
    """The first event of the name, ever, is of late."""
    event: str
    days: int

    def rule(self):
        return f'first "{self.event}" was {last(self.days)}'


@dataclass(frozen=True)
class LastCategory:
    """The last event of the name, ever, had the category."""
    event: str
    category: str

    def rule(self):
        return f'last "{self.event}" had category = "{self.category}"'


@dataclass(frozen=True)
class Sequence:
    """Three events one after another within an hour, all of them in the window."""
    steps: tuple
    days: int

    @property
    def since(self):
        return NOW - timedelta(days=self.days)

    def rule(self):
        # A window after a sequence is one of its last step. Windows here begin at midnight, so that `date` says the same of the
        # steps before; where the window is all of the log there is nothing to say.
        inside = "" if self.since <= START else f" where date >= {self.since:%Y-%m-%d}"
        first, second, third = self.steps
        return f'did "{first}"{inside} then "{second}"{inside} then "{third}", all within 1 hour {last(self.days)}'


@dataclass(frozen=True)
class Abandoned:
    """The last event of the name is of late, and no purchase came after it."""
    event: str
    days: int
    without: str

    def rule(self):
        return f'last "{self.event}" was {last(self.days)} and no "{self.without}" since'


@dataclass(frozen=True)
class HoursAverage:
    """Some events at certain hours, in two categories, and what they cost on average."""
    event: str
    days: int
    hours: tuple
    categories: tuple
    least: int
    above: float

    def rule(self):
        where = f"where (category in {texts(self.categories)} and hour in {self.hours[0]}..{self.hours[1]})"
        return (f'did "{self.event}" {where}{times(self.least)} {last(self.days)}'
                f'\n  and average of price over "{self.event}" {where} {last(self.days)} > {number(self.above)}')


def variation(v):
    """The ten segments, v = 0; v = 1 to 9: with other events, windows, thresholds and values."""
    sequences = [(VIEW, CART, CHARGED), (SEARCH, VIEW, CART), (VIEW, CART, CHECKOUT), (LAUNCH, VIEW, CHARGED), (VIEW, CHECKOUT, CHARGED),
                 (LAUNCH, SEARCH, VIEW), (VIEW, CART, CHARGED), (CLICK, VIEW, CART), (SEARCH, CART, CHECKOUT), (LAUNCH, CART, CHARGED)]
    return [
        Count([VIEW, CART, LAUNCH, SEARCH, VIEW, CHECKOUT, VIEW, CART, SEARCH, CLICK][v], 7 + v, 3 + v % 4),
        CountWithout(VIEW, 7 + v % 5, 3 + v % 3, tuple(CITIES[(2 * v + i) % 24] for i in (0, 8, 1)), CHECKOUT if v % 2 else CHARGED, 1 + v),
        Spent(CHARGED, 30 - 2 * v, 5000.0 - 300 * v),
        Categories(VIEW, 14 - v, 4 + v % 3),
        Inactive(7 + v, [LAUNCH, VIEW, CART, SEARCH, LAUNCH, VIEW, CART, SEARCH, LAUNCH, CHECKOUT][v], 30, 1 + v % 3),
        FirstEver(CHARGED if v < 5 else CART, 7 + v % 5),
        LastCategory(VIEW if v < 6 else CART, CATEGORIES[v]),
        Sequence(sequences[v], 30 - 2 * v),
        Abandoned(CART if v < 5 else CHECKOUT, 3 + v, CHARGED),
        HoursAverage(VIEW, 14 - v, (18 - v, 22 - v), (CATEGORIES[v], CATEGORIES[v + 1]), 2, 500.0 - 10 * v),
    ]


def workload(name):
    """Segments by their names, in the order of the rule file."""
    variations = {"W": [0], "W100": range(10)}[name]
    return {
        (f"w{i}" if name == "W" else f"w{i}_{v}"): segment
        for v in variations
        for i, segment in enumerate(variation(v), 1)
    }
