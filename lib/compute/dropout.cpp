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

constexpr std::int64_t kGrain = 64;  // chunks of a piece: 8192 elements
constexpr int kPlaces = 65536;       // values of 16 bits

struct Args {
    DropoutStream stream;
    const float* x;
    const float* residual;  ///< null: none
    float* out;
    std::int64_t elements;  ///< of a sample
    std::int64_t chunks;    ///< of a sample, the last perhaps not full
};

/// out = x * factors (+ residual) over `count` elements of a chunk from `place` on.
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

/// The chunks first .. last - 1 of all samples, one sample after another.
template <int W>
MAST_INLINE void drop(const Args& a, std::int64_t first, std::int64_t last) {
    float factors[kDropoutChunk];
    for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t sample = i / a.chunks;
        const std::int64_t chunk = i % a.chunks;
        dropout_chunk<W>(a.stream, a.stream.sample + static_cast<std::uint32_t>(sample), chunk,
                         factors);
        const std::int64_t start = chunk * kDropoutChunk;
        apply<W>(a, sample * a.elements + start, std::min(kDropoutChunk, a.elements - start),
                 factors);
    }
}

MAST_KERNEL(drop, Args);

void run(const DropoutKey& key, std::int64_t samples, std::span<const float> x,
         const float* residual, std::span<float> out) {
    const auto size = static_cast<std::int64_t>(x.size());
    MAST_ASSERT(x.size() == out.size() && samples >= 0);
    MAST_ASSERT(samples == 0 ? size == 0 : size % samples == 0);
    if (size == 0) return;
    const std::int64_t elements = size / samples;
    const Args args{dropout_stream(key), x.data(), residual,
                    out.data(),          elements, piece_count(elements, kDropoutChunk)};
    const auto piece = drop_here();
    parallel_for(samples * args.chunks, kGrain,
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

void dropout(const DropoutKey& key, std::int64_t samples, std::span<const float> x,
             std::span<float> out) {
    if (!drops(key) && x.data() == out.data()) return;
    const OpTimer timer(Op::dropout);
    run(key, samples, x, nullptr, out);
}

void dropout_add(const DropoutKey& key, std::int64_t samples, std::span<const float> x,
                 std::span<const float> residual, std::span<float> out) {
    const OpTimer timer(Op::dropout);
    MAST_ASSERT(residual.size() == x.size());
    run(key, samples, x, residual.data(), out);
}

}  // namespace mast::compute
