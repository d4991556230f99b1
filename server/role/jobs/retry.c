#include "server/role/jobs/retry.h"

int
retry_delay_s(struct slice table, int attempt)
{
	struct slice rest = slice_trim(table), part;
	int64_t delay = RETRY_FALLBACK_S;

	while (attempt > 0 && rest.len > 0 && slice_split(&rest, ' ', &part)) {
		if (part.len == 0)
			continue;
		if (slice_to_int64(part, &delay) < 0 || delay < 0)
			delay = RETRY_FALLBACK_S;
		attempt--;
	}
	return (int)(delay > RETRY_MOST_S ? RETRY_MOST_S : delay);
}
