/*
 * pca.h - the handlers of ACM-PCA, one file each; what each checks and answers is said in its file.
 */
#ifndef CHANCERY_PCA_PCA_H
#define CHANCERY_PCA_PCA_H

#include "ca/request.h"

int pca_create_certificate_authority(struct request *r);
int pca_create_certificate_authority_audit_report(struct request *r);
int pca_create_permission(struct request *r);
int pca_delete_certificate_authority(struct request *r);
int pca_delete_permission(struct request *r);
int pca_delete_policy(struct request *r);
int pca_describe_certificate_authority(struct request *r);
int pca_describe_certificate_authority_audit_report(struct request *r);
int pca_get_certificate(struct request *r);
int pca_get_certificate_authority_certificate(struct request *r);
int pca_get_certificate_authority_csr(struct request *r);
int pca_import_certificate_authority_certificate(struct request *r);
int pca_get_policy(struct request *r);
int pca_issue_certificate(struct request *r);
int pca_list_certificate_authorities(struct request *r);
int pca_list_permissions(struct request *r);
int pca_list_tags(struct request *r);
int pca_put_policy(struct request *r);
int pca_restore_certificate_authority(struct request *r);
int pca_revoke_certificate(struct request *r);
int pca_tag_certificate_authority(struct request *r);
int pca_untag_certificate_authority(struct request *r);
int pca_update_certificate_authority(struct request *r);

#endif
