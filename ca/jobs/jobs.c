#include "ca/jobs/schedule.h"

/* ---- the kinds of due work, a row each ---- */

const struct job_kind job_kinds[] = {
    {0},
};
const size_t job_kind_count = 0;
