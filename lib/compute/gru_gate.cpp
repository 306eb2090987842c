#include "compute/gru_gate.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/column_sums.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/profile.h"
#include "compute/simd.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kRows = 16;  // of a piece of work

/// What the passes are given; each uses some of it.
struct Args {
    Matrix<const float> x;
    const float* bias = nullptr;
    Matrix<const float> rz, h, drx;
    Matrix<float> rz_out, rx, h_out, out, drz, dh, dx;
    const PartialSums* sums = nullptr;
};

/// Up to W floats.
template <int W>
MAST_INLINE typename Simd<W>::Floats get(const float* p, std::int64_t count) {
    return count == W ? Simd<W>::load(p) : Simd<W>::load_first(p, count);
}
template <int W>
MAST_INLINE void put(float* p, const typename Simd<W>::Floats& v, std::int64_t count) {
    if (count == W) {
        Simd<W>::store(p, v);
    } else {
        Simd<W>::store_first(p, v, count);
    }
}

/// 1 / (1 + e^-x), to 2e-7 absolute.
template <int W>
MAST_INLINE typename Simd<W>::Floats sigmoid(const typename Simd<W>::Floats& x) {
    using V = Simd<W>;
    const auto e = V::exp_negative(-V::abs(x));
    return (x < V::all(0.0F) ? e : V::all(1.0F)) / (e + 1.0F);
}

/// To 2e-7 absolute.
template <int W>
MAST_INLINE typename Simd<W>::Floats hyperbolic_tangent(const typename Simd<W>::Floats& x) {
    using V = Simd<W>;
    const auto e = V::exp_negative(V::abs(x) * -2.0F);
    const auto t = (1.0F - e) / (e + 1.0F);
    return x < V::all(0.0F) ? -t : t;
}

template <int W>
MAST_INLINE void gates(const Args& a, std::int64_t first, std::int64_t last) {
    const auto n = a.x.cols;
    for (auto row = first; row < last; ++row) {
        const float* x = a.x.row(row);
        float* r = a.rz_out.row(row);
        float* z = r + n;
        float* rx = a.rx.row(row);
        for (std::int64_t c = 0; c < n; c += W) {
            const auto count = std::min<std::int64_t>(W, n - c);
            const auto reset = sigmoid<W>(get<W>(r + c, count));
            put<W>(r + c, reset, count);
            put<W>(z + c, sigmoid<W>(get<W>(z + c, count) - get<W>(a.bias + c, count)), count);
            put<W>(rx + c, reset * get<W>(x + c, count), count);
        }
    }
}

template <int W>
MAST_INLINE void mix(const Args& a, std::int64_t first, std::int64_t last) {
    const auto n = a.x.cols;
    for (auto row = first; row < last; ++row) {
        const float* x = a.x.row(row);
        const float* z = a.rz.row(row) + n;
        float* h = a.h_out.row(row);
        float* out = a.out.row(row);
        for (std::int64_t c = 0; c < n; c += W) {
            const auto count = std::min<std::int64_t>(W, n - c);
            const auto before = get<W>(x + c, count);
            const auto candidate = hyperbolic_tangent<W>(get<W>(h + c, count));
            put<W>(h + c, candidate, count);
            put<W>(out + c, before + get<W>(z + c, count) * (candidate - before), count);
        }
    }
}

template <int W>
MAST_INLINE void mix_backward(const Args& a, std::int64_t first, std::int64_t last) {
    const auto n = a.x.cols;
    for (auto row = first; row < last; ++row) {
        const float* x = a.x.row(row);
        const float* z = a.rz.row(row) + n;
        const float* h = a.h.row(row);
        float* dout = a.out.row(row);
        float* dz = a.drz.row(row) + n;
        float* dh = a.dh.row(row);
        for (std::int64_t c = 0; c < n; c += W) {
            const auto count = std::min<std::int64_t>(W, n - c);
            const auto d = get<W>(dout + c, count);
            const auto update = get<W>(z + c, count);
            const auto candidate = get<W>(h + c, count);
            const auto moved = candidate - get<W>(x + c, count);
            put<W>(dz + c, d * moved * update * (1.0F - update), count);
            put<W>(dh + c, d * update * (1.0F - candidate * candidate), count);
            put<W>(dout + c, d * (1.0F - update), count);
        }
    }
}

template <int W>
MAST_INLINE void gates_backward(const Args& a, std::int64_t first, std::int64_t last) {
    const auto n = a.x.cols;
    float* held = a.sums->piece(first);
    std::fill(held, held + n, 0.0F);
    for (auto row = first; row < last; ++row) {
        const float* x = a.x.row(row);
        const float* r = a.rz.row(row);
        const float* drx = a.drx.row(row);
        float* dr = a.drz.row(row);
        const float* dz = dr + n;
        float* dx = a.dx.row(row);
        for (std::int64_t c = 0; c < n; c += W) {
            const auto count = std::min<std::int64_t>(W, n - c);
            const auto reset = get<W>(r + c, count);
            const auto d = get<W>(drx + c, count);
            put<W>(dr + c, d * get<W>(x + c, count) * reset * (1.0F - reset), count);
            put<W>(dx + c, get<W>(dx + c, count) + d * reset, count);
            put<W>(held + c, get<W>(held + c, count) - get<W>(dz + c, count), count);
        }
    }
}

MAST_KERNEL(gates, Args);
MAST_KERNEL(mix, Args);
MAST_KERNEL(mix_backward, Args);
MAST_KERNEL(gates_backward, Args);

/// Whether all are (rows, cols) of x, or twice as wide.
bool alike(Matrix<const float> x, std::initializer_list<Matrix<const float>> narrow,
           Matrix<const float> wide) {
    return std::all_of(narrow.begin(), narrow.end(),
                       [&](const auto& m) { return m.rows == x.rows && m.cols == x.cols; }) &&
           wide.rows == x.rows && wide.cols == 2 * x.cols;
}

template <class Kernel>
void run(const Kernel& kernel, const Args& args, std::int64_t grain) {
    parallel_for(args.x.rows, grain,
                 [&](std::int64_t first, std::int64_t last) { kernel(args, first, last); });
}

}  // namespace

void gru_gates(Matrix<const float> x, std::span<const float> bias, Matrix<float> rz,
               Matrix<float> rx) {
    const OpTimer timer(Op::gate);
    MAST_ASSERT(alike(x, {rx}, rz) && static_cast<std::int64_t>(bias.size()) == x.cols);
    Args args;
    args.x = x;
    args.bias = bias.data();
    args.rz_out = rz;
    args.rx = rx;
    run(gates_here(), args, kRows);
}

void gru_mix(Matrix<const float> x, Matrix<const float> rz, Matrix<float> h, Matrix<float> out) {
    const OpTimer timer(Op::gate);
    MAST_ASSERT(alike(x, {h, out}, rz));
    Args args;
    args.x = x;
    args.rz = rz;
    args.h_out = h;
    args.out = out;
    run(mix_here(), args, kRows);
}

void gru_mix_backward(Matrix<const float> x, Matrix<const float> rz, Matrix<const float> h,
                      Matrix<float> dout, Matrix<float> drz, Matrix<float> dh) {
    const OpTimer timer(Op::gate);
    MAST_ASSERT(alike(x, {h, dout, dh}, rz) && alike(x, {}, drz));
    Args args;
    args.x = x;
    args.rz = rz;
    args.h = h;
    args.out = dout;
    args.drz = drz;
    args.dh = dh;
    run(mix_backward_here(), args, kRows);
}

void gru_gates_backward(Matrix<const float> x, Matrix<const float> rz, Matrix<const float> drx,
                        Matrix<float> drz, Matrix<float> dx, std::span<float> dbias) {
    const OpTimer timer(Op::gate);
    MAST_ASSERT(alike(x, {drx, dx}, rz) && alike(x, {}, drz));
    MAST_ASSERT(static_cast<std::int64_t>(dbias.size()) == x.cols);
    static thread_local Scratch scratch;
    const PartialSums sums(scratch, x.rows, x.cols);
    Args args;
    args.x = x;
    args.rz = rz;
    args.drx = drx;
    args.drz = drz;
    args.dx = dx;
    args.sums = &sums;
    run(gates_backward_here(), args, sums.grain());
    sums.add_to(dbias, 0);
}

}  // namespace mast::compute
