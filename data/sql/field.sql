-- crew -- the officers of a workspace and how they travel
SELECT officers, travel, changed_at, changed_by FROM belvedere.crews WHERE workspace_id = %(workspace)s;

-- set_crew -- the officers of a workspace put in the place of those before
INSERT INTO belvedere.crews (workspace_id, officers, travel, changed_at, changed_by)
VALUES (%(workspace)s, %(officers)s, %(travel)s, %(now)s, %(by)s)
ON CONFLICT (workspace_id) DO UPDATE SET officers = excluded.officers, travel = excluded.travel,
  changed_at = excluded.changed_at, changed_by = excluded.changed_by;

-- begin_errand -- something to work out
INSERT INTO belvedere.errands (workspace_id, topic, title, asked_at, asked_by, as_of, ask)
VALUES (%(workspace)s, %(topic)s, %(title)s, %(now)s, %(by)s, %(as_of)s, %(ask)s) RETURNING id;

-- errand -- one errand with all that belongs to it
SELECT id, workspace_id, topic, title, status, share, message, asked_at, asked_by, finished_at, as_of, ask, found
FROM belvedere.errands WHERE workspace_id = %(workspace)s AND id = %(id)s;

-- errand_progress -- how far an errand is, without the large columns
SELECT id, workspace_id, topic, title, status, share, message, asked_at, asked_by, finished_at, as_of, '{}'::jsonb, '{}'::jsonb
FROM belvedere.errands WHERE workspace_id = %(workspace)s AND id = %(id)s;

-- errands -- the newest errands of a topic, without the large columns
SELECT id, workspace_id, topic, title, status, share, message, asked_at, asked_by, finished_at, as_of, '{}'::jsonb, '{}'::jsonb
FROM belvedere.errands WHERE workspace_id = %(workspace)s AND topic = %(topic)s ORDER BY id DESC LIMIT %(limit)s;

-- next_errand -- the oldest errand of all workspaces that nobody has finished
SELECT id, workspace_id, topic, title, status, share, message, asked_at, asked_by, finished_at, as_of, ask, found
FROM belvedere.errands WHERE status IN ('waiting', 'running') ORDER BY id LIMIT 1;

-- errand_begun -- an errand that a worker begins, once more
UPDATE belvedere.errands SET tries = tries + 1 WHERE workspace_id = %(workspace)s AND id = %(id)s RETURNING tries;

-- errand_left -- an errand that a worker gives back, as if it had not begun
UPDATE belvedere.errands SET tries = greatest(tries - 1, 0) WHERE workspace_id = %(workspace)s AND id = %(id)s;

-- errand_moved -- how far an errand is
UPDATE belvedere.errands SET status = 'running', share = %(share)s, message = %(message)s
WHERE workspace_id = %(workspace)s AND id = %(id)s;

-- errand_ended -- an errand that is over, well or not
UPDATE belvedere.errands SET status = %(status)s, share = 1, message = %(message)s, found = %(found)s,
  as_of = coalesce(%(as_of)s, as_of), finished_at = %(now)s
WHERE workspace_id = %(workspace)s AND id = %(id)s;

-- remove_errands -- errands that were asked for long ago
DELETE FROM belvedere.errands WHERE asked_at < %(before)s;
