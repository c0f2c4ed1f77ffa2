"""Makes the log: events_user.parquet (by user, then time), events_ts.parquet (by time) and events.ndjson (the first of them by time).

    python generate.py FOLDER [USERS] [EVENTS] [NDJSON_EVENTS]

A shop's events over thirty days. Users come in sessions of six events on average, by a day's curve; how often one comes falls off
like 1 / (rank + 300). No two events of one user have the same instant. The same numbers make the same log.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workload import CATEGORIES, CITIES, DAYS, EVENTS, NOW, PLATFORMS, START

HOUR = 3_600_000
CURVE = np.array([1, .6, .4, .3, .3, .5, 1, 1.5, 2, 2.4, 2.6, 2.8, 3, 2.8, 2.6, 2.6, 2.8, 3, 3.6, 4.2, 4.6, 4.2, 3, 1.8])
NAMES = [name for name, _ in EVENTS]
PRICED = ["Product Viewed", "Added To Cart", "Removed From Cart", "Checkout Started", "Charged"]
COUNTED = ["Added To Cart", "Removed From Cart", "Charged"]
SORTED_IN = ["Product Viewed", "Category Viewed", "Added To Cart", "Removed From Cart", "Charged"]
ROWS = 1_000_000  # of a row group, and of a piece that is made at once


def shares(weights):
    weights = np.asarray(weights, float)
    return weights / weights.sum()


def milliseconds(instant):
    return int(instant.timestamp() * 1000)


def visits(chance, users, events):
    """Who and when: users (from 1) and milliseconds from START, sorted by both."""
    sessions = events // 6
    of_rank = chance.permutation(users) + 1
    session_user = of_rank[chance.choice(users, sessions, p=shares(1 / (np.arange(users) + 300)))]
    begins = (chance.integers(0, DAYS, sessions) * 24 + chance.choice(24, sessions, p=shares(CURVE))) * HOUR
    begins += chance.integers(0, HOUR, sessions)
    length = chance.geometric(1 / 6, sessions)
    missing = events - int(length.sum())
    if missing > 0:  # some sessions are longer, or the last ones are left out, so that the number is met
        np.add.at(length, chance.integers(0, sessions, missing), 1)
    end = np.cumsum(length)
    length = np.diff(np.minimum(end, events), prepend=0)
    kept = length > 0
    session_user, begins, length = session_user[kept], begins[kept], length[kept]
    first = np.cumsum(length) - length

    passed = np.cumsum(chance.exponential(90_000, events).astype(np.int64))
    at = passed - np.repeat(passed[first], length)
    last = at[first + length - 1]
    begins = np.minimum(begins, DAYS * 24 * HOUR - HOUR // 60 - last)  # none runs past the end
    at += np.repeat(begins, length)
    key = (np.repeat(session_user, length) << 32) | at
    key.sort()
    user, at = key >> 32, key & 0xFFFF_FFFF
    # Of equal instants of one user each is moved a millisecond past the one before it: `at - row` must not fall.
    row = np.arange(events)
    at = (np.maximum.accumulate((user << 40) + at - row) - (user << 40)) + row
    assert (at >= 0).all() and (at < DAYS * 24 * HOUR).all()
    assert ((np.diff(user) > 0) | (np.diff(at) > 0)).all()
    return user, at


def columns(chance, users, events):
    user, at = visits(chance, users, events)
    name = chance.choice(len(NAMES), events, p=shares([share for _, share in EVENTS])).astype(np.int8)
    home = chance.choice(len(CITIES), users + 1, p=shares(1 / np.arange(1, len(CITIES) + 1) ** .8)).astype(np.int8)
    city = home[user]
    away = chance.random(events) < .1
    city[away] = chance.choice(len(CITIES), int(away.sum()))
    platform = chance.choice(len(PLATFORMS), users + 1, p=[.65, .2, .15]).astype(np.int8)[user]
    return {
        "user_id": user,
        "ts": at + milliseconds(START),
        "event": name,
        "price": np.round(np.exp(chance.normal(5.5, 1.1, events)), 2),
        "qty": chance.geometric(.6, events).astype(np.int32),
        "category": chance.choice(len(CATEGORIES), events, p=shares(1 / np.arange(1, len(CATEGORIES) + 1) ** .7)).astype(np.int8),
        "city": city,
        "product_id": np.minimum(chance.zipf(1.2, events), 50_000).astype(np.int32),
        "platform": platform,
    }


def table(log, rows):
    """These rows, with what an event of the kind does not have left out."""
    log = {name: column[rows] for name, column in log.items()}

    def lacks(names):
        return ~np.isin(log["event"], [NAMES.index(name) for name in names])

    def words(name, values, mask=None):
        return pa.DictionaryArray.from_arrays(pa.array(log[name], mask=mask), pa.array(values)).cast(pa.string())

    return pa.table({
        "user_id": log["user_id"],
        "ts": pa.array(log["ts"], type=pa.timestamp("ms")),
        "event": words("event", NAMES),
        "price": pa.array(log["price"], mask=lacks(PRICED)),
        "qty": pa.array(log["qty"], mask=lacks(COUNTED)),
        "category": words("category", CATEGORIES, lacks(SORTED_IN)),
        "city": words("city", CITIES),
        "product_id": pa.array(log["product_id"], mask=lacks(PRICED)),
        "platform": words("platform", PLATFORMS),
    })


def pieces(log, order):
    for begin in range(0, len(order), ROWS):
        yield table(log, order[begin:begin + ROWS])


def write_parquet(path, log, order):
    writer = None
    for piece in pieces(log, order):
        writer = writer or pq.ParquetWriter(
            path, piece.schema, compression="zstd", compression_level=1, store_schema=False,
            use_dictionary=["event", "category", "city", "platform", "product_id"])
        writer.write_table(piece, row_group_size=ROWS)
    writer.close()


def write_ndjson(path, log, order):
    with open(path, "w", buffering=1 << 22) as file:
        for piece in pieces(log, order):
            piece = piece.set_column(1, "ts", piece["ts"].cast(pa.int64()))
            for user, at, event, price, qty, category, city, product, platform in zip(*(column.to_pylist() for column in piece.columns)):
                line = f'{{"user_id":{user},"ts":{at},"event":"{event}","props":{{"city":"{city}","platform":"{platform}"'
                if price is not None:
                    line += f',"price":{price},"product_id":{product}'
                if qty is not None:
                    line += f',"qty":{qty}'
                if category is not None:
                    line += f',"category":"{category}"'
                file.write(line + "}}\n")


def main(folder, users=1_000_000, events=20_000_000, ndjson=5_000_000):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    log = columns(np.random.default_rng(42), users, events)
    write_parquet(folder / "events_user.parquet", log, np.arange(events))
    by_time = np.argsort(log["ts"], kind="stable")
    write_parquet(folder / "events_ts.parquet", log, by_time)
    write_ndjson(folder / "events.ndjson", log, by_time[:ndjson])
    each = np.bincount(log["user_id"])
    each = each[each > 0]
    print(f"{events:,} events of {len(each):,} users before {NOW:%Y-%m-%d}: "
          f"median {np.median(each):.0f}, 99 of a hundred below {np.quantile(each, .99):.0f}, most {each.max():,}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
