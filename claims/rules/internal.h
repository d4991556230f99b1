/* Inside claims/rules/ only: tokens, expression trees, code and the set. */
#pragma once

#include "base/map.h"
#include "base/time.h"
#include "claims/rules/lex.h"

#define RULE_FRAMES (RULE_LOOPS_MAX + 1) /* frame 0 is the rule's own row */
#define RULE_HEAD 200                    /* frame number of "the only row of table t": RULE_HEAD + t */
#define RULE_INDEXES_MAX 64
#define RULE_CODE_MAX 8000

/* ---- expression trees ---- */

enum node_kind {
	NODE_NUMBER,
	NODE_TEXT,
	NODE_BOOL,
	NODE_FIELD,    /* frame, field */
	NODE_RAW,      /* the text of a malformed value: frame, field */
	NODE_ITEM,     /* the item of a list loop: frame */
	NODE_POSITION, /* number of the frame's row, from 1 */
	NODE_TODAY,
	NODE_NOW,
	NODE_CALL, /* call, a, b, c */
	NODE_ADD,
	NODE_SUB,
	NODE_MUL,
	NODE_SCALE, /* a × 10^number */
	NODE_COMPARE,
	NODE_AND,
	NODE_OR,
	NODE_NOT,
	NODE_IN,      /* a, set */
	NODE_MISSING, /* a */
	NODE_MALFORMED,
	NODE_IF, /* a, b, c */
	NODE_LOOP,
	NODE_CATALOG,
	NODE_FACT /* attribute of another claim's fact: frame, attribute */
};

enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };
enum loop_kind { LOOP_ANY, LOOP_ALL, LOOP_COUNT, LOOP_SUM, LOOP_MIN, LOOP_MAX };
/* What a rule may ask of another claim's fact. */
enum fact_attribute { FACT_MA_LK, FACT_FACILITY, FACT_CODE, FACT_FROM, FACT_TO, FACT_VALUE, FACT_ATTRIBUTES };
int fact_attribute_find(struct slice name); /* or -1 */
#define OTHER_PREFIX "other."               /* in a message: {other.ma_lk} */
enum loop_rows { LOOP_EVERY, LOOP_EARLIER, LOOP_OTHER };

struct value_set {
	uint8_t type;
	size_t count;
	struct slice *text; /* sorted */
	__int128 *number;   /* sorted */
};

struct node {
	uint8_t kind;    /* enum node_kind */
	uint8_t type;    /* enum rule_type */
	uint8_t scale;   /* of a number */
	uint8_t frame;   /* of a field, item, position; of a loop: its own */
	uint8_t compare; /* enum compare */
	uint8_t call;    /* enum call */
	uint8_t loop;    /* enum loop_kind */
	uint8_t rows;    /* enum loop_rows */
	int8_t table;    /* of a loop over rows, else -1 */
	int8_t fact;     /* of a loop over other claims' facts: enum rule_fact_kind, else -1 */
	uint8_t origin;  /* of a loop over earlier or other rows: the frame they are earlier than */
	int16_t field;
	int16_t index; /* of a loop with a key: position in the set's indexes, else -1 */
	int16_t attribute;
	uint8_t catalog, keys;
	uint8_t size; /* nesting below */
	struct token token;
	struct node *a, *b, *c; /* a loop: a list or key, b filter, c value */
	/* of a catalogue; a loop over facts looks from date until a time, if they are there */
	struct node *key[RULE_CATALOG_KEYS_MAX], *date, *until;
	__int128 number;
	struct slice text;
	const struct value_set *set;
	const struct pattern *pattern;
};

/* ---- calls (functions) ---- */

enum call {
	CALL_ABS,
	CALL_ROUND,
	CALL_DIV,
	CALL_LEAST,
	CALL_GREATEST,
	CALL_LENGTH,
	CALL_STARTS,
	CALL_ENDS,
	CALL_CONTAINS,
	CALL_LEFT,
	CALL_RIGHT,
	CALL_MID,
	CALL_BEFORE,
	CALL_AFTER,
	CALL_MATCHES,
	CALL_ITEMS,
	CALL_ITEM,
	CALL_NUMBER,
	CALL_DATE_OF_TEXT,
	CALL_TIME_OF_TEXT,
	CALL_DATE,
	CALL_YEAR,
	CALL_MONTH,
	CALL_DAY,
	CALL_HOUR,
	CALL_MINUTE,
	CALL_WEEKDAY,
	CALL_DAYS,
	CALL_MINUTES,
	CALL_ADD_DAYS,
	CALL_AGE_YEARS,
	CALL_AGE_MONTHS,
	CALL_AGE_DAYS,
	CALL_DOSE_DAYS,
	CALL_DOSE_TOTAL,
	CALLS
};

struct call_info {
	const char *name;
	uint8_t call;
	uint8_t result; /* enum rule_type */
	uint8_t scale;  /* of a number that is not computed from the arguments */
	const char *
	    arguments; /* t text, n number, i whole number, d date or time, m time; c constant whole number */
	const char *about;
};
extern const struct call_info rule_calls[];
extern const size_t rule_call_count;
/* Evaluates a call: arguments in v[0..], the result goes to v[0]. Returns what to charge for long texts. */
int64_t rule_call(
    uint8_t call, struct rule_value *v, uint32_t extra, const struct pattern *pattern, bool *overflow);

/* ---- code ---- */

enum op {
	OP_NUMBER,       /* push number c */
	OP_TEXT,         /* push text c */
	OP_BOOL,         /* push a */
	OP_FIELD_NUMBER, /* frame a, slot b */
	OP_FIELD_TEXT,
	OP_FIELD_DATE,
	OP_FIELD_TIME,
	OP_FIELD_RAW,
	OP_HAS,       /* frame a, slot b: is there no value */
	OP_MALFORMED, /* frame a, slot b */
	OP_ITEM,
	OP_POSITION,
	OP_TODAY,
	OP_NOW,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_SCALE,          /* top × number c */
	OP_COMPARE_NUMBER, /* a: enum compare */
	OP_COMPARE_TEXT,
	OP_IN_NUMBER, /* set c */
	OP_IN_TEXT,
	OP_NOT,
	OP_MISSING,
	OP_AND,    /* top false: jump to c, else drop it */
	OP_OR,     /* top true: jump to c, else drop it */
	OP_UNLESS, /* drop; when false jump to c */
	OP_JUMP,
	OP_CALL,       /* call a, arguments b, extra or pattern c */
	OP_CATALOG,    /* catalogue a, attribute b - 1, c: has a date */
	OP_LOOP_ROWS,  /* frame a, b: table | loop << 4 | rows << 8 | has index << 10 | origin << 11; c: end.
			  Next: index */
	OP_LOOP_ITEMS, /* frame a, b: loop << 4; c: end */
	OP_LOOP_FACTS, /* frame a, b: kind | loop << 4 | has times << 10; c: end */
	OP_FACT,       /* frame a, b: enum fact_attribute */
	OP_LOOP_END_WITH, /* frame a, result b, go to c */
	OP_LOOP_COUNT,
	OP_LOOP_SUM,
	OP_LOOP_MIN,
	OP_LOOP_MAX,
	OP_LOOP_NEXT, /* frame a; c: body */
	OP_LOOP_RESULT,
	OP_END
};

struct code {
	uint8_t op, a;
	uint16_t b;
	int32_t c;
};

struct program {
	const struct code *code; /* NULL = none */
	size_t count;
};

/* ---- the set ---- */

enum reader_form { READER_ANY, READER_DATES, READER_OTHERS };

struct rule {
	struct rule_info info;
	struct rule_spell *spell; /* dated switches: the last one that holds wins */
	size_t spells, spell_capacity;
	uint8_t reader_form; /* enum reader_form: of which values a RULE_READER speaks */
	struct program when, risk;
	const uint16_t *reader; /* enum claim_finding_code of RULE_READER */
	size_t readers;
	const struct rule_change *example;
	size_t examples;
};

struct rule_change {      /* an example, or a base claim */
	const char *name; /* base claim */
	struct slice text;
	const char *file;
	uint32_t line;
	const char **also;
	size_t also_count;
};

struct definition {
	struct slice name;
	struct slice source;
	const char *file;
	size_t at;
	uint32_t line, column;
};

struct rule_set {
	struct arena *arena;
	struct rule *rule;
	size_t count, capacity;
	struct map *by_id;
	struct map *definition; /* name → struct definition */
	struct rule_change *claim;
	size_t claims, claim_capacity;
	/* constants of the code */
	__int128 *number;
	size_t numbers, number_capacity;
	struct slice *text;
	size_t texts, text_capacity;
	const struct value_set **value_set;
	size_t value_sets, value_set_capacity;
	const struct pattern **pattern;
	size_t patterns, pattern_capacity;
	uint16_t index[RULE_INDEXES_MAX]; /* fields (enum claim_field) that loops look rows up by */
	size_t indexes;
	uint64_t hash;
	char version[17];
};

/* ---- parsing ---- */

struct scope {
	int table; /* -1: a list, or facts */
	struct slice name;
	int facts; /* enum rule_fact_kind + 1 of a loop over facts, else 0 */
};

struct parser {
	struct lexer lex;
	struct rule_set *set;
	struct err *e;
	struct scope scope[RULE_FRAMES];
	unsigned scopes;      /* used; scope 0 is the rule's own row */
	unsigned depth;       /* of the expression */
	unsigned nodes;       /* of the rule */
	unsigned work;        /* spent on looking for keys */
	unsigned definitions; /* inside one another */
	uint64_t catalogs;
	uint32_t facts;
};

/* An expression at the current token. NULL after an error (p->e is filled). */
struct node *parse_expression(struct parser *p);
/* Field named by the current token (FIELD, or TABLE.FIELD), in scope; moves on. -1 after an error. */
int parse_field_name(struct parser *p, int table);
/* Adjusts a number to a scale (not smaller than its own); NULL when too many decimals. */
struct node *node_to_scale(struct parser *p, struct node *n, unsigned scale);

/* Compiles a tree; ERR_LIMIT with the place. */
int program_compile(struct parser *p, const struct node *root, struct program *ret);

/* ---- small helpers ---- */

bool text_is_blank(struct slice s);
/* Days since 1970-01-01 of yyyyMMdd…, false when the day is not known. */
bool value_days(__int128 date, int32_t *ret);
static inline bool
is_slice(struct slice s, const char *text)
{
	return slice_eq_text(s, text);
}
