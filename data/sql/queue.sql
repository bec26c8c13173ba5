-- job_started -- notes that a job began
INSERT INTO belvedere.job_runs AS old (job, started_at, outcome) VALUES (%(job)s, %(now)s, 'running')
ON CONFLICT (job) DO UPDATE SET started_at = excluded.started_at, finished_at = NULL, outcome = 'running', message = '',
  runs = old.runs + 1;

-- job_done -- notes that a job ended well, and with what
UPDATE belvedere.job_runs SET finished_at = %(now)s, outcome = 'done', message = %(message)s WHERE job = %(job)s;

-- job_failed -- notes that a job failed, and why
UPDATE belvedere.job_runs SET finished_at = %(now)s, outcome = 'failed', message = '', failed_at = %(now)s,
  failure = %(failure)s, failures = failures + 1
WHERE job = %(job)s;

-- job_runs -- what became of each job
SELECT job, started_at, finished_at, outcome, message, failed_at, failure, runs, failures
FROM belvedere.job_runs ORDER BY job;

-- worker_seen -- the last sign of life of any worker
SELECT max(last_heartbeat) FROM jobs.procrastinate_workers;

-- jobs_waiting -- jobs that are due and not yet taken
SELECT count(*) FROM jobs.procrastinate_jobs
WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now());

-- dataset_changes -- the number of the last change of each dataset in each workspace
SELECT workspace_id, dataset_id, change_no FROM belvedere.dataset_state ORDER BY workspace_id, dataset_id;
