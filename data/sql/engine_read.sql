-- dataset_versions -- version, times, row count and change number of each dataset of a workspace
SELECT dataset_id, version, received_at, newest_at, rows, change_no FROM belvedere.dataset_state
WHERE workspace_id = $1::int AND dataset_id = ANY ($2::int[]);

-- live_segments -- state of a dataset and every live segment, from one snapshot
SELECT s.version, s.change_no, g.segment_id, g.stream, g.day, g.row_count, g.negative_count, g.min_ms, g.max_ms,
  g.packed IS NOT NULL, false, NULL
FROM belvedere.dataset_state s
LEFT JOIN belvedere.segments g
  ON g.workspace_id = s.workspace_id AND g.dataset_id = s.dataset_id AND g.retired_change IS NULL
WHERE s.workspace_id = %(workspace)s AND s.dataset_id = %(dataset)s;

-- changed_segments -- state of a dataset, what was added or retired after a change and how many are live, from one snapshot
SELECT s.version, s.change_no, g.segment_id, g.stream, g.day, g.row_count, g.negative_count, g.min_ms, g.max_ms, g.is_packed,
  g.is_retired, (SELECT count(*) FROM belvedere.segments l
    WHERE l.workspace_id = s.workspace_id AND l.dataset_id = s.dataset_id AND l.retired_change IS NULL)
FROM belvedere.dataset_state s
LEFT JOIN LATERAL (
  SELECT segment_id, stream, day, row_count, negative_count, min_ms, max_ms, packed IS NOT NULL AS is_packed, false AS is_retired
  FROM belvedere.segments
  WHERE workspace_id = s.workspace_id AND dataset_id = s.dataset_id AND added_change > %(known)s AND retired_change IS NULL
  UNION ALL
  SELECT segment_id, stream, day, row_count, negative_count, min_ms, max_ms, packed IS NOT NULL, true
  FROM belvedere.segments
  WHERE workspace_id = s.workspace_id AND dataset_id = s.dataset_id AND retired_change > %(known)s
) g ON true
WHERE s.workspace_id = %(workspace)s AND s.dataset_id = %(dataset)s;

-- segment_data -- packed micro-segments and the named columns of sealed ones; a row without a name says the segment is there
SELECT segment_id, NULL, packed FROM belvedere.segments
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND segment_id = ANY (%(segments)s::bigint[])
UNION ALL
SELECT segment_id, column_name, data FROM belvedere.segment_columns
WHERE workspace_id = %(workspace)s AND segment_id = ANY (%(segments)s::bigint[]) AND column_name = ANY (%(columns)s::text[]);

-- dictionary_size -- the highest code of a column
SELECT coalesce(max(code), 0) FROM belvedere.dictionary
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND column_name = %(column)s;

-- dictionary_tail -- values with codes after a known one, in order
SELECT code, value FROM belvedere.dictionary
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND column_name = %(column)s AND code > %(known)s ORDER BY code;

-- dictionary_codes -- codes of some values
SELECT value, code FROM belvedere.dictionary
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND column_name = %(column)s AND value = ANY (%(values)s::text[]);

-- values_of_codes -- values of some codes
SELECT code, value FROM belvedere.dictionary
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND column_name = %(column)s AND code = ANY (%(codes)s::int[]);

-- value_without_amount -- a value of a dimension that rows have and an exposure does not
SELECT value FROM belvedere.dictionary
WHERE workspace_id = %(workspace)s AND dataset_id = ANY (%(datasets)s::int[]) AND column_name = %(column)s
  AND value <> ALL (%(known)s::text[])
LIMIT 1;
