#include "compute/operand.h"

#include <doctest/doctest.h>

#include <cstring>
#include <stdexcept>
#include <tuple>

#include "compute/attention.h"
#include "compute/every_isa.h"
#include "compute/gelu.h"
#include "compute/layer_norm.h"
#include "compute/linear.h"
#include "compute/oracle.h"
#include "compute/product.h"
#include "compute/row_lists.h"
#include "compute/words.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

namespace {

const std::vector<std::int64_t> kWidths{1, 2, 5, 8, 17, 40, 63};

/// Panels or strips of a matrix from floats and from its words: the same words.
template <class Pack>
bool packs_alike(const std::vector<float>& values, std::int64_t rows, std::int64_t cols,
                 std::int64_t floats, const Pack& pack_into) {
    const Operand<const float> given{std::span(values), rows, cols};
    Words words(given);
    std::vector<float> from_floats(static_cast<std::size_t>(floats), 99.0F);
    auto from_words = from_floats;
    pack_into(given, from_floats.data());
    pack_into(Operand<const float>(words.view()), from_words.data());
    return std::memcmp(from_floats.data(), from_words.data(), from_words.size() * 4) == 0;
}

/// Attention and its gradient from operands in `precision`, written as floats and as words.
void check_attention_rounds(std::int64_t depth, Precision precision) {
    CAPTURE(depth);
    // The second sample computes some of its rows only.
    const AttentionShape s{2, 9, 3, 3 * depth, precision};
    RowLists rows;
    rows.add(all_tokens(9), all_tokens(9));
    rows.add(all_tokens(9), {2, 5, 8});
    AttentionPlan plan;
    plan.make(s, rows.view(), std::vector<std::uint8_t>(81, 1));
    const auto keys = plan.keys();
    const auto queries = plan.queries();
    const auto qkv = draw("qkv", keys * 3 * s.width);
    const auto dout = draw("dout", queries * s.width);
    std::vector<float> p(static_cast<std::size_t>(plan.probabilities()));
    std::vector<float> qkv_memory(qkv.size());
    std::vector<float> dout_memory(dout.size());
    const auto given =
        in_precision({std::span(qkv), keys, 3 * s.width}, precision, qkv_memory.data());
    const auto back =
        in_precision({std::span(dout), queries, s.width}, precision, dout_memory.data());
    std::vector<float> out(dout.size());
    std::vector<float> dqkv(qkv.size());
    Words out_words(queries, s.width);
    Words dqkv_words(keys, 3 * s.width);
    attention(plan, given, p, Matrix<float>(std::span(out), queries, s.width));
    attention_backward(plan, given, p, back, Matrix<float>(std::span(dqkv), keys, 3 * s.width));
    attention(plan, given, p, out_words.view());
    attention_backward(plan, given, p, back, dqkv_words.view());
    CHECK(out_words.floats() == nearest(out));
    CHECK(dqkv_words.floats() == nearest(dqkv));
    CHECK(out_words.padding_is_zero());
    CHECK(dqkv_words.padding_is_zero());
}

}  // namespace

TEST_SUITE("compute/operand") {
    TEST_CASE("a norm and GELU written in bfloat16 are their floats rounded, padding zero") {
        at_every_isa([] {
            for (const auto cols : kWidths) {
                CAPTURE(cols);
                const std::int64_t rows = 5;
                const auto x = draw("x", rows * cols);
                const auto gain = draw("gain", cols);
                const Matrix<const float> xm(x, rows, cols);
                std::vector<float> out(x.size());
                std::vector<float> state(static_cast<std::size_t>(rows));
                Words words(rows, cols);
                layer_norm(xm, gain, gain, Matrix<float>(std::span(out), rows, cols), state, state);
                layer_norm(xm, gain, gain, words.view(), state, state);
                CHECK(words.floats() == nearest(out));
                CHECK(words.padding_is_zero());
                if (cols % 2 == 1) continue;
                std::vector<float> slope(x.size());
                Words slopes(rows, cols);
                gelu(xm, Matrix<float>(std::span(out), rows, cols),
                     Matrix<float>(std::span(slope), rows, cols));
                gelu(xm, words.view(), slopes.view());
                CHECK(words.floats() == nearest(out));
                CHECK(slopes.floats() == nearest(slope));
            }
        });
    }

    TEST_CASE("attention and its gradient written in bfloat16 are their floats rounded") {
        at_every_isa([] {
            for (const std::int64_t depth : {1, 3, 8, 17, 33})
                check_attention_rounds(depth, Precision::f32);
            for (const std::int64_t depth : {2, 8, 18, 40})
                check_attention_rounds(depth, Precision::bf16);
        });
    }

    TEST_CASE("panels and strips of words are those of the floats") {
        at_every_isa([] {
            for (const auto rows : {1, 2, 7, 64}) {
                for (const auto cols : kWidths) {
                    CAPTURE(rows);
                    CAPTURE(cols);
                    const auto values = draw("m", rows * cols);
                    CHECK(packs_alike(
                        values, rows, cols, Panels::floats(rows, cols, Precision::bf16),
                        [](Operand<const float> m, float* to) { pack(m, Precision::bf16, to); }));
                    const TileForm form = tile_form_here(Precision::bf16);
                    // Without the rows that no product stores.
                    const auto whole = cols / form.rows * form.rows;
                    CHECK(packs_alike(
                        values, rows, cols, Strips::floats(cols, rows, Precision::bf16, form),
                        [&](Operand<const float> m, float* to) {
                            pack_columns(m, Precision::bf16, form, {}, to);
                            std::fill(to + whole * form.padded(words_of(rows, Precision::bf16)),
                                      to + Strips::floats(cols, rows, Precision::bf16, form), 0.0F);
                        }));
                }
            }
        });
    }

    TEST_CASE("a product written in bfloat16 is its floats rounded once, also of a great depth") {
        struct Sizes {
            std::int64_t rows, depth, cols;
        };
        at_every_isa([] {
            // More of depth than one pass takes: sums are put aside in between.
            for (const Sizes s : {Sizes{1, 1, 1}, Sizes{7, 5, 17}, Sizes{50, 40, 33},
                                  Sizes{13, 1030, 70}, Sizes{200, 2100, 65}}) {
                CAPTURE(s.depth);
                const auto a = draw("a", s.rows * s.depth);
                const auto b = draw("b", s.depth * s.cols);
                const auto bias = draw("bias", s.cols);
                const auto added = draw("add", s.rows * s.cols);
                const auto times = nearest(draw("times", s.rows * s.cols));
                Words left(Operand<const float>{std::span(a), s.rows, s.depth});
                std::vector<float> panels(
                    static_cast<std::size_t>(Panels::floats(s.depth, s.cols, Precision::bf16)));
                std::vector<float> last(static_cast<std::size_t>(
                    Strips::row_floats(s.depth, Precision::bf16, tile_form_here(Precision::bf16))));
                const auto right =
                    pack({std::span(b), s.depth, s.cols}, Precision::bf16, panels.data());
                const auto strips =
                    rows_of(left.view(), tile_form_here(Precision::bf16), last.data());
                std::vector<float> out(added.size());
                Words words(s.rows, s.cols);
                Words factor(Operand<const float>{std::span(times), s.rows, s.cols});
                const Matrix<const float> add(added, s.rows, s.cols);
                product(strips, right, {bias, add, Matrix<const float>(times, s.rows, s.cols)},
                        Matrix<float>(std::span(out), s.rows, s.cols));
                product(strips, right, {bias, add, factor.view()}, words.view());
                CHECK(words.floats() == nearest(out));
                CHECK(words.padding_is_zero());
                CHECK_THROWS_AS(product(strips, right, {bias, add, factor.view()},
                                        Matrix<float>(std::span(out), s.rows, s.cols)),
                                std::logic_error);
            }
        });
    }

    TEST_CASE("GELU of a product is that of its sums, and so is its derivative") {
        struct Sizes {
            std::int64_t rows, depth, cols;
        };
        at_every_isa([] {
            for (const Sizes s : {Sizes{1, 2, 2}, Sizes{7, 5, 18}, Sizes{50, 64, 36},
                                  Sizes{13, 1570, 70}, Sizes{200, 40, 300}}) {
                CAPTURE(s.depth);
                const auto x = draw("x", s.rows * s.depth);
                const auto w = draw("w", s.depth * s.cols);
                const auto bias = draw("bias", s.cols);
                Words words(Operand<const float>{std::span(x), s.rows, s.depth});
                std::vector<float> memory(
                    static_cast<std::size_t>(Panels::floats(s.depth, s.cols, Precision::bf16)));
                const auto panels =
                    pack({std::span(w), s.depth, s.cols}, Precision::bf16, memory.data());
                std::vector<float> sums(static_cast<std::size_t>(s.rows * s.cols));
                const Matrix<float> sum(sums.data(), s.rows, s.cols);
                linear(words.view(), panels, bias, {}, sum);
                std::vector<float> y(sums.size());
                std::vector<float> dy(sums.size());
                const Matrix<float> out(y.data(), s.rows, s.cols);
                const Matrix<float> slope(dy.data(), s.rows, s.cols);
                gelu(sum, out, slope);
                std::vector<float> z(sums.size());
                std::vector<float> dz(sums.size());
                linear_gelu(words.view(), panels, bias, Matrix<float>(std::span(z), s.rows, s.cols),
                            Matrix<float>(std::span(dz), s.rows, s.cols));
                CHECK(distance(z, widen(y)) < 1e-6);
                CHECK(distance(dz, widen(dy)) < 1e-6);
                Words rounded(s.rows, s.cols);
                Words rounded_slope(s.rows, s.cols);
                linear_gelu(words.view(), panels, bias, rounded.view(), rounded_slope.view());
                // Where the machine rounds, what is below 1.2e-38 becomes zero.
                CHECK(distance(rounded.floats(), widen(nearest(z))) < 1.2e-38);
                CHECK(distance(rounded_slope.floats(), widen(nearest(dz))) < 1.2e-38);
            }
        });
    }

    TEST_CASE("layers in bfloat16 have the same bits on one thread and on several") {
        constexpr std::int64_t kRows = 300;
        constexpr std::int64_t kIn = 96;
        constexpr std::int64_t kOut = 264;
        const auto x = draw("x", kRows * kIn);
        const auto w = draw("w", kIn * kOut);
        const auto bias = draw("bias", kOut);
        at_every_isa([&] {
            std::vector<float> memory(
                static_cast<std::size_t>(2 * Panels::floats(kOut, kIn, Precision::bf16)));
            Words in(Operand<const float>{std::span(x), kRows, kIn});
            const auto all = [&] {
                const Panels forward =
                    pack({std::span(w), kIn, kOut}, Precision::bf16, memory.data());
                Words out(kRows, kOut);
                Words slope(kRows, kOut);
                linear_gelu(in.view(), forward, bias, out.view(), slope.view());
                const Panels backward =
                    pack_transposed({std::span(w), kIn, kOut}, Precision::bf16, memory.data());
                Words dx(kRows, kIn);
                std::vector<float> dw(w.size(), 1.0F);
                auto dbias = bias;
                linear_backward(in.view(), backward, out.view(), {}, dx.view(),
                                {dw.data(), kOut, kIn}, dbias);
                return std::tuple(out.data, slope.data, dx.data, dw, dbias);
            };
            decltype(all()) one;
            with_threads(1, [&] { one = all(); });
            for (const int threads : {2, 3, 9})
                with_threads(threads, [&] { CHECK(all() == one); });
        });
    }

    TEST_CASE("GELU of a product is refused beside a factor, and of another shape or precision") {
        std::vector<float> v(64);
        const std::span<float> s(v);
        const Panels b{v.data(), 4, 4};
        const Strips a{
            v.data(), 2, 4, Precision::f32, 4, 1, 8, v.data(), tile_form_here(Precision::f32)};
        const Matrix<float> out(s, 2, 4);
        const Matrix<float> slope(s.subspan(32), 2, 4);
        const Operand<float> narrow(s.subspan(32), 2, 3);
        const Operand<float> rounded(s.subspan(32), 2, 4, Precision::bf16);
        CHECK_THROWS_AS(product(a, b, {.times = slope, .gelu_slope = slope}, out),
                        std::logic_error);
        CHECK_THROWS_AS(product(a, b, {.gelu_slope = out}, out), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {.gelu_slope = narrow}, out), std::logic_error);
        CHECK_THROWS_AS(product(a, b, {.gelu_slope = rounded}, out), std::logic_error);
    }

    TEST_CASE("a linear layer takes floats and their words alike; its bias the sums of the words") {
        const std::int64_t rows = 37;
        const std::int64_t in = 19;
        const std::int64_t outs = 23;
        const auto x = draw("x", rows * in);
        const auto w = draw("w", outs * in);
        const auto dout = nearest(draw("dout", rows * outs));
        std::vector<float> panels(
            static_cast<std::size_t>(Panels::floats(outs, in, Precision::bf16)));
        const auto packed = pack({std::span(w), outs, in}, Precision::bf16, panels.data());
        Words x_words(Operand<const float>{std::span(x), rows, in});
        Words dout_words(Operand<const float>{std::span(dout), rows, outs});
        const auto run = [&](Operand<const float> input, Operand<const float> gradient) {
            std::vector<float> all(static_cast<std::size_t>(rows * in + outs * in + outs));
            const auto s = std::span(all);
            linear_backward(input, packed, gradient, {}, Matrix<float>(s, rows, in),
                            {s.subspan(static_cast<std::size_t>(rows * in)), outs, in},
                            s.last(static_cast<std::size_t>(outs)));
            return all;
        };
        CHECK(run({std::span(x), rows, in}, {std::span(dout), rows, outs}) ==
              run(x_words.view(), dout_words.view()));
        CHECK_THROWS_AS(pack(x_words.view(), Precision::f32, panels.data()), std::logic_error);
    }
}
