"""Asks one peer for the counts of all segments, and prints them with the seconds from the query to its answer.

    BENCH_DATA=FOLDER python peers.py duckdb|chdb|polars|datafusion user|ts|ndjson W|W100

BENCH_THREADS says how many threads (default: all cores). Importing the engine and naming the source are not in the seconds.
"""

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from queries import ClickHouse, DataFusion, DuckDB, query
from workload import (NOW, Abandoned, Categories, Count, CountWithout, FirstEver, HoursAverage, Inactive, LastCategory, Sequence, Spent,
                      workload)

THREADS = int(os.environ.get("BENCH_THREADS", os.cpu_count()))
FILES = {"user": "events_user.parquet", "ts": "events_ts.parquet", "ndjson": "events.ndjson"}


def duckdb_source(path):
    if path.suffix == ".parquet":
        return f"'{path}'"
    columns = ("user_id: 'BIGINT', ts: 'BIGINT', event: 'VARCHAR', "
               "props: 'STRUCT(price DOUBLE, qty INTEGER, category VARCHAR, city VARCHAR)'")
    return (f"(SELECT user_id, make_timestamp_ms(ts) AS ts, event, props.price AS price, props.qty AS qty, props.category AS category, "
            f"props.city AS city FROM read_ndjson('{path}', columns = {{{columns}}}))")


def duckdb_connection():
    import duckdb
    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}; SET timezone = 'UTC'")
    return connection


def ask_duckdb(path, segments):
    connection = duckdb_connection()
    begun = time.perf_counter()
    row = connection.execute(query(DuckDB(), duckdb_source(path), segments).counts()).fetchone()
    return begun, row


def ask_datafusion(path, segments):
    import datafusion
    import pyarrow as pa
    settings = datafusion.SessionConfig().with_target_partitions(THREADS).set("datafusion.execution.time_zone", "UTC")
    context = datafusion.SessionContext(settings, datafusion.RuntimeEnvBuilder().with_disk_manager_os().with_fair_spill_pool(7 << 30))
    if path.suffix == ".parquet":
        context.register_parquet("events", path)
        source = "events"
    else:
        properties = pa.struct({"price": pa.float64(), "qty": pa.int32(), "category": pa.string(), "city": pa.string()})
        schema = pa.schema({"user_id": pa.int64(), "ts": pa.int64(), "event": pa.string(), "props": properties})
        context.register_json("lines", path, schema=schema, file_extension=".ndjson")
        source = ("(SELECT user_id, arrow_cast(ts, 'Timestamp(Millisecond, None)') AS ts, event, props['price'] AS price, "
                  "props['qty'] AS qty, props['category'] AS category, props['city'] AS city FROM lines)")
    begun = time.perf_counter()
    batch, = context.sql(query(DataFusion(), source, segments).counts()).collect()
    return begun, [column[0].as_py() for column in batch.columns]


def ask_chdb(path, segments):
    import chdb
    kept = "event LowCardinality(String)"
    properties = "price Nullable(Float64), qty Nullable(Int32), category LowCardinality(Nullable(String)), city LowCardinality(String)"
    if path.suffix == ".parquet":
        columns = f"user_id Int64, ts DateTime64(3, 'UTC'), {kept}, {properties}".replace("'", "\\'")
        source = f"file('{path}', 'Parquet', '{columns}')"
    else:
        source = (f"(SELECT user_id, fromUnixTimestamp64Milli(ts, 'UTC') AS ts, event, props.1 AS price, props.2 AS qty, props.3 AS category, "
                  f"props.4 AS city FROM file('{path}', 'JSONEachRow', 'user_id Int64, ts Int64, {kept}, props Tuple({properties})'))")
    begun = time.perf_counter()
    answer = chdb.query(f"{query(ClickHouse(), source, segments).counts()}, max_threads = {THREADS}", "TSV")
    return begun, str(answer).strip().split("\t")


def ask_polars(path, segments):
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)  # read as the module is loaded
    import polars as pl
    if path.suffix == ".parquet":
        events = pl.scan_parquet(path)
    else:
        properties = pl.Struct({"price": pl.Float64, "qty": pl.Int32, "category": pl.String, "city": pl.String})
        lines = pl.scan_ndjson(path, schema={"user_id": pl.Int64, "ts": pl.Int64, "event": pl.String, "props": properties})
        events = lines.select("user_id", pl.col("ts").cast(pl.Datetime("ms")), "event",
                              pl.col("props").struct.field("price", "qty", "category", "city"))
    begun = time.perf_counter()
    users = polars_users(pl, events, segments, by_user=path.name == FILES["user"])
    row = users.select(pl.all().sum()).collect(engine="streaming").row(0)
    return begun, row


def polars_users(pl, events, segments, by_user):
    """For each user, whether it is in each segment."""
    event, ts = pl.col("event"), pl.col("ts")
    aggregates, sequences, conditions = {}, {}, {}

    def instant(at):
        return pl.lit(at.replace(tzinfo=None)).cast(pl.Datetime("ms"))

    def back(days):
        return instant(NOW - timedelta(days=days))

    def matching(name, days):
        return (event == name) & (ts > back(days))

    def aggregate(name, expression):  # of one name is one expression
        aggregates.setdefault(name, expression.alias(name))
        return pl.col(name)

    def counted(name, days):
        return aggregate(f"count {name} {days}", matching(name, days).sum())

    def sequence(steps, since):
        first, second, third = steps
        chains = events.select("user_id", "ts", "event").filter(event.is_in(steps) & (ts >= instant(since))).sort("user_id", "ts")
        # Instants rise within a user, so that the last one carried forward is the latest.
        chains = chains.with_columns(begun=pl.when(event == first).then(ts).forward_fill().over("user_id"))
        chains = chains.with_columns(begun=pl.when(event == second).then(pl.col("begun")).forward_fill().over("user_id"))
        within = ts - pl.col("begun") < pl.duration(hours=1)
        return chains.filter((event == third) & within).select("user_id").unique()

    for name, segment in segments.items():
        match segment:
            case Count(what, days, least):
                condition = counted(what, days) >= least
            case CountWithout(what, days, least, cities, without, without_days):
                some = aggregate(f"count {what} {days} {cities}", (matching(what, days) & pl.col("city").is_in(cities)).sum())
                condition = (some >= least) & (counted(without, without_days) == 0)
            case Spent(what, days, least):
                spent = (pl.col("price") * pl.col("qty")).filter(matching(what, days)).sum()
                condition = aggregate(f"spent {what} {days}", spent) >= least
            case Categories(what, days, least):
                condition = aggregate(f"categories {what} {days}", pl.col("category").filter(matching(what, days)).n_unique()) >= least
            case Inactive(idle_days, what, days, least):
                condition = (aggregate("latest", ts.max()) <= back(idle_days)) & (counted(what, days) >= least)
            case FirstEver(what, days):
                condition = aggregate(f"first {what}", ts.filter(event == what).min()) > back(days)
            case LastCategory(what, category):
                those = pl.col("category").filter(event == what)
                those = those.last() if by_user else those.sort_by(ts.filter(event == what)).last()
                condition = aggregate(f"last category {what}", those) == category
            case Abandoned(what, days, without):
                last = aggregate(f"last {what} {days}", ts.filter(matching(what, days)).max())
                other = aggregate(f"last {without}", ts.filter(event == without).max())
                condition = last > other.fill_null(instant(NOW - timedelta(days=36_500)))
            case HoursAverage(what, days, (begin, end), categories, least, above):
                those = matching(what, days) & pl.col("category").is_in(categories) & (ts.dt.hour() >= begin) & (ts.dt.hour() < end)
                some = aggregate(f"count {name}", those.fill_null(False).sum())
                condition = (some >= least) & (aggregate(f"average {name}", pl.col("price").filter(those).mean()) > above)
            case Sequence(steps, _):
                key = f"sequence {steps} {segment.since}"
                sequences.setdefault(key, sequence(steps, segment.since).with_columns(pl.lit(True).alias(key)))
                condition = pl.col(key)
        conditions[name] = condition.fill_null(False).alias(name)
    users = events.group_by("user_id").agg(list(aggregates.values()))
    for hits in sequences.values():
        users = users.join(hits, on="user_id", how="left")
    return users.select(list(conditions.values()))


ENGINES = {"duckdb": ask_duckdb, "chdb": ask_chdb, "polars": ask_polars, "datafusion": ask_datafusion}


def main(engine, layout, name):
    path = Path(os.environ["BENCH_DATA"]) / FILES[layout]
    begun, row = ENGINES[engine](path, workload(name))
    seconds = time.perf_counter() - begun
    print("RESULT", json.dumps({"eng": engine, "layout": layout, "w": name, "secs": seconds, "counts": [int(count) for count in row]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
