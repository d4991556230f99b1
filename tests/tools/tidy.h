/*
 * Given to clang-tidy before each file: err_set returns the code it is given, which is never 0. Without
 * this its analyser follows paths on which a failed call succeeded.
 */
#pragma once

#include "base/err.h"

#define err_set(e, code, ...) (err_set((e), (code), __VA_ARGS__), (code))
