-- Foundation: people, workspaces, datasets, segments. Runs once, as the owner.
CREATE SCHEMA IF NOT EXISTS belvedere;

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'belvedere_app') THEN
    CREATE ROLE belvedere_app NOLOGIN NOINHERIT;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN EXECUTE format('GRANT belvedere_app TO %I', current_user); END $$;
GRANT USAGE ON SCHEMA belvedere TO belvedere_app;

-- The workspaces that the running transaction may see; NULL setting means none.
CREATE FUNCTION belvedere.visible_workspaces() RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(string_to_array(nullif(current_setting('belvedere.workspaces', true), ''), ',')::int[], '{}'::int[]) $$;

CREATE TABLE belvedere.workspaces (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('organisation', 'municipality', 'department')),
  parent_id int REFERENCES belvedere.workspaces (id),
  timezone text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE belvedere.accounts (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name = lower(name)),
  display_name text NOT NULL,
  password_hash text,
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz
);

CREATE TABLE belvedere.memberships (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  account_id int NOT NULL REFERENCES belvedere.accounts (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('viewer', 'analyst', 'manager', 'operator', 'administrator')),
  PRIMARY KEY (workspace_id, account_id)
);

CREATE TABLE belvedere.sign_in_links (
  token_hash bytea PRIMARY KEY,
  account_id int NOT NULL REFERENCES belvedere.accounts (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);

CREATE TABLE belvedere.sessions (
  id_hash bytea PRIMARY KEY,
  account_id int NOT NULL REFERENCES belvedere.accounts (id) ON DELETE CASCADE,
  workspace_id int REFERENCES belvedere.workspaces (id) ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  client text NOT NULL DEFAULT ''
);
CREATE INDEX ON belvedere.sessions (account_id);

CREATE TABLE belvedere.sign_in_attempts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  name text NOT NULL,
  client text NOT NULL,
  succeeded boolean NOT NULL
);
CREATE INDEX ON belvedere.sign_in_attempts (at);

CREATE TABLE belvedere.api_tokens (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  account_id int NOT NULL REFERENCES belvedere.accounts (id) ON DELETE CASCADE,
  name text NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  abilities text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- workspace_id is null for what happened outside any workspace (a refused sign-in); only the owner reads those.
CREATE TABLE belvedere.audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  workspace_id int REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  account text NOT NULL,
  action text NOT NULL,
  object text NOT NULL DEFAULT '',
  detail jsonb NOT NULL DEFAULT '{}',
  client text NOT NULL DEFAULT ''
);
CREATE INDEX ON belvedere.audit (workspace_id, at);

CREATE TABLE belvedere.presence (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  session_key text NOT NULL,
  account text NOT NULL,
  page text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, session_key)
);

-- Datasets are shared definitions; `definition` is the one the table was made from.
CREATE TABLE belvedere.datasets (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pack text NOT NULL,
  name text NOT NULL,
  definition jsonb NOT NULL,
  UNIQUE (pack, name)
);

CREATE TABLE belvedere.workspace_packs (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  pack text NOT NULL,
  PRIMARY KEY (workspace_id, pack)
);

-- version: grows with each batch that changed rows. change_no: grows with each change of segments, compaction included.
CREATE TABLE belvedere.dataset_state (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  version bigint NOT NULL DEFAULT 0,
  change_no bigint NOT NULL DEFAULT 0,
  rows bigint NOT NULL DEFAULT 0,
  newest_at timestamptz,
  received_at timestamptz,
  PRIMARY KEY (workspace_id, dataset_id)
);

CREATE TABLE belvedere.batches (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  batch_key text NOT NULL,
  version bigint NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT now(),
  result jsonb NOT NULL,
  PRIMARY KEY (workspace_id, dataset_id, batch_key)
);
CREATE INDEX ON belvedere.batches (workspace_id, committed_at);

CREATE TABLE belvedere.dictionary (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  column_name text NOT NULL,
  code int NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (workspace_id, dataset_id, column_name, code),
  UNIQUE (workspace_id, dataset_id, column_name, value)
);

-- One row a segment: rows of one local day of one stream. packed: all columns of a micro-segment; null when the columns are
-- rows of segment_columns. A merged segment is retired, not deleted, until no reader can still hold it.
CREATE TABLE belvedere.segments (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  stream smallint NOT NULL,
  segment_id bigint GENERATED ALWAYS AS IDENTITY,
  day date NOT NULL,
  added_change bigint NOT NULL,
  retired_change bigint,
  retired_at timestamptz,
  row_count int NOT NULL,
  negative_count int NOT NULL,
  min_ms int NOT NULL,
  max_ms int NOT NULL,
  packed bytea,
  PRIMARY KEY (workspace_id, dataset_id, segment_id)
);
ALTER TABLE belvedere.segments ALTER COLUMN packed SET STORAGE EXTERNAL;
CREATE INDEX ON belvedere.segments (workspace_id, dataset_id, added_change);
CREATE INDEX ON belvedere.segments (workspace_id, dataset_id, retired_change) WHERE retired_change IS NOT NULL;

CREATE TABLE belvedere.segment_columns (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  segment_id bigint NOT NULL,
  column_name text NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (workspace_id, segment_id, column_name)
);
ALTER TABLE belvedere.segment_columns ALTER COLUMN data SET STORAGE EXTERNAL;

-- Day tensors: sufficient statistics of one local day (period 'day') and exact actor sets of months (period 'month').
-- last_segment_id: the newest segment of that day that was counted; the tensor serves only while no newer one exists.
CREATE TABLE belvedere.tensors (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  stream smallint NOT NULL,
  period text NOT NULL CHECK (period IN ('day', 'month')),
  starts_on date NOT NULL,
  part text NOT NULL,
  last_segment_id bigint NOT NULL,
  row_count bigint NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (workspace_id, dataset_id, stream, period, part, starts_on)
);
ALTER TABLE belvedere.tensors ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE belvedere.imports (
  id bigint GENERATED ALWAYS AS IDENTITY,
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  account text NOT NULL,
  file_name text NOT NULL,
  file_hash text NOT NULL,
  mapping jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'done', 'failed')),
  started_at timestamptz NOT NULL DEFAULT now(),
  touched_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  next_batch int NOT NULL DEFAULT 0,
  counts jsonb NOT NULL DEFAULT '{}',
  message text NOT NULL DEFAULT '',
  PRIMARY KEY (workspace_id, id)
);

CREATE TABLE belvedere.rejects (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  id bigint GENERATED ALWAYS AS IDENTITY,
  dataset_id int NOT NULL REFERENCES belvedere.datasets (id),
  import_id bigint,
  batch_key text NOT NULL DEFAULT '',
  at timestamptz NOT NULL DEFAULT now(),
  file_name text NOT NULL DEFAULT '',
  line bigint,
  field text NOT NULL,
  reason text NOT NULL,
  found text,
  expected text NOT NULL DEFAULT '',
  raw text NOT NULL DEFAULT '',
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX ON belvedere.rejects (workspace_id, import_id);

-- Row-level security on every table with rows of a workspace.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['memberships', 'audit', 'presence', 'workspace_packs', 'dataset_state', 'batches', 'dictionary',
    'segments', 'segment_columns', 'tensors', 'imports', 'rejects', 'api_tokens'] LOOP
    EXECUTE format('ALTER TABLE belvedere.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_workspace ON belvedere.%I TO belvedere_app
      USING (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))
      WITH CHECK (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON belvedere.%I TO belvedere_app', name);
  END LOOP;
END $$;
ALTER TABLE belvedere.workspaces ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_workspace ON belvedere.workspaces TO belvedere_app
  USING (id = ANY ((SELECT belvedere.visible_workspaces())::int[]));
GRANT SELECT ON belvedere.workspaces, belvedere.datasets TO belvedere_app;
REVOKE UPDATE, DELETE ON belvedere.audit FROM belvedere_app;
REVOKE ALL ON belvedere.api_tokens, belvedere.memberships FROM belvedere_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA belvedere TO belvedere_app;
