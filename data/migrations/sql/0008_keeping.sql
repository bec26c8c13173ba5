-- How long rows are kept. keep_days: what the workspace says, null for the installation's own rule. kept_from: rows before
-- this local day are gone, so that what was summed up of them is not computed again.
CREATE TABLE belvedere.retention (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  keep_days int CHECK (keep_days >= 32),
  kept_from date,
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL DEFAULT '',
  PRIMARY KEY (workspace_id, dataset_id)
);
ALTER TABLE belvedere.retention ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_workspace ON belvedere.retention TO belvedere_app
  USING (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))
  WITH CHECK (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON belvedere.retention TO belvedere_app;

-- What people asked of a followed table: that it rests, or that all its rows are compared now; and what comparing caught.
ALTER TABLE belvedere.followed
  ADD COLUMN paused_at timestamptz,
  ADD COLUMN paused_by text NOT NULL DEFAULT '',
  ADD COLUMN compare_asked_at timestamptz,
  ADD COLUMN caught jsonb NOT NULL DEFAULT '{}';

-- Refused messages are looked through a page at a time.
CREATE INDEX ON belvedere.rejects (workspace_id, id) WHERE batch_key LIKE 'messages:%';
