-- table_columns -- name and type of each column of a table, none when the table is not there
SELECT a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a
WHERE a.attrelid = to_regclass(%(table)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum;

-- table_partitions -- names of the partitions of a table, and whether a role may fill these columns of each
SELECT c.relname, d.adrelid IS NOT NULL AND coalesce((
  SELECT bool_and(has_column_privilege(to_regrole(%(role)s)::oid, c.oid, name, 'INSERT'))
  FROM unnest(%(columns)s::text[]) name), false)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE i.inhparent = to_regclass(%(table)s);

-- has_writer -- whether there is a role that copies rows into partitions, and this one may become it
SELECT coalesce(pg_has_role(to_regrole(%(role)s)::oid, 'MEMBER'), false);

-- lock_definitions -- one process at a time changes table definitions, until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('belvedere.tables', 0));

-- register_dataset -- record the definition a dataset's table is made from, and say its id
INSERT INTO belvedere.datasets AS known (pack, name, definition)
VALUES (%(pack)s, %(name)s, %(definition)s)
ON CONFLICT (pack, name) DO UPDATE SET definition = excluded.definition
RETURNING id;

-- registered_datasets -- every dataset with its id and definition
SELECT pack, name, id, definition FROM belvedere.datasets;

-- enable_pack -- a workspace uses a pack from now on
INSERT INTO belvedere.workspace_packs (workspace_id, pack)
VALUES (%(workspace)s, %(pack)s)
ON CONFLICT DO NOTHING;

-- packs_of_workspace -- the packs that a workspace was given or has rows of, by name
SELECT pack FROM belvedere.workspace_packs WHERE workspace_id = %(workspace)s
UNION
SELECT d.pack FROM belvedere.dataset_state s JOIN belvedere.datasets d ON d.id = s.dataset_id
WHERE s.workspace_id = %(workspace)s AND s.rows > 0
ORDER BY pack;
