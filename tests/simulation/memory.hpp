// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_MEMORY_HPP
#define RONDO_TESTS_SIMULATION_MEMORY_HPP

namespace rondo::simulation {

/// While it lives, the allocation after `n` others fails, and none after that. Where `operator new` is not ours, as under
/// a sanitizer, none does.
class little_memory {
public:
    explicit little_memory(int n) noexcept;
    ~little_memory();
    /// Whether that one was.
    [[nodiscard]] static bool failed() noexcept;
    little_memory(const little_memory&) = delete;
    little_memory& operator=(const little_memory&) = delete;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_MEMORY_HPP
