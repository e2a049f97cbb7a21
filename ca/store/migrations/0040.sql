-- 0040: accounts take turns with their certificates that are to be issued, and with their mails.

ALTER TABLE public_orders ADD COLUMN scope INTEGER NOT NULL DEFAULT 0;    -- of the certificate
ALTER TABLE validation_mails ADD COLUMN scope INTEGER NOT NULL DEFAULT 0; -- of the certificate
UPDATE public_orders SET scope = (SELECT c.scope FROM certificates c WHERE c.number = certificate);
UPDATE validation_mails SET scope = (SELECT c.scope FROM certificates c WHERE c.number = certificate);
CREATE INDEX public_orders_turns ON public_orders (scope, due_at);
CREATE INDEX validation_mails_turns ON validation_mails (scope, due_at);
