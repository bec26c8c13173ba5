-- Analyses of places that take too long for a page: asked for by people, worked out by the worker, read by everybody of the
-- workspace. question: what was asked, question_hash: of its canonical text. version: that of the data it was worked out
-- from; the last result stays while a newer one is worked out.
CREATE TABLE belvedere.place_studies (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  kind text NOT NULL,
  question_hash text NOT NULL,
  question jsonb NOT NULL,
  state text NOT NULL DEFAULT 'asked',
  progress double precision NOT NULL DEFAULT 0,
  doing text NOT NULL DEFAULT '',
  failure text NOT NULL DEFAULT '',
  version bigint,
  result jsonb,
  asked_by text NOT NULL DEFAULT '',
  asked_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  touched_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (workspace_id, dataset_id, kind, question_hash),
  CHECK (state = ANY (ARRAY['asked', 'running', 'done', 'failed']))
);
CREATE INDEX ON belvedere.place_studies (asked_at) WHERE state IN ('asked', 'running');

ALTER TABLE belvedere.place_studies ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_workspace ON belvedere.place_studies TO belvedere_app
  USING (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))
  WITH CHECK (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON belvedere.place_studies TO belvedere_app;
