-- How long a segment has been there tells the compactor which days are quiet.
ALTER TABLE belvedere.segments ADD COLUMN added_at timestamptz NOT NULL DEFAULT now();
