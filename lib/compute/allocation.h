// Memory of buffers and scratch.
#pragma once

#include <cstdint>
#include <memory>
#include <new>

namespace mast::compute {

struct FreeFloats {
    std::align_val_t alignment{};
    void operator()(float* data) const { ::operator delete(data, alignment); }
};
using OwnedFloats = std::unique_ptr<float, FreeFloats>;

/// `count` floats without a value, at least on a 64-byte boundary. Large ones lie on pages of 2 MiB
/// where the system gives them: a matrix product walks through many pages at once, more than the
/// processor remembers of 4 KiB each. Throws std::bad_alloc.
OwnedFloats allocate_floats(std::int64_t count);

}  // namespace mast::compute
