/* Rules for policies and name constraints. */
#include "ca/pki/lint.h"

static bool is_ca(const struct lint *l)
{
    const BASIC_CONSTRAINTS *constraints = l->e.value[PKI_EXT_BASIC_CONSTRAINTS];
    return constraints != NULL && constraints->ca != 0;
}

static bool is_there(const struct lint *l, enum pki_extension_id id)
{
    return l->e.value[id] != NULL;
}

static bool is_critical_if_there(const struct lint *l, enum pki_extension_id id)
{
    return !is_there(l, id) || l->e.critical[id];
}

/* ---- certificatePolicies ---- */

bool lint_policies_filled(const struct lint *l)
{
    const CERTIFICATEPOLICIES *policies = l->e.value[PKI_EXT_POLICIES];
    return policies == NULL || sk_POLICYINFO_num(policies) > 0;
}

bool lint_policies_once(const struct lint *l)
{
    const CERTIFICATEPOLICIES *policies = l->e.value[PKI_EXT_POLICIES];
    for (int i = 0; policies != NULL && i < sk_POLICYINFO_num(policies); i++)
        for (int k = 0; k < i; k++)
            if (OBJ_cmp(sk_POLICYINFO_value(policies, i)->policyid,
                        sk_POLICYINFO_value(policies, k)->policyid) == 0)
                return false;
    return true;
}

static bool qualifier(const POLICYQUALINFO *info, bool any_policy)
{
    int type = OBJ_obj2nid(info->pqualid);
    if (type == NID_id_qt_cps)
        return lint_is_uri(pki_der_string(info->d.cpsuri));
    return !any_policy || type == NID_id_qt_unotice;
}

bool lint_policy_qualifiers(const struct lint *l)
{
    const CERTIFICATEPOLICIES *policies = l->e.value[PKI_EXT_POLICIES];
    for (int i = 0; policies != NULL && i < sk_POLICYINFO_num(policies); i++) {
        const POLICYINFO *policy = sk_POLICYINFO_value(policies, i);
        bool any_policy = OBJ_obj2nid(policy->policyid) == NID_any_policy;
        for (int k = 0; k < sk_POLICYQUALINFO_num(policy->qualifiers); k++)
            if (!qualifier(sk_POLICYQUALINFO_value(policy->qualifiers, k), any_policy))
                return false;
    }
    return true;
}

/* ---- policies of CAs ---- */

bool lint_policies_of_ca(const struct lint *l)
{
    return is_ca(l) ||
           (!is_there(l, PKI_EXT_POLICY_MAPPINGS) && !is_there(l, PKI_EXT_POLICY_CONSTRAINTS) &&
            !is_there(l, PKI_EXT_INHIBIT_ANY_POLICY));
}

bool lint_policy_mappings(const struct lint *l)
{
    const POLICY_MAPPINGS *mappings = l->e.value[PKI_EXT_POLICY_MAPPINGS];
    if (mappings == NULL)
        return true;
    for (int i = 0; i < sk_POLICY_MAPPING_num(mappings); i++) {
        const POLICY_MAPPING *mapping = sk_POLICY_MAPPING_value(mappings, i);
        if (OBJ_obj2nid(mapping->issuerDomainPolicy) == NID_any_policy ||
            OBJ_obj2nid(mapping->subjectDomainPolicy) == NID_any_policy)
            return false;
    }
    return sk_POLICY_MAPPING_num(mappings) > 0;
}

bool lint_policy_constraints_filled(const struct lint *l)
{
    const POLICY_CONSTRAINTS *constraints = l->e.value[PKI_EXT_POLICY_CONSTRAINTS];
    return constraints == NULL || constraints->requireExplicitPolicy != NULL ||
           constraints->inhibitPolicyMapping != NULL;
}

bool lint_policy_constraints_critical(const struct lint *l)
{
    return is_critical_if_there(l, PKI_EXT_POLICY_CONSTRAINTS);
}

bool lint_inhibit_any_policy_critical(const struct lint *l)
{
    return is_critical_if_there(l, PKI_EXT_INHIBIT_ANY_POLICY);
}

/* ---- nameConstraints ---- */

bool lint_name_constraints_of_ca(const struct lint *l)
{
    return is_ca(l) || !is_there(l, PKI_EXT_NAME_CONSTRAINTS);
}

bool lint_name_constraints_critical(const struct lint *l)
{
    return is_critical_if_there(l, PKI_EXT_NAME_CONSTRAINTS);
}

static bool is_filled_if_there(const STACK_OF(GENERAL_SUBTREE) * subtrees)
{
    return subtrees == NULL || sk_GENERAL_SUBTREE_num(subtrees) > 0;
}

bool lint_name_constraints_filled(const struct lint *l)
{
    const NAME_CONSTRAINTS *names = l->e.value[PKI_EXT_NAME_CONSTRAINTS];
    if (names == NULL)
        return true;
    return (names->permittedSubtrees != NULL || names->excludedSubtrees != NULL) &&
           is_filled_if_there(names->permittedSubtrees) &&
           is_filled_if_there(names->excludedSubtrees);
}

static bool subtree(const GENERAL_SUBTREE *tree)
{
    if (tree->maximum != NULL || (tree->minimum != NULL && ASN1_INTEGER_get(tree->minimum) != 0))
        return false;
    if (tree->base->type != GEN_IPADD)
        return true;
    size_t len = pki_der_string(tree->base->d.iPAddress).len;
    return len == 8 || len == 32;
}

static bool every_subtree(const STACK_OF(GENERAL_SUBTREE) * subtrees)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); i++)
        if (!subtree(sk_GENERAL_SUBTREE_value(subtrees, i)))
            return false;
    return true;
}

bool lint_name_constraints_bases(const struct lint *l)
{
    const NAME_CONSTRAINTS *names = l->e.value[PKI_EXT_NAME_CONSTRAINTS];
    return names == NULL ||
           (every_subtree(names->permittedSubtrees) && every_subtree(names->excludedSubtrees));
}
