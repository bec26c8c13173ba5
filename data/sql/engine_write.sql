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

-- add_micro_segments -- The packed segments of one batch
INSERT INTO belvedere.segments (workspace_id, dataset_id, stream, day, added_change, row_count, negative_count, min_ms, max_ms, packed)
SELECT %(workspace)s, %(dataset)s, s.* FROM unnest(%(streams)s::smallint[], %(days)s::date[], %(changes)s::bigint[], %(counts)s::int[],
  %(negatives)s::int[], %(mins)s::int[], %(maxs)s::int[], %(packed)b::bytea[]) s;

-- database_identity -- Which database is this, whatever name it is reached by
SELECT oid::text FROM pg_database WHERE datname = current_database();

-- batch_tokens -- Which writings of some batches are the ones that were committed
SELECT result ->> 'token' FROM belvedere.batches
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND batch_key = ANY (%(keys)s);
