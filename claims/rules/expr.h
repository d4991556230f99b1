/* Inside claims/rules/ only: what the parts of the expression reader share. NULL or false after an error. */
#pragma once

#include "claims/rules/internal.h"

extern const char *const rule_type_names[];

/* Fills p->e with the token's place and a sentence; always NULL. */
struct node *parse_fail(struct parser *p, enum err_code code, const struct token *t, const char *detail);
bool parse_next(struct parser *p);
bool parse_at(const struct parser *p, const char *text);
bool parse_take(struct parser *p, const char *text);
struct node *node_new(struct parser *p, enum node_kind kind, enum rule_type type);
struct node *node_want(struct parser *p, struct node *n, enum rule_type type, const char *what);
struct node *number_node(struct parser *p, __int128 value, unsigned scale);
__int128 number_power(unsigned n);
bool is_moment(const struct node *n);
struct node *call_node(struct parser *p, enum call call, enum rule_type type, struct node *a);
struct node *date_of(struct parser *p, struct node *n);
bool same_scale(struct parser *p, struct node **a, struct node **b);
bool same_type(struct parser *p, struct node **a, struct node **b);
struct node *field_node(struct parser *p, unsigned frame, int table);
int row_scope(const struct parser *p);
struct node *parse_field(struct parser *p);
struct node *parse_fact(struct parser *p, unsigned scope);
struct node *parse_sum(struct parser *p);
struct node *parse_loop(struct parser *p, enum loop_kind kind);
bool parse_keys(struct parser *p, struct node *n, unsigned count, const char *what);
struct node *parse_catalog(struct parser *p, int catalog, bool exists);
struct node *parse_exists(struct parser *p);
struct node *parse_param(struct parser *p);
const struct call_info *call_find(struct slice name);
struct node *parse_conversion(struct parser *p);
struct node *parse_call(struct parser *p, const struct call_info *c);
struct node *parse_if(struct parser *p);
struct node *parse_primary(struct parser *p);
