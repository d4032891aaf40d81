// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_WAVES_HPP
#define RONDO_REPOSITORY_POSTGRES_WAVES_HPP

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <vector>

namespace rondo::postgres::detail {

/// Requests that may go into one statement, in their order, and where each is in the call.
template <class Request>
struct wave {
    std::vector<const Request*> requests;
    std::vector<std::size_t> places;
};

/// Sorts the requests of a call into as few statements as can be: those of one statement have different keys, and of
/// each key they stay in order. `keys(request, f)` calls `f` with each key of a request. Hashes will do as keys: where
/// two are the same by chance there is one statement more.
template <class Request, class Keys>
std::vector<wave<Request>> waves_of(const std::vector<Request>& requests, Keys keys) {
    std::vector<wave<Request>> waves;
    std::vector<std::size_t> all;
    for (const Request& r : requests) keys(r, [&](std::size_t key) { all.push_back(key); });
    std::ranges::sort(all);
    const bool distinct = std::ranges::adjacent_find(all) == all.end(); // as they are, mostly
    std::unordered_map<std::size_t, std::size_t> taken; // how many waves have, or had, this key
    for (std::size_t i = 0; i != requests.size(); ++i) {
        std::size_t no = 0;
        if (!distinct) keys(requests[i], [&](std::size_t key) { no = std::max(no, taken[key]); });
        if (!distinct) keys(requests[i], [&](std::size_t key) { taken[key] = no + 1; });
        if (no == waves.size()) waves.emplace_back();
        waves[no].requests.push_back(&requests[i]);
        waves[no].places.push_back(i);
    }
    return waves;
}

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_WAVES_HPP
