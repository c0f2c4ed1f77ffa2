"""Makes a log of any size: events_user.parquet (by user, then time) and events_ts.parquet (by time).

    python sizes.py FOLDER EVENTS

The log of generate.py, with an id for every twenty events: the shape of the users' histories is the same whatever the size. Beyond twenty million events it is
made of several such logs with users of their own, so that no more than one of them is ever in memory: they are put into the folder, by time, until the second
file is made of them, and need 50 bytes an event. The same numbers make the same log.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from generate import ROWS, columns, table

SLICE = 20_000_000  # events that are made at once
EVENTS_PER_ID = 20


class Writer:
    """A Parquet file of row groups of equal length, but for the last."""

    def __init__(self, path):
        self.path, self.file, self.waiting, self.rows = path, None, [], 0

    def add(self, log):
        self.waiting.append(log)
        self.rows += len(log["ts"])
        while self.rows >= ROWS:
            self.write(ROWS)

    def write(self, rows):
        log = self.waiting[0] if len(self.waiting) == 1 else \
            {name: np.concatenate([each[name] for each in self.waiting]) for name in self.waiting[0]}
        piece = table(log, np.arange(rows))
        self.file = self.file or pq.ParquetWriter(
            self.path, piece.schema, compression="zstd", compression_level=1, store_schema=False,
            use_dictionary=["event", "category", "city", "platform", "product_id"])
        self.file.write_table(piece, row_group_size=ROWS)
        self.waiting = [{name: column[rows:] for name, column in log.items()}]
        self.rows -= rows

    def close(self):
        if self.rows:
            self.write(self.rows)
        self.file.close()


def slices(events):
    """How many events each slice has."""
    number = -(-events // SLICE)
    return [events * (place + 1) // number - events * place // number for place in range(number)]


def main(folder, events):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    by_user, first_id, kept = Writer(folder / "events_user.parquet"), 0, []
    for place, rows in enumerate(slices(events)):
        ids = max(rows // EVENTS_PER_ID, 1)
        log = columns(np.random.default_rng([42, place]), ids, rows)
        log["user_id"] += first_id
        first_id += ids
        for begin in range(0, rows, ROWS):
            by_user.add({name: column[begin:begin + ROWS] for name, column in log.items()})
        order = np.argsort(log["ts"], kind="stable")
        files = {name: folder / f"{place}-{name}.npy" for name in log}
        for name, path in files.items():
            np.save(path, log[name][order])
        kept.append(files)
        del log, order
        print(f"{place + 1} of {len(slices(events))} slices", flush=True)
    by_user.close()

    by_time = Writer(folder / "events_ts.parquet")
    logs = [{name: np.load(path, mmap_mode="r") for name, path in files.items()} for files in kept]
    least, most = min(log["ts"][0] for log in logs), max(log["ts"][-1] for log in logs)
    edges = np.linspace(least, most + 1, max(2 * events // ROWS, 1) + 1).astype(np.int64)
    edges[-1] = most + 1
    places = [np.searchsorted(log["ts"], edges) for log in logs]
    for step in range(len(edges) - 1):
        parts = [{name: column[at[step]:at[step + 1]] for name, column in log.items()} for log, at in zip(logs, places)]
        together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.argsort(together["ts"], kind="stable")
        by_time.add({name: column[order] for name, column in together.items()})
    by_time.close()
    del logs, parts
    for path in [path for files in kept for path in files.values()]:
        path.unlink()
    print(f"{events:,} events of {first_id:,} ids")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
