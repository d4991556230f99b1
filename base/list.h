/*
 * Intrusive doubly linked list: put a `struct list_node` into your struct. A node that is
 * in no list points to itself, so removing twice is harmless.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *prev, *next;
};

static inline void
list_init(struct list_node *n)
{
	n->prev = n->next = n;
}

static inline bool
list_is_empty(const struct list_node *head)
{
	return head->next == head;
}

static inline void
list_remove(struct list_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

static inline void
list_append(struct list_node *head, struct list_node *n)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

/* The struct that holds this node. */
#define LIST_ITEM(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))
#define LIST_FOREACH(node, head)                                                                             \
	for (struct list_node *node = (head)->next, *node##_next = node->next; node != (head);               \
	     node = node##_next, node##_next = node->next)
