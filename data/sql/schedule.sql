-- job_settings -- what people changed about the schedule
SELECT job, cron, paused, changed_at, changed_by FROM belvedere.job_settings ORDER BY job;

-- set_job -- a job's own times, or none of its own, and whether it rests
INSERT INTO belvedere.job_settings (job, cron, paused, changed_by) VALUES (%(job)s, %(cron)s, %(paused)s, %(by)s)
ON CONFLICT (job) DO UPDATE SET cron = excluded.cron, paused = excluded.paused, changed_by = excluded.changed_by,
  changed_at = now();

-- queued_jobs -- how many jobs of each name wait, run, or failed within a day
SELECT task_name, count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'doing'),
  count(*) FILTER (WHERE status = 'failed')
FROM jobs.procrastinate_jobs GROUP BY 1;

-- begin_workflow -- a run of a workflow that is asked for
INSERT INTO belvedere.workflow_runs (workflow, asked_by, steps) VALUES (%(workflow)s, %(by)s, %(steps)s) RETURNING id;

-- note_workflow -- how far a run of a workflow is
UPDATE belvedere.workflow_runs SET steps = %(steps)s, outcome = %(outcome)s,
  finished_at = CASE WHEN %(outcome)s = 'running' THEN NULL ELSE now() END
WHERE id = %(id)s;

-- workflow_run -- one run of a workflow
SELECT id, workflow, asked_by, started_at, finished_at, outcome, steps FROM belvedere.workflow_runs WHERE id = %(id)s;

-- workflow_runs -- the newest runs of workflows
SELECT id, workflow, asked_by, started_at, finished_at, outcome, steps FROM belvedere.workflow_runs
ORDER BY id DESC LIMIT %(limit)s;
