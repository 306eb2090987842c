#include "compute/product.h"

#include "base/assert.h"
#include "compute/amx_tile.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/product_kernel.h"

namespace mast::compute {

namespace {

/// Pieces for each thread, so that none waits long for the others.
constexpr std::int64_t kPiecesOfThread = 3;

template <int W>
MAST_INLINE void product_f32(const ProductArgs& args, std::int64_t first, std::int64_t last) {
    product_pieces<VectorTile<W, F32<W>>>(args, first, last);
}
template <int W, class B>
MAST_INLINE void product_bf16(const ProductArgs& args, std::int64_t first, std::int64_t last) {
    product_pieces<VectorTile<W, B>>(args, first, last);
}

MAST_KERNEL(product_f32, ProductArgs);
MAST_BF16_KERNEL(product_bf16, ProductArgs);

// Tile registers need no vectors but for what becomes of the sums.
#if defined(__x86_64__)
MAST_TARGET_AVX512 void product_amx(const ProductArgs& args, std::int64_t first,
                                    std::int64_t last) {
    product_pieces<AmxTile>(args, first, last);
}
#endif

auto kernel_for([[maybe_unused]] TileForm form, Precision precision) {
#if defined(__x86_64__)
    if (form == kAmxForm) return &product_amx;
#endif
    return precision == Precision::f32 ? product_f32_here() : product_bf16_here();
}

}  // namespace

void product(const Strips& a, const Panels& b, const Epilogue& epilogue, Operand<float> out) {
    MAST_ASSERT(out.cols == b.cols);
    product(a, b, epilogue, out, 0);
}

void product(const Strips& a, const Panels& b, const Epilogue& epilogue, Operand<float> out,
             std::int64_t first_col) {
    MAST_ASSERT(a.precision == b.precision && a.depth == b.depth && out.rows == a.rows);
    MAST_ASSERT(first_col % a.form.cols == 0 && first_col + b.cols <= out.cols);
    const auto& [bias, add, times, slope] = epilogue;
    MAST_ASSERT(bias.empty() || static_cast<std::int64_t>(bias.size()) == out.cols);
    MAST_ASSERT(!add || (add.rows == out.rows && add.cols == out.cols));
    MAST_ASSERT(!times || (times.rows == out.rows && times.cols == out.cols));
    MAST_ASSERT(!times || times.precision == out.precision);
    MAST_ASSERT(!slope || (slope.rows == out.rows && slope.cols == out.cols));
    MAST_ASSERT(!times || !slope);
    MAST_ASSERT(!slope || (slope.precision == out.precision && slope.data != out.data));
    MAST_ASSERT(a.form == tile_form_here(a.precision));
    if (first_col + b.cols == out.cols) {
        out.clear_padding();
        if (slope) slope.clear_padding();
    }
    ProductArgs args{a, b, epilogue, out, first_col, a.form.block};
    // Smaller pieces where there are few for the threads: no bit of the result depends on them.
    while (args.block > 1 && args.pieces() < kPiecesOfThread * detail::threads_here())
        args.block = (args.block + 1) / 2;
    const auto run = kernel_for(a.form, a.precision);
    parallel_for(args.pieces(), 1,
                 [&](std::int64_t first, std::int64_t last) { run(args, first, last); });
}

}  // namespace mast::compute
