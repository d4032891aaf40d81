// SPDX-License-Identifier: BSL-1.0
#include <crash/faulty_disk.hpp>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <unistd.h>

namespace rondo::crash {

/// What SQLite holds of an open file; that of the machine lies behind it in the same piece of memory.
struct disk_file {
    sqlite3_file base{};
    faulty_disk* disk = nullptr;
    std::shared_ptr<disk_image> image; // null of files that are not watched

    [[nodiscard]] sqlite3_file* inner() noexcept {
        return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(this) + offset());
    }
    [[nodiscard]] static constexpr std::size_t offset() noexcept {
        constexpr std::size_t align = alignof(std::max_align_t);
        return (sizeof(disk_file) + align - 1) / align * align;
    }
};

/// What SQLite calls.
struct disk_calls {
    static disk_file& of(sqlite3_file* f) noexcept { return *reinterpret_cast<disk_file*>(f); }
    static sqlite3_vfs* inner_of(sqlite3_vfs* v) noexcept {
        return static_cast<faulty_disk*>(v->pAppData)->inner_;
    }

    static int open(sqlite3_vfs* v, const char* name, sqlite3_file* f, int flags, int* out) {
        auto& disk = *static_cast<faulty_disk*>(v->pAppData);
        auto* file = new (f) disk_file();
        file->base.pMethods = nullptr;
        std::shared_ptr<disk_image> image;
        constexpr int watched = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
        if (name != nullptr && (flags & watched) != 0) {
            const std::lock_guard lock(disk.mutex_);
            auto& known = disk.images_[name];
            if (known == nullptr) known = std::make_shared<disk_image>(name);
            image = known;
        }
        const int code = disk.inner_->xOpen(disk.inner_, name, file->inner(), flags, out);
        if (code != SQLITE_OK) {
            file->~disk_file();
            f->pMethods = nullptr;
            return code;
        }
        file->disk = &disk;
        file->image = std::move(image);
        file->base.pMethods = &methods;
        return SQLITE_OK;
    }
    static int remove(sqlite3_vfs* v, const char* name, int sync_folder) {
        auto& disk = *static_cast<faulty_disk*>(v->pAppData);
        {
            // A file that is removed stays so: what SQLite removes it has made superfluous before.
            const std::lock_guard lock(disk.mutex_);
            disk.images_.erase(name);
        }
        return disk.inner_->xDelete(disk.inner_, name, sync_folder);
    }

    static int close(sqlite3_file* f) {
        const int code = of(f).inner()->pMethods->xClose(of(f).inner());
        of(f).~disk_file();
        return code;
    }
    static int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
        return of(f).inner()->pMethods->xRead(of(f).inner(), to, n, at);
    }
    static int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
        disk_file& file = of(f);
        std::unique_lock<std::mutex> lock;
        if (file.image != nullptr) {
            lock = std::unique_lock(file.disk->mutex_);
            if (!file.disk->has_room(*file.image, at + n)) return SQLITE_FULL;
            file.disk->on_change(*file.image, file.inner(), static_cast<const char*>(from), n, at);
        }
        const int code = file.inner()->pMethods->xWrite(file.inner(), from, n, at);
        if (code == SQLITE_OK && file.image != nullptr)
            file.image->write(at, static_cast<const char*>(from), n);
        return code;
    }
    static int truncate(sqlite3_file* f, sqlite3_int64 size) {
        disk_file& file = of(f);
        std::unique_lock<std::mutex> lock;
        if (file.image != nullptr) {
            lock = std::unique_lock(file.disk->mutex_);
            file.disk->on_change(*file.image, file.inner(), nullptr, 0, 0);
            file.image->truncate(size);
        }
        return file.inner()->pMethods->xTruncate(file.inner(), size);
    }
    // The machine itself need not sync: its power stays on.
    static int sync(sqlite3_file* f, int flags) {
        disk_file& file = of(f);
        if (file.image == nullptr) return file.inner()->pMethods->xSync(file.inner(), flags);
        const std::lock_guard lock(file.disk->mutex_);
        if (file.disk->sync_error_ != 0) {
            errno = file.disk->sync_error_;
            return SQLITE_IOERR_FSYNC;
        }
        file.disk->on_change(*file.image, file.inner(), nullptr, 0, 0);
        file.image->sync();
        return SQLITE_OK;
    }
    static int size(sqlite3_file* f, sqlite3_int64* n) {
        return of(f).inner()->pMethods->xFileSize(of(f).inner(), n);
    }
    static int lock(sqlite3_file* f, int how) { return of(f).inner()->pMethods->xLock(of(f).inner(), how); }
    static int unlock(sqlite3_file* f, int how) {
        return of(f).inner()->pMethods->xUnlock(of(f).inner(), how);
    }
    static int reserved(sqlite3_file* f, int* out) {
        return of(f).inner()->pMethods->xCheckReservedLock(of(f).inner(), out);
    }
    static int control(sqlite3_file* f, int what, void* arg) {
        return of(f).inner()->pMethods->xFileControl(of(f).inner(), what, arg);
    }
    static int sector_size(sqlite3_file* f) { return of(f).inner()->pMethods->xSectorSize(of(f).inner()); }
    static int traits(sqlite3_file* f) {
        return of(f).inner()->pMethods->xDeviceCharacteristics(of(f).inner());
    }
    static int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return of(f).inner()->pMethods->xShmMap(of(f).inner(), page, size, extend, out);
    }
    static int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
        return of(f).inner()->pMethods->xShmLock(of(f).inner(), offset, n, flags);
    }
    static void shm_barrier(sqlite3_file* f) { of(f).inner()->pMethods->xShmBarrier(of(f).inner()); }
    static int shm_unmap(sqlite3_file* f, int removes) {
        return of(f).inner()->pMethods->xShmUnmap(of(f).inner(), removes);
    }

    static constexpr sqlite3_io_methods methods{
        2,       close,       read,   write,   truncate, sync,        size,      lock,    unlock, reserved,
        control, sector_size, traits, shm_map, shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};
};

faulty_disk::faulty_disk() : inner_(sqlite3_vfs_find(nullptr)) {
    if (inner_ == nullptr) throw std::runtime_error("SQLite has no disk");
    shim_ = *inner_;
    shim_.szOsFile = static_cast<int>(disk_file::offset()) + inner_->szOsFile;
    shim_.zName = "rondo-faulty-disk";
    shim_.pAppData = this;
    shim_.pNext = nullptr;
    shim_.xOpen = disk_calls::open;
    shim_.xDelete = disk_calls::remove;
    // The rest asks for no file of ours; but each is to see the machine's own.
    shim_.xAccess = [](sqlite3_vfs* v, const char* name, int flags, int* out) {
        return disk_calls::inner_of(v)->xAccess(disk_calls::inner_of(v), name, flags, out);
    };
    shim_.xFullPathname = [](sqlite3_vfs* v, const char* name, int n, char* out) {
        return disk_calls::inner_of(v)->xFullPathname(disk_calls::inner_of(v), name, n, out);
    };
    if (sqlite3_vfs_register(&shim_, 1) != SQLITE_OK) throw std::runtime_error("SQLite takes no disk");
}

faulty_disk::~faulty_disk() {
    sqlite3_vfs_unregister(&shim_);
    sqlite3_vfs_register(inner_, 1);
}

void faulty_disk::kill_at(std::uint64_t change) {
    const std::lock_guard lock(mutex_);
    last_change_ = change;
    at_last_ = does::kill;
}

void faulty_disk::lose_power_at(std::uint64_t change, std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    last_change_ = change;
    at_last_ = does::lose_power;
    dice_ = dice(seed);
}

void faulty_disk::room(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    room_ = bytes;
}

void faulty_disk::fail_syncs(int error) {
    const std::lock_guard lock(mutex_);
    sync_error_ = error;
}

std::int64_t faulty_disk::used() {
    const std::lock_guard lock(mutex_);
    std::int64_t sum = 0;
    for (const auto& [name, image] : images_) sum += image->size();
    return sum;
}

std::uint64_t faulty_disk::refused() {
    const std::lock_guard lock(mutex_);
    return refused_;
}

bool faulty_disk::has_room(const disk_image& image, std::int64_t end) {
    if (end <= image.size()) return true;
    std::int64_t sum = end - image.size();
    for (const auto& [name, other] : images_) sum += other->size();
    if (sum <= room_) return true;
    ++refused_;
    return false;
}

void faulty_disk::on_change(disk_image& image, sqlite3_file* inner, const char* bytes, int size,
                            std::int64_t offset) {
    if (++changes_ != last_change_ || at_last_ == does::nothing) return;
    if (at_last_ == does::kill) {
        // Half of it is written.
        if (bytes != nullptr) inner->pMethods->xWrite(inner, bytes, size / 2, offset);
        ::kill(::getpid(), SIGKILL);
    }
    if (bytes != nullptr) image.write(offset, bytes, size);
    lose_power();
}

void faulty_disk::lose_power() {
    for (const auto& [name, image] : images_) {
        image->lose_power(name, dice_);
        std::filesystem::remove(name + "-shm"); // memory
    }
    ::kill(::getpid(), SIGKILL);
    ::_exit(1);
}

} // namespace rondo::crash
