/*
 * What every fuzz target defines: one run over one input of any bytes. It returns 0 and must not
 * crash, leak, loop or exit, whatever the input; what it asserts are promises of the code under test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
