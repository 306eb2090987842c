#include "compute/gelu.h"

#include "base/assert.h"
#include "compute/bf16.h"
#include "compute/gelu_kernel.h"
#include "compute/isa.h"
#include "compute/operand_kernel.h"
#include "compute/parallel.h"
#include "compute/profile.h"
#include "compute/simd.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kGrain = 8192;  // 32 KiB of each operand: well above the cost of a fork

/// Rows without padding, which are one long row.
struct Args {
    const float* x;
    Operand<float> out;
    Operand<float> slope;  // empty: not wanted
};

template <int W, class B>
MAST_INLINE void forward(const Args& a, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    const OperandRow<W, float, B> out{a.out.data, a.out.precision};
    const OperandRow<W, float, B> slope{a.slope.data, a.slope.precision};
    std::int64_t i = first;
    for (; i + W <= last; i += W) {
        const Gelu<W, B> y(V::load(a.x + i));
        out.store(i, y.out);
        if (a.slope) slope.store(i, y.slope);
    }
    if (i < last) {
        const Gelu<W, B> y(V::load_first(a.x + i, last - i));
        out.store_first(i, y.out, last - i);
        if (a.slope) slope.store_first(i, y.slope, last - i);
    }
}

template <int W>
MAST_INLINE void forward_f32(const Args& a, std::int64_t first, std::int64_t last) {
    forward<W, Bf16<W>>(a, first, last);
}

MAST_KERNEL(forward_f32, Args);
MAST_BF16_KERNEL(forward, Args);

void check(const Matrix<const float>& x, const Operand<float>& y) {
    MAST_ASSERT(y.rows == x.rows && y.cols == x.cols);
    MAST_ASSERT(y.precision == Precision::f32 || y.cols % 2 == 0);
}

}  // namespace

void gelu(Matrix<const float> x, Operand<float> out) {
    gelu(x, out, {});
}

void gelu(Matrix<const float> x, Operand<float> out, Operand<float> slope) {
    const OpTimer timer(Op::gelu);
    check(x, out);
    if (slope) check(x, slope);
    MAST_ASSERT(out.data != slope.data || x.size() == 0);
    const Args args{x.data, out, slope};
    const auto piece = out.precision == Precision::f32 ? forward_f32_here() : forward_here();
    parallel_for(x.size(), kGrain,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

}  // namespace mast::compute
