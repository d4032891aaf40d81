// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_SPARE_HPP
#define RONDO_RUNTIME_SPARE_HPP

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RONDO_NOTHING_SPARE 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define RONDO_NOTHING_SPARE 1
#endif

namespace rondo::runtime {

/// How many things of a kind are kept for the next run. Runs come in bursts, all at once and in full: what a burst
/// gives back to the heap, the next has to collect there. None where a sanitizer looks for what is used after its end.
#ifdef RONDO_NOTHING_SPARE
inline constexpr std::size_t spares_max = 0;
#else
inline constexpr std::size_t spares_max = 1024;
#endif

/// Blocks of one size, which go back from any thread. Lives until its owner is gone and all of them are back.
class spare_blocks {
    struct closer {
        void operator()(spare_blocks* b) const noexcept { b->close(); }
    };

public:
    using owner = std::unique_ptr<spare_blocks, closer>;

    [[nodiscard]] static owner open() { return owner(new spare_blocks); }
    spare_blocks(const spare_blocks&) = delete;
    spare_blocks& operator=(const spare_blocks&) = delete;

    /// The first call says what size they have.
    [[nodiscard]] void* take(std::size_t size) {
        {
            std::lock_guard lock(mutex_);
            if (size_ == 0) size_ = size;
            if (first_ != nullptr && size == size_) {
                --count_;
                ++out_;
                return std::exchange(first_, first_->next);
            }
        }
        void* p = ::operator new(size);
        std::lock_guard lock(mutex_);
        ++out_;
        return p;
    }
    void give_back(void* p, std::size_t size) noexcept {
        bool last = false;
        {
            std::lock_guard lock(mutex_);
            last = --out_ == 0 && !open_;
            if (open_ && size == size_ && count_ < spares_max) {
                ++count_;
                first_ = ::new (p) block{first_};
                p = nullptr;
            }
        }
        ::operator delete(p);
        if (last) delete this;
    }

private:
    struct block {
        block* next;
    };

    spare_blocks() = default;
    ~spare_blocks() = default;

    void close() noexcept {
        block* spare = nullptr;
        bool last = false;
        {
            std::lock_guard lock(mutex_);
            open_ = false;
            spare = std::exchange(first_, nullptr);
            last = out_ == 0;
        }
        while (spare != nullptr) ::operator delete(std::exchange(spare, spare->next));
        if (last) delete this;
    }

    std::mutex mutex_; // guards the rest
    block* first_ = nullptr;
    std::size_t count_ = 0;
    std::size_t out_ = 0;  // that were taken
    std::size_t size_ = 0; // 0: not known yet
    bool open_ = true;
};

/// For one object at a time, `std::allocate_shared` say, which copies it several times. The blocks outlive what they
/// gave out, but not an allocator that has nothing of theirs.
template <class T>
class spare_allocator {
public:
    using value_type = T;

    explicit spare_allocator(spare_blocks& blocks) noexcept : blocks_(&blocks) {}
    template <class U>
    spare_allocator(const spare_allocator<U>& other) noexcept : blocks_(other.blocks_) {}

    [[nodiscard]] T* allocate(std::size_t n) {
        static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ && sizeof(T) >= sizeof(void*));
        return static_cast<T*>(blocks_->take(n * sizeof(T)));
    }
    void deallocate(T* p, std::size_t n) noexcept { blocks_->give_back(p, n * sizeof(T)); }

    template <class U>
    friend bool operator==(const spare_allocator& a, const spare_allocator<U>& b) noexcept {
        return a.blocks_ == b.blocks_;
    }

private:
    template <class U>
    friend class spare_allocator;

    spare_blocks* blocks_;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_SPARE_HPP
