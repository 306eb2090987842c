// Counts every allocation of a test program. To be included by one of its files only: operator new
// is replaced for the whole program.
#pragma once

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
/// clang's thread sanitizer has these operators itself, and does not let them be replaced.
#define MAST_COUNTS_NOTHING
#endif
#endif

namespace mast::test {

inline std::atomic<long> allocations{0};
inline std::atomic<long> allocated_bytes{0};  ///< never given back

#ifdef MAST_COUNTS_NOTHING
inline constexpr bool kCountsAllocations = false;
#else
inline constexpr bool kCountsAllocations = true;
#endif

inline void* counted(std::size_t size, std::size_t alignment) {
    ++allocations;
    allocated_bytes += static_cast<long>(size);
    const std::size_t whole = (size + alignment - 1) / alignment * alignment;
    if (void* memory = std::aligned_alloc(alignment, whole)) return memory;
    throw std::bad_alloc();
}

}  // namespace mast::test

#ifndef MAST_COUNTS_NOTHING
// Every allocation of this program passes here; oneDNN's own working memory does not. Not inlined,
// or g++ takes the free() for a mistake.
__attribute__((noinline)) void* operator new(std::size_t size) {
    return mast::test::counted(size, alignof(std::max_align_t));
}
__attribute__((noinline)) void* operator new(std::size_t size, std::align_val_t alignment) {
    return mast::test::counted(size, static_cast<std::size_t>(alignment));
}
__attribute__((noinline)) void operator delete(void* memory) noexcept {
    std::free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, std::size_t,
                                               std::align_val_t) noexcept {
    std::free(memory);
}
#endif
