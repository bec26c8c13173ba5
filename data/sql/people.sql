-- workspace_create -- a new workspace under an optional parent
INSERT INTO belvedere.workspaces (slug, name, kind, parent_id, timezone)
VALUES (%(slug)s, %(name)s, %(kind)s, %(parent_id)s, %(timezone)s)
RETURNING id, slug, name, kind, parent_id, timezone;

-- workspace_to_admin -- makes `admin` administrator of a new top workspace, if it is of all the others
INSERT INTO belvedere.memberships (workspace_id, account_id, role)
SELECT %(workspace_id)s, a.id, 'administrator' FROM belvedere.accounts a
WHERE a.name = %(name)s AND NOT EXISTS (
  SELECT FROM belvedere.workspaces w WHERE w.parent_id IS NULL AND w.id <> %(workspace_id)s AND NOT EXISTS (
    SELECT FROM belvedere.memberships m
    WHERE m.workspace_id = w.id AND m.account_id = a.id AND m.role = 'administrator'));

-- workspace_by_slug -- one workspace
SELECT id, slug, name, kind, parent_id, timezone FROM belvedere.workspaces WHERE slug = %(slug)s;

-- workspaces_all -- every workspace, parents first
WITH RECURSIVE tree AS (
  SELECT w.*, ARRAY[w.slug] AS path FROM belvedere.workspaces w WHERE w.parent_id IS NULL
  UNION ALL
  SELECT w.*, t.path || w.slug FROM belvedere.workspaces w JOIN tree t ON w.parent_id = t.id
)
SELECT id, slug, name, kind, parent_id, timezone FROM tree ORDER BY path;

-- workspaces_of_account -- workspaces an account reaches by its own membership or one in a parent, parents first
WITH RECURSIVE reach (id) AS (
  SELECT workspace_id FROM belvedere.memberships WHERE account_id = %(account_id)s
  UNION
  SELECT w.id FROM belvedere.workspaces w JOIN reach r ON w.parent_id = r.id
), tree AS (
  SELECT w.*, ARRAY[w.slug] AS path FROM belvedere.workspaces w WHERE w.parent_id IS NULL
  UNION ALL
  SELECT w.*, t.path || w.slug FROM belvedere.workspaces w JOIN tree t ON w.parent_id = t.id
)
SELECT t.id, t.slug, t.name, t.kind, t.parent_id, t.timezone FROM tree t JOIN reach r ON r.id = t.id ORDER BY t.path;

-- workspace_ids_below -- a workspace and all its descendants
WITH RECURSIVE below (id) AS (
  SELECT %(workspace_id)s::int
  UNION
  SELECT w.id FROM belvedere.workspaces w JOIN below b ON w.parent_id = b.id
)
SELECT id FROM below ORDER BY id;

-- account_create -- a new account without a password
INSERT INTO belvedere.accounts (name, display_name, created_at) VALUES (%(name)s, %(display_name)s, %(now)s)
ON CONFLICT (name) DO NOTHING
RETURNING id, name, display_name, password_hash IS NOT NULL, disabled_at;

-- account_by_name -- one account
SELECT id, name, display_name, password_hash IS NOT NULL, disabled_at FROM belvedere.accounts WHERE name = %(name)s;

-- accounts_all -- every account
SELECT id, name, display_name, password_hash IS NOT NULL, disabled_at FROM belvedere.accounts ORDER BY name;

-- account_has_password -- whether anybody can sign in with a password
SELECT EXISTS (SELECT FROM belvedere.accounts WHERE password_hash IS NOT NULL AND disabled_at IS NULL);

-- administrator_has_password -- whether anybody who administers a workspace can sign in with a password
SELECT EXISTS (
  SELECT FROM belvedere.accounts AS a JOIN belvedere.memberships AS m ON m.account_id = a.id AND m.role = 'administrator'
  WHERE a.password_hash IS NOT NULL AND a.disabled_at IS NULL
);

-- account_password_hash -- the stored hash of an account that may sign in
SELECT id, password_hash FROM belvedere.accounts WHERE name = %(name)s AND disabled_at IS NULL;

-- account_set_password -- replaces the stored hash
UPDATE belvedere.accounts SET password_hash = %(password_hash)s WHERE id = %(account_id)s;

-- account_set_disabled -- disables (with a time) or enables (with null) an account
UPDATE belvedere.accounts SET disabled_at = %(disabled_at)s WHERE id = %(account_id)s;

-- membership_set -- makes an account a member with a role, or changes the role
INSERT INTO belvedere.memberships (workspace_id, account_id, role)
VALUES (%(workspace_id)s, %(account_id)s, %(role)s)
ON CONFLICT (workspace_id, account_id) DO UPDATE SET role = excluded.role;

-- membership_remove -- takes an account out of a workspace
DELETE FROM belvedere.memberships WHERE workspace_id = %(workspace_id)s AND account_id = %(account_id)s;

-- memberships_of_account -- every membership of an account
SELECT w.slug, m.role FROM belvedere.memberships m JOIN belvedere.workspaces w ON w.id = m.workspace_id
WHERE m.account_id = %(account_id)s ORDER BY w.slug;

-- memberships_all -- every membership, for the list of accounts
SELECT m.account_id, w.slug, m.role FROM belvedere.memberships m JOIN belvedere.workspaces w ON w.id = m.workspace_id
ORDER BY m.account_id, w.slug;

-- members_of_workspace -- accounts with a role in a workspace, own or from a parent, the strongest role of each
WITH RECURSIVE up (id, depth) AS (
  SELECT %(workspace_id)s::int, 0
  UNION
  SELECT w.parent_id, u.depth + 1 FROM belvedere.workspaces w JOIN up u ON w.id = u.id WHERE w.parent_id IS NOT NULL
)
SELECT DISTINCT ON (a.name) a.id, a.name, a.display_name, m.role, w.slug, a.password_hash IS NOT NULL, a.disabled_at,
  (SELECT max(s.last_seen_at) FROM belvedere.sessions s WHERE s.account_id = a.id) AS last_seen_at
FROM up
JOIN belvedere.memberships m ON m.workspace_id = up.id
JOIN belvedere.accounts a ON a.id = m.account_id
JOIN belvedere.workspaces w ON w.id = up.id
ORDER BY a.name, array_position(%(roles)s::text[], m.role) DESC, up.depth;

-- role_in_workspace -- the strongest role of an account in a workspace, own or from a parent
WITH RECURSIVE up (id) AS (
  SELECT %(workspace_id)s::int
  UNION
  SELECT w.parent_id FROM belvedere.workspaces w JOIN up u ON w.id = u.id WHERE w.parent_id IS NOT NULL
)
SELECT m.role FROM belvedere.memberships m JOIN up ON up.id = m.workspace_id
WHERE m.account_id = %(account_id)s
ORDER BY array_position(%(roles)s::text[], m.role) DESC LIMIT 1;

-- memberships_outside -- workspaces of an account in which somebody else is not administrator
WITH RECURSIVE reach (id) AS (
  SELECT workspace_id FROM belvedere.memberships WHERE account_id = %(actor_id)s AND role = 'administrator'
  UNION
  SELECT w.id FROM belvedere.workspaces w JOIN reach r ON w.parent_id = r.id
)
SELECT count(*) FROM belvedere.memberships m
WHERE m.account_id = %(account_id)s AND m.workspace_id NOT IN (SELECT id FROM reach);

-- audit_add -- one audit row of a workspace, written as the viewer
INSERT INTO belvedere.audit (at, workspace_id, account, action, object, detail, client)
VALUES (coalesce(%(at)s, now()), %(workspace_id)s, %(account)s, %(action)s, %(object)s, %(detail)s, %(client)s);

-- audit_page -- audit rows of a workspace, newest first
SELECT id, at, account, action, object, detail, client FROM belvedere.audit
WHERE workspace_id = %(workspace_id)s
  AND (%(before)s::bigint IS NULL OR id < %(before)s)
  AND (%(account)s::text IS NULL OR account = %(account)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND at >= %(from_at)s AND at < %(to_at)s
ORDER BY id DESC LIMIT %(limit)s;

-- audit_actions -- the actions that occur in a workspace's audit
SELECT DISTINCT action FROM belvedere.audit WHERE workspace_id = %(workspace_id)s ORDER BY action;

-- presence_touch -- says that a session is on a page; a repeat within 15 s writes nothing and locks nothing
INSERT INTO belvedere.presence (workspace_id, session_key, account, page, seen_at)
SELECT %(workspace_id)s, %(session_key)s, %(account)s, %(page)s, %(now)s
WHERE NOT EXISTS (
  SELECT FROM belvedere.presence
  WHERE workspace_id = %(workspace_id)s AND session_key = %(session_key)s AND page = %(page)s
    AND seen_at > %(now)s::timestamptz - interval '15 seconds')
ON CONFLICT (workspace_id, session_key)
DO UPDATE SET account = excluded.account, page = excluded.page, seen_at = excluded.seen_at;

-- presence_online -- the newest sighting of each account that was seen lately
SELECT DISTINCT ON (account) account, page, seen_at FROM belvedere.presence
WHERE workspace_id = %(workspace_id)s AND seen_at > %(since)s
ORDER BY account, seen_at DESC;

-- presence_forget -- removes a session from everywhere it was seen
DELETE FROM belvedere.presence WHERE session_key = %(session_key)s;

-- presence_tidy -- removes sightings that are long past
DELETE FROM belvedere.presence WHERE seen_at < %(before)s;
