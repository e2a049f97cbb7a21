-- 0016: lists and searches of certificates.
--
-- What few values make up (status, type, key algorithm, usages ...) is packed into one number,
-- the facet. A million certificates have some dozens of different facets, so a filter is first
-- tried on facets, and only the rows of those that it lets through are looked at: each index
-- below has the facet before the order, and a page is the merge of one sorted stream a facet.

-- Derived by the store from the texts beside them when a row is written.
ALTER TABLE certificates ADD COLUMN export_option INTEGER NOT NULL DEFAULT 1; -- 1 ENABLED, 2 DISABLED
ALTER TABLE certificates ADD COLUMN validation_method INTEGER NOT NULL DEFAULT 0; -- 0 none, 1 EMAIL,
    -- 2 DNS, 3 HTTP
ALTER TABLE certificates ADD COLUMN usages INTEGER NOT NULL DEFAULT 0; -- bits 0-10 key usages, from
    -- bit 11 extended ones
ALTER TABLE certificates ADD COLUMN common_name TEXT; -- of the subject; NULL = domain, '' = none

-- The common name as one column, and the facet: see ca/store/facets.h for its fields.
ALTER TABLE certificates ADD COLUMN common TEXT COLLATE NOCASE
    AS (COALESCE(common_name, domain, '')) VIRTUAL;
ALTER TABLE certificates ADD COLUMN facet INTEGER AS ( -- all shifts and bars of SQLite bind alike
    type | (status << 2) | (key_alg << 5) | ((exported_at > 0) << 9)
    | ((exported_at > 0 AND exported_at >= issued_at) << 10) | ((in_use > 0) << 11)
    | (renewal_status << 12) | ((managed_by IS NOT NULL) << 15) | ((domain IS NULL) << 16)
    | ((not_after > 0) << 17) | ((issued_at > 0) << 18) | ((imported_at > 0) << 19)
    | ((revoked_at > 0) << 20) | ((COALESCE(common_name, domain, '') <> '') << 21)
    | (export_option << 22) | (validation_method << 24) | (usages << 26)
) VIRTUAL;

-- Rows from before.
UPDATE certificates SET usages = (SELECT
    ((instr(k, '"DIGITAL_SIGNATURE"') > 0) << 0)
    | ((instr(k, '"NON_REPUDIATION"') > 0) << 1)
    | ((instr(k, '"KEY_ENCIPHERMENT"') > 0) << 2)
    | ((instr(k, '"DATA_ENCIPHERMENT"') > 0) << 3)
    | ((instr(k, '"KEY_AGREEMENT"') > 0) << 4)
    | ((instr(k, '"CERTIFICATE_SIGNING"') > 0) << 5)
    | ((instr(k, '"CRL_SIGNING"') > 0) << 6)
    | ((instr(k, '"ENCIPHER_ONLY"') > 0) << 7)
    | ((instr(k, '"DECIPHER_ONLY"') > 0) << 8)
    | ((k = '[]') << 9)
    | ((instr(e, '"TLS_WEB_SERVER_AUTHENTICATION"') > 0) << 11)
    | ((instr(e, '"TLS_WEB_CLIENT_AUTHENTICATION"') > 0) << 12)
    | ((instr(e, '"CODE_SIGNING"') > 0) << 13)
    | ((instr(e, '"EMAIL_PROTECTION"') > 0) << 14)
    | ((instr(e, '"TIME_STAMPING"') > 0) << 15)
    | ((instr(e, '"OCSP_SIGNING"') > 0) << 16)
    | ((instr(e, '"IPSEC_END_SYSTEM"') > 0) << 17)
    | ((instr(e, '"IPSEC_TUNNEL"') > 0) << 18)
    | ((instr(e, '"IPSEC_USER"') > 0) << 19)
    | ((instr(e, '"ANY"') > 0) << 20)
    | ((e = '[]') << 21)
    | ((instr(e, '"CUSTOM"') > 0) << 22)
    FROM (SELECT COALESCE((SELECT text FROM shared_texts WHERE number = key_usages), key_usages, '') AS k,
                 COALESCE((SELECT text FROM shared_texts WHERE number = extended_key_usages), extended_key_usages, '') AS e));
UPDATE certificates SET export_option = 2
    WHERE instr(COALESCE((SELECT text FROM shared_texts WHERE number = options), options, ''),
                '"Export":"DISABLED"') > 0;

-- Options change by themselves.
CREATE TRIGGER certificates_options_changed AFTER UPDATE OF options ON certificates
BEGIN
    UPDATE certificates SET export_option = 1 +
        (instr(COALESCE((SELECT text FROM shared_texts WHERE number = NEW.options), NEW.options, ''),
               '"Export":"DISABLED"') > 0)
        WHERE number = NEW.number;
END;

-- The method of the first name stands for the certificate.
UPDATE certificates SET validation_method = COALESCE((SELECT method FROM domain_validations
    WHERE certificate = certificates.number AND position = 0), 0) WHERE type = 2;
CREATE TRIGGER certificates_validation_added AFTER INSERT ON domain_validations
WHEN NEW.position = 0
BEGIN
    UPDATE certificates SET validation_method = NEW.method WHERE number = NEW.certificate;
END;
CREATE TRIGGER certificates_validation_changed AFTER UPDATE OF method ON domain_validations
WHEN NEW.position = 0
BEGIN
    UPDATE certificates SET validation_method = NEW.method WHERE number = NEW.certificate;
END;

DROP INDEX certificates_in_order;
CREATE INDEX certificates_by_creation ON certificates (scope, facet, created_at);
CREATE INDEX certificates_by_end ON certificates (scope, facet, not_after) WHERE not_after > 0;
CREATE INDEX certificates_by_begin ON certificates (scope, facet, not_before) WHERE not_after > 0;
CREATE INDEX certificates_by_issue ON certificates (scope, facet, issued_at) WHERE issued_at > 0;
CREATE INDEX certificates_by_import ON certificates (scope, facet, imported_at)
    WHERE imported_at > 0;
CREATE INDEX certificates_by_revocation ON certificates (scope, facet, revoked_at)
    WHERE revoked_at > 0;
CREATE INDEX certificates_by_common_name ON certificates (scope, facet, common)
    WHERE common <> '';
CREATE INDEX certificates_by_serial ON certificates (scope, serial) WHERE serial IS NOT NULL;
DROP INDEX certificates_by_id;
CREATE UNIQUE INDEX certificates_by_id ON certificates (scope, id);

-- Every name of a certificate, in lower case (ASCII): for who knows the whole name.
CREATE TABLE names (
    scope INTEGER NOT NULL REFERENCES scopes (number), -- whose
    name TEXT NOT NULL,                                -- common name or alternative name
    certificate INTEGER NOT NULL,                      -- which
    PRIMARY KEY (scope, name, certificate)
) STRICT, WITHOUT ROWID;

-- The same for who knows a part of it: three letters at a time. A row's number is its place:
-- scope * 2^40 + certificate. It lags behind: what is not in it yet is in names_queue.
CREATE VIRTUAL TABLE name_parts
    USING fts5(text, content = '', columnsize = 0, detail = none, tokenize = 'trigram');

-- What name_parts is to learn and to forget, in this order.
CREATE TABLE names_queue (
    number INTEGER PRIMARY KEY, -- order
    place INTEGER NOT NULL,     -- which row of name_parts
    text TEXT                   -- what to forget; NULL = learn the names that the row has then
) STRICT;
CREATE UNIQUE INDEX names_queue_additions ON names_queue (place) WHERE text IS NULL;

CREATE TRIGGER names_added AFTER INSERT ON certificates
BEGIN
    INSERT OR IGNORE INTO names (scope, name, certificate)
        SELECT NEW.scope, lower(value), NEW.number FROM json_each(NEW.names)
        UNION SELECT NEW.scope, lower(NEW.common), NEW.number WHERE NEW.common <> '';
    INSERT INTO names_queue (place) VALUES (NEW.scope << 40 | NEW.number);
END;
CREATE TRIGGER names_removed AFTER DELETE ON certificates
BEGIN
    DELETE FROM names WHERE scope = OLD.scope AND certificate = OLD.number AND name IN
        (SELECT lower(value) FROM json_each(OLD.names) UNION SELECT lower(OLD.common));
    INSERT INTO names_queue (place, text)
        SELECT OLD.scope << 40 | OLD.number, COALESCE(OLD.names, '') || OLD.common
        WHERE NOT EXISTS (SELECT 1 FROM names_queue
                          WHERE place = OLD.scope << 40 | OLD.number AND text IS NULL);
    DELETE FROM names_queue WHERE place = OLD.scope << 40 | OLD.number AND text IS NULL;
END;
CREATE TRIGGER names_changed AFTER UPDATE OF names, common_name, domain ON certificates
WHEN OLD.names IS NOT NEW.names OR OLD.common IS NOT NEW.common
BEGIN
    DELETE FROM names WHERE scope = OLD.scope AND certificate = OLD.number AND name IN
        (SELECT lower(value) FROM json_each(OLD.names) UNION SELECT lower(OLD.common));
    INSERT OR IGNORE INTO names (scope, name, certificate)
        SELECT NEW.scope, lower(value), NEW.number FROM json_each(NEW.names)
        UNION SELECT NEW.scope, lower(NEW.common), NEW.number WHERE NEW.common <> '';
    INSERT INTO names_queue (place, text)
        SELECT OLD.scope << 40 | OLD.number, COALESCE(OLD.names, '') || OLD.common
        WHERE NOT EXISTS (SELECT 1 FROM names_queue
                          WHERE place = OLD.scope << 40 | OLD.number AND text IS NULL);
    INSERT OR IGNORE INTO names_queue (place) VALUES (NEW.scope << 40 | NEW.number);
END;

INSERT INTO names (scope, name, certificate)
    SELECT c.scope, lower(value), c.number FROM certificates c, json_each(c.names)
    UNION SELECT scope, lower(common), number FROM certificates WHERE common <> '';
INSERT INTO names_queue (place) SELECT scope << 40 | number FROM certificates;
