// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_FUZZ_TARGET_HPP
#define RONDO_TESTS_FUZZ_TARGET_HPP

#include <rondo/detail/cron_fields.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Where the canary has its bug; elsewhere it does nothing.
void planted(const rondo::detail::cron_parsed& parsed);

#endif // RONDO_TESTS_FUZZ_TARGET_HPP
