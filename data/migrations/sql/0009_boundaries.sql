-- Areas that people brought: a set of polygons with a key each. `exact` and `drawn` are GeoJSON geometries in the order of
-- the keys, drawn with fewer points; `amounts` are the file's columns of numbers, such as people. fingerprint: of all that
-- decides which rows lie where.
CREATE TABLE belvedere.boundaries (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  name text NOT NULL,
  key_column text NOT NULL,
  source text NOT NULL,
  fingerprint text NOT NULL,
  repaired int NOT NULL,
  keys text[] NOT NULL,
  exact text[] NOT NULL,
  drawn text[] NOT NULL,
  amounts jsonb NOT NULL,
  added_by text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, name)
);
ALTER TABLE belvedere.boundaries ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_workspace ON belvedere.boundaries TO belvedere_app
  USING (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))
  WITH CHECK (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON belvedere.boundaries TO belvedere_app;
