// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/cursor_pages.hpp>

#include <repository/sqlite/failure.hpp>
#include <repository/sqlite/schema.hpp>

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace rondo::sqlite::detail {

std::optional<cursor> cursor_pages::find(connection& db, std::int64_t task) {
    if (task < 0) throw failure(errc::store_corrupt); // SQLite gives no such number
    return find_page(db, task / page_size).cursors[static_cast<std::size_t>(task % page_size)];
}

void cursor_pages::move(connection& db, std::int64_t task, const cursor& to) {
    if (task < 0) throw failure(errc::store_corrupt);
    page& p = find_page(db, task / page_size);
    if (!p.moved) moved_.push_back(task / page_size);
    p.moved = true;
    p.cursors[static_cast<std::size_t>(task % page_size)] = to;
}

void cursor_pages::write(connection& db) {
    forget_if_stale(db);
    for (const std::int64_t number : moved_) {
        page& p = pages_.at(number);
        print(number, p);
        query(db.prepared(write_cursor_page), number, std::string_view(text_)).run();
        p.moved = false;
    }
    moved_.clear();
}

// What moved was rolled back, or somebody else has written.
void cursor_pages::forget_if_stale(connection& db) {
    const std::uint64_t epoch = db.epoch();
    if (std::exchange(epoch_, epoch) == epoch) return;
    pages_.clear();
    moved_.clear();
}

cursor_pages::page& cursor_pages::find_page(connection& db, std::int64_t number) {
    forget_if_stale(db);
    const auto known = pages_.find(number);
    if (known != pages_.end()) return known->second;
    page read;
    load(db, number, read);
    if (pages_.size() >= most_) { // whoever has more tasks in turn finds none of them here
        write(db);
        pages_.clear();
    }
    return pages_.emplace(number, read).first->second;
}

void cursor_pages::load(connection& db, std::int64_t number, page& p) {
    query q(db.prepared(std::string(every_cursor) + " where page = ?"), number);
    while (q.step()) {
        if (!q.flag(2)) throw failure(errc::store_corrupt);
        std::optional<cursor>& c = p.cursors[static_cast<std::size_t>(q.integer(1) % page_size)];
        if (c) throw failure(errc::store_corrupt); // it is there twice
        c = cursor{q.time_or_never(3), q.count(4)};
    }
}

void cursor_pages::print(std::int64_t number, const page& p) {
    const auto append = [this](std::int64_t n) {
        const fmt::format_int digits(n);
        text_.append(digits.data(), digits.size());
    };
    text_.clear();
    for (std::int64_t i = 0; i != page_size; ++i) {
        const std::optional<cursor>& c = p.cursors[static_cast<std::size_t>(i)];
        if (!c) continue;
        text_ += text_.empty() ? "{\"" : ",\"";
        append(number * page_size + i);
        text_ += "\":[";
        if (c->next_slot)
            append(c->next_slot->time_since_epoch().count());
        else
            text_ += "null";
        text_ += ',';
        append(as_integer(c->token));
        text_ += ']';
    }
    text_ += '}';
}

} // namespace rondo::sqlite::detail
