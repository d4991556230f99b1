/* splitmix64 (Steele, Lea, Flood 2014): one word of state, the same on every machine. */
#include <assert.h>

#include "cli/demo/demo.h"

uint64_t
demo_random_next(struct demo_random *r)
{
	uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void
demo_random_start(struct demo_random *r, int64_t seed, enum demo_stream stream, int64_t number)
{
	r->state = (uint64_t)seed;
	r->state = demo_random_next(r) ^ (uint64_t)stream;
	r->state = demo_random_next(r) ^ (uint64_t)number;
	r->state = demo_random_next(r);
}

int
demo_below(struct demo_random *r, int n)
{
	assert(n >= 1);
	return (int)(demo_random_next(r) % (uint64_t)n);
}

int
demo_between(struct demo_random *r, int a, int b)
{
	return a + demo_below(r, b - a + 1);
}

bool
demo_chance(struct demo_random *r, int per_10_000)
{
	return demo_below(r, 10000) < per_10_000;
}
