// Dropout by masks that are computed, never kept: an element's fate is a pure function of its key.
#pragma once

#include <cstdint>
#include <span>

#include "base/matrix.h"
#include "compute/token_rows.h"

namespace mast::compute {

/// Names a mask. Element i of sample number `sample` has 16 random bits u of its own: those of
/// Threefry 4x32-20 (Salmon et al. 2011) under the key (seed, step) at the counter (block, sample,
/// site, objective). Elements come in chunks of 128, whose element e has word e / 32, lower half
/// first, of block 16 * chunk + e mod 16.
struct DropoutKey {
    /// Of being dropped, 0 <= rate < 1, in effect rounded to whole 65536ths, at most 65535 of them.
    double rate = 0;
    std::uint64_t seed = 0;
    std::uint64_t step = 0;
    std::uint32_t objective = 0;
    std::uint32_t sample = 0;  ///< number of the first sample
    std::uint32_t site = 0;    ///< place in the network
};

/// Elements with u below this, out of 65536, are dropped.
std::int32_t dropped_of_65536(const DropoutKey& key);

/// Whether anything is dropped at all.
bool drops(const DropoutKey& key);

/// out = x m / q, where m is 0 or 1 and q the probability of 1 in effect, so that the expected
/// value of out is x (inverted dropout: Srivastava et al. 2014, section 10). The gradient at x is
/// the same map of the gradient at out.
///
/// rows    a row's elements are number token * E ... of its sample, whatever other rows there are
/// x, out  (R, E); may be the same memory
void dropout(const DropoutKey& key, const TokenRows& rows, Matrix<const float> x,
             Matrix<float> out);

/// out = residual + dropout of x, in one pass; out may be the memory of either.
void dropout_add(const DropoutKey& key, const TokenRows& rows, Matrix<const float> x,
                 Matrix<const float> residual, Matrix<float> out);

}  // namespace mast::compute
