-- open_place_study -- the study of a question, asked for when there is none yet
INSERT INTO belvedere.place_studies AS old (workspace_id, dataset_id, kind, question_hash, question, asked_by, asked_at, seen_at, touched_at)
VALUES (%(workspace)s, %(dataset)s, %(kind)s, %(hash)s, %(question)s, %(by)s, %(now)s, %(now)s, %(now)s)
ON CONFLICT (workspace_id, dataset_id, kind, question_hash) DO UPDATE SET seen_at = excluded.seen_at
RETURNING state, progress, doing, failure, version, result, asked_at, finished_at;

-- find_place_study -- how a study stands
SELECT state, progress, doing, failure, version, NULL, asked_at, finished_at FROM belvedere.place_studies
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND kind = %(kind)s AND question_hash = %(hash)s;

-- place_study_members -- a study with its result and, of that, the cluster of each place
SELECT state, progress, doing, failure, version, result, asked_at, finished_at, members FROM belvedere.place_studies
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND kind = %(kind)s AND question_hash = %(hash)s;

-- renew_place_study -- a study asked for anew
UPDATE belvedere.place_studies SET state = 'asked', tries = 0, progress = 0, doing = '', asked_by = %(by)s, asked_at = %(now)s, touched_at = %(now)s
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND kind = %(kind)s AND question_hash = %(hash)s
  AND state IN ('done', 'failed');

-- take_place_study -- the study that waits longest, or that a worker left behind, taken on
UPDATE belvedere.place_studies SET state = 'running', tries = tries + 1, touched_at = %(now)s
WHERE ctid = (
  SELECT ctid FROM belvedere.place_studies
  WHERE state = 'asked' OR (state = 'running' AND touched_at < %(left)s)
  ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING workspace_id, dataset_id, kind, question_hash, question, tries;

-- note_place_study -- how far a study is
UPDATE belvedere.place_studies SET progress = %(progress)s, doing = %(doing)s, touched_at = clock_timestamp()
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND kind = %(kind)s AND question_hash = %(hash)s;

-- finish_place_study -- what a study found, or why it failed
UPDATE belvedere.place_studies SET state = %(state)s, tries = 0, progress = 1, doing = '', failure = %(failure)s,
  version = coalesce(%(version)s, version), result = coalesce(%(result)s, result),
  members = CASE WHEN %(result)s::jsonb IS NULL THEN members ELSE %(members)s END, touched_at = %(now)s, finished_at = %(now)s
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND kind = %(kind)s AND question_hash = %(hash)s;

-- release_place_study -- a study given back, to be taken again
UPDATE belvedere.place_studies SET state = 'asked', tries = greatest(tries - 1, 0), progress = 0, doing = '', touched_at = %(now)s
WHERE workspace_id = %(workspace)s AND dataset_id = %(dataset)s AND kind = %(kind)s AND question_hash = %(hash)s;

-- renew_place_studies -- studies that people looked at lately, asked for anew
UPDATE belvedere.place_studies s SET state = 'asked', tries = 0, progress = 0, doing = '', asked_by = 'schedule', asked_at = %(now)s, touched_at = %(now)s
WHERE state = 'done' AND seen_at > %(seen)s;

-- forget_place_studies -- studies that nobody looks at any more
DELETE FROM belvedere.place_studies WHERE seen_at < %(seen)s AND state <> 'running';
