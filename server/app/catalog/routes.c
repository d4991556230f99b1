#include "server/app/app.h"
#include "server/app/statements.h"

static const struct route catalog_routes[] = {
	{ .method = HTTP_GET,
	    .pattern = "/v1/catalogs",
	    .statement = STMT(catalog_names),
	    .permission = "catalog.read",
	    .summary_vi = "Các danh mục",
	    .summary_en = "The catalogues that there are",
	    .reply_schema = "catalog_names" },
	{ .method = HTTP_GET,
	    .pattern = "/v1/catalogs/{name:code}",
	    .statement = STMT(catalog_list),
	    .permission = "catalog.read",
	    .p = { PATH("name", .example = "icd10"),
		QUERY("q", PARAM_TEXT, .max = 100, .example = "tang huyet ap",
		    .text_vi = "Mã, đầu mã hoặc các từ của tên, có dấu hoặc không",
		    .text_en = "Code, beginning of a code, or words of the name, with or without diacritics"),
		QUERY("on", PARAM_DATE, .text_vi = "Ngày hiệu lực; mặc định hôm nay",
		    .text_en = "Rows valid on this day; today when absent"),
		QUERY("parent", PARAM_TEXT, .max = 64, .example = "I10-I15", .text_vi = "Mã cấp trên",
		    .text_en = "Code one level up, in catalogues with a tree"),
		PAGE },
	    .summary_vi = "Tra cứu danh mục",
	    .summary_en = "Rows of a catalogue, best match first",
	    .reply_schema = "catalog_list" },
};

const struct noun catalog_noun = {
	.name = "catalog",
	.title_vi = "Danh mục",
	.title_en = "Catalogues",
	.route = catalog_routes,
	.route_count = sizeof(catalog_routes) / sizeof(catalog_routes[0]),
};
