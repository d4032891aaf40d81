// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_SCRATCH_HPP
#define RONDO_BENCH_SCRATCH_HPP

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace rondo::bench {

/// A folder that goes with its owner.
class scratch {
public:
    scratch() {
        std::string pattern = (std::filesystem::temp_directory_path() / "rondo-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for databases");
        folder_ = pattern;
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

private:
    std::filesystem::path folder_;
};

} // namespace rondo::bench

#endif // RONDO_BENCH_SCRATCH_HPP
