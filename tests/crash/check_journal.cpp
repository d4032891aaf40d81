// SPDX-License-Identifier: BSL-1.0
#include <crash/checker.hpp>

#include <fmt/format.h>

#include <map>
#include <set>
#include <unordered_map>

namespace rondo::crash {
namespace {

std::string name_of(const entry& e) {
    return fmt::format("{}: run {} of slot {}, attempt {}, life {}", e.uid, e.id, e.slot, e.attempt, e.life);
}

class journal_check {
public:
    journal_check(const record& r, const std::vector<entry>& journal, const tolerance& t, findings& out)
        : journal_(journal), tolerance_(t), out_(out) {
        for (const auto& [uid, task] : r.tasks)
            for (const recorded_run& run : task.runs) on_record_.emplace(run.id, told{&task.uid, &run});
        for (const entry& e : journal)
            if (e.kind == entry_kind::quit) ended_well_.insert(e.life);
        // A database that syncs late may lose the end of a life after that.
        if (t.lost_tail && !ended_well_.empty()) ended_well_ = {*ended_well_.rbegin()};
    }

    void run() {
        for (const entry& e : journal_) {
            switch (e.kind) {
            case entry_kind::begin: begin(e); break;
            case entry_kind::end: end(e); break;
            case entry_kind::acknowledged: acknowledged(e); break;
            case entry_kind::life:
            case entry_kind::paused:
            case entry_kind::quit: break;
            }
        }
        for (auto& [id, t] : on_record_) bodies(t);
    }

private:
    /// A run, and what the journal says of it.
    struct told {
        const std::string* uid = nullptr;
        const recorded_run* run = nullptr;
        const entry* begin = nullptr;
        const entry* end = nullptr;
    };

    told* find(const entry& e) {
        const auto found = on_record_.find(e.id);
        return found == on_record_.end() ? nullptr : &found->second;
    }

    // What is lost of a life in which the power was lost must be its tail: what is on record after it is not.
    void lose(const entry& e, const std::string& what) {
        if (!tolerance_.lost_tail || ended_well_.contains(e.life)) return out_.complain(out_.lost, what);
        ++out_.tail;
        tail_of_[e.life] = &e;
    }
    void keep(const entry& e) {
        const auto tail = tail_of_.find(e.life);
        if (tail == tail_of_.end()) return;
        out_.complain(out_.lost, fmt::format("{} is on record, and {} before it is not", name_of(e),
                                             name_of(*tail->second)));
    }

    void begin(const entry& e) {
        told* t = find(e);
        if (t == nullptr) return lose(e, name_of(e) + " began without a record");
        keep(e);
        const recorded_run& r = *t->run;
        if (*t->uid != e.uid || r.slot != e.slot || r.attempt != e.attempt || r.trigger != e.trigger)
            out_.complain(out_.unexplained, name_of(e) + " is on record as another");
        if (t->begin != nullptr) out_.complain(out_.doubled, name_of(e) + " began twice");
        t->begin = &e;
    }

    void end(const entry& e) {
        told* t = find(e);
        if (t == nullptr) return; // it began without a record
        if (t->begin == nullptr || t->end != nullptr)
            out_.complain(out_.unexplained, name_of(e) + " ended without a beginning, or twice");
        t->end = &e;
    }

    void acknowledged(const entry& e) {
        const told* t = find(e);
        if (t == nullptr) return lose(e, name_of(e) + " has ended on record, and is on none");
        if (t->run->outcome != e.how) {
            const bool tail = tolerance_.lost_tail && t->run->outcome == "abandoned";
            const std::string what = fmt::format("{} was acknowledged as '{}', and is on record as '{}'",
                                                 name_of(e), e.how, t->run->outcome);
            if (tail) return lose(e, what);
            out_.complain(out_.lost, what);
        }
        keep(e);
    }

    // Of one run, when all is told.
    void bodies(const told& t) {
        const recorded_run& r = *t.run;
        const std::string name = fmt::format("{}: run {} of slot {}", *t.uid, r.id, r.slot);
        if (r.outcome == "success" && (t.end == nullptr || t.end->how != "success"))
            out_.complain(out_.unexplained, name + " is a success that no body told of");
        if (r.outcome == "failed" && (t.end == nullptr || t.end->how != "failed"))
            out_.complain(out_.unexplained, name + " has failed, and no body told of it");
        if (r.outcome == "abandoned" && t.begin != nullptr && ended_well_.contains(t.begin->life))
            out_.complain(out_.unexplained, name + " is abandoned in a life that ended well");
        if (t.begin != nullptr && ended_well_.contains(t.begin->life) && t.end == nullptr)
            out_.complain(out_.unexplained, name + " did not end in a life that ended well");
    }

    const std::vector<entry>& journal_;
    const tolerance& tolerance_;
    findings& out_;
    std::set<std::uint64_t> ended_well_;              // lives
    std::unordered_map<std::string, told> on_record_; // by id
    std::map<std::uint64_t, const entry*> tail_of_;   // by life: one that is lost
};

} // namespace

void check_journal(const record& r, const std::vector<entry>& journal, const tolerance& t, findings& out) {
    journal_check(r, journal, t, out).run();
}

} // namespace rondo::crash
