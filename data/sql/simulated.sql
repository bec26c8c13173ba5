-- lock_simulated -- one process at a time makes up rows of a workspace, until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('belvedere.simulated', %(workspace)s));

-- last_batch_key -- the greatest key of some datasets' batches that starts with a prefix
SELECT batch_key FROM belvedere.batches
WHERE workspace_id = %(workspace)s AND dataset_id = ANY (%(datasets)s) AND starts_with(batch_key, %(prefix)s)
ORDER BY batch_key COLLATE "C" DESC
LIMIT 1;
