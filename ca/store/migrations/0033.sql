-- 0033: why a name has to wait for its turn; the names of all accounts that are waited for.

ALTER TABLE domain_validations ADD COLUMN held TEXT; -- why it was put off when it was due, in words; NULL = it was not

CREATE INDEX domain_validations_awaited ON domain_validations (certificate) WHERE status = 1 OR next_try <> 0;
