#include "train/wire_format.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace mast::train {

TEST_SUITE("train/wire_format") {
    TEST_CASE("a float travels as the nearest of the bfloat16 around it, the even one of two") {
        Random random(1, "wire", 0);
        for (int i = 0; i < 100000; ++i) {
            const auto x = static_cast<float>(random.normal() * std::exp(20 * random.normal()));
            if (!std::isfinite(x)) continue;
            // The two neighbours have 8 bits of mantissa: x is cut, and the next one away from 0.
            int exponent = 0;
            const double mantissa = std::frexp(static_cast<double>(x), &exponent) * 256;
            const double below = std::trunc(mantissa);
            const double above = below + std::copysign(1.0, mantissa);
            const double to_below = std::abs(mantissa - below);
            const bool up = to_below > 0.5 || (to_below == 0.5 && std::fmod(below, 2.0) != 0);
            const double nearest = std::ldexp(up ? above : below, exponent - 8);
            if (std::abs(static_cast<double>(x)) < 1e-30) continue;  // neighbours lie closer there
            CHECK(static_cast<double>(from_bf16(to_bf16(x))) == nearest);
        }
    }

    TEST_CASE("what is no number stays none, and what is too large becomes infinite") {
        using Limits = std::numeric_limits<float>;
        CHECK(std::isnan(from_bf16(to_bf16(Limits::quiet_NaN()))));
        CHECK(std::isnan(from_bf16(to_bf16(Limits::signaling_NaN()))));
        CHECK(from_bf16(to_bf16(Limits::infinity())) == Limits::infinity());
        CHECK(from_bf16(to_bf16(-Limits::max())) == -Limits::infinity());
        CHECK(from_bf16(to_bf16(0.0F)) == 0.0F);
    }
}

}  // namespace mast::train
