-- 0008: how much of its quotas a scope has used up. Triggers count, so that no way into the
-- tables below goes around them; a quota is then judged by a handful of rows.

-- Certificates by type, for each scope.
CREATE TABLE usage_counts (
    scope INTEGER NOT NULL REFERENCES scopes (number), -- whose
    what INTEGER NOT NULL,  -- type of certificates as in certificates.type, 4 = authorities
    day INTEGER NOT NULL,   -- days since 1970 in which so many came; 0 = so many are held now
    count INTEGER NOT NULL, -- how many
    PRIMARY KEY (scope, what, day)
) STRICT, WITHOUT ROWID;

INSERT INTO usage_counts (scope, what, day, count)
    SELECT scope, type, 0, count(*) FROM certificates GROUP BY scope, type;
INSERT INTO usage_counts (scope, what, day, count)
    SELECT scope, type, max(created_at / 86400000000, 1) AS day, count(*) FROM certificates
    GROUP BY scope, type, day;
INSERT INTO usage_counts (scope, what, day, count)
    SELECT scope, 4, 0, count(*) FROM authorities GROUP BY scope;

CREATE TRIGGER usage_certificate_added AFTER INSERT ON certificates
BEGIN
    INSERT INTO usage_counts (scope, what, day, count)
        VALUES (NEW.scope, NEW.type, 0, 1),
               (NEW.scope, NEW.type, max(NEW.created_at / 86400000000, 1), 1)
        ON CONFLICT (scope, what, day) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER usage_certificate_removed AFTER DELETE ON certificates
BEGIN
    UPDATE usage_counts SET count = count - 1
        WHERE scope = OLD.scope AND what = OLD.type AND day = 0;
END;
CREATE TRIGGER usage_authority_added AFTER INSERT ON authorities
BEGIN
    INSERT INTO usage_counts (scope, what, day, count) VALUES (NEW.scope, 4, 0, 1)
        ON CONFLICT (scope, what, day) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER usage_authority_removed AFTER DELETE ON authorities
BEGIN
    UPDATE usage_counts SET count = count - 1
        WHERE scope = OLD.scope AND what = 4 AND day = 0;
END;

-- A deleted authority counts until it cannot be restored any more: those past that are taken off.
CREATE INDEX authorities_deleted ON authorities (scope, restorable_until)
    WHERE status = 'DELETED';

-- How many certificates an authority was ever asked to sign.
CREATE TABLE issued_counts (
    authority INTEGER PRIMARY KEY REFERENCES authorities (number) ON DELETE CASCADE, -- which
    count INTEGER NOT NULL                                                           -- how many
) STRICT;
INSERT INTO issued_counts (authority, count)
    SELECT authority, count(*) FROM issued GROUP BY authority;
CREATE TRIGGER usage_issued_added AFTER INSERT ON issued
BEGIN
    INSERT INTO issued_counts (authority, count) VALUES (NEW.authority, 1)
        ON CONFLICT (authority) DO UPDATE SET count = count + 1;
END;
