-- list_boundaries -- the sets of areas of a workspace, without their geometry
SELECT name, key_column, source, fingerprint, repaired, cardinality(keys),
  ARRAY(SELECT column_name FROM jsonb_object_keys(amounts) column_name ORDER BY 1), added_by, added_at
FROM belvedere.boundaries WHERE workspace_id = %(workspace)s ORDER BY name;

-- boundary_keys -- what the areas of each set of a workspace are called
SELECT name, keys FROM belvedere.boundaries WHERE workspace_id = %(workspace)s ORDER BY name;

-- drawn_boundaries -- the areas of each set of a workspace as they are drawn
SELECT drawn FROM belvedere.boundaries WHERE workspace_id = %(workspace)s ORDER BY name;

-- one_boundary_set -- one set of areas with its geometry
SELECT name, key_column, source, fingerprint, repaired, cardinality(keys),
  ARRAY(SELECT column_name FROM jsonb_object_keys(amounts) column_name ORDER BY 1), added_by, added_at,
  keys, exact, drawn, amounts
FROM belvedere.boundaries WHERE workspace_id = %(workspace)s AND name = %(name)s;

-- one_boundary -- the geometry of one area of a set
SELECT exact[array_position(keys, %(key)s)] FROM belvedere.boundaries
WHERE workspace_id = %(workspace)s AND name = %(name)s;

-- put_boundaries -- a set of areas; one of the same name is replaced
INSERT INTO belvedere.boundaries
  (workspace_id, name, key_column, source, fingerprint, repaired, keys, exact, drawn, amounts, added_by)
VALUES (%(workspace)s, %(name)s, %(key_column)s, %(source)s, %(fingerprint)s, %(repaired)s, %(keys)s::text[],
  %(exact)s::text[], %(drawn)s::text[], %(amounts)s, %(account)s)
ON CONFLICT (workspace_id, name) DO UPDATE SET key_column = excluded.key_column, source = excluded.source,
  fingerprint = excluded.fingerprint, repaired = excluded.repaired, keys = excluded.keys, exact = excluded.exact,
  drawn = excluded.drawn, amounts = excluded.amounts, added_by = excluded.added_by, added_at = now();

-- remove_boundaries -- a set of areas goes; its name comes back when it was there
DELETE FROM belvedere.boundaries WHERE workspace_id = %(workspace)s AND name = %(name)s RETURNING name;
