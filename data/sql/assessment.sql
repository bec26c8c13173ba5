-- assessment_lock -- one process at a time scores a workspace, until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('belvedere.assessment', %(workspace)s));

-- assessment_changes -- the number of the last change of some datasets
SELECT dataset_id, change_no FROM belvedere.dataset_state
WHERE workspace_id = %(workspace)s AND dataset_id = ANY (%(datasets)s::int[]);

-- assessment_changed_spans -- where segments were added after a change, without those that took the place of known ones
SELECT s.day, s.min_ms, s.max_ms FROM belvedere.segments s
WHERE s.workspace_id = %(workspace)s AND s.dataset_id = %(dataset)s AND s.stream = 0 AND s.added_change > %(known)s
  AND NOT EXISTS (SELECT FROM belvedere.segments r WHERE r.workspace_id = s.workspace_id AND r.dataset_id = s.dataset_id
    AND r.retired_change = s.added_change)
ORDER BY s.day, s.min_ms;

-- assessment_seen_until -- every transaction that began before this instant has ended
SELECT least(now(), min(xact_start)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid();

-- assessment_last_progress -- the greatest batch key of a dataset that starts with a prefix
SELECT batch_key FROM belvedere.batches
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND starts_with(batch_key, %(prefix)s)
ORDER BY batch_key COLLATE "C" DESC LIMIT 1;

-- assessment_forget_progress -- how far scoring had come earlier need not be kept
DELETE FROM belvedere.batches
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND starts_with(batch_key, %(prefix)s)
  AND batch_key COLLATE "C" < %(key)s;

-- assessment_sessions_of_trials -- sessions with trials of a span that were received since an instant, and when these were
SELECT session, min(occurred_at), max(occurred_at) FROM assessment.trials
WHERE workspace_id = %(workspace)s AND occurred_at >= %(first)s AND occurred_at < %(end)s AND received_at >= %(since)s
  AND session IS NOT NULL
GROUP BY session;

-- assessment_sessions_received -- sessions of a span whose row was received since an instant
SELECT session, started_at, coalesce(completed_at, started_at) FROM assessment.sessions
WHERE workspace_id = %(workspace)s AND started_at >= %(first)s AND started_at < %(end)s AND received_at >= %(since)s;

-- assessment_idle_sessions -- sessions that were not completed, began in a span and have no result
SELECT s.session, s.started_at, s.started_at FROM assessment.sessions s
WHERE s.workspace_id = %(workspace)s AND s.started_at >= %(first)s AND s.started_at < %(end)s AND s.completed_at IS NULL
  AND NOT EXISTS (SELECT FROM assessment.results r WHERE r.workspace_id = s.workspace_id AND r.session = s.session);

-- assessment_span -- first and last time of the trials of a workspace
SELECT min(occurred_at), max(occurred_at) FROM assessment.trials WHERE workspace_id = %(workspace)s;

-- assessment_known_sessions -- what is known of some sessions
SELECT session, started_at, completed_at, status, participant, battery, norm_group, setting, device, gender, age_group
FROM assessment.sessions WHERE workspace_id = %(workspace)s AND session = ANY (%(sessions)s::text[]);

-- assessment_person_values -- the first valid value of each metric that each person has from sessions of a span
SELECT DISTINCT ON (m.participant, m.metric) m.participant, m.norm_group, m.metric, m.value::float8
FROM assessment.session_metrics m
JOIN assessment.results r ON r.workspace_id = m.workspace_id AND r.session = m.session AND r.valid = 'valid'
WHERE m.workspace_id = %(workspace)s AND m.completed_at >= %(first)s AND m.completed_at < %(end)s
  AND m.valid = 'valid' AND m.value IS NOT NULL AND m.participant IS NOT NULL
ORDER BY m.participant, m.metric, m.completed_at, m.session;

-- assessment_valid_sessions -- the newest valid sessions of a span, and when they were completed
SELECT session, completed_at, completed_at FROM assessment.results
WHERE workspace_id = %(workspace)s AND completed_at >= %(first)s AND completed_at < %(end)s AND valid = 'valid'
ORDER BY completed_at DESC, session LIMIT %(most)s;

-- assessment_sessions_of_person -- sessions of a person that were scored, the newest first
SELECT session, completed_at, valid, reason, outcome, overall::float8, norm_group, battery FROM assessment.results
WHERE workspace_id = %(workspace)s AND participant = %(participant)s ORDER BY completed_at DESC, session;
