-- 0006: how much a certificate is used, beside the rows that say by what: lists filter and sort by it.

ALTER TABLE certificates ADD COLUMN in_use INTEGER NOT NULL DEFAULT 0; -- how many associations
