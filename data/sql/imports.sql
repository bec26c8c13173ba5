-- unfinished_imports -- imports of this file with this mapping that did not reach their end, newest first
SELECT id FROM belvedere.imports
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND file_hash = %(file_hash)s
  AND mapping ->> 'hash' = %(mapping_hash)s AND status <> 'done'
ORDER BY id DESC;

-- begin_import -- a new import, running
INSERT INTO belvedere.imports (workspace_id, dataset_id, account, file_name, file_hash, mapping, status)
VALUES (%(workspace)s, %(dataset)s, %(account)s, %(file_name)s, %(file_hash)s, %(mapping)s, 'running')
RETURNING id;

-- advance_import -- how far an import has come, in the transaction of its batch
UPDATE belvedere.imports
SET next_batch = %(next_batch)s, counts = %(counts)s, touched_at = now(), status = 'running', message = ''
WHERE workspace_id = %(workspace)s AND id = %(id)s;

-- finish_import -- the end of an import, good or bad
UPDATE belvedere.imports
SET status = %(status)s, message = %(message)s, touched_at = now(), finished_at = now()
WHERE workspace_id = %(workspace)s AND id = %(id)s;

-- one_import -- one import by its id
SELECT i.id, d.pack || '.' || d.name, i.account, i.file_name, CASE WHEN s.lost THEN 'failed' ELSE i.status END,
  i.started_at, i.touched_at, i.finished_at, i.next_batch, i.counts, CASE WHEN s.lost THEN 'interrupted' ELSE i.message END,
  i.mapping
FROM belvedere.imports i JOIN belvedere.datasets d ON d.id = i.dataset_id
CROSS JOIN LATERAL (SELECT i.status = 'running' AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = %(lock_class)s AND l.objid = i.id AND l.objsubid = 2 AND l.granted) AS lost) s
WHERE i.id = %(id)s;

-- recent_imports -- imports of one workspace, newest first
SELECT i.id, d.pack || '.' || d.name, i.account, i.file_name, CASE WHEN s.lost THEN 'failed' ELSE i.status END,
  i.started_at, i.touched_at, i.finished_at, i.next_batch, i.counts, CASE WHEN s.lost THEN 'interrupted' ELSE i.message END,
  i.mapping
FROM belvedere.imports i JOIN belvedere.datasets d ON d.id = i.dataset_id
CROSS JOIN LATERAL (SELECT i.status = 'running' AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = %(lock_class)s AND l.objid = i.id AND l.objsubid = 2 AND l.granted) AS lost) s
WHERE i.workspace_id = %(workspace)s
ORDER BY i.id DESC LIMIT %(limit)s;

-- add_rejects -- refused rows, given as arrays
INSERT INTO belvedere.rejects
  (workspace_id, dataset_id, import_id, batch_key, file_name, line, field, reason, found, expected, raw)
SELECT %(workspace)s, %(dataset)s, %(import)s::bigint, %(key)s, r.*
FROM unnest(%(file_name)s::text[], %(lines)s::bigint[], %(field)s::text[], %(reason)s::text[], %(found)s::text[],
  %(expected)s::text[], %(raw)s::text[]) AS r;

-- rejects_of_import -- a page of refused rows in file order
SELECT id, file_name, line, field, reason, found, expected, raw
FROM belvedere.rejects
WHERE workspace_id = %(workspace)s AND import_id = %(import)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s;
