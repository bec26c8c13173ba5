-- Officers in the field and how they travel, one list a workspace; personal data, for those who plan.
CREATE TABLE belvedere.crews (
  workspace_id int PRIMARY KEY REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  officers jsonb NOT NULL DEFAULT '[]',
  travel jsonb NOT NULL DEFAULT '{}',
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL DEFAULT ''
);

-- What people had the worker work out: routes of a day, the effect of an intervention, repeated reports. ask: all that it
-- was worked out from; found: the result; as_of: the newest row that was looked at.
CREATE TABLE belvedere.errands (
  workspace_id int NOT NULL REFERENCES belvedere.workspaces (id) ON DELETE CASCADE,
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  title text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done', 'failed')),
  share double precision NOT NULL DEFAULT 0,
  message text NOT NULL DEFAULT '',
  asked_at timestamptz NOT NULL DEFAULT now(),
  asked_by text NOT NULL DEFAULT '',
  finished_at timestamptz,
  as_of timestamptz,
  ask jsonb NOT NULL DEFAULT '{}',
  found jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ON belvedere.errands (workspace_id, topic, id);
CREATE INDEX ON belvedere.errands (id) WHERE status IN ('waiting', 'running');

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['crews', 'errands'] LOOP
    EXECUTE format('ALTER TABLE belvedere.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_workspace ON belvedere.%I TO belvedere_app
      USING (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))
      WITH CHECK (workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[]))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON belvedere.%I TO belvedere_app', name);
  END LOOP;
END $$;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA belvedere TO belvedere_app;
