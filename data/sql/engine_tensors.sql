-- tensor_index -- which days of which months are counted, in the head of the part `days`
SELECT starts_on, data FROM belvedere.tensors
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND stream = %(stream)s AND period = 'day' AND part = 'days';

-- tensor_parts -- some parts of some months
SELECT part, starts_on, data FROM belvedere.tensors
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND stream = %(stream)s AND period IN ('day', 'month')
  AND part = ANY (%(parts)s::text[]) AND starts_on = ANY (%(months)s::date[]);

-- delete_tensors -- forget everything that is counted of some months
DELETE FROM belvedere.tensors
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND stream = %(stream)s AND starts_on = ANY (%(months)s::date[]);

-- add_tensors -- store the parts of one month
INSERT INTO belvedere.tensors (workspace_id, dataset_id, stream, period, part, starts_on, last_segment_id, row_count, data)
SELECT %(workspace)s, %(dataset)s, %(stream)s, p.period, p.part, %(month)s, %(last)s, %(rows)s, p.data
FROM unnest(%(periods)s::text[], %(parts)s::text[], %(data)b::bytea[]) p (period, part, data);

-- lock_tensors -- one process at a time counts the days of a dataset
SELECT pg_try_advisory_xact_lock(hashtextextended('belvedere.tensors', %(workspace)s::bigint << 32 | %(dataset)s));
