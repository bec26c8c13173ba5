-- attempt_locks -- serialises the counting of attempts for one name and one client
SELECT pg_advisory_xact_lock(7301, hashtext(%(name)s)), pg_advisory_xact_lock(7302, hashtext(%(client)s));

-- attempts_of_name -- failures of a name since its last success, newest first
SELECT at FROM belvedere.sign_in_attempts
WHERE name = %(name)s AND NOT succeeded AND at > %(since)s
  AND at > coalesce((SELECT max(at) FROM belvedere.sign_in_attempts
                     WHERE name = %(name)s AND succeeded AND at > %(since)s), '-infinity')
ORDER BY at DESC LIMIT %(limit)s;

-- attempts_of_client -- failures from a client, newest first
SELECT at FROM belvedere.sign_in_attempts
WHERE client = %(client)s AND NOT succeeded AND at > %(since)s
ORDER BY at DESC LIMIT %(limit)s;

-- attempt_add -- counts an attempt as failed until it proves to be right
INSERT INTO belvedere.sign_in_attempts (at, name, client, succeeded) VALUES (%(now)s, %(name)s, %(client)s, false)
RETURNING id;

-- attempt_succeeded -- the attempt was right
UPDATE belvedere.sign_in_attempts SET succeeded = true WHERE id = %(attempt_id)s;

-- attempts_tidy -- removes attempts that no longer count
DELETE FROM belvedere.sign_in_attempts WHERE at < %(before)s;

-- session_open -- a new session, in the workspace the account was in last, else in the one with most rows; in a department
-- below one's own workspace, and in that of the installation itself, only where there is no other
WITH RECURSIVE reach (id) AS (
  SELECT workspace_id FROM belvedere.memberships WHERE account_id = %(account_id)s
  UNION
  SELECT w.id FROM belvedere.workspaces w JOIN reach r ON w.parent_id = r.id
), fullest AS (
  SELECT r.id FROM reach r JOIN belvedere.dataset_state d ON d.workspace_id = r.id AND d.rows > 0
  JOIN belvedere.workspaces w ON w.id = r.id
  GROUP BY r.id, w.slug, w.kind
  ORDER BY w.slug = 'system', w.kind = 'department' AND NOT EXISTS (SELECT FROM belvedere.memberships m
    WHERE m.account_id = %(account_id)s AND m.workspace_id = r.id), sum(d.rows) DESC, r.id LIMIT 1
), latest AS (
  SELECT s.workspace_id FROM belvedere.sessions s JOIN reach r ON r.id = s.workspace_id
  WHERE s.account_id = %(account_id)s ORDER BY s.created_at DESC LIMIT 1
)
INSERT INTO belvedere.sessions (id_hash, account_id, workspace_id, created_at, last_seen_at, expires_at, client)
SELECT %(id_hash)s, %(account_id)s, coalesce((SELECT workspace_id FROM latest), (SELECT id FROM fullest)),
  %(now)s, %(now)s, %(expires_at)s, %(client)s;

-- session_scope -- account, strongest role, active workspace and all below it, of a live session
WITH RECURSIVE viewer AS (
  SELECT s.account_id, s.workspace_id, s.last_seen_at, a.name FROM belvedere.sessions s
  JOIN belvedere.accounts a ON a.id = s.account_id
  WHERE s.id_hash = %(id_hash)s AND s.revoked_at IS NULL AND s.expires_at > %(now)s AND a.disabled_at IS NULL
), reach (id, rank, depth) AS (
  SELECT m.workspace_id, array_position(%(roles)s::text[], m.role), 0
  FROM belvedere.memberships m JOIN viewer v ON v.account_id = m.account_id
  UNION
  SELECT w.id, r.rank, r.depth + 1 FROM belvedere.workspaces w JOIN reach r ON w.parent_id = r.id
), active AS (
  SELECT r.id, max(r.rank) AS rank FROM reach r CROSS JOIN viewer v
  GROUP BY r.id, v.workspace_id
  ORDER BY (r.id = v.workspace_id) IS TRUE DESC, min(r.depth), r.id LIMIT 1
), below (id) AS (
  SELECT id FROM active
  UNION
  SELECT w.id FROM belvedere.workspaces w JOIN below b ON w.parent_id = b.id
)
SELECT v.account_id, v.name, (%(roles)s::text[])[a.rank], v.last_seen_at, w.id, w.slug, w.name, w.kind, w.parent_id,
  w.timezone, (SELECT array_agg(id ORDER BY id) FROM below)
FROM viewer v CROSS JOIN active a JOIN belvedere.workspaces w ON w.id = a.id;

-- session_seen -- notes that a session is in use
UPDATE belvedere.sessions SET last_seen_at = %(now)s WHERE id_hash = %(id_hash)s;

-- session_switch -- changes the active workspace to one that the account reaches
WITH RECURSIVE reach (id) AS (
  SELECT m.workspace_id FROM belvedere.memberships m JOIN belvedere.sessions s ON s.account_id = m.account_id
  WHERE s.id_hash = %(id_hash)s
  UNION
  SELECT w.id FROM belvedere.workspaces w JOIN reach r ON w.parent_id = r.id
)
UPDATE belvedere.sessions s SET workspace_id = w.id
FROM belvedere.workspaces w JOIN reach r ON r.id = w.id
WHERE s.id_hash = %(id_hash)s AND s.revoked_at IS NULL AND w.slug = %(slug)s
RETURNING w.id;

-- session_revoke -- ends one session
UPDATE belvedere.sessions SET revoked_at = %(now)s WHERE id_hash = %(id_hash)s AND revoked_at IS NULL RETURNING account_id;

-- sessions_revoke -- ends all sessions of an account but the one kept
UPDATE belvedere.sessions SET revoked_at = %(now)s
WHERE account_id = %(account_id)s AND revoked_at IS NULL AND id_hash <> %(keep)s;

-- sessions_of_account -- live sessions of an account, newest first
SELECT encode(id_hash, 'hex'), created_at, last_seen_at, expires_at, client FROM belvedere.sessions
WHERE account_id = %(account_id)s AND revoked_at IS NULL AND expires_at > %(now)s ORDER BY last_seen_at DESC;

-- sessions_live -- how many sessions are signed in
SELECT count(*) FROM belvedere.sessions WHERE revoked_at IS NULL AND expires_at > %(now)s;

-- sessions_tidy -- removes sessions that ended long ago
DELETE FROM belvedere.sessions WHERE expires_at < %(before)s;

-- link_create -- a one-time sign-in link
INSERT INTO belvedere.sign_in_links (token_hash, account_id, created_at, expires_at)
VALUES (%(token_hash)s, %(account_id)s, %(now)s, %(expires_at)s);

-- links_retire -- unused links of an account no longer work
UPDATE belvedere.sign_in_links SET used_at = %(now)s WHERE account_id = %(account_id)s AND used_at IS NULL;

-- link_account -- whose unused link this is
SELECT a.id, a.name, a.display_name, a.password_hash IS NOT NULL, a.disabled_at
FROM belvedere.sign_in_links l JOIN belvedere.accounts a ON a.id = l.account_id
WHERE l.token_hash = %(token_hash)s AND l.used_at IS NULL AND l.expires_at > %(now)s AND a.disabled_at IS NULL;

-- link_use -- uses a link; of two at once only one gets the account
UPDATE belvedere.sign_in_links l SET used_at = %(now)s FROM belvedere.accounts a
WHERE a.id = l.account_id AND a.disabled_at IS NULL AND l.token_hash = %(token_hash)s AND l.used_at IS NULL
  AND l.expires_at > %(now)s
RETURNING a.id, a.name, a.display_name, a.password_hash IS NOT NULL, a.disabled_at;

-- token_create -- a new API token
INSERT INTO belvedere.api_tokens (workspace_id, account_id, name, token_hash, abilities, created_at, expires_at)
VALUES (%(workspace_id)s, %(account_id)s, %(name)s, %(token_hash)s, %(abilities)s, %(now)s, %(expires_at)s)
RETURNING id;

-- token_scope -- account, strongest role, workspace and abilities of a live token
WITH RECURSIVE token AS (
  SELECT t.*, a.name AS account FROM belvedere.api_tokens t JOIN belvedere.accounts a ON a.id = t.account_id
  WHERE t.token_hash = %(token_hash)s AND t.revoked_at IS NULL AND t.expires_at > %(now)s AND a.disabled_at IS NULL
), up (id) AS (
  SELECT workspace_id FROM token
  UNION
  SELECT w.parent_id FROM belvedere.workspaces w JOIN up u ON w.id = u.id WHERE w.parent_id IS NOT NULL
)
SELECT t.id, t.last_used_at, t.abilities, t.account_id, t.account, m.role, w.id, w.slug, w.name, w.kind, w.parent_id, w.timezone
FROM token t JOIN belvedere.workspaces w ON w.id = t.workspace_id
JOIN belvedere.memberships m ON m.account_id = t.account_id AND m.workspace_id IN (SELECT id FROM up)
ORDER BY array_position(%(roles)s::text[], m.role) DESC LIMIT 1;

-- token_used -- notes that a token is in use
UPDATE belvedere.api_tokens SET last_used_at = %(now)s WHERE id = %(token_id)s;

-- tokens_of_workspace -- tokens that are neither revoked nor expired, of one account or of all
SELECT t.id, t.name, a.name, t.abilities, t.created_at, t.expires_at, t.last_used_at
FROM belvedere.api_tokens t JOIN belvedere.accounts a ON a.id = t.account_id
WHERE t.workspace_id = %(workspace_id)s AND (%(account_id)s::int IS NULL OR t.account_id = %(account_id)s)
  AND t.revoked_at IS NULL AND t.expires_at > %(now)s ORDER BY t.created_at DESC, t.id DESC;

-- token_revoke -- ends a token of a workspace, of one account or of any
UPDATE belvedere.api_tokens SET revoked_at = %(now)s
WHERE id = %(token_id)s AND workspace_id = %(workspace_id)s
  AND (%(account_id)s::int IS NULL OR account_id = %(account_id)s) AND revoked_at IS NULL
RETURNING name;
