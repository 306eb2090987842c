#include "compute/allocation.h"

#include <cstddef>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace mast::compute {

OwnedFloats allocate_floats(std::int64_t count) {
    constexpr std::align_val_t kCacheLine{64};
    constexpr std::size_t kHugePage = std::size_t{1} << 21;
    const auto bytes = static_cast<std::size_t>(count) * sizeof(float);
    const auto alignment = bytes < kHugePage ? kCacheLine : std::align_val_t{kHugePage};
    OwnedFloats floats(static_cast<float*>(::operator new(bytes, alignment)), {alignment});
#if defined(__linux__)
    // A wish: where the system refuses, the memory is as good as any.
    if (bytes >= kHugePage) madvise(floats.get(), bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
    return floats;
}

}  // namespace mast::compute
