#include "compute/product.h"

#include "base/assert.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/product_kernel.h"

namespace mast::compute {

namespace {

template <int W>
MAST_INLINE void product_f32(const ProductArgs& args, std::int64_t first, std::int64_t last) {
    product_pieces<W, F32<W>>(args, first, last);
}
template <int W, class B>
MAST_INLINE void product_bf16(const ProductArgs& args, std::int64_t first, std::int64_t last) {
    product_pieces<W, B>(args, first, last);
}

MAST_KERNEL(product_f32, ProductArgs);
MAST_BF16_KERNEL(product_bf16, ProductArgs);

}  // namespace

void product(const Strips& a, const Panels& b, const Epilogue& epilogue, Operand<float> out) {
    MAST_ASSERT(a.precision == b.precision && a.depth == b.depth && out.rows == a.rows &&
                out.cols == b.cols);
    const auto& [bias, add, times] = epilogue;
    MAST_ASSERT(bias.empty() || static_cast<std::int64_t>(bias.size()) == b.cols);
    MAST_ASSERT(!add || (add.rows == out.rows && add.cols == out.cols));
    MAST_ASSERT(!times || (times.rows == out.rows && times.cols == out.cols));
    MAST_ASSERT(!times || times.precision == out.precision);
    MAST_ASSERT(a.tile == tile_rows_here());
    out.clear_padding();
    const ProductArgs args{a, b, epilogue, out};
    const auto run = a.precision == Precision::f32 ? product_f32_here() : product_bf16_here();
    parallel_for(count_pieces(a, out.cols), 1,
                 [&](std::int64_t first, std::int64_t last) { run(args, first, last); });
}

}  // namespace mast::compute
