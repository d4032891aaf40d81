// SPDX-License-Identifier: BSL-1.0

// Before doctest, which only declares the stream operators that it uses.
#include <ostream>

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
