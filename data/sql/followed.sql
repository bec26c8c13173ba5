-- followed -- how far a dataset has followed its source
SELECT dataset_id, watermark, key, read_at, compared_at, message, paused_at, paused_by, compare_asked_at, caught
FROM belvedere.followed
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s;

-- note_followed -- rows up to a watermark and key are held
INSERT INTO belvedere.followed AS old (workspace_id, dataset_id, watermark, key, read_at)
VALUES (%(workspace)s, %(dataset)s, %(watermark)s::text, %(key)s::text, now())
ON CONFLICT (workspace_id, dataset_id) DO UPDATE SET read_at = now(), message = '',
  watermark = coalesce(excluded.watermark, old.watermark),
  key = CASE WHEN excluded.watermark IS NULL THEN old.key ELSE excluded.key END;

-- note_compared -- all rows of a source were compared with those that are held
INSERT INTO belvedere.followed (workspace_id, dataset_id, compared_at, caught)
VALUES (%(workspace)s, %(dataset)s, now(), %(caught)s)
ON CONFLICT (workspace_id, dataset_id) DO UPDATE SET compared_at = now(), message = '', caught = excluded.caught,
  compare_asked_at = NULL;

-- pause_followed -- the following of a dataset rests, or goes on
INSERT INTO belvedere.followed (workspace_id, dataset_id, paused_at, paused_by)
VALUES (%(workspace)s, %(dataset)s, CASE WHEN %(paused)s THEN now() END, %(by)s)
ON CONFLICT (workspace_id, dataset_id) DO UPDATE SET paused_at = excluded.paused_at, paused_by = excluded.paused_by;

-- ask_compare -- all rows of a source shall be compared soon
INSERT INTO belvedere.followed (workspace_id, dataset_id, compare_asked_at) VALUES (%(workspace)s, %(dataset)s, now())
ON CONFLICT (workspace_id, dataset_id) DO UPDATE SET compare_asked_at = now();

-- note_follow_problem -- why a source cannot be followed now
INSERT INTO belvedere.followed (workspace_id, dataset_id, message) VALUES (%(workspace)s, %(dataset)s, %(message)s)
ON CONFLICT (workspace_id, dataset_id) DO UPDATE SET message = excluded.message;

-- held_hashes -- fingerprints of the rows that are held of some keys
SELECT h.key, h.hash FROM unnest(%(keys)s::text[]) k (key)
JOIN belvedere.followed_rows h ON h.workspace_id = %(workspace)s AND h.dataset_id = %(dataset)s
  AND h.bucket = get_byte(decode(md5(k.key), 'hex'), 0) AND h.key = k.key;

-- hold_rows -- rows of a source are held as they are now
INSERT INTO belvedere.followed_rows (workspace_id, dataset_id, bucket, key, hash, row_key)
SELECT %(workspace)s, %(dataset)s, get_byte(decode(md5(r.key), 'hex'), 0), r.*
FROM unnest(%(keys)s::text[], %(hashes)s::bytea[], %(row_keys)s::text[]) r (key, hash, row_key)
ON CONFLICT (workspace_id, dataset_id, bucket, key) DO UPDATE SET hash = excluded.hash,
  row_key = coalesce(excluded.row_key, followed_rows.row_key);

-- let_rows_go -- rows that are no longer in the source
DELETE FROM belvedere.followed_rows h USING unnest(%(keys)s::text[]) k (key)
WHERE h.workspace_id = %(workspace)s AND h.dataset_id = %(dataset)s
  AND h.bucket = get_byte(decode(md5(k.key), 'hex'), 0) AND h.key = k.key;

-- held_buckets -- rows and the sum of their fingerprints in each range of keys
SELECT bucket, count(*), sum(('x' || substr(encode(hash, 'hex'), 1, 15))::bit(60)::bigint)
FROM belvedere.followed_rows WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s GROUP BY bucket;

-- held_rows -- the rows of one range of keys
SELECT key, hash, row_key FROM belvedere.followed_rows
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND bucket = %(bucket)s;
