// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_PARAMETERS_HPP
#define RONDO_REPOSITORY_POSTGRES_PARAMETERS_HPP

#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace rondo::postgres::detail {

/// A type of PostgreSQL, by its object id in the catalogue `pg_type`.
enum class sql_type : std::uint32_t { boolean = 16, int8 = 20, text = 25, float8 = 701, uuid = 2950 };

/// A text that is stored as it is, and for which `to_stored` need not be called.
struct plain_text {
    std::string_view text;
};

/// The parameters of one statement in the binary format of the protocol, where nothing is quoted. Texts are stored as
/// `to_stored` says. Throws `failure` on what is too long for a message.
class parameters {
public:
    struct parameter {
        sql_type type;
        bool is_array = false;
        std::optional<std::string> bytes; // nothing: null
    };

    template <class T>
    parameters& add(const T& value) {
        parameter p{type_of<T>(), false, std::string()};
        if (!append(*p.bytes, value)) p.bytes.reset();
        all_.push_back(std::move(p));
        return *this;
    }

    /// An array of what `f` gives for each of them: a value, or an `optional`, of which nothing is null.
    template <class Range, class F>
    parameters& add_array(const Range& range, F f) {
        using value = std::remove_cvref_t<decltype(f(*std::begin(range)))>;
        std::string bytes;
        std::size_t count = 0;
        bool has_null = false;
        begin_array(bytes, type_of<value>());
        for (const auto& each : range) {
            const std::size_t place = bytes.size();
            append_size(bytes, 0);
            const bool there = append(bytes, f(each));
            set_size(bytes, place, there);
            has_null = has_null || !there;
            ++count;
        }
        end_array(bytes, count, has_null);
        all_.push_back({type_of<value>(), true, std::move(bytes)});
        return *this;
    }

    [[nodiscard]] const std::vector<parameter>& all() const noexcept { return all_; }

private:
    template <class T>
    struct value_of {
        using type = T;
    };
    template <class T>
    struct value_of<std::optional<T>> {
        using type = T;
    };

    template <class T>
    static constexpr sql_type type_of() noexcept {
        using value = typename value_of<T>::type;
        if constexpr (std::is_same_v<value, bool>) {
            return sql_type::boolean;
        } else if constexpr (std::is_same_v<value, std::int64_t> || std::is_same_v<value, wall_time> ||
                             std::is_same_v<value, moment>) {
            return sql_type::int8;
        } else if constexpr (std::is_same_v<value, double>) {
            return sql_type::float8;
        } else if constexpr (std::is_same_v<value, run_id>) {
            return sql_type::uuid;
        } else {
            static_assert(std::is_same_v<value, std::string_view> || std::is_same_v<value, plain_text>);
            return sql_type::text;
        }
    }

    // Each appends the bytes of a value. False: it is null, and there are none.
    static bool append(std::string& to, bool value);
    static bool append(std::string& to, std::int64_t value);
    static bool append(std::string& to, double value);
    static bool append(std::string& to, const run_id& value);
    static bool append(std::string& to, std::string_view value);
    static bool append(std::string& to, plain_text value);
    static bool append(std::string& to, wall_time value) {
        return append(to, std::int64_t{value.time_since_epoch().count()});
    }
    static bool append(std::string& to, const moment& value) { return value && append(to, *value); }
    template <class T>
    static bool append(std::string& to, const std::optional<T>& value) {
        return value && append(to, *value);
    }

    static void append_size(std::string& to, std::uint32_t n);
    static void begin_array(std::string& to, sql_type type);
    static void set_size(std::string& to, std::size_t place, bool there);
    static void end_array(std::string& to, std::size_t count, bool has_null);

    std::vector<parameter> all_;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_PARAMETERS_HPP
