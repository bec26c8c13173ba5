-- The role that copies rows into the monthly partitions of append tables, where policies do not reach: it can name no
-- workspace (a row gets the active one of the transaction), and it can read nothing. A server on which it must not be made
-- goes without: rows then take the longer way through a temporary table.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'belvedere_writer') THEN
    CREATE ROLE belvedere_writer NOLOGIN NOINHERIT;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$;
DO $$ BEGIN
  EXECUTE format('GRANT belvedere_writer TO %I', current_user);
EXCEPTION WHEN undefined_object OR insufficient_privilege THEN NULL;
END $$;
