-- What each nightly space-time scan looked at, and why it could tell nothing (reason). last_on: the local day up to which it
-- looked; a scan of the same day puts itself in the place of the one before. rarest_days: the recurrence interval of the least
-- likely cluster, also where none was kept.
CREATE TABLE belvedere.place_scans (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  last_on date NOT NULL,
  first_on date NOT NULL,
  resolution smallint NOT NULL DEFAULT 0,
  events bigint NOT NULL DEFAULT 0,
  drawn bigint NOT NULL DEFAULT 0,
  places int NOT NULL DEFAULT 0,
  cylinders bigint NOT NULL DEFAULT 0,
  rarest_days double precision,
  reason text NOT NULL DEFAULT '',
  scanned_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, dataset_id, last_on)
);
CREATE INDEX ON belvedere.place_scans (last_on);

-- The clusters that scans found: where (H3 indexes, the centre first), from which day on, how many events where how many were
-- expected, how likely by chance, and of which categories (title, share of the cluster, share overall).
CREATE TABLE belvedere.place_clusters (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  last_on date NOT NULL,
  number smallint NOT NULL,
  first_on date NOT NULL,
  cells text[] NOT NULL,
  lat double precision NOT NULL,
  lon double precision NOT NULL,
  radius_m double precision NOT NULL,
  observed bigint NOT NULL,
  expected double precision NOT NULL,
  ratio double precision NOT NULL,
  p double precision NOT NULL,
  recurrence_days double precision NOT NULL,
  categories jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (workspace_id, dataset_id, last_on, number),
  FOREIGN KEY (workspace_id, dataset_id, last_on)
    REFERENCES belvedere.place_scans (workspace_id, dataset_id, last_on) ON DELETE CASCADE
);

-- From which recurrence interval on a cluster is unusual, where somebody of the workspace said so.
CREATE TABLE belvedere.place_limits (
  workspace_id int PRIMARY KEY REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  recurrence_days int NOT NULL CHECK (recurrence_days > 0),
  changed_by text NOT NULL DEFAULT '',
  changed_at timestamptz NOT NULL DEFAULT now()
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['place_scans', 'place_clusters', 'place_limits'] LOOP
    EXECUTE format('ALTER TABLE belvedere.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_workspace ON belvedere.%I TO belvedere_app
      USING (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))
      WITH CHECK (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON belvedere.%I TO belvedere_app', name);
  END LOOP;
END $$;

-- How often a worker has begun: what ends the worker itself is not begun for ever.
ALTER TABLE belvedere.errands ADD COLUMN tries smallint NOT NULL DEFAULT 0;
ALTER TABLE belvedere.place_studies ADD COLUMN tries smallint NOT NULL DEFAULT 0;
