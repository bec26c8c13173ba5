-- Of clusters: each place that was looked at with its cluster, for files. Apart from the result, which every page reads.
ALTER TABLE belvedere.place_studies ADD COLUMN members jsonb;
