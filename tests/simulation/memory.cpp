// SPDX-License-Identifier: BSL-1.0
#include <simulation/memory.hpp>

#ifdef RONDO_SIMULATE_MEMORY
#include <support/own_new.hpp>
#endif

#include <new>

namespace rondo::simulation {
namespace {

int allocations_left = -1; // before one fails; negative: none does
bool one_failed = false;

} // namespace

little_memory::little_memory(int n) noexcept {
    allocations_left = n;
    one_failed = false;
}

little_memory::~little_memory() {
    allocations_left = -1;
}

bool little_memory::failed() noexcept {
    return one_failed;
}

} // namespace rondo::simulation

#ifdef RONDO_SIMULATE_MEMORY
void rondo::tests::before_allocation() {
    using namespace rondo::simulation;
    if (allocations_left < 0 || allocations_left-- != 0) return;
    one_failed = true;
    throw std::bad_alloc();
}
#endif
