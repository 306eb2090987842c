// Dropout of attention probabilities, for vectors of W floats.
//
// To be included by kernels only.
#pragma once

#include <cstdint>

#include "compute/attention_plan.h"
#include "compute/dropout_kernel.h"
#include "compute/simd.h"

namespace mast::compute {

/// The factors of dropout for the probabilities of one head, each by its place in (n, n).
struct HeadDropout {
    const float* factors = nullptr;  ///< null: nothing is dropped

    /// Whole chunks around a head's elements, and around what the last row's padding reads.
    static std::int64_t floats(const AttentionPlan& p, const DropoutStream& stream) {
        if (stream.dropped == 0) return 0;
        const std::int64_t n = p.shape().tokens;
        return (n * n + p.padded(n, n).cols) / kDropoutChunk * kDropoutChunk + 2 * kDropoutChunk;
    }
    template <int W>
    MAST_INLINE void draw(const AttentionPlan& p, const DropoutStream& stream, std::int64_t sample,
                          std::int64_t head, float* memory) {
        if (stream.dropped == 0) return;
        const std::int64_t n = p.shape().tokens;
        const std::int64_t first = head * n * n / kDropoutChunk;
        for (std::int64_t chunk = 0; chunk < floats(p, stream) / kDropoutChunk; ++chunk) {
            dropout_chunk<W>(stream, stream.sample + static_cast<std::uint32_t>(sample),
                             first + chunk, memory + chunk * kDropoutChunk);
        }
        factors = memory + (head * n * n - first * kDropoutChunk);
    }
    /// Multiplies what belongs to the probabilities of a row, (cols).
    template <int W>
    MAST_INLINE void apply(const AttentionPlan& p, const SamplePlan& s, std::int64_t row,
                           float* values) const {
        using V = Simd<W>;
        if (factors == nullptr || row >= s.queries) return;
        const std::int64_t n = p.shape().tokens;
        const float* from = factors + s.token[s.query[row]] * n;
        if (s.keys < n) {
            for (std::int64_t k = 0; k < s.keys; ++k)
                values[k] *= from[s.token[k]];
            return;
        }
        for (std::int64_t k = 0; k < s.padded.cols; k += W)
            V::store(values + k, V::load(values + k) * V::load(from + k));
    }
};

}  // namespace mast::compute
