#include "compute/product.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "compute/every_isa.h"
#include "compute/oracle.h"
#include "compute/product_kernel.h"
#include "compute/words.h"

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
                                {5, 512, 48}, {11, 513, 70}, {6, 1100, 31}, {300, 2, 130},
                                {64, 96, 64}, {70, 1600, 96}};

struct Packing {
    Precision precision;
    TileForm form;
};
const std::vector<Packing> kPackings{
    {Precision::f32, kVectorForm}, {Precision::bf16, kVectorForm}, {Precision::bf16, kAmxForm}};

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

std::vector<float> rounded(std::vector<float> values, Precision precision) {
    return precision == Precision::bf16 ? nearest(std::move(values)) : values;
}

/// The same product from rows as they lie and from packed ones, with plain and transposed
/// panels.
template <class Product>
void check_all_packings(const Sizes& s, Precision precision, TileForm form,
                        const Product& multiply) {
    const auto a = draw("a", s.rows * s.depth);
    const auto b = draw("b", s.depth * s.cols);
    const auto expected = plain(rounded(a, precision), rounded(b, precision), s);
    const auto at = transposed(a, s.rows);
    const auto bt = transposed(b, s.depth);
    auto words = room(s.rows * words_of(s.depth, precision));
    auto last = room(Strips::row_floats(s.depth, precision, form));
    auto packed = room(Strips::floats(s.rows, s.depth, precision, form));
    auto panels = room(Panels::floats(s.depth, s.cols, precision));
    auto panels_t = panels;
    const Strips lying = rows_of(
        in_precision({std::span(a), s.rows, s.depth}, precision, words.data()), form, last.data());
    const Strips strips =
        pack_columns({std::span(at), s.depth, s.rows}, precision, form, {}, packed.data());
    for (const Strips& left : {lying, strips}) {
        for (const Panels& right :
             {pack({std::span(b), s.depth, s.cols}, precision, panels.data()),
              pack_transposed({std::span(bt), s.cols, s.depth}, precision, panels_t.data())}) {
            auto out = room(s.rows * s.cols);
            multiply(left, right, Matrix<float>(std::span(out), s.rows, s.cols));
            CHECK(distance(out, expected) < 4e-6);
        }
    }
}

/// Operands of a product, drawn and packed.
struct Product {
    Sizes sizes;
    Precision precision;
    std::vector<float> a = draw("a", sizes.rows* sizes.depth);
    std::vector<float> b = draw("b", sizes.depth* sizes.cols);
    std::vector<float> words = room(sizes.rows * words_of(sizes.depth, precision));
    std::vector<float> panels = room(Panels::floats(sizes.depth, sizes.cols, precision));
    Operand<const float> left =
        in_precision({std::span(a), sizes.rows, sizes.depth}, precision, words.data());
    RightOperand right = pack({std::span(b), sizes.depth, sizes.cols}, precision, panels.data());

    std::vector<double> sums() const {
        return plain(rounded(a, precision), rounded(b, precision), sizes);
    }
    /// out = epilogue of the product of its first rows.
    void run(const Epilogue& epilogue, const Matrix<float>& out) const {
        const TileForm form = tile_form_here(precision);
        auto last = room(Strips::row_floats(sizes.depth, precision, form));
        product(rows_of({left.data, out.rows, sizes.depth, left.precision}, form, last.data()),
                right, epilogue, out);
    }
    /// out (rows, cols) += the product of the first rows.
    void add_to(std::int64_t rows, std::vector<float>& out) const {
        const Matrix<float> all(out.data(), rows, sizes.cols);
        run({.add = all}, all);
    }
};

void check_epilogue(const Sizes& s, Precision precision) {
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    const Product given{s, precision};
    const auto bias = draw("bias", s.cols);
    const auto addend = draw("addend", s.rows * s.cols);
    const auto factor = draw("factor", s.rows * s.cols);
    auto added = given.sums();
    for (std::size_t i = 0; i < added.size(); ++i)
        added[i] += static_cast<double>(addend[i]);
    auto expected = added;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i] += static_cast<double>(bias[i % static_cast<std::size_t>(s.cols)]);
        expected[i] *= static_cast<double>(factor[i]);
    }
    const Matrix<const float> times(factor, s.rows, s.cols);
    auto out = room(s.rows * s.cols);
    given.run({bias, {std::span<const float>(addend), s.rows, s.cols}, times},
              {out.data(), s.rows, s.cols});
    CHECK(distance(out, expected) < 4e-6);
    auto in_place = addend;
    const Matrix<float> both(in_place.data(), s.rows, s.cols);
    given.run({bias, both, times}, both);
    CHECK(in_place == out);
    auto sums = addend;
    given.add_to(s.rows, sums);
    CHECK(distance(sums, added) < 4e-6);
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// The bits of GELU of a product with a bias, and of its slope.
std::vector<float> gelu_words(const Product& given) {
    const Sizes& s = given.sizes;
    const Precision result = given.precision;
    const auto bias = draw("bias", s.cols);
    const auto words = s.rows * words_of(s.cols, result);
    auto both = room(2 * words);
    const auto all = std::span(both);
    const auto half = static_cast<std::size_t>(words);
    const Operand<float> out(all.first(half), s.rows, s.cols, result);
    const Operand<float> slope(all.subspan(half), s.rows, s.cols, result);
    const TileForm form = tile_form_here(given.precision);
    auto last = room(Strips::row_floats(s.depth, given.precision, form));
    product(rows_of(given.left, form, last.data()), given.right,
            {.bias = bias, .gelu_slope = slope}, out);
    return both;
}

/// A product whose right operand nobody packed before, also of some columns of the result only.
void check_unpacked(const Sizes& s, Precision precision) {
    const Product given{s, precision};
    const auto addend = draw("addend", s.rows * s.cols);
    auto expected = addend;
    given.add_to(s.rows, expected);
    const auto bt = transposed(given.b, s.depth);
    const Unpacked plain{Matrix<const float>(given.b, s.depth, s.cols), false, precision};
    const Unpacked turned{Matrix<const float>(bt, s.cols, s.depth), true, precision};
    for (const Unpacked& unpacked : {plain, turned}) {
        Product other{s, precision};
        other.right = unpacked;
        for (const int threads : {1, 2, 5, 40}) {
            with_threads(threads, [&] {
                auto out = addend;
                other.add_to(s.rows, out);
                CHECK(out == expected);
                CHECK(same_bits(gelu_words(other), gelu_words(given)));
            });
        }
    }
    constexpr std::int64_t kFirst = 16;
    if (s.cols <= kFirst) return;
    const ColumnRange columns{kFirst, s.cols - kFirst};
    for (const Unpacked& unpacked : {plain, turned}) {
        auto memory = room(Panels::floats(s.depth, columns.count, precision));
        auto last = room(Strips::row_floats(s.depth, precision, tile_form_here(precision)));
        auto out = addend;
        const Matrix<float> all(out.data(), s.rows, s.cols);
        product(rows_of(given.left, tile_form_here(precision), last.data()),
                pack(unpacked, columns, memory.data()), {.add = all}, all, kFirst);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const bool is_there = static_cast<std::int64_t>(i) % s.cols >= kFirst;
            REQUIRE(out[i] == (is_there ? expected : addend)[i]);
        }
    }
}

}  // namespace

TEST_SUITE("compute/product") {
    TEST_CASE("products of all shapes and packings agree with plain loops in double precision") {
        at_every_isa([] {
            for (const Precision precision : {Precision::f32, Precision::bf16}) {
                for (const Sizes& s : kSizes) {
                    CAPTURE(s.rows);
                    CAPTURE(s.cols);
                    check_all_packings(s, precision, tile_form_here(precision),
                                       [](const Strips& a, const Panels& b, Matrix<float> out) {
                                           product(a, b, {}, out);
                                       });
                }
            }
        });
    }

    TEST_CASE("so do the kernels for vectors that this machine may not have") {
        for (const Sizes& s : kSizes) {
            CAPTURE(s.rows);
            CAPTURE(s.cols);
            const auto run = [](auto kernel) {
                return [kernel](const Strips& a, const Panels& b, Matrix<float> out) {
                    const ProductArgs args{a, b, {}, out, 0, a.form.block};
                    kernel(args, 0, args.pieces());
                };
            };
            check_all_packings(s, Precision::f32, kVectorForm,
                               run(&product_pieces<VectorTile<4, F32<4>>>));
            check_all_packings(s, Precision::f32, kVectorForm,
                               run(&product_pieces<VectorTile<8, F32<8>>>));
            check_all_packings(s, Precision::f32, kVectorForm,
                               run(&product_pieces<VectorTile<16, F32<16>>>));
            check_all_packings(s, Precision::bf16, kVectorForm,
                               run(&product_pieces<VectorTile<4, Bf16<4>>>));
            check_all_packings(s, Precision::bf16, kVectorForm,
                               run(&product_pieces<VectorTile<8, Bf16<8>>>));
            check_all_packings(s, Precision::bf16, kVectorForm,
                               run(&product_pieces<VectorTile<16, Bf16<16>>>));
        }
    }

    TEST_CASE("what the products pack themselves gives the same bits, for any number of threads") {
        // Pieces of columns, whole ones and rests; one thread, some and more than pieces; rows that
        // stay in the cache and rows that do not.
        const std::vector<Sizes> sizes{{7, 3, 17},       {50, 33, 1},   {121, 20, 650},
                                       {600, 1024, 130}, {9, 513, 600}, {40, 1600, 651}};
        at_every_isa([&] {
            for (const Precision precision : {Precision::f32, Precision::bf16}) {
                for (const Sizes& s : sizes) {
                    CAPTURE(s.rows);
                    CAPTURE(s.cols);
                    check_unpacked(s, precision);
                }
            }
        });
    }

    TEST_CASE("bfloat16 operands are rounded to the nearest, ties to even") {
        // One product with 1, read back exactly. 1 + 2^-8 lies between 1 and 1 + 2^-7.
        const float tie_down = 1.00390625F;
        const float tie_up = 1.01171875F;
        const float inf = std::numeric_limits<float>::infinity();
        const float largest = std::numeric_limits<float>::max();
        const std::vector<float> given{1.0F, tie_down, tie_up,  -tie_down, 1.0041F,
                                       0.0F, inf,      largest, -inf,      3.14159265F};
        const std::vector<float> expected{1.0F, 1.0F, 1.015625F, -1.0F, 1.0078125F,
                                          0.0F, inf,  inf,       -inf,  3.140625F};
        const std::vector<float> one{1.0F};
        const auto count = static_cast<std::int64_t>(given.size());
        auto words = room(count);
        auto last = room(Strips::row_floats(1, Precision::bf16, tile_form_here(Precision::bf16)));
        auto panel = room(Panels::floats(1, 1, Precision::bf16));
        std::vector<float> out(given.size());
        product(rows_of(in_precision({std::span(given), count, 1}, Precision::bf16, words.data()),
                        tile_form_here(Precision::bf16), last.data()),
                pack({std::span(one), 1, 1}, Precision::bf16, panel.data()), {},
                {std::span(out), count, 1});
        CHECK(out == expected);
        const std::vector<float> nan{std::numeric_limits<float>::quiet_NaN()};
        product(rows_of(in_precision({std::span(nan), 1, 1}, Precision::bf16, words.data()),
                        tile_form_here(Precision::bf16), last.data()),
                pack({std::span(one), 1, 1}, Precision::bf16, panel.data()), {},
                {std::span(out).first(1), 1, 1});
        CHECK(std::isnan(out[0]));
    }

    TEST_CASE("bias, addend and factor come once to each sum, also in place") {
        at_every_isa([] {
            for (const Precision precision : {Precision::f32, Precision::bf16}) {
                for (const Sizes& s : kSizes)
                    check_epilogue(s, precision);
            }
        });
    }

    TEST_CASE("a row of a product has the same bits among few rows and among many") {
        at_every_isa([] {
            for (const Precision precision : {Precision::f32, Precision::bf16}) {
                for (const std::int64_t depth : {40, 1600}) {
                    const Sizes s{64, depth, 40};
                    const Product all{s, precision};
                    std::vector<float> out(static_cast<std::size_t>(64 * 40), 1.0F);
                    all.add_to(64, out);
                    for (const std::int64_t rows : {1, 33, 63}) {
                        CAPTURE(rows);
                        std::vector<float> part(static_cast<std::size_t>(rows * 40), 1.0F);
                        all.add_to(rows, part);
                        CHECK(std::equal(part.begin(), part.end(), out.begin()));
                    }
                }
            }
        });
    }

    TEST_CASE("packing columns also adds up each of them") {
        // 3 rows of 1, 2, 3, ...: column c sums to 3 (c + 1) + 3 cols.
        for (const std::int64_t cols : {1, 6, 8, 50}) {
            CAPTURE(cols);
            std::vector<float> a;
            for (std::int64_t i = 0; i < 3 * cols; ++i)
                a.push_back(static_cast<float>(i + 1));
            const std::vector<float> sums(static_cast<std::size_t>(cols), 1000.0F);
            for (const auto& [precision, form] : kPackings) {
                auto memory = room(Strips::floats(cols, 3, precision, form));
                auto both = sums;
                pack_columns({std::span(a), 3, cols}, precision, form, both, memory.data());
                for (std::int64_t c = 0; c < cols; ++c) {
                    CHECK(both[static_cast<std::size_t>(c)] ==
                          static_cast<float>(1000 + 3 * (c + 1) + 3 * cols));
                }
            }
        }
    }

    TEST_CASE("packing stays within the room that it asks for") {
        for (const auto& [precision, form] : kPackings) {
            for (const Sizes& s : kSizes) {
                const auto a = draw("a", s.depth * s.rows);
                const Matrix<const float> m(a.data(), s.depth, s.rows);
                const auto untouched = [&](std::int64_t floats, const auto& pack_into) {
                    auto memory = room(floats + 1);
                    pack_into(memory.data());
                    return memory.back() == 99.0F;
                };
                CHECK(untouched(Strips::floats(s.rows, s.depth, precision, form),
                                [&, p = precision, to_form = form](float* to) {
                                    pack_columns(m, p, to_form, {}, to);
                                }));
                auto words = room(s.depth * words_of(s.rows, precision));
                const auto lying = in_precision(m, precision, words.data());
                CHECK(untouched(Strips::row_floats(s.rows, precision, form),
                                [&, to_form = form](float* to) { rows_of(lying, to_form, to); }));
                CHECK(untouched(Panels::floats(s.depth, s.rows, precision),
                                [&, p = precision](float* to) { pack(m, p, to); }));
                CHECK(untouched(Panels::floats(s.rows, s.depth, precision),
                                [&, p = precision](float* to) { pack_transposed(m, p, to); }));
            }
        }
    }

    TEST_CASE("shapes that disagree are refused") {
        std::vector<float> v(64);
        const std::span<float> s(v);
        const Panels b{v.data(), 3, 4};
        const Strips a{
            v.data(), 2, 3, Precision::f32, 3, 1, 18, v.data(), tile_form_here(Precision::f32)};
        CHECK_THROWS_AS(product(a, b, {}, {s, 2, 5}), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {}, {s, 3, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, Panels{v.data(), 2, 4}, {}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, Panels{v.data(), 3, 4, Precision::bf16}, {}, {s, 2, 4}),
                        std::logic_error);
        CHECK_THROWS_AS(product(a, Unpacked{{s, 2, 4}}, {}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, Unpacked{{s, 3, 4}, true}, {}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, Unpacked{{s, 3, 4}, false, Precision::bf16}, {}, {s, 2, 4}),
                        std::logic_error);
        const Strips nothing{
            v.data(), 2, 0, Precision::f32, 0, 1, 0, v.data(), tile_form_here(Precision::f32)};
        CHECK_THROWS_AS(product(nothing, Panels{v.data(), 0, 4}, {}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(nothing, Unpacked{{s, 0, 4}}, {}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {s.first(3)}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {{}, {s, 2, 3}}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {{}, {}, {s, 2, 3}}, {s, 2, 4}), std::logic_error);
    }
}
