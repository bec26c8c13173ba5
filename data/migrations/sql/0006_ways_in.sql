-- Messages whose rows are stored or refused, so that one that is delivered again counts once; kept for some days.
-- Without references: they would cost more than the row.
CREATE TABLE belvedere.message_ids (
  workspace_id int NOT NULL,
  dataset_id int NOT NULL,
  id bytea NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, dataset_id, id)
);
CREATE INDEX ON belvedere.message_ids USING brin (seen_at) WITH (autosummarize = on);

-- How far each external dataset has followed its source.
CREATE TABLE belvedere.followed (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  watermark text,
  key text,
  read_at timestamptz,
  compared_at timestamptz,
  message text NOT NULL DEFAULT '',
  PRIMARY KEY (workspace_id, dataset_id)
);

-- The fingerprint that each row of a source had when it was read. bucket: the first byte of md5(key).
CREATE TABLE belvedere.followed_rows (
  workspace_id int NOT NULL,
  dataset_id int NOT NULL,
  bucket smallint NOT NULL,
  key text NOT NULL,
  hash bytea NOT NULL,
  row_key text,
  PRIMARY KEY (workspace_id, dataset_id, bucket, key)
);

CREATE FUNCTION belvedere.forget_ways() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM belvedere.message_ids WHERE workspace_id = OLD.id;
  DELETE FROM belvedere.followed_rows WHERE workspace_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER forget_ways AFTER DELETE ON belvedere.workspaces
  FOR EACH ROW EXECUTE FUNCTION belvedere.forget_ways();

-- Which login role may read which workspace through the schema warehouse; out of reach of the application's role.
CREATE TABLE belvedere.readers (
  role_name text NOT NULL,
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  PRIMARY KEY (role_name, workspace_id)
);

-- What people changed about the schedule of jobs; a job without a row keeps its own.
CREATE TABLE belvedere.job_settings (
  job text PRIMARY KEY,
  cron text,
  paused boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL
);

CREATE TABLE belvedere.workflow_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workflow text NOT NULL,
  asked_by text NOT NULL DEFAULT '',
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  outcome text NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'done', 'failed')),
  steps jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX ON belvedere.workflow_runs (workflow, started_at);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['message_ids', 'followed', 'followed_rows'] LOOP
    EXECUTE format('ALTER TABLE belvedere.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_workspace ON belvedere.%I TO belvedere_app
      USING (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))
      WITH CHECK (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON belvedere.%I TO belvedere_app', name);
  END LOOP;
END $$;

-- The warehouse: views that other tools read as a role of their own, which sees the workspaces it was given.
CREATE SCHEMA warehouse;
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'belvedere_reader') THEN
    CREATE ROLE belvedere_reader NOLOGIN NOINHERIT;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA warehouse, belvedere TO belvedere_reader;
CREATE FUNCTION belvedere.reader_workspaces() RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog AS
$$ SELECT coalesce(array_agg(workspace_id), '{}') FROM belvedere.readers WHERE role_name = session_user $$;
REVOKE EXECUTE ON FUNCTION belvedere.reader_workspaces() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION belvedere.reader_workspaces() TO belvedere_reader;
CREATE POLICY of_reader ON belvedere.workspaces FOR SELECT TO belvedere_reader
  USING (id = ANY ((SELECT belvedere.reader_workspaces())::int[]));
GRANT SELECT (id, slug, name, kind, parent_id, timezone) ON belvedere.workspaces TO belvedere_reader;
CREATE VIEW warehouse.workspaces WITH (security_invoker = true) AS
  SELECT id AS workspace_id, slug, name, kind, timezone FROM belvedere.workspaces;
GRANT SELECT ON warehouse.workspaces TO belvedere_reader;
