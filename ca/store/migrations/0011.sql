-- 0011: when OCSP responders are renewed.

-- An authority that was asked by OCSP, or is to be, has a responder; NULL: none. 0: due at once.
ALTER TABLE authorities ADD COLUMN ocsp_renew_at INTEGER;
CREATE INDEX authorities_ocsp ON authorities (ocsp_renew_at) WHERE ocsp_renew_at IS NOT NULL;

-- Who is configured to be asked has its responder before the first question. The schema may not use
-- json_extract; what this takes for enabled by mistake costs a responder that nobody asks.
CREATE TRIGGER authority_ocsp_enabled AFTER UPDATE OF status, revocation ON authorities
WHEN NEW.ocsp_renew_at IS NULL AND NEW.status = 'ACTIVE' AND NEW.revocation IS NOT NULL
    AND instr(NEW.revocation, '"OcspConfiguration"') > 0
    AND instr(substr(NEW.revocation, instr(NEW.revocation, '"OcspConfiguration"')), 'true') > 0
    AND (NEW.status <> OLD.status OR NEW.revocation IS NOT OLD.revocation)
BEGIN
    UPDATE authorities SET ocsp_renew_at = 0 WHERE number = NEW.number;
END;
