// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_PASS_HPP
#define RONDO_CORE_PASS_HPP

#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <cstdint>

namespace rondo::core {

/// Something that is done to all tasks, in parts.
struct pass {
    enum class kind : std::uint8_t { pause, resume, drop_waiting, cancel, give_up };
    pass::kind kind;
    instant at{};
    resume_from from = resume_from::now;
};

} // namespace rondo::core

#endif // RONDO_CORE_PASS_HPP
