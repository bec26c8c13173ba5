-- dataset_versions -- version, times and row count of each dataset of a workspace
SELECT dataset_id, version, received_at, newest_at, rows FROM belvedere.dataset_state
WHERE workspace_id = %(workspace)s AND dataset_id = ANY (%(datasets)s::int[]);
