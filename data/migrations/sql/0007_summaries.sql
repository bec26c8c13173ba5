-- What a metric was in an hour, day, week or month of the workspace's own calendar. numerator and denominator: what a mean,
-- share or ratio was made of, so that summaries of it can be put together again. versions: those of the datasets it came
-- from; definition: a hash of the metric's meaning. Both tell whether the summary still says what the rows say.
CREATE TABLE belvedere.summaries (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  period text NOT NULL CHECK (period IN ('hour', 'day', 'week', 'month')),
  metric text NOT NULL,
  bucket_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  value double precision,
  numerator double precision,
  denominator double precision,
  additive boolean NOT NULL,
  complete boolean NOT NULL,
  as_of timestamptz,
  versions jsonb NOT NULL,
  definition text NOT NULL,
  computed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, period, metric, bucket_at)
);

ALTER TABLE belvedere.summaries ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_workspace ON belvedere.summaries TO belvedere_app
  USING (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))
  WITH CHECK (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON belvedere.summaries TO belvedere_app;

CREATE POLICY of_reader ON belvedere.summaries FOR SELECT TO belvedere_reader
  USING (workspace_id = ANY ((SELECT belvedere.reader_workspaces())::int[]));
GRANT SELECT ON belvedere.summaries TO belvedere_reader;
CREATE VIEW warehouse.summaries WITH (security_invoker = true) AS
  SELECT workspace_id, period, metric, bucket_at, ends_at, value, numerator, denominator, additive, complete, as_of, computed_at
  FROM belvedere.summaries;
GRANT SELECT ON warehouse.summaries TO belvedere_reader;
