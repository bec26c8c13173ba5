-- known_summaries -- which summaries of a span are there, and from which data and meaning
SELECT metric, bucket_at, versions, definition, complete FROM belvedere.summaries
WHERE workspace_id = %(workspace)s AND period = %(period)s AND bucket_at >= %(first)s AND bucket_at < %(last)s;

-- write_summaries -- summaries put in or replaced
INSERT INTO belvedere.summaries (workspace_id, period, metric, bucket_at, ends_at, value, numerator, denominator, additive,
  complete, as_of, versions, definition, computed_at)
SELECT %(workspace)s, %(period)s, s.*, %(now)s
FROM unnest(%(metric)s::text[], %(bucket_at)s::timestamptz[], %(ends_at)s::timestamptz[], %(value)s::float8[],
  %(numerator)s::float8[], %(denominator)s::float8[], %(additive)s::boolean[], %(complete)s::boolean[],
  %(as_of)s::timestamptz[], %(versions)s::jsonb[], %(definition)s::text[]) s
ON CONFLICT (workspace_id, period, metric, bucket_at) DO UPDATE SET
  ends_at = excluded.ends_at, value = excluded.value, numerator = excluded.numerator, denominator = excluded.denominator,
  additive = excluded.additive, complete = excluded.complete, as_of = excluded.as_of, versions = excluded.versions,
  definition = excluded.definition, computed_at = excluded.computed_at;

-- remove_summaries -- summaries of a span taken away whose metric is not one of these
DELETE FROM belvedere.summaries
WHERE workspace_id = %(workspace)s AND period = %(period)s AND bucket_at >= %(first)s AND bucket_at < %(last)s
  AND NOT metric = ANY (%(metrics)s::text[]);

-- summaries -- the summaries of one metric in order of time
SELECT metric, bucket_at, ends_at, value, numerator, denominator, additive, complete, as_of, versions, definition
FROM belvedere.summaries
WHERE workspace_id = %(workspace)s AND period = %(period)s AND metric = %(metric)s
  AND bucket_at >= %(first)s AND bucket_at < %(last)s
ORDER BY bucket_at;
