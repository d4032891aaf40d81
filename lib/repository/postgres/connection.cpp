// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/connection.hpp>

#include <repository/postgres/failure.hpp>
#include <repository/postgres/session_settings.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <libpq-fe.h>
#include <new>
#include <random>
#include <utility>

namespace rondo::postgres::detail {
namespace {

namespace asio = boost::asio;

Oid oid_of(const parameters::parameter& p) noexcept {
    if (!p.is_array) return static_cast<Oid>(p.type);
    switch (p.type) { // of arrays, in pg_type
    case sql_type::boolean: return 1000;
    case sql_type::int8: return 1016;
    case sql_type::text: return 1009;
    case sql_type::float8: return 1022;
    case sql_type::uuid: break;
    }
    return 2951;
}

/// Parameters as libpq wants them.
struct raw_parameters {
    explicit raw_parameters(const parameters& p) {
        for (const parameters::parameter& each : p.all()) {
            types.push_back(oid_of(each));
            values.push_back(each.bytes ? each.bytes->data() : nullptr);
            sizes.push_back(each.bytes ? static_cast<int>(each.bytes->size()) : 0);
            formats.push_back(1); // binary
        }
    }
    [[nodiscard]] int count() const noexcept { return static_cast<int>(types.size()); }

    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> sizes;
    std::vector<int> formats;
};

void ignore(void*, const PGresult*) {} // notices

std::string without_newline(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    return std::string(text);
}

failure failure_of(const PGresult* r) {
    const char* field = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const std::string_view state = field != nullptr ? field : "";
    return failure(meaning_of(state), without_newline(PQresultErrorMessage(r)), remedy_for(state));
}

std::string own_name() {
    std::random_device random;
    return "rondo_" + std::to_string(random()) + "_" + std::to_string(random()) + "_";
}

constexpr int binary = 1;

} // namespace

/// A look-up, which may take longer than we wait for it: nothing ends it but its answer.
struct connection::look_up_state {
    explicit look_up_state(asio::io_context& context)
        : over(context, asio::steady_timer::time_point::max()) {}

    asio::steady_timer over; // cancelled when it is
    error_code error = asio::error::operation_aborted;
    asio::ip::tcp::resolver::results_type found;
};

/// What is waited for ends in time, and then throws.
class connection::time_limit {
public:
    time_limit(connection& c, std::chrono::milliseconds limit) : connection_(c) {
        c.overdue_ = false;
        c.deadline_.expires_after(limit);
        c.deadline_.async_wait([&c, no = ++c.limit_no_](const error_code& e) {
            if (e || no != c.limit_no_) return;
            c.overdue_ = true;
            error_code ignored;
            c.socket_.cancel(ignored);
            if (c.look_up_ == nullptr) return;
            c.look_up_->over.cancel(ignored);
            c.resolver_
                .cancel(); // those that have not begun, or they would pile up behind one that takes long
        });
    }
    time_limit(const time_limit&) = delete;
    time_limit& operator=(const time_limit&) = delete;
    ~time_limit() {
        ++connection_.limit_no_; // its handler may be on its way
        error_code ignored;
        connection_.deadline_.cancel(ignored);
    }

private:
    connection& connection_;
};

void connection::finish::operator()(pg_conn* c) const noexcept {
    PQfinish(c);
}

connection::connection(asio::io_context& context, const settings& s)
    : settings_(s), context_(context), socket_(context), resolver_(context), deadline_(context) {}

void connection::close() noexcept {
    open_ = false;
    names_.clear();
    if (socket_.is_open()) socket_.release(); // its descriptor is not ours
    handle_.reset();
}

// libpq, too, would try one after the other; but one that says nothing would take up all the time.
asio::awaitable<void> connection::open() {
    close();
    const std::vector<connection_values> candidates = co_await look_up();
    std::optional<failure> failed;
    for (const connection_values& values : candidates) {
        if (over_) throw failure(errc::store_failed, "nobody needs a connection any more");
        failed.reset();
        try {
            const time_limit limit(*this, settings_.chosen.connect_timeout);
            co_await start(values);
        } catch (const failure& f) {
            close();
            failed = f;
        } catch (...) {
            close();
            throw;
        }
        if (!failed) break;
    }
    if (failed) throw failure(*failed);
    open_ = true;
}

// libpq would block for it. What to connect with, for each address.
asio::awaitable<std::vector<connection_values>> connection::look_up() {
    std::vector<connection_values> candidates;
    std::string why;
    const auto add = [&](const server_place& place) {
        candidates.push_back(settings_.values);
        set_places(candidates.back(), {place});
    };
    const std::vector<server_place> places = places_of(settings_.values);
    if (places.empty()) candidates.push_back(settings_.values);
    for (const server_place& place : places) {
        if (place.host.empty() || place.host.front() == '/' || place.host.front() == '@') {
            add(place);
            continue;
        }
        error_code no_address; // behind a name that takes long it would wait for that
        const asio::ip::address address = asio::ip::make_address(place.host, no_address);
        if (!no_address) {
            add({place.host, address.to_string(), place.port});
            continue;
        }
        if (over_) break;
        const time_limit limit(*this, settings_.chosen.connect_timeout);
        look_up_ = std::make_shared<look_up_state>(context_);
        const auto state = look_up_;
        resolver_.async_resolve(place.host, std::string(), [state](const error_code& e, const auto& found) {
            state->error = e;
            state->found = found;
            error_code ignored;
            state->over.cancel(ignored);
        });
        error_code ignored;
        co_await state->over.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        look_up_.reset();
        if (overdue_ || state->error) {
            why = "the host " + place.host + " cannot be looked up" +
                  (overdue_ ? " in time" : ": " + state->error.message());
            continue;
        }
        for (const auto& each : state->found)
            add({place.host, each.endpoint().address().to_string(), place.port});
    }
    if (candidates.empty()) throw failure(errc::store_cannot_open, why);
    co_return candidates;
}

asio::awaitable<void> connection::start(connection_values values) {
    if (find_value(values, "target_session_attrs") == nullptr)
        set_value(values, "target_session_attrs", "read-write");
    set_value(values, "client_encoding", "UTF8");
    set_value(values, "fallback_application_name", "rondo");
    std::vector<const char*> keywords;
    std::vector<const char*> texts;
    for (const auto& [keyword, text] : values) {
        keywords.push_back(keyword.c_str());
        texts.push_back(text.c_str());
    }
    keywords.push_back(nullptr);
    texts.push_back(nullptr);
    handle_.reset(PQconnectStartParams(keywords.data(), texts.data(), 0));
    if (handle_ == nullptr) throw std::bad_alloc();
    if (PQstatus(handle_.get()) == CONNECTION_BAD) throw failure(errc::store_cannot_open, last_message());
    PQsetNoticeReceiver(handle_.get(), ignore, nullptr);
    for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;) {
        watch();
        co_await wait(next == PGRES_POLLING_READING ? wait_type::wait_read : wait_type::wait_write);
        next = PQconnectPoll(handle_.get());
        if (next == PGRES_POLLING_FAILED) throw failure(errc::store_cannot_open, last_message());
    }
    watch();
    check(PQsetnonblocking(handle_.get(), 1) == 0 && PQenterPipelineMode(handle_.get()) == 1);
    name_ = own_name();
}

// libpq may have closed its socket and opened another with the same number, of which Asio would know nothing.
void connection::watch() {
    if (socket_.is_open()) socket_.release();
    const int fd = PQsocket(handle_.get());
    check(fd >= 0);
    socket_.assign(fd);
}

std::string connection::last_message() const {
    return handle_ != nullptr ? without_newline(PQerrorMessage(handle_.get())) : std::string();
}

void connection::check(bool ok) const {
    if (overdue_) throw failure(errc::store_timeout, "PostgreSQL did not answer in time");
    if (!ok) throw failure(errc::store_failed, last_message());
}

asio::awaitable<void> connection::wait(wait_type what) {
    error_code e;
    co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, e));
    check(true);
    if (e) throw failure(errc::store_failed, e.message());
}

// Both may be full: the server may not read before it has written.
asio::awaitable<void> connection::wait_either() {
    co_await asio::experimental::make_parallel_group(
        socket_.async_wait(wait_type::wait_read, asio::deferred),
        socket_.async_wait(wait_type::wait_write, asio::deferred))
        .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    check(true);
}

void connection::consume() {
    check(PQconsumeInput(handle_.get()) == 1);
    read_notices();
}

// Of one schema each, as one channel is for all of a database.
void connection::read_notices() {
    while (PGnotify* n = PQnotifies(handle_.get())) {
        noticed_ = noticed_ || settings_.chosen.schema == n->extra;
        PQfreemem(n);
    }
}

asio::awaitable<void> connection::flush() {
    for (;;) {
        const int left = PQflush(handle_.get());
        check(left >= 0);
        if (left == 0) co_return;
        co_await wait_either();
        consume();
    }
}

asio::awaitable<std::unique_ptr<pg_result, clear_result>> connection::next() {
    while (PQisBusy(handle_.get()) == 1) {
        check(PQstatus(handle_.get()) == CONNECTION_OK); // or there is nothing to wait for
        co_await wait(wait_type::wait_read);
        consume();
    }
    co_return std::unique_ptr<pg_result, clear_result>(PQgetResult(handle_.get()));
}

// Names are of this connection alone: a pooler that hands us another's would have us execute what we did not mean.
void connection::send(const batch::statement& s, bool wanted, std::vector<sent>& all) {
    const raw_parameters raw(s.values);
    pg_conn* const c = handle_.get();
    if (!s.prepare || !settings_.chosen.prepare) {
        check(PQsendQueryParams(c, s.sql.c_str(), raw.count(), raw.types.data(), raw.values.data(),
                                raw.sizes.data(), raw.formats.data(), binary) == 1);
        all.push_back({nullptr, wanted});
        return;
    }
    const auto [known, is_new] = names_.try_emplace(s.sql);
    if (is_new) {
        known->second = name_ + std::to_string(names_.size());
        check(PQsendPrepare(c, known->second.c_str(), s.sql.c_str(), raw.count(), raw.types.data()) == 1);
        all.push_back({&known->first, false});
    }
    check(PQsendQueryPrepared(c, known->second.c_str(), raw.count(), raw.values.data(), raw.sizes.data(),
                              raw.formats.data(), binary) == 1);
    all.push_back({nullptr, wanted});
}

// Where a session may be another's after each transaction.
void connection::send_settings(std::vector<sent>& all) {
    if (settings_.chosen.prepare) return;
    send(session_settings(settings_.chosen.operation_timeout, true), false, all);
}

// Of each statement its result and a null; behind the last of them the end of the transaction. After one that failed
// the others are not executed. Where the connection ends, that is the result of the one under way.
asio::awaitable<void> connection::receive(const std::vector<sent>& all, answer& a) {
    std::size_t wanted = 0;
    for (const sent& s : all) {
        wanted += s.wanted ? 1 : 0;
        bool done = false;
        for (auto r = co_await next(); r != nullptr; r = co_await next()) {
            const ExecStatusType status = PQresultStatus(r.get());
            done = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
            if (done && s.wanted) a.results.emplace_back(std::move(r));
            if (!done && !a.refused && status != PGRES_PIPELINE_ABORTED) a.refused = failure_of(r.get());
        }
        // What was prepared stays so, whatever becomes of the transaction.
        if (s.prepares != nullptr && !done) names_.erase(names_.find(*s.prepares));
    }
    if (PQstatus(handle_.get()) != CONNECTION_OK) {
        check(a.refused.has_value()); // with its last words
        co_return;
    }
    const auto end = co_await next();
    check(end != nullptr && PQresultStatus(end.get()) == PGRES_PIPELINE_SYNC);
    check(a.refused || a.results.size() == wanted);
}

asio::awaitable<std::vector<rows>> connection::exchange(const batch& b) {
    if (!is_open()) throw failure(errc::store_failed, "the connection to PostgreSQL is closed");
    answer a;
    try {
        const time_limit limit(*this, settings_.chosen.operation_timeout);
        std::vector<sent> all;
        send_settings(all);
        for (const batch::statement& s : b.statements) send(s, true, all);
        check(PQpipelineSync(handle_.get()) == 1);
        co_await flush();
        co_await receive(all, a);
    } catch (...) { // nobody knows what comes next
        close();
        if (a.refused && !overdue_) throw failure(*a.refused); // why it ended
        throw;
    }
    read_notices(); // those that came behind the answer, or among it
    if (!a.refused) co_return std::move(a.results);
    if (PQstatus(handle_.get()) != CONNECTION_OK || a.refused->wants_reconnect()) close();
    throw failure(std::move(*a.refused));
}

// On the socket alone: of two waits one might find no memory, and nobody would hear of the other.
asio::awaitable<void> connection::idle() {
    struct in_idleness {
        bool& yes;
        explicit in_idleness(bool& y) noexcept : yes(y) { yes = true; }
        ~in_idleness() { yes = false; }
    } const while_here(idle_);
    read_notices(); // what has been read is not waited for
    if (noticed_) co_return;
    error_code ignored;
    co_await socket_.async_wait(wait_type::wait_read, asio::redirect_error(asio::use_awaitable, ignored));
    overdue_ = false;
    if (PQconsumeInput(handle_.get()) != 1) {
        close();
        co_return;
    }
    (void)PQisBusy(handle_.get()); // which takes in what came
    read_notices();
    if (PQstatus(handle_.get()) != CONNECTION_OK) close();
}

void connection::stop_opening() noexcept {
    over_ = true;
    if (open_) return;
    overdue_ = true;
    error_code ignored;
    socket_.cancel(ignored);
    if (look_up_ != nullptr) look_up_->over.cancel(ignored);
}

void connection::stop_idling() noexcept {
    error_code ignored;
    if (idle_) socket_.cancel(ignored);
}

} // namespace rondo::postgres::detail
