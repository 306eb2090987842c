#include "compute/dropout.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "base/random.h"
#include "compute/dropout_kernel.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/profile.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kElements = 8192;  // of a piece of work
constexpr int kPlaces = 65536;            // values of 16 bits

struct Args {
    DropoutStream stream;
    TokenRows rows;
    std::int64_t cols;
    const float* x;
    const float* residual;  ///< null: none
    float* out;
};

/// out = x * factors (+ residual) for `count` elements from `place` on.
template <int W>
MAST_INLINE void apply(const Args& a, std::int64_t place, std::int64_t count,
                       const float* factors) {
    using V = Simd<W>;
    std::int64_t e = 0;
    for (; e + W <= count; e += W) {
        const auto dropped = V::load(a.x + place + e) * V::load(factors + e);
        const bool alone = a.residual == nullptr;
        V::store(a.out + place + e, alone ? dropped : dropped + V::load(a.residual + place + e));
    }
    for (; e < count; ++e) {
        const float dropped = a.x[place + e] * factors[e];
        a.out[place + e] = a.residual == nullptr ? dropped : dropped + a.residual[place + e];
    }
}

/// A row, by all chunks that it has a part of.
template <int W>
MAST_INLINE void drop_row(const Args& a, std::int64_t sample, std::int64_t row) {
    float factors[kDropoutChunk] = {};
    const std::int64_t first = a.rows.token[static_cast<std::size_t>(row)] * a.cols;
    for (std::int64_t done = 0; done < a.cols;) {
        // Unsigned, so that g++ sees that it is not negative, and what is read of factors written.
        const auto place = static_cast<std::uint64_t>(first + done);
        const auto skipped = static_cast<std::int64_t>(place % std::uint64_t{kDropoutChunk});
        const std::int64_t count = std::min(kDropoutChunk - skipped, a.cols - done);
        dropout_chunk<W>(a.stream, a.stream.sample + static_cast<std::uint32_t>(sample),
                         (first + done) / kDropoutChunk, factors);
        apply<W>(a, row * a.cols + done, count, factors + skipped);
        done += count;
    }
}

template <int W>
MAST_INLINE void drop(const Args& a, std::int64_t first, std::int64_t last) {
    const auto begin = a.rows.first.begin();
    std::int64_t sample = std::upper_bound(begin, a.rows.first.end(), first) - begin - 1;
    for (std::int64_t row = first; row < last; ++row) {
        while (a.rows.first[static_cast<std::size_t>(sample + 1)] <= row)
            ++sample;
        drop_row<W>(a, sample, row);
    }
}

MAST_KERNEL(drop, Args);

void run(const DropoutKey& key, const TokenRows& rows, Matrix<const float> x, const float* residual,
         Matrix<float> out) {
    MAST_ASSERT(x.rows == rows.rows() && out.rows == x.rows && out.cols == x.cols);
    MAST_ASSERT(rows.first.front() == 0 && rows.first.back() == rows.rows());
    const Args args{dropout_stream(key), rows, x.cols, x.data, residual, out.data};
    const auto piece = drop_here();
    parallel_for(x.rows, std::max<std::int64_t>(1, kElements / std::max<std::int64_t>(1, x.cols)),
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

}  // namespace

std::int32_t dropped_of_65536(const DropoutKey& key) {
    MAST_ASSERT(key.rate >= 0 && key.rate < 1);
    return std::min(kPlaces - 1, static_cast<std::int32_t>(std::lround(key.rate * kPlaces)));
}

bool drops(const DropoutKey& key) {
    return dropped_of_65536(key) > 0;
}

DropoutStream dropout_stream(const DropoutKey& key) {
    DropoutStream stream{};
    const auto words = threefry_key(key.seed, key.step);
    std::copy(words.begin(), words.end(), stream.key.begin());
    constexpr std::uint32_t kParity = 0x1BD11BDAU;
    stream.key[4] = words[0] ^ words[1] ^ words[2] ^ words[3] ^ kParity;
    stream.objective = key.objective;
    stream.sample = key.sample;
    stream.site = key.site;
    stream.dropped = dropped_of_65536(key);
    stream.scale = static_cast<float>(kPlaces) / static_cast<float>(kPlaces - stream.dropped);
    return stream;
}

void dropout(const DropoutKey& key, const TokenRows& rows, Matrix<const float> x,
             Matrix<float> out) {
    if (!drops(key) && x.data == out.data) return;
    const OpTimer timer(Op::dropout);
    run(key, rows, x, nullptr, out);
}

void dropout_add(const DropoutKey& key, const TokenRows& rows, Matrix<const float> x,
                 Matrix<const float> residual, Matrix<float> out) {
    const OpTimer timer(Op::dropout);
    MAST_ASSERT(residual.rows == x.rows && residual.cols == x.cols);
    run(key, rows, x, residual.data, out);
}

}  // namespace mast::compute
