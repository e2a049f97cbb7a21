/*
 * acm.h - the handlers of ACM, one file each; what each checks and answers is said in its file.
 */
#ifndef CHANCERY_ACM_ACM_H
#define CHANCERY_ACM_ACM_H

#include "ca/request.h"

int acm_add_tags_to_certificate(struct request *r);
int acm_delete_certificate(struct request *r);
int acm_describe_certificate(struct request *r);
int acm_export_certificate(struct request *r);
int acm_get_account_configuration(struct request *r);
int acm_get_certificate(struct request *r);
int acm_import_certificate(struct request *r);
int acm_list_certificate_domain_validations(struct request *r);
int acm_list_certificates(struct request *r);
int acm_list_tags_for_certificate(struct request *r);
int acm_list_tags_for_resource(struct request *r);
int acm_put_account_configuration(struct request *r);
int acm_remove_tags_from_certificate(struct request *r);
int acm_renew_certificate(struct request *r);
int acm_request_certificate(struct request *r);
int acm_search_certificates(struct request *r);
int acm_resend_validation_email(struct request *r);
int acm_revoke_certificate(struct request *r);
int acm_tag_resource(struct request *r);
int acm_untag_resource(struct request *r);
int acm_update_certificate_options(struct request *r);

#endif
