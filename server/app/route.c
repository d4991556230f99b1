#include "server/app/route.h"

#include <assert.h>

#include "base/arena.h"
#include "base/err.h"
#include "server/app/param.h"

/* A place in the tree of segments. */
struct node {
	struct slice literal; /* at == NULL: a parameter of `type` */
	enum param_type type;
	struct node *child, *next; /* literals before parameters */
	struct leaf *leaf[HTTP_METHODS];
	unsigned allowed;
};

struct leaf {
	const struct route *route;
	const struct noun *noun;
	const char *name;
	unsigned index;
};

struct route_map {
	struct arena *arena;
	struct node root;
	struct leaf **leaf;
	size_t count, capacity;
};

/* Splits "{id:i8}" into name and type; false when it is a literal. */
static bool
segment_param(struct slice segment, struct slice *ret_name, enum param_type *ret_type)
{
	if (segment.len < 2 || segment.at[0] != '{')
		return false;
	struct slice inner = slice_from(segment.at + 1, segment.len - 2);
	size_t colon = slice_find(inner, ':');
	*ret_name = slice_from(inner.at, colon);
	if (colon >= inner.len || segment.at[segment.len - 1] != '}' ||
	    !param_type_find(slice_skip(inner, colon + 1), ret_type))
		fatal("route segment %.*s: expected {name:i8|text|code|date|month}", SLICE_ARG(segment));
	return true;
}

bool
route_pattern_param(const char *pattern, unsigned i, struct slice *ret_name, enum param_type *ret_type)
{
	struct slice rest = slice_of(pattern), segment, name;
	enum param_type type;
	while (slice_split(&rest, '/', &segment)) {
		if (!segment_param(segment, &name, &type))
			continue;
		if (i-- == 0) {
			*ret_name = name;
			*ret_type = type;
			return true;
		}
	}
	return false;
}

static struct node *
node_child(struct route_map *m, struct node *parent, struct slice segment)
{
	struct slice name;
	enum param_type type = PARAM_TEXT;
	bool is_param = segment_param(segment, &name, &type);
	struct node **at = &parent->child;
	for (; *at; at = &(*at)->next) {
		if (!is_param && !(*at)->literal.at)
			break; /* literals stay in front */
		if (is_param ? !(*at)->literal.at && (*at)->type == type : slice_eq((*at)->literal, segment))
			return *at;
	}
	struct node *n = ARENA_NEW(m->arena, struct node);
	n->type = type;
	if (!is_param)
		n->literal = segment;
	n->next = *at;
	*at = n;
	return n;
}

/* "GET /v1/visits/{id}": the types are for us only. */
static const char *
route_name(struct arena *a, const struct route *r)
{
	char *text = arena_printf(a, "%s %s", http_method_name(r->method), r->pattern);
	char *to = text;
	bool skip = false;
	for (const char *from = text; *from; from++) {
		skip = (skip || *from == ':') && *from != '}';
		if (!skip)
			*to++ = *from;
	}
	*to = '\0';
	return text;
}

/* Each {name} of the pattern is a PATH parameter: nothing may be matched and then ignored. */
static void
route_judge_path(const struct route *r)
{
	struct slice name;
	enum param_type type;
	for (unsigned i = 0; route_pattern_param(r->pattern, i, &name, &type); i++) {
		const struct param *p = r->p;
		while (p->place != PARAM_END && !(p->place == PARAM_PATH && slice_eq_text(name, p->name)))
			p++;
		if (p->place == PARAM_END)
			fatal("route %s: {%.*s} has no PATH parameter", r->pattern, SLICE_ARG(name));
	}
}

static void
route_judge(const struct route *r)
{
	unsigned count = 0;
	route_judge_path(r);
	if (!r->permission && !r->handler)
		fatal("route %s: without permission it needs a handler", r->pattern);
	if (!r->statement && !r->handler)
		fatal("route %s: neither statement nor handler", r->pattern);
	while (r->p[count].place != PARAM_END) {
		if (r->statement && (count >= r->statement->param_count ||
					strcmp(r->p[count].name, r->statement->param_name[count]) != 0))
			fatal("route %s: parameter %u is %s, but statement %s has %s there", r->pattern,
			    count + 1, r->p[count].name, r->statement->name,
			    count < r->statement->param_count ? r->statement->param_name[count] : "none");
		count++;
	}
	if (r->statement && count != r->statement->param_count)
		fatal("route %s: %u parameters, but statement %s has %u", r->pattern, count,
		    r->statement->name, r->statement->param_count);
}

static void
route_add(struct route_map *m, const struct noun *noun, const struct route *r)
{
	route_judge(r);
	struct slice rest = slice_of(r->pattern), segment;
	struct node *n = &m->root;
	if (!slice_split(&rest, '/', &segment) || segment.len != 0)
		fatal("route %s: does not begin with '/'", r->pattern);
	while (slice_split(&rest, '/', &segment))
		n = node_child(m, n, segment);
	if (n->leaf[r->method])
		fatal("route %s %s: stands twice", http_method_name(r->method), r->pattern);
	struct leaf *leaf = ARENA_NEW(m->arena, struct leaf);
	*leaf = (struct leaf){ r, noun, route_name(m->arena, r), (unsigned)m->count };
	n->leaf[r->method] = leaf;
	n->allowed |= 1u << r->method;
	if (r->method == HTTP_GET)
		n->allowed |= 1u << HTTP_HEAD;
	*ARENA_PUSH(m->arena, m->leaf, m->count, m->capacity) = leaf;
}

struct route_map *
route_map_new(struct arena *a, const struct noun *const *nouns, size_t noun_count)
{
	struct route_map *m = ARENA_NEW(a, struct route_map);
	m->arena = a;
	for (size_t i = 0; i < noun_count; i++)
		for (size_t k = 0; k < nouns[i]->route_count; k++)
			route_add(m, nouns[i], &nouns[i]->route[k]);
	return m;
}

/* Depth first; there are at most as many values as parameters in one pattern. */
static const struct node *
node_find(const struct node *n, struct slice rest, struct slice *value, unsigned depth)
{
	struct slice segment;
	if (!slice_split(&rest, '/', &segment))
		return n->allowed ? n : NULL;
	for (const struct node *c = n->child; c; c = c->next) {
		bool is_param = !c->literal.at;
		if (is_param ? depth >= ROUTE_PATH_MAX || !param_fits(c->type, segment)
			     : !slice_eq(c->literal, segment))
			continue;
		if (is_param)
			value[depth] = segment;
		const struct node *found = node_find(c, rest, value, depth + is_param);
		if (found)
			return found;
	}
	return NULL;
}

enum route_result
route_find(const struct route_map *m, enum http_method method, struct slice path, struct route_match *ret)
{
	if (path.len < 2 || path.at[0] != '/' || path.at[path.len - 1] == '/')
		return ROUTE_NO_PATH;
	*ret = (struct route_match){ 0 };
	const struct node *n = node_find(&m->root, slice_skip(path, 1), ret->value, 0);
	if (!n)
		return ROUTE_NO_PATH;
	ret->allowed = n->allowed;
	const struct leaf *leaf = n->leaf[method == HTTP_HEAD ? HTTP_GET : method];
	if (!leaf)
		return ROUTE_NO_METHOD;
	ret->route = leaf->route;
	ret->noun = leaf->noun;
	ret->name = leaf->name;
	ret->index = leaf->index;
	return ROUTE_FOUND;
}

size_t
route_map_count(const struct route_map *m)
{
	return m->count;
}

const char *
route_map_name(const struct route_map *m, size_t index)
{
	assert(index < m->count);
	return m->leaf[index]->name;
}

bool
route_changes_visit(const struct route *r)
{
	bool writes =
	    r->method != HTTP_GET && r->method != HTTP_HEAD && r->method != HTTP_OPTIONS && !r->reads;
	return writes && slice_starts(slice_of(r->pattern), SLICE("/v1/visits"));
}
