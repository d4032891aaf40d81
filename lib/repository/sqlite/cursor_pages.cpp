// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/cursor_pages.hpp>

#include <repository/sqlite/failure.hpp>

#include <fmt/format.h>

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
    for (const std::int64_t number : moved_) {
        page& p = pages_.at(number);
        print(number, p);
        query(db.prepared("insert or replace into cursor_page (id, cursors) values (?, ?)"), number,
              std::string_view(text_))
            .run();
        p.moved = false;
    }
    moved_.clear();
}

cursor_pages::page& cursor_pages::find_page(connection& db, std::int64_t number) {
    const std::uint64_t epoch = db.epoch();
    if (std::exchange(epoch_, epoch) != epoch) { // what moved was rolled back
        pages_.clear();
        moved_.clear();
    }
    const auto known = pages_.find(number);
    if (known != pages_.end()) return known->second;
    page read;
    load(db, number, read);
    if (pages_.size() >= most_) {
        write(db);
        pages_.clear();
    }
    return pages_.emplace(number, read).first->second;
}

// What is no such JSON is an error, and none of SQLite's, which does not tell it from others.
// For what is no such JSON SQLite has an error that says less than what we read instead.
void cursor_pages::load(connection& db, std::int64_t number, page& p) {
    query q(db.prepared("select cast(e.key as integer), "
                        "json_extract(iif(e.type = 'array', e.value, '[]'), '$[0]'), "
                        "json_extract(iif(e.type = 'array', e.value, '[]'), '$[1]') "
                        "from cursor_page p, json_each(iif(json_valid(p.cursors), p.cursors, '[0]')) e "
                        "where p.id = ?"),
            number);
    while (q.step()) {
        const std::int64_t task = q.integer(0);
        if (task < 0 || task / page_size != number) throw failure(errc::store_corrupt);
        p.cursors[static_cast<std::size_t>(task % page_size)] = cursor{q.time_or_never(1), q.count(2)};
    }
}

void cursor_pages::print(std::int64_t number, const page& p) {
    const auto append = [this](std::int64_t n) {
        const fmt::format_int digits(n);
        text_.append(digits.data(), digits.size());
    };
    text_.clear();
    std::int64_t task = number * page_size;
    for (const std::optional<cursor>& c : p.cursors) {
        if (c) {
            text_ += text_.empty() ? "{\"" : ",\"";
            append(task);
            text_ += "\":[";
            if (c->next_slot)
                append(c->next_slot->time_since_epoch().count());
            else
                text_ += "null";
            text_ += ',';
            append(as_integer(c->token));
            text_ += ']';
        }
        ++task;
    }
    text_ += '}';
}

} // namespace rondo::sqlite::detail
