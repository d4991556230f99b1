/* Between app.c and app_query.c only. */
#pragma once

#include "server/app/app.h"

struct app {
	struct arena *arena;
	struct app_config c;
	struct route_map *map;
	struct buf openapi;
	bool draining;
};
