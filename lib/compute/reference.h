// The operations of this room as plain loops, in double or complex<double>: what kernels are
// checked against. With S = complex<double> an input shifted by i h gives the derivative in the
// imaginary part (complex step: Squire and Trapp 1998), exact to the last digits of double
// precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "base/random.h"
#include "compute/attention.h"
#include "compute/dropout.h"
#include "compute/layer_norm.h"

namespace mast::compute::reference {

inline double real_part(double x) {
    return x;
}
inline double real_part(const std::complex<double>& x) {
    return x.real();
}

template <class S>
const S& at(const std::vector<S>& values, std::int64_t i) {
    return values[static_cast<std::size_t>(i)];
}
template <class S>
S& at(std::vector<S>& values, std::int64_t i) {
    return values[static_cast<std::size_t>(i)];
}

/// (R, N) = x (R, K) wᵀ, w (N, K), + bias (N) unless that is empty.
template <class S>
std::vector<S> linear(const std::vector<S>& x, const std::vector<S>& w, const std::vector<S>& bias,
                      std::int64_t rows, std::int64_t in, std::int64_t out) {
    std::vector<S> y(static_cast<std::size_t>(rows * out));
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t o = 0; o < out; ++o) {
            S sum = bias.empty() ? S{} : at(bias, o);
            for (std::int64_t i = 0; i < in; ++i)
                sum += at(x, r * in + i) * at(w, o * in + i);
            at(y, r * out + o) = sum;
        }
    }
    return y;
}

/// (R, C), each row normalised, then scaled by gain and moved by bias.
template <class S>
std::vector<S> layer_norm(const std::vector<S>& x, const std::vector<S>& gain,
                          const std::vector<S>& bias) {
    const auto cols = static_cast<std::int64_t>(gain.size());
    const auto rows = static_cast<std::int64_t>(x.size()) / cols;
    const auto count = static_cast<double>(cols);
    std::vector<S> y(x.size());
    for (std::int64_t r = 0; r < rows; ++r) {
        S mean{};
        for (std::int64_t c = 0; c < cols; ++c)
            mean += at(x, r * cols + c) / count;
        S variance{};
        for (std::int64_t c = 0; c < cols; ++c) {
            const S d = at(x, r * cols + c) - mean;
            variance += d * d / count;
        }
        const S deviation = std::sqrt(variance + static_cast<double>(kLayerNormEpsilon));
        for (std::int64_t c = 0; c < cols; ++c) {
            at(y, r * cols + c) =
                (at(x, r * cols + c) - mean) / deviation * at(gain, c) + at(bias, c);
        }
    }
    return y;
}

/// erf(z) = 2/√π e^(-z²) Σ 2ⁿ z^(2n+1) / (2n+1)!! (Abramowitz and Stegun 7.1.6): for real z all
/// terms have one sign, so nothing cancels. |z| <= 20.
template <class S>
S erf(const S& z) {
    S term = z;
    S sum = term;
    for (int n = 1; n < 2000; ++n) {
        term *= 2.0 * z * z / (2.0 * n + 1.0);
        sum += term;
        if (std::abs(term) <= 1e-18 * std::abs(sum)) break;
    }
    return 2.0 * std::numbers::inv_sqrtpi * std::exp(-z * z) * sum;
}

/// x Φ(x), element by element.
template <class S>
std::vector<S> gelu(const std::vector<S>& x) {
    std::vector<S> y;
    y.reserve(x.size());
    for (const S& v : x)
        y.push_back(0.5 * v * (1.0 + erf(S(v / std::numbers::sqrt2))));
    return y;
}

/// (R, C) = (1 - z) x + z h with r = σ(W_r y + U_r x), z = σ(W_z y + U_z x - bias) and
/// h = tanh(W_h y + U_h (r x)), element by element where no matrix stands. w, u (3C, C): rows of
/// r, z and h.
template <class S>
std::vector<S> gru_gate(const std::vector<S>& x, const std::vector<S>& y, const std::vector<S>& w,
                        const std::vector<S>& u, const std::vector<S>& bias) {
    const auto cols = static_cast<std::int64_t>(bias.size());
    const auto rows = static_cast<std::int64_t>(x.size()) / cols;
    const auto dot = [cols](const std::vector<S>& m, std::int64_t row, const std::vector<S>& v,
                            std::int64_t first) {
        S sum{};
        for (std::int64_t i = 0; i < cols; ++i)
            sum += at(m, row * cols + i) * at(v, first + i);
        return sum;
    };
    const auto sigmoid = [](const S& v) { return 1.0 / (1.0 + std::exp(-v)); };
    std::vector<S> rx(x.size());
    std::vector<S> out(x.size());
    for (std::int64_t first = 0; first < rows * cols; first += cols) {
        for (std::int64_t c = 0; c < cols; ++c)
            at(rx, first + c) =
                sigmoid(dot(w, c, y, first) + dot(u, c, x, first)) * at(x, first + c);
        for (std::int64_t c = 0; c < cols; ++c) {
            const S z =
                sigmoid(dot(w, cols + c, y, first) + dot(u, cols + c, x, first) - at(bias, c));
            const S h = std::tanh(dot(w, 2 * cols + c, y, first) + dot(u, 2 * cols + c, rx, first));
            at(out, first + c) = (1.0 - z) * at(x, first + c) + z * h;
        }
    }
    return out;
}

/// Rows of weights that sum to 1, or to 0 where nothing is allowed. The shift by the largest real
/// part cancels exactly and so does not disturb the complex step.
template <class S>
std::vector<S> masked_softmax(const std::vector<S>& scores, const std::vector<bool>& allowed) {
    double shift = -1e300;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (allowed[i]) shift = std::max(shift, real_part(scores[i]));
    }
    std::vector<S> p(scores.size());
    S total{};
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (allowed[i]) total += p[i] = std::exp(scores[i] - shift);
    }
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (allowed[i]) p[i] /= total;
    }
    return p;
}

/// What dropout multiplies element i of sample number `sample` by (see DropoutKey).
inline double dropout_factor(const DropoutKey& key, std::int64_t sample, std::int64_t i) {
    const auto e = i % 128;
    const auto block = i / 128 * 16 + e % 16;
    const auto bits =
        threefry({static_cast<std::uint32_t>(block),
                  key.sample + static_cast<std::uint32_t>(sample), key.site, key.objective},
                 threefry_key(key.seed, key.step));
    const auto word = bits[static_cast<std::size_t>(e / 32)];
    const double u = e / 16 % 2 == 0 ? word & 0xFFFFU : word >> 16U;
    const double dropped = std::min(65535.0, std::round(key.rate * 65536));
    return u < dropped ? 0.0 : 65536 / (65536 - dropped);
}

/// (R, E), element by element.
template <class S>
std::vector<S> dropout(const DropoutKey& key, const TokenRows& rows, const std::vector<S>& x) {
    const auto cols = static_cast<std::int64_t>(x.size()) / std::max<std::int64_t>(1, rows.rows());
    std::vector<S> y(x);
    for (std::int64_t b = 0; b < rows.samples(); ++b) {
        for (auto row = rows.first[static_cast<std::size_t>(b)];
             row < rows.first[static_cast<std::size_t>(b + 1)]; ++row) {
            for (std::int64_t c = 0; c < cols; ++c) {
                at(y, row * cols + c) *=
                    dropout_factor(key, b, rows.token[static_cast<std::size_t>(row)] * cols + c);
            }
        }
    }
    return y;
}

/// (Q, C) from qkv (K, 3C) under attend (n, n); the layout is that of compute::attention().
template <class S>
std::vector<S> attention(const AttentionShape& shape, const AttentionRows& rows,
                         const std::vector<S>& qkv, std::span<const std::uint8_t> attend,
                         const DropoutKey& dropped = {}) {
    const std::int64_t width = shape.width;
    const std::int64_t n = shape.tokens;
    const std::int64_t depth = width / shape.heads;
    const auto q_at = [&](std::int64_t row, std::int64_t part, std::int64_t column) {
        return at(qkv, row * 3 * width + part * width + column);
    };
    std::vector<S> out(rows.query.size() * static_cast<std::size_t>(width));
    for (std::size_t b = 0; b + 1 < rows.first_query.size(); ++b) {
        const auto first_key = rows.keys.first[b];
        const auto keys = rows.keys.first[b + 1] - first_key;
        for (auto row = rows.first_query[b]; row < rows.first_query[b + 1]; ++row) {
            const auto q = rows.query[static_cast<std::size_t>(row)];
            const auto* may =
                attend.data() + rows.keys.token[static_cast<std::size_t>(q)] * shape.tokens;
            for (std::int64_t c = 0; c < width; c += depth) {
                std::vector<S> scores(static_cast<std::size_t>(keys));
                std::vector<bool> allowed(scores.size());
                for (std::int64_t k = 0; k < keys; ++k) {
                    for (std::int64_t i = c; i < c + depth; ++i)
                        at(scores, k) += q_at(q, 0, i) * q_at(first_key + k, 1, i);
                    at(scores, k) /= std::sqrt(static_cast<double>(depth));
                    const auto token = rows.keys.token[static_cast<std::size_t>(first_key + k)];
                    allowed[static_cast<std::size_t>(k)] = may[token] != 0;
                }
                std::vector<S> p = masked_softmax(scores, allowed);
                for (std::int64_t k = 0; dropped.rate > 0 && k < keys; ++k) {
                    const auto row_of_head =
                        c / depth * n + rows.keys.token[static_cast<std::size_t>(q)];
                    const auto token = rows.keys.token[static_cast<std::size_t>(first_key + k)];
                    at(p, k) *= dropout_factor(dropped, static_cast<std::int64_t>(b),
                                               row_of_head * n + token);
                }
                for (std::int64_t i = c; i < c + depth; ++i) {
                    for (std::int64_t k = 0; k < keys; ++k)
                        at(out, row * width + i) += at(p, k) * q_at(first_key + k, 2, i);
                }
            }
        }
    }
    return out;
}

/// Σ (prediction - target)².
template <class S>
S squared_error(const std::vector<S>& prediction, const std::vector<S>& target) {
    S sum{};
    for (std::size_t i = 0; i < prediction.size(); ++i) {
        const S d = prediction[i] - target[i];
        sum += d * d;
    }
    return sum;
}

/// Σ over rows of -log softmax(logits)[target].
template <class S>
S cross_entropy(const std::vector<S>& logits, const std::vector<std::int32_t>& target,
                std::int64_t classes) {
    S sum{};
    for (std::size_t r = 0; r < target.size(); ++r) {
        const auto* row = logits.data() + r * static_cast<std::size_t>(classes);
        const std::vector<S> scores(row, row + classes);
        const auto p = masked_softmax(scores, std::vector<bool>(scores.size(), true));
        sum -= std::log(p[static_cast<std::size_t>(target[r])]);
    }
    return sum;
}

}  // namespace mast::compute::reference
