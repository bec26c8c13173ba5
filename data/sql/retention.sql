-- retention_rules -- how long the datasets of a workspace are kept, as far as somebody said so or rows have gone
SELECT dataset_id, keep_days, kept_from, changed_by FROM belvedere.retention WHERE workspace_id = %(workspace)s;

-- set_retention -- how many days a dataset is kept, or null for the installation's own rule
INSERT INTO belvedere.retention (workspace_id, dataset_id, keep_days, changed_by)
VALUES (%(workspace)s, %(dataset)s, %(days)s, %(by)s)
ON CONFLICT (workspace_id, dataset_id) DO UPDATE SET keep_days = excluded.keep_days, changed_by = excluded.changed_by,
  changed_at = now();

-- note_kept_from -- rows before this day are gone, or about to go
INSERT INTO belvedere.retention AS known (workspace_id, dataset_id, kept_from)
VALUES (%(workspace)s, %(dataset)s, %(day)s)
ON CONFLICT (workspace_id, dataset_id) DO UPDATE SET kept_from = greatest(known.kept_from, excluded.kept_from);
