-- claim_batches -- Take batch keys, in their order; those come back that were not taken already
INSERT INTO belvedere.batches (workspace_id, dataset_id, batch_key, version, result)
SELECT %(workspace)s, %(dataset)s, key, 0, '{}' FROM unnest(%(keys)s::text[]) AS k (key) ORDER BY key
ON CONFLICT DO NOTHING RETURNING batch_key;

-- finish_batches -- Keep what each of several batches did, for whoever sends it again
UPDATE belvedere.batches AS b SET version = %(version)s, result = k.result::jsonb
FROM unnest(%(keys)s::text[], %(results)s::text[]) AS k (key, result)
WHERE b.workspace_id = %(workspace)s AND b.dataset_id = %(dataset)s AND b.batch_key = k.key;

-- batch_results -- What each of several batches did when it was written
SELECT batch_key, result FROM belvedere.batches
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND batch_key = ANY (%(keys)s::text[]);
