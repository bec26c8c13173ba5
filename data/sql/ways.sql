-- take_messages -- note messages as taken; the ids of those that were not before come back
INSERT INTO belvedere.message_ids (workspace_id, dataset_id, id)
SELECT %(workspace)s, %(dataset)s, m.id FROM unnest(%(ids)s::bytea[]) m (id) ORDER BY m.id
ON CONFLICT DO NOTHING RETURNING id;

-- forget_messages -- forget messages that nobody will deliver again
DELETE FROM belvedere.message_ids WHERE seen_at < %(before)s;

-- dead_letters -- messages that were refused, newest first
SELECT r.id, r.at, d.pack || '.' || d.name, r.file_name, r.field, r.reason, r.found, r.expected, r.raw
FROM belvedere.rejects r JOIN belvedere.datasets d ON d.id = r.dataset_id
WHERE r.workspace_id = %(workspace)s AND r.batch_key LIKE 'messages:%%' AND r.id < coalesce(%(before)s, 9223372036854775807)
ORDER BY r.id DESC LIMIT %(limit)s OFFSET %(skip)s;

-- credential_was_good -- whether a token or session, known by the start of its hash, was in force at a time
SELECT CASE %(kind)s
  WHEN 'token' THEN EXISTS (SELECT FROM belvedere.api_tokens t JOIN belvedere.accounts a ON a.id = t.account_id
    WHERE encode(t.token_hash, 'hex') LIKE %(prefix)s AND t.expires_at > %(at)s AND a.disabled_at IS NULL
      AND (t.revoked_at IS NULL OR t.revoked_at > %(at)s))
  WHEN 'session' THEN EXISTS (SELECT FROM belvedere.sessions s JOIN belvedere.accounts a ON a.id = s.account_id
    WHERE encode(s.id_hash, 'hex') LIKE %(prefix)s AND s.expires_at > %(at)s AND a.disabled_at IS NULL
      AND (s.revoked_at IS NULL OR s.revoked_at > %(at)s))
  ELSE false END;

-- count_dead_letters -- how many messages were refused and are still kept
SELECT count(*) FROM belvedere.rejects WHERE workspace_id = %(workspace)s AND batch_key LIKE 'messages:%%';

-- some_dead_letters -- refused messages by their ids
SELECT r.id, r.at, d.pack || '.' || d.name, r.file_name, r.field, r.reason, r.found, r.expected, r.raw
FROM belvedere.rejects r JOIN belvedere.datasets d ON d.id = r.dataset_id
WHERE r.workspace_id = %(workspace)s AND r.batch_key LIKE 'messages:%%' AND r.id = ANY (%(ids)s::bigint[])
ORDER BY r.id;

-- remove_dead_letters -- refused messages that are no longer kept
DELETE FROM belvedere.rejects
WHERE workspace_id = %(workspace)s AND batch_key LIKE 'messages:%%' AND id = ANY (%(ids)s::bigint[]);
