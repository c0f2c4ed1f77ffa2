"""Compares, user by user, what `campanile audience --out` wrote with DuckDB's answer.

    python members.py W|W100 EVENTS.parquet MEMBERS.ndjson

One line for each segment whose users differ, and one for all of them.
"""

import sys
from pathlib import Path

from peers import duckdb_connection, duckdb_source
from queries import DuckDB, query
from workload import workload


def main(name, events, members):
    segments = workload(name)
    connection = duckdb_connection()
    connection.execute(f"CREATE TABLE theirs AS {query(DuckDB(), duckdb_source(Path(events)), segments).members()}")
    connection.execute(f"""CREATE TABLE ours AS SELECT segment, "user"::BIGINT AS user_id
        FROM read_ndjson('{members}', columns = {{segment: 'VARCHAR', "user": 'VARCHAR'}})""")
    users = differing = 0
    for segment in segments:
        theirs, ours = f"SELECT user_id FROM theirs WHERE {segment}", f"SELECT user_id FROM ours WHERE segment = '{segment}'"
        missing = connection.execute(f"{theirs} EXCEPT ALL {ours} ORDER BY 1").fetchall()
        further = connection.execute(f"{ours} EXCEPT ALL {theirs} ORDER BY 1").fetchall()
        users += connection.execute(f"SELECT count(*) FROM ({theirs})").fetchone()[0]
        if missing or further:
            differing += 1
            some = ", ".join(str(user) for user, in (missing + further)[:5])
            print(f"{name} `{segment}`: users differ: {len(missing)} are DuckDB's alone, {len(further)} ours alone, such as {some}")
    print(f"{name}: {len(segments) - differing} of {len(segments)} segments have the same users, {users:,} memberships at DuckDB")


if __name__ == "__main__":
    main(*sys.argv[1:])
