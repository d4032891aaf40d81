// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/leases.hpp>

#include <repository/postgres/stored_text.hpp>

#include <rondo/clock.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <unistd.h>
#include <utility>

namespace rondo::postgres::detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Which process of which host, for people; and what no other process will be called.
std::string own_name() {
    constexpr std::array digits{'0', '1', '2', '3', '4', '5', '6', '7',
                                '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    std::random_device device;
    std::array<char, 64> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    std::string name = to_stored(host.data()) + "/" + std::to_string(::getpid()) + "/";
    for (int word = 0; word != 3; ++word) {
        std::uint32_t bits = device();
        for (int i = 0; i != 8; ++i, bits >>= 4) name += digits[bits & 0xf];
    }
    return name;
}

} // namespace

// Where nobody shares anything there is nothing to keep.
leases::leases(milliseconds how_long, std::shared_ptr<news_desk> told)
    : ttl(how_long), desk(std::move(told)), node(own_name()),
      keeper(std::max<nanoseconds>(how_long, milliseconds(1))) {}

std::optional<std::string_view> leases::schedule_of(const shared_string& uid) const {
    const auto known = tasks.find(uid);
    if (known == tasks.end()) return std::nullopt;
    return known->second.schedule;
}

void leases::begin_anew() noexcept {
    keeper.let_all_go();
    tasks.clear();
    lost_before = {};
    best_reading = std::chrono::hours(1);
    read_at = {};
}

steady_time leases::now() noexcept {
    return system_clock().now().steady;
}

nanoseconds leases::look_every() const noexcept {
    return std::clamp<nanoseconds>(ttl / 6, milliseconds(10), std::chrono::seconds(1));
}

void leases::look_soon() noexcept {
    look_at = std::min(look_at, looked_at + look_every() / 10);
}

steady_time leases::next_renewal() const noexcept {
    return desk->is_deserted() ? steady_time::max() : keeper.next_renewal();
}

steady_time leases::next() const noexcept {
    return std::min(look_at, next_renewal());
}

void leases::on_time(steady_time now) {
    keeper.on_time(now);
    tell_lost();
}

void leases::tell_lost() {
    if (keeper.lost() == 0) return;
    desk->tell([&](repository_news& n) {
        n.lost.reserve(n.lost.size() + keeper.lost());
        for (const auto& lost : keeper.take_lost()) n.lost.push_back(lost.id);
    });
}

// Clocks part company, so that no reading counts for ever.
bool leases::wants_reading(steady_time now) const noexcept {
    return read_at == steady_time() || now - read_at >= std::chrono::minutes(1);
}

// One that took long says less.
bool leases::takes_reading(nanoseconds took, steady_time now) noexcept {
    const bool good = took <= std::max<nanoseconds>(2 * best_reading, reading_fast);
    if (!good && !wants_reading(now)) return false;
    best_reading = std::min(best_reading, took);
    if (!good) best_reading = took;
    read_at = now;
    return true;
}

} // namespace rondo::postgres::detail
