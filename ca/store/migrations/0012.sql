-- 0012: deletion of authorities, and reports about them.

-- Of an authority that is DELETED. It is gone for every caller once restorable_until is past; its row
-- stays, as what it issued refers to it.
ALTER TABLE authorities ADD COLUMN status_before TEXT; -- what restoring gives back; NULL: nothing can
ALTER TABLE authorities ADD COLUMN condemned_at INTEGER NOT NULL DEFAULT 0; -- since when it cannot be
    -- restored, whatever the clock says: its key is being destroyed
ALTER TABLE authorities ADD COLUMN destroyed_at INTEGER NOT NULL DEFAULT 0; -- since when its key is
    -- destroyed
CREATE INDEX authorities_to_destroy ON authorities (restorable_until)
    WHERE status = 'DELETED' AND destroyed_at = 0;

-- Audit reports: what an authority issued and revoked, written as a file. Kept with the authority.
CREATE TABLE audit_reports (
    number INTEGER PRIMARY KEY,                                 -- order of the requests
    authority INTEGER NOT NULL REFERENCES authorities (number), -- about whom
    id BLOB NOT NULL,                                           -- AuditReportId, 16 octets
    bucket TEXT NOT NULL,                                       -- S3BucketName
    format TEXT NOT NULL,                                       -- JSON, CSV
    status TEXT NOT NULL,                                       -- CREATING, SUCCESS, FAILED
    created_at INTEGER NOT NULL,                                -- when it was asked for
    length INTEGER NOT NULL,                                    -- octets of the file so far
    after_serial BLOB                                           -- serial number that it has come to
) STRICT;
CREATE UNIQUE INDEX audit_reports_by_id ON audit_reports (authority, id);
CREATE INDEX audit_reports_by_time ON audit_reports (authority, created_at);
CREATE INDEX audit_reports_creating ON audit_reports (number) WHERE status = 'CREATING';
