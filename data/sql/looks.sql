-- spells -- times through which each look at a component found the same, parted where nobody looked for long
WITH looks AS (
  SELECT component, state, occurred_at,
    state IS DISTINCT FROM lag(state) OVER one OR occurred_at - lag(occurred_at) OVER one > %(apart)s AS begins
  FROM system.checks
  WHERE workspace_id = %(workspace)s AND occurred_at >= %(from)s AND occurred_at <= %(to)s
  WINDOW one AS (PARTITION BY component ORDER BY occurred_at)
), numbered AS (
  SELECT component, state, occurred_at, count(*) FILTER (WHERE begins) OVER (PARTITION BY component ORDER BY occurred_at) AS n
  FROM looks
)
SELECT component, state, min(occurred_at), max(occurred_at) FROM numbered GROUP BY component, state, n ORDER BY 1, 3;

-- process_seen -- when a kind of process last wrote about itself
SELECT max(occurred_at) FROM system.resources
WHERE workspace_id = %(workspace)s AND process = %(process)s AND occurred_at > %(after)s AND occurred_at <= %(now)s;
