#include "compute/product.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <stdexcept>
#include <vector>

#include "compute/oracle.h"
#include "compute/product_kernel.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

namespace {

struct Sizes {
    std::int64_t rows;
    std::int64_t depth;
    std::int64_t cols;
};

/// Fewer and more than a tile, a panel, a piece and a range of the depth; whole ones and rests.
const std::vector<Sizes> kSizes{{1, 1, 1},    {6, 5, 16},    {7, 3, 17},    {12, 40, 32},
                                {13, 9, 64},  {120, 7, 64},  {121, 20, 65}, {250, 33, 100},
                                {5, 512, 48}, {11, 513, 70}, {6, 1100, 31}, {300, 2, 130}};

std::vector<double> plain(const std::vector<float>& a, const std::vector<float>& b,
                          const Sizes& s) {
    std::vector<double> out;
    for (std::int64_t r = 0; r < s.rows; ++r) {
        for (std::int64_t c = 0; c < s.cols; ++c) {
            double sum = 0;
            for (std::int64_t k = 0; k < s.depth; ++k) {
                sum += static_cast<double>(a[static_cast<std::size_t>(r * s.depth + k)]) *
                       static_cast<double>(b[static_cast<std::size_t>(k * s.cols + c)]);
            }
            out.push_back(sum);
        }
    }
    return out;
}

std::vector<float> transposed(const std::vector<float>& m, std::int64_t rows) {
    const auto cols = static_cast<std::int64_t>(m.size()) / rows;
    std::vector<float> t;
    for (std::int64_t c = 0; c < cols; ++c) {
        for (std::int64_t r = 0; r < rows; ++r)
            t.push_back(m[static_cast<std::size_t>(r * cols + c)]);
    }
    return t;
}

std::vector<float> room(std::int64_t floats) {
    return std::vector<float>(static_cast<std::size_t>(floats), 99.0F);
}

/// The same product from rows as they lie and from packed ones, with plain and transposed panels.
template <class Product>
void check_all_packings(const Sizes& s, const Product& multiply) {
    const auto a = draw("a", s.rows * s.depth);
    const auto b = draw("b", s.depth * s.cols);
    const auto expected = plain(a, b, s);
    const auto at = transposed(a, s.rows);
    const auto bt = transposed(b, s.depth);
    auto last = room(Strips::floats(kTileRows, s.depth));
    auto packed = room(Strips::floats(s.rows, s.depth));
    auto panels = room(Panels::floats(s.depth, s.cols));
    auto panels_t = panels;
    const Strips lying = rows_of({std::span(a), s.rows, s.depth}, last.data());
    const Strips strips = pack_columns({std::span(at), s.depth, s.rows}, {}, packed.data());
    for (const Strips& left : {lying, strips}) {
        for (const Panels& right :
             {pack({std::span(b), s.depth, s.cols}, panels.data()),
              pack_transposed({std::span(bt), s.cols, s.depth}, panels_t.data())}) {
            auto out = room(s.rows * s.cols);
            multiply(left, right, Matrix<float>(std::span(out), s.rows, s.cols));
            CHECK(distance(out, expected) < 4e-6);
        }
    }
}

}  // namespace

TEST_SUITE("compute/product") {
    TEST_CASE("products of all shapes and packings agree with plain loops in double precision") {
        for (const Sizes& s : kSizes) {
            CAPTURE(s.rows);
            CAPTURE(s.cols);
            check_all_packings(s, [](const Strips& a, const Panels& b, Matrix<float> out) {
                product(a, b, {}, out);
            });
        }
    }

    TEST_CASE("so do the kernels for vectors that this machine may not have") {
        for (const Sizes& s : kSizes) {
            CAPTURE(s.rows);
            CAPTURE(s.cols);
            const auto run = [](auto kernel) {
                return [kernel](const Strips& a, const Panels& b, Matrix<float> out) {
                    kernel({a, b, {}, out}, 0, count_pieces(out.rows, out.cols));
                };
            };
            check_all_packings(s, run(&product_pieces<4>));
            check_all_packings(s, run(&product_pieces<8>));
            check_all_packings(s, run(&product_pieces<16>));
        }
    }

    TEST_CASE("bias and addend come once to each sum, also in place") {
        for (const Sizes& s : kSizes) {
            CAPTURE(s.rows);
            CAPTURE(s.cols);
            const auto a = draw("a", s.rows * s.depth);
            const auto b = draw("b", s.depth * s.cols);
            const auto bias = draw("bias", s.cols);
            const auto addend = draw("addend", s.rows * s.cols);
            auto expected = plain(a, b, s);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                expected[i] += static_cast<double>(addend[i]) +
                               static_cast<double>(bias[i % static_cast<std::size_t>(s.cols)]);
            }
            auto last = room(Strips::floats(kTileRows, s.depth));
            auto memory = room(Panels::floats(s.depth, s.cols));
            const Strips left = rows_of({std::span(a), s.rows, s.depth}, last.data());
            const Panels right = pack({std::span(b), s.depth, s.cols}, memory.data());
            auto out = room(s.rows * s.cols);
            product(left, right, {bias, {std::span<const float>(addend), s.rows, s.cols}},
                    {std::span(out), s.rows, s.cols});
            CHECK(distance(out, expected) < 4e-6);
            auto in_place = addend;
            const Matrix<float> both(in_place.data(), s.rows, s.cols);
            product(left, right, {bias, both}, both);
            CHECK(in_place == out);
        }
    }

    TEST_CASE("packing columns also adds up each of them") {
        // 3 rows of 1, 2, 3, ...: column c sums to 3 (c + 1) + 3 cols.
        for (const std::int64_t cols : {1, 6, 8, 50}) {
            CAPTURE(cols);
            std::vector<float> a;
            for (std::int64_t i = 0; i < 3 * cols; ++i)
                a.push_back(static_cast<float>(i + 1));
            std::vector<float> sums(static_cast<std::size_t>(cols), 1000.0F);
            auto memory = room(Strips::floats(cols, 3));
            pack_columns({std::span(a), 3, cols}, sums, memory.data());
            for (std::int64_t c = 0; c < cols; ++c) {
                CHECK(sums[static_cast<std::size_t>(c)] ==
                      static_cast<float>(1000 + 3 * (c + 1) + 3 * cols));
            }
        }
    }

    TEST_CASE("packing stays within the room that it asks for") {
        for (const Sizes& s : kSizes) {
            const auto a = draw("a", s.depth * s.rows);
            const auto strips = Strips::floats(s.rows, s.depth);
            const auto panels = Panels::floats(s.depth, s.rows);
            auto memory = room(strips + 1);
            pack_columns({std::span(a), s.depth, s.rows}, {}, memory.data());
            CHECK(memory.back() == 99.0F);
            memory = room(panels + 1);
            pack({std::span(a), s.depth, s.rows}, memory.data());
            CHECK(memory.back() == 99.0F);
            memory = room(Panels::floats(s.rows, s.depth) + 1);
            pack_transposed({std::span(a), s.depth, s.rows}, memory.data());
            CHECK(memory.back() == 99.0F);
        }
    }

    TEST_CASE("shapes that disagree are refused") {
        std::vector<float> v(64);
        const std::span<float> s(v);
        const Panels b{v.data(), 3, 4};
        const Strips a{v.data(), 2, 3, 3, 1, 18, v.data()};
        CHECK_THROWS_AS(product(a, b, {}, {s, 2, 5}), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {}, {s, 3, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, {v.data(), 2, 4}, {}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {s.first(3), {}}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {{}, {s, 2, 3}}, {s, 2, 4}), std::logic_error);
    }
}
