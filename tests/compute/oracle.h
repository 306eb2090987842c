// Inputs from a fixed stream, gradients by the complex step, and how far apart two arrays are.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "compute/parallel.h"

namespace mast::compute::oracle {

using Complex = std::complex<double>;

/// `count` normal values; the same for the same name.
inline std::vector<float> draw(std::string_view name, std::int64_t count) {
    Random random(7, name, 0);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& v : values)
        v = static_cast<float>(random.normal());
    return values;
}

template <class S = double>
std::vector<S> widen(const std::vector<float>& values) {
    std::vector<S> wide;
    for (const float v : values)
        wide.emplace_back(static_cast<double>(v));
    return wide;
}

/// The largest difference, relative to the largest expected element.
template <class T>
double distance(const std::vector<T>& actual, const std::vector<double>& expected) {
    if (actual.size() != expected.size()) return 1e300;
    double largest = 1e-30;
    double difference = 0.0;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        const double d = std::abs(static_cast<double>(actual[i]) - expected[i]);
        if (!(d <= 1e300)) return 1e300;  // NaN or infinity
        difference = std::max(difference, d);
        largest = std::max(largest, std::abs(expected[i]));
    }
    return difference / largest;
}

/// d Σ weights · f(x) / dx by the complex step; f maps complex vectors to complex vectors.
template <class Function>
std::vector<double> gradient(const Function& f, const std::vector<float>& x,
                             const std::vector<float>& weights) {
    constexpr double kStep = 1e-30;
    auto shifted = widen<Complex>(x);
    std::vector<double> result;
    for (auto& element : shifted) {
        const double kept = element.real();
        element = Complex(kept, kStep);
        const std::vector<Complex> y = f(shifted);
        element = kept;
        double sum = 0.0;
        for (std::size_t i = 0; i < y.size(); ++i) {
            sum += static_cast<double>(weights[i]) * y[i].imag();
        }
        result.push_back(sum / kStep);
    }
    return result;
}

/// Runs with n threads and puts the former number back.
template <class Body>
void with_threads(int n, const Body& body) {
    const int before = threads();
    set_threads(n);
    body();
    set_threads(before);
}

}  // namespace mast::compute::oracle
