// R^2 by orthogonal columns (modified Gram-Schmidt), which needs all rows in memory but shares
// nothing with the normal equations.
#pragma once

#include <cstdint>
#include <vector>

namespace mast::test {

inline std::vector<double> column(const std::vector<double>& rows, std::int64_t width,
                                  std::int64_t c) {
    std::vector<double> out;
    for (auto i = static_cast<std::size_t>(c); i < rows.size();
         i += static_cast<std::size_t>(width))
        out.push_back(rows[i]);
    return out;
}

inline double inner(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

/// Takes out of a what lies along b.
inline void take_out(std::vector<double>& a, const std::vector<double>& b) {
    const double along = inner(a, b) / inner(b, b);
    for (std::size_t i = 0; i < a.size(); ++i)
        a[i] -= along * b[i];
}

/// Of target from the first `count` of `width` columns of x and the constant. The columns must not
/// explain each other.
inline double r2_by_residual(const std::vector<double>& x, std::int64_t width, std::int64_t count,
                             std::vector<double> target) {
    std::vector<std::vector<double>> basis;
    basis.emplace_back(target.size(), 1.0);
    take_out(target, basis.front());
    const double all = inner(target, target);
    for (std::int64_t c = 0; c < count; ++c) {
        auto next = column(x, width, c);
        for (const auto& before : basis)
            take_out(next, before);
        take_out(target, next);
        basis.push_back(next);
    }
    return 1 - inner(target, target) / all;
}

}  // namespace mast::test
