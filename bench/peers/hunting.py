"""DuckDB or ClickHouse (chdb): one hunting query over Keyline's Parquet.

usage: hunting.py duckdb|clickhouse PARQUET THREADS < QUERY

The table is `events`, the file as it is. The query alone is timed, its rows fetched. Prints one JSON
line: seconds, rows, and the cells of every row that are texts or whole numbers, by which answers are
compared.
"""

import json
import sys
import time

tool, parquet, threads = sys.argv[1:4]
query = sys.stdin.read()


def duckdb_rows():
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {int(threads)}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet('{parquet}')")

    def readable(name, type):
        # Instants as real numbers: Python reads them so without a package of time zones.
        if type == "TIMESTAMP WITH TIME ZONE":
            return f'epoch_us("{name}")::DOUBLE'
        return f'"{name}"::VARCHAR[]' if "TIME ZONE" in type else f'"{name}"'

    described = connection.execute(f"DESCRIBE {query}").fetchall()
    columns = ", ".join(readable(name, type) for name, type, *_ in described)
    begun = time.perf_counter()
    rows = connection.execute(f"SELECT {columns} FROM ({query})").fetchall()
    return time.perf_counter() - begun, rows


def clickhouse_rows():
    from chdb import session

    connection = session.Session()
    connection.query("CREATE DATABASE hunting ENGINE = Atomic")
    connection.query("USE hunting")
    connection.query(f"CREATE VIEW events AS SELECT * FROM file('{parquet}', 'Parquet')")
    # Whole numbers are not to come as texts.
    settings = f"SETTINGS max_threads = {int(threads)}, output_format_json_quote_64bit_integers = 0"
    begun = time.perf_counter()
    answer = connection.query(f"{query}\n{settings}", "JSONCompactEachRowWithNamesAndTypes")
    seconds = time.perf_counter() - begun
    _, types, *rows = [json.loads(line) for line in str(answer).splitlines()]
    # Times are texts there, and are not compared.
    times = ["DateTime" in type for type in types]
    return seconds, [[cell for cell, is_time in zip(row, times) if not is_time] for row in rows]


def compared(cell):
    return isinstance(cell, (str, int)) and not isinstance(cell, bool)


seconds, rows = {"duckdb": duckdb_rows, "clickhouse": clickhouse_rows}[tool]()
cells = sorted("\x1f".join(str(cell) for cell in row if compared(cell)) for row in rows)
print(json.dumps({"seconds": seconds, "rows": len(rows), "cells": cells}))
