#include "compute/product.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/amx_tile.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/product_kernel.h"
#include "compute/scratch.h"

namespace mast::compute {

namespace {

/// Panels that a thread packs at a time, a part of its second-level cache (512 KB), and the fewest
/// columns that are worth passing the rows for.
constexpr std::int64_t kPackedWords = 1 << 17;
constexpr std::int64_t kPackedCols = 64;
/// The most words of a left operand that pass from near by for each of the pieces (2 MB).
constexpr std::int64_t kRowWords = 1 << 19;

thread_local Scratch packed_piece;  // of the working thread
thread_local Scratch packed_whole;  // of the thread that calls

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

/// Columns that a thread packs and multiplies all rows by at a time; 0: all threads pack first. For
/// many rows would come from far away for each piece, and with too few pieces threads would be left
/// without one.
std::int64_t columns_of_piece(const Strips& a, std::int64_t cols) {
    const std::int64_t words = words_of(a.depth, a.precision);
    if (a.rows * words > kRowWords) return 0;
    const std::int64_t most = kPackedWords / words / kPackedCols;
    return grain_for_threads(cols, std::max<std::int64_t>(1, most) * kPackedCols, kPackedCols) /
           kPackedCols * kPackedCols;
}

void pack_and_multiply(const Strips& a, const Unpacked& b, const Epilogue& epilogue,
                       Operand<float> out) {
    MAST_ASSERT(a.precision == b.precision && a.depth == b.depth() && out.cols == b.cols());
    MAST_ASSERT(a.depth >= 1);
    const auto floats = [&](std::int64_t cols) {
        return Panels::floats(b.depth(), cols, b.precision);
    };
    const std::int64_t grain = columns_of_piece(a, b.cols());
    if (grain == 0) {
        product(a, pack(b, {0, b.cols()}, packed_whole.get(floats(b.cols()))), epilogue, out, 0);
        return;
    }
    parallel_for(b.cols(), grain, [&](std::int64_t first, std::int64_t last) {
        const auto panels = pack(b, {first, last - first}, packed_piece.get(floats(grain)));
        product(a, panels, epilogue, out, first);
    });
}

}  // namespace

void product(const Strips& a, const RightOperand& b, const Epilogue& epilogue, Operand<float> out) {
    if (const auto* unpacked = std::get_if<Unpacked>(&b)) {
        pack_and_multiply(a, *unpacked, epilogue, out);
        return;
    }
    const auto& panels = std::get<Panels>(b);
    MAST_ASSERT(out.cols == panels.cols);
    product(a, panels, epilogue, out, 0);
}

void product(const Strips& a, const Panels& b, const Epilogue& epilogue, Operand<float> out,
             std::int64_t first_col) {
    MAST_ASSERT(a.precision == b.precision && a.depth == b.depth && out.rows == a.rows);
    MAST_ASSERT(a.depth >= 1);
    MAST_ASSERT(first_col % kPanelCols == 0 && first_col + b.cols <= out.cols);
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
