-- claim_batch -- Take a batch key; no row comes back when it is taken already
INSERT INTO belvedere.batches (workspace_id, dataset_id, batch_key, version, result)
VALUES (%(workspace)s, %(dataset)s, %(key)s, 0, '{}')
ON CONFLICT DO NOTHING RETURNING true;

-- batch_result -- What a batch did when it was written
SELECT result FROM belvedere.batches
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND batch_key = %(key)s;

-- finish_batch -- Keep what a batch did, for whoever sends it again
UPDATE belvedere.batches SET version = %(version)s, result = %(result)s
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND batch_key = %(key)s;

-- make_state -- The state row of a dataset that has never been written
INSERT INTO belvedere.dataset_state (workspace_id, dataset_id) VALUES (%(workspace)s, %(dataset)s) ON CONFLICT DO NOTHING;

-- lock_state -- Serialise the writers of a dataset until the end of the transaction
SELECT version, change_no, pg_current_xact_id()::text, now()
FROM belvedere.dataset_state WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s FOR UPDATE;

-- advance_state -- The dataset after a batch that changed it
UPDATE belvedere.dataset_state SET version = %(version)s, change_no = %(change)s, rows = rows + %(rows)s,
  newest_at = greatest(newest_at, %(newest_at)s::timestamptz), received_at = now()
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s;

-- announce -- Tell listening processes that a dataset has a new version
SELECT pg_notify('belvedere_data', %(payload)s);

-- highest_codes -- The last code given in each of some columns
SELECT c, coalesce((SELECT max(code) FROM belvedere.dictionary
  WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND column_name = c), 0)
FROM unnest(%(columns)s::text[]) c;

-- codes_between -- The values of a range of codes of one column
SELECT value, code FROM belvedere.dictionary
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND column_name = %(column)s
  AND code > %(after)s AND code <= %(upto)s;

-- codes_of_values -- The codes of some values of one column
SELECT value, code FROM belvedere.dictionary
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND column_name = %(column)s AND value = ANY (%(values)s);

-- add_values -- Give the next codes to new values of one column
INSERT INTO belvedere.dictionary (workspace_id, dataset_id, column_name, code, value)
SELECT %(workspace)s, %(dataset)s, %(column)s, %(after)s + n, value FROM unnest(%(values)s) WITH ORDINALITY v (value, n);

-- database_identity -- Which database is this, whatever name it is reached by
SELECT oid::text FROM pg_database WHERE datname = current_database();

-- batch_tokens -- Which writings of some batches are the ones that were committed
SELECT result ->> 'token' FROM belvedere.batches
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND batch_key = ANY (%(keys)s);

-- try_compactor -- Become the only compactor of a dataset until the end of the transaction, or give up at once
SELECT pg_try_advisory_xact_lock(hashtextextended('belvedere.compact', %(workspace)s::bigint << 32 | %(dataset)s));

-- wait_compactor -- Become the only compactor of a dataset until the end of the transaction
SELECT pg_advisory_xact_lock(hashtextextended('belvedere.compact', %(workspace)s::bigint << 32 | %(dataset)s));

-- segments_to_merge -- The segments that hold the data now, smallest first in each stream and day
SELECT segment_id, stream, day, row_count, negative_count, min_ms, max_ms, packed IS NOT NULL, extract(epoch FROM now() - added_at)::float8
FROM belvedere.segments
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND retired_change IS NULL
ORDER BY stream, day, row_count, segment_id;

-- packed_segments -- The contents of some micro-segments
SELECT segment_id, packed FROM belvedere.segments
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND segment_id = ANY (%(segments)s) AND packed IS NOT NULL;

-- sealed_columns -- The contents of some sealed segments, a row a column
SELECT segment_id, column_name, data FROM belvedere.segment_columns
WHERE workspace_id = %(workspace)s AND segment_id = ANY (%(segments)s);

-- new_segment_ids -- Numbers for segments that are to be added
SELECT nextval(pg_get_serial_sequence('belvedere.segments', 'segment_id')) FROM generate_series(1, %(n)s);

-- add_sealed_columns -- The columns of sealed segments
INSERT INTO belvedere.segment_columns (workspace_id, segment_id, column_name, data)
SELECT %(workspace)s, c.* FROM unnest(%(segments)s::bigint[], %(names)s::text[], %(data)b::bytea[]) c;

-- add_segments -- Segments of a batch, or some that take the place of others; packed is null for sealed ones, segment for packed
INSERT INTO belvedere.segments (workspace_id, dataset_id, segment_id, stream, day, added_change, row_count, negative_count,
  min_ms, max_ms, packed) OVERRIDING SYSTEM VALUE
SELECT %(workspace)s, %(dataset)s, coalesce(id, nextval(pg_get_serial_sequence('belvedere.segments', 'segment_id'))),
  stream, day, change, rows, negatives, min, max, packed
FROM unnest(%(segments)s::bigint[], %(streams)s::smallint[], %(days)s::date[], %(changes)s::bigint[], %(counts)s::int[],
  %(negatives)s::int[], %(mins)s::int[], %(maxs)s::int[], %(packed)b::bytea[])
  AS s (id, stream, day, change, rows, negatives, min, max, packed);

-- retire_segments -- Segments that hold nothing any more; readers of an older state may still use them
UPDATE belvedere.segments SET retired_change = %(change)s, retired_at = now()
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND segment_id = ANY (%(segments)s) AND retired_change IS NULL;

-- advance_segments -- The segments of a dataset have changed; its rows are counted anew where a number is given
UPDATE belvedere.dataset_state SET change_no = %(change)s, version = %(version)s, rows = coalesce(%(rows)s::bigint, rows)
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s;

-- sweep_segments -- Delete segments that were retired long enough ago, and their columns
WITH gone AS (
  DELETE FROM belvedere.segments WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s
    AND retired_change IS NOT NULL AND retired_at < now() - make_interval(secs => %(grace_s)s)
  RETURNING segment_id
), columns AS (
  DELETE FROM belvedere.segment_columns c USING gone
  WHERE c.workspace_id = %(workspace)s AND c.segment_id = gone.segment_id
)
SELECT count(*) FROM gone;

-- dictionary_values -- All values and codes of one column
SELECT value, code FROM belvedere.dictionary
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND column_name = %(column)s;

-- dataset_rows -- How many rows a dataset has, as its state says
SELECT rows FROM belvedere.dataset_state WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s;

-- next_number -- The next number of a sequence
SELECT nextval(%(sequence)s::regclass);
