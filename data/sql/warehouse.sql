-- warehouse_views -- names of the views that other tools read
SELECT viewname FROM pg_views WHERE schemaname = 'warehouse' ORDER BY 1;

-- readers -- login roles of the warehouse with the workspaces they see
SELECT r.role_name, array_agg(w.slug ORDER BY w.slug) FROM belvedere.readers r
JOIN belvedere.workspaces w ON w.id = r.workspace_id GROUP BY 1 ORDER BY 1;

-- role_exists -- whether the server has a role of that name
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s);

-- let_read -- a role sees these workspaces and no others
WITH gone AS (DELETE FROM belvedere.readers WHERE role_name = %(role)s AND workspace_id <> ALL (%(workspaces)s::int[]))
INSERT INTO belvedere.readers (role_name, workspace_id)
SELECT %(role)s, unnest(%(workspaces)s::int[]) ON CONFLICT DO NOTHING;

-- forget_reader -- a role sees no workspace
DELETE FROM belvedere.readers WHERE role_name = %(role)s;
