#include "train/clip.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "compute/oracle.h"

namespace mast::train {

TEST_SUITE("train/clip") {
    TEST_CASE("the norm is the root of the sum of squares") {
        CHECK(gradient_norm(std::vector<float>{3, 4}) == 5.0);
        // 0² + 1² + ... + 24² = 4900
        std::vector<float> many;
        for (int i = 0; i < 25; ++i)
            many.push_back(static_cast<float>(i % 2 == 0 ? i : -i));
        CHECK(gradient_norm(many) == 70.0);
        CHECK(gradient_norm({}) == 0.0);
    }

    TEST_CASE("the norm of many is the same to the bit for any number of threads") {
        std::vector<float> many;
        double squares = 0;
        for (int i = 0; i < 300'007; ++i) {
            many.push_back(static_cast<float>(i % 1001 - 500) * 0.25F);
            squares += static_cast<double>(many.back()) * static_cast<double>(many.back());
        }
        double one = 0;
        compute::oracle::with_threads(1, [&] { one = gradient_norm(many); });
        CHECK(one == doctest::Approx(std::sqrt(squares)).epsilon(1e-12));
        for (const int threads : {2, 5})
            compute::oracle::with_threads(threads, [&] { CHECK(gradient_norm(many) == one); });
    }

    TEST_CASE("values that overflow when squared in single precision do not") {
        CHECK(gradient_norm(std::vector<float>{3e30F, 4e30F}) == doctest::Approx(5e30));
    }

    TEST_CASE("one bad value makes the norm bad") {
        for (const float bad :
             {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
            for (std::size_t place = 0; place < 11; ++place) {
                std::vector<float> values(11, 1.0F);
                values[place] = bad;
                CHECK(!std::isfinite(gradient_norm(values)));
            }
        }
    }

    TEST_CASE("a long gradient is cut to the limit, a short one is left alone") {
        CHECK(clip_factor(10.0, 2.5) == 0.25);
        CHECK(clip_factor(2.0, 2.5) == 1.0);
        CHECK(clip_factor(0.0, 1.0) == 1.0);
        CHECK(clip_factor(10.0, 0.0) == 1.0);
    }
}

}  // namespace mast::train
