"""DuckDB: everything under one access key, as a recursive query over Keyline's Parquet.

usage: duckdb_lineage.py PARQUET KEY THREADS

Follows the keys that minting events name in their answers, by the key that made the call: no sessions
whose used key is not the minted one, no console, no revocations, which a recursive query over keys
cannot see. Prints one JSON line: credentials found, calls made with them, seconds.
"""

import json
import sys
import time

import duckdb

parquet, key, threads = sys.argv[1:4]
connection = duckdb.connect()
connection.execute(f"SET threads = {int(threads)}")
QUERY = """
WITH RECURSIVE minted AS (
    SELECT UserIdentityAccessKeyId AS parent,
           coalesce(json_extract_string(nullif(ResponseElements, ''), '$.credentials.accessKeyId'),
                    json_extract_string(nullif(ResponseElements, ''), '$.accessKey.accessKeyId')) AS child
    FROM read_parquet($parquet)
    WHERE EventName IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot',
                        'GetSessionToken', 'GetFederationToken', 'CreateAccessKey')
      AND ErrorCode = ''
), tree AS (
    SELECT $key AS key
    UNION
    SELECT child FROM minted JOIN tree ON parent = tree.key WHERE child IS NOT NULL
)
SELECT tree.key, count(uses.EventName) AS calls, epoch_us(min(uses.TimeGenerated)), epoch_us(max(uses.TimeGenerated))
FROM tree LEFT JOIN read_parquet($parquet) AS uses ON uses.UserIdentityAccessKeyId = tree.key
GROUP BY tree.key
"""
begun = time.perf_counter()
rows = connection.execute(QUERY, {"parquet": parquet, "key": key}).fetchall()
seconds = time.perf_counter() - begun
print(json.dumps({"credentials": len(rows), "calls": sum(row[1] for row in rows), "seconds": seconds}))
