#include "compute/layer_norm.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "compute/bf16.h"
#include "compute/column_sums.h"
#include "compute/isa.h"
#include "compute/operand_kernel.h"
#include "compute/parallel.h"
#include "compute/profile.h"
#include "compute/scratch.h"
#include "compute/simd.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kRows = 32;  // of a piece of the forward pass

struct ForwardArgs {
    Matrix<const float> x;
    const float* gain;
    const float* bias;
    Operand<float> out;
    float* mean;
    float* rstd;
};

template <int W>
MAST_INLINE float mean_of(const float* x, std::int64_t n) {
    using V = Simd<W>;
    auto sum = V::all(0.0F);
    std::int64_t c = 0;
    for (; c + W <= n; c += W)
        sum += V::load(x + c);
    if (c < n) sum += V::load_first(x + c, n - c);
    return V::sum(sum) / static_cast<float>(n);
}

/// Second pass, because E[x²] - E[x]² loses all digits where the mean is large.
template <int W>
MAST_INLINE float variance_of(const float* x, std::int64_t n, float mean) {
    using V = Simd<W>;
    auto sum = V::all(0.0F);
    std::int64_t c = 0;
    for (; c + W <= n; c += W) {
        const auto d = V::load(x + c) - mean;
        sum += d * d;
    }
    float rest = 0.0F;
    for (; c < n; ++c)
        rest += (x[c] - mean) * (x[c] - mean);
    return (V::sum(sum) + rest) / static_cast<float>(n);
}

template <int W, class B>
MAST_INLINE void forward(const ForwardArgs& a, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    const std::int64_t n = a.x.cols;
    for (std::int64_t r = first; r < last; ++r) {
        const float* x = a.x.row(r);
        const OperandRow<W, float, B> out{a.out.row(r), a.out.precision};
        const float mean = mean_of<W>(x, n);
        const float rstd = 1.0F / std::sqrt(variance_of<W>(x, n, mean) + kLayerNormEpsilon);
        std::int64_t c = 0;
        for (; c + W <= n; c += W) {
            const auto normal = (V::load(x + c) - mean) * rstd;
            out.store(c, normal * V::load(a.gain + c) + V::load(a.bias + c));
        }
        if (c < n) {
            const auto normal = (V::load_first(x + c, n - c) - mean) * rstd;
            const auto scaled = normal * V::load_first(a.gain + c, n - c);
            out.store_first(c, scaled + V::load_first(a.bias + c, n - c), n - c);
        }
        a.mean[r] = mean;
        a.rstd[r] = rstd;
    }
}

struct BackwardArgs {
    Matrix<const float> x;
    const float* gain;
    const float* mean;
    const float* rstd;
    Matrix<const float> dout;
    Matrix<float> dx;
    const PartialSums* sums;  // (pieces, 2C): dgain, then dbias
};

/// Adds one row to the sums of dgain and dbias, and returns the means over the row of
/// g = dout gain and of g x̂, x̂ = (x - mean) rstd.
struct RowMeans {
    float g;
    float g_normal;
};
template <int W>
MAST_INLINE RowMeans add_row(const BackwardArgs& a, std::int64_t r, float* dgain, float* dbias) {
    using V = Simd<W>;
    const std::int64_t n = a.x.cols;
    const float* x = a.x.row(r);
    const float* dout = a.dout.row(r);
    const float mean = a.mean[r];
    const float rstd = a.rstd[r];
    auto sum_g = V::all(0.0F);
    auto sum_gn = V::all(0.0F);
    std::int64_t c = 0;
    for (; c + W <= n; c += W) {
        const auto normal = (V::load(x + c) - mean) * rstd;
        const auto d = V::load(dout + c);
        const auto g = d * V::load(a.gain + c);
        sum_g += g;
        sum_gn += g * normal;
        V::store(dgain + c, V::load(dgain + c) + d * normal);
        V::store(dbias + c, V::load(dbias + c) + d);
    }
    RowMeans total{0.0F, 0.0F};
    for (; c < n; ++c) {
        const float normal = (x[c] - mean) * rstd;
        total.g += dout[c] * a.gain[c];
        total.g_normal += dout[c] * a.gain[c] * normal;
        dgain[c] += dout[c] * normal;
        dbias[c] += dout[c];
    }
    const auto count = static_cast<float>(n);
    return {(V::sum(sum_g) + total.g) / count, (V::sum(sum_gn) + total.g_normal) / count};
}

template <int W>
MAST_INLINE void backward(const BackwardArgs& a, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    const std::int64_t n = a.x.cols;
    float* dgain = a.sums->piece(first);
    float* dbias = dgain + n;
    std::fill(dgain, dgain + 2 * n, 0.0F);
    for (std::int64_t r = first; r < last; ++r) {
        const RowMeans means = add_row<W>(a, r, dgain, dbias);
        const float* x = a.x.row(r);
        const float* dout = a.dout.row(r);
        float* dx = a.dx.row(r);
        const float mean = a.mean[r];
        const float rstd = a.rstd[r];
        std::int64_t c = 0;
        for (; c + W <= n; c += W) {
            const auto normal = (V::load(x + c) - mean) * rstd;
            const auto g = V::load(dout + c) * V::load(a.gain + c);
            const auto d = (g - means.g - normal * means.g_normal) * rstd;
            V::store(dx + c, V::load(dx + c) + d);
        }
        for (; c < n; ++c) {
            const float normal = (x[c] - mean) * rstd;
            dx[c] += (dout[c] * a.gain[c] - means.g - normal * means.g_normal) * rstd;
        }
    }
}

MAST_BF16_KERNEL(forward, ForwardArgs);
MAST_KERNEL(backward, BackwardArgs);

bool is_size(std::size_t size, std::int64_t expected) {
    return static_cast<std::int64_t>(size) == expected;
}

}  // namespace

void layer_norm(Matrix<const float> x, std::span<const float> gain, std::span<const float> bias,
                Operand<float> out, std::span<float> mean, std::span<float> rstd) {
    const OpTimer timer(Op::layer_norm);
    MAST_ASSERT(x.cols >= 1 && out.rows == x.rows && out.cols == x.cols);
    MAST_ASSERT(is_size(gain.size(), x.cols) && is_size(bias.size(), x.cols));
    MAST_ASSERT(is_size(mean.size(), x.rows) && is_size(rstd.size(), x.rows));
    const ForwardArgs args{x, gain.data(), bias.data(), out, mean.data(), rstd.data()};
    const auto piece = forward_here();
    out.clear_padding();
    parallel_for(x.rows, kRows,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

void layer_norm_backward(Matrix<const float> x, std::span<const float> gain,
                         std::span<const float> mean, std::span<const float> rstd,
                         Matrix<const float> dout, Matrix<float> dx, std::span<float> dgain,
                         std::span<float> dbias) {
    const OpTimer timer(Op::layer_norm_backward);
    MAST_ASSERT(x.cols >= 1 && dout.rows == x.rows && dout.cols == x.cols);
    MAST_ASSERT(dx.rows == x.rows && dx.cols == x.cols);
    MAST_ASSERT(is_size(gain.size(), x.cols));
    MAST_ASSERT(is_size(mean.size(), x.rows) && is_size(rstd.size(), x.rows));
    MAST_ASSERT(is_size(dgain.size(), x.cols) && is_size(dbias.size(), x.cols));
    static thread_local Scratch scratch;
    const PartialSums sums(scratch, x.rows, 2 * x.cols);
    const BackwardArgs args{x, gain.data(), mean.data(), rstd.data(), dout, dx, &sums};
    const auto piece = backward_here();
    parallel_for(x.rows, sums.grain(),
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    sums.add_to(dgain, 0);
    sums.add_to(dbias, x.cols);
}

}  // namespace mast::compute
