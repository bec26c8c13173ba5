-- remove_scan -- a scan of the same last day, with its clusters
DELETE FROM belvedere.place_scans
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND last_on = %(last_on)s;

-- add_scan -- what a scan looked at
INSERT INTO belvedere.place_scans (workspace_id, dataset_id, last_on, first_on, resolution, events, drawn, places, cylinders,
  rarest_days, reason, scanned_at)
VALUES (%(workspace)s, %(dataset)s, %(last_on)s, %(first_on)s, %(resolution)s, %(events)s, %(drawn)s, %(places)s,
  %(cylinders)s, %(rarest_days)s, %(reason)s, %(scanned_at)s);

-- add_cluster -- one cluster of a scan
INSERT INTO belvedere.place_clusters (workspace_id, dataset_id, last_on, number, first_on, cells, lat, lon, radius_m, observed,
  expected, ratio, p, recurrence_days, categories)
VALUES (%(workspace)s, %(dataset)s, %(last_on)s, %(number)s, %(first_on)s, %(cells)s, %(lat)s, %(lon)s, %(radius_m)s,
  %(observed)s, %(expected)s, %(ratio)s, %(p)s, %(recurrence_days)s, %(categories)s);

-- newest_scan -- the last scan of a dataset
SELECT dataset_id, last_on, first_on, resolution, events, drawn, places, cylinders, rarest_days, reason, scanned_at
FROM belvedere.place_scans WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s
ORDER BY last_on DESC LIMIT 1;

-- clusters_of_scans -- clusters of a dataset, or of all, that are rare enough and last to such a day, newest and rarest first
SELECT c.dataset_id, c.last_on, c.number, c.first_on, c.cells, c.lat, c.lon, c.radius_m, c.observed, c.expected, c.ratio, c.p,
  c.recurrence_days, c.categories, s.scanned_at
FROM belvedere.place_clusters c JOIN belvedere.place_scans s USING (workspace_id, dataset_id, last_on)
WHERE c.workspace_id = %(workspace)s AND (%(dataset)s::int IS NULL OR c.dataset_id = %(dataset)s)
  AND c.recurrence_days >= %(least)s AND c.last_on >= coalesce(%(from_on)s::date, c.last_on)
  AND s.scanned_at >= coalesce(%(since)s::timestamptz, s.scanned_at)
ORDER BY c.last_on DESC, c.recurrence_days DESC, c.ratio DESC, c.dataset_id, c.number LIMIT %(most)s;

-- place_limit -- the recurrence interval from which on a cluster is unusual
SELECT recurrence_days, changed_by FROM belvedere.place_limits WHERE workspace_id = %(workspace)s;

-- set_place_limit -- another limit
INSERT INTO belvedere.place_limits (workspace_id, recurrence_days, changed_by, changed_at)
VALUES (%(workspace)s, %(days)s, %(by)s, %(now)s)
ON CONFLICT (workspace_id) DO UPDATE SET recurrence_days = excluded.recurrence_days, changed_by = excluded.changed_by,
  changed_at = excluded.changed_at;

-- remove_scans -- scans of long ago, with their clusters, in all workspaces
DELETE FROM belvedere.place_scans WHERE last_on < %(before)s;
