// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_ID_SOURCE_HPP
#define RONDO_CORE_ID_SOURCE_HPP

#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <cstdint>

namespace rondo::core {

/// Makes run ids: UUIDs of version 7 (RFC 9562 section 5.7, sub-millisecond time by its method 3), from
/// the time, a counter, and a seed that tells processes apart. Same calls, same ids.
class id_source {
public:
    explicit id_source(std::uint64_t seed) noexcept : seed_(seed & 0xf'ffff'ffff) {}

    run_id next(wall_time now) noexcept {
        auto micros = static_cast<std::uint64_t>(now.time_since_epoch().count());
        std::uint64_t fraction = (micros % 1000) * 4096 / 1000;
        ++counter_;
        return {(micros / 1000) << 16 | 0x7000 | fraction,
                0x8000'0000'0000'0000 | (counter_ & 0x3ff'ffff) << 36 | seed_};
    }

private:
    std::uint64_t seed_;        // 36 bits
    std::uint64_t counter_ = 0; // its low 26 bits order the ids of one microsecond
};

} // namespace rondo::core

#endif // RONDO_CORE_ID_SOURCE_HPP
