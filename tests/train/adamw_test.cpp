#include "train/adamw.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/random.h"
#include "compute/parallel.h"
#include "support/tiny_model.h"

namespace mast::train {

namespace {

/// Five steps of PyTorch's AdamW in double precision, printed by adamw_torch.py.
constexpr double kDecayed[5][3] = {{0.447500002, -0.945000002, 1.940000002},
                                   {0.397363209, -0.890275005, 1.883335352},
                                   {0.348150901, -0.835823632, 1.837145458},
                                   {0.299367799, -0.781644517, 1.812582023},
                                   {0.250788257, -0.727736297, 1.810926817}};
constexpr double kPlain[5][3] = {{0.450000002, -0.950000002, 1.950000002},
                                 {0.402100709, -0.900000005, 1.903035352},
                                 {0.354875217, -0.850000007, 1.866262135},
                                 {0.307832870, -0.800000010, 1.850884427},
                                 {0.260750167, -0.750000012, 1.858292131}};
constexpr float kStart[3] = {0.5F, -1.0F, 2.0F};

/// The first elements of a tensor: three, where it has them.
std::span<float> head(const model::ParameterTable& table, std::vector<float>& buffer,
                      const model::Parameter& parameter) {
    const auto all = table.of(std::span(buffer), parameter);
    return all.first(std::min<std::size_t>(3, all.size()));
}

std::vector<float> start(const model::ParameterTable& table) {
    std::vector<float> values(static_cast<std::size_t>(table.size()));
    for (const auto& parameter : table.parameters()) {
        const auto first = head(table, values, parameter);
        std::copy_n(kStart, first.size(), first.begin());
    }
    return values;
}

}  // namespace

TEST_SUITE("train/adamw") {
    TEST_CASE("five steps agree with PyTorch's, on tensors that decay and on those that do not") {
        const model::ParameterTable table(test::tiny_config());
        auto values = start(table);
        std::vector<float> gradients(values.size());
        AdamW adam(table, {});
        for (int t = 1; t <= 5; ++t) {
            CAPTURE(t);
            const double gradient[3] = {0.3 * t, -0.2, 0.1 * (3 - t)};
            for (const auto& parameter : table.parameters()) {
                const auto first = head(table, gradients, parameter);
                for (std::size_t i = 0; i < first.size(); ++i)
                    first[i] = static_cast<float>(2 * gradient[i]);
            }
            // Doubled gradients and a factor of a half: the factor comes first.
            adam.step(values, gradients, 0.05, 0.5);
            int decaying = 0;
            for (const auto& parameter : table.parameters()) {
                CAPTURE(parameter.name);
                decaying += parameter.decays ? 1 : 0;
                const auto& expected = (parameter.decays ? kDecayed : kPlain)[t - 1];
                const auto first = head(table, values, parameter);
                for (std::size_t i = 0; i < first.size(); ++i) {
                    // Single precision over five steps of values up to 2.
                    CHECK(static_cast<double>(first[i]) ==
                          doctest::Approx(expected[i]).epsilon(1e-6));
                }
            }
            CHECK(decaying > 0);
            CHECK(decaying < static_cast<int>(table.parameters().size()));
        }
        CHECK(adam.steps() == 5);
    }

    TEST_CASE("frozen tensors stay, whatever gradient and decay") {
        model::ParameterTable table(test::tiny_config());
        table.freeze({"blocks.0.mlp.fc.weight"});
        auto values = start(table);
        const auto before = values;
        const std::vector<float> gradients(values.size(), 0.5F);
        AdamW adam(table, {});
        adam.step(values, gradients, 0.05, 1.0);
        for (const auto& parameter : table.parameters()) {
            CAPTURE(parameter.name);
            const auto is = table.of(std::span<const float>(values), parameter);
            const auto was = table.of(std::span<const float>(before), parameter);
            CHECK(std::ranges::equal(is, was) == !parameter.trained);
        }
    }

    TEST_CASE("a step agrees with the formula in double precision on every element") {
        const model::ParameterTable table(test::tiny_config());
        const auto size = static_cast<std::size_t>(table.size());
        std::vector<float> values(size), gradients(size);
        std::vector<double> w(size), m(size), v(size);
        Random draws(1, "adamw test", 0);
        for (std::size_t i = 0; i < size; ++i) {
            values[i] = static_cast<float>(draws.normal());
            w[i] = static_cast<double>(values[i]);
        }
        const AdamWOptions options{0.8, 0.99, 1e-4, 0.5};
        AdamW adam(table, options);
        for (int t = 1; t <= 4; ++t) {
            for (auto& gradient : gradients)
                gradient = static_cast<float>(0.01 * draws.normal());
            const double rate = 0.1 / t;
            adam.step(values, gradients, rate, 1.0);
            for (const auto& parameter : table.parameters()) {
                const auto count = element_count(parameter.shape);
                for (auto i = static_cast<std::size_t>(parameter.offset);
                     i < static_cast<std::size_t>(parameter.offset + count); ++i) {
                    const auto g = static_cast<double>(gradients[i]);
                    m[i] = 0.8 * m[i] + 0.2 * g;
                    v[i] = 0.99 * v[i] + 0.01 * g * g;
                    const double mean = m[i] / (1 - std::pow(0.8, t));
                    const double root = std::sqrt(v[i] / (1 - std::pow(0.99, t)));
                    if (parameter.decays) w[i] -= rate * 0.5 * w[i];
                    w[i] -= rate * mean / (root + 1e-4);
                }
            }
        }
        double worst = 0;
        for (const auto& parameter : table.parameters()) {
            for (auto i = static_cast<std::size_t>(parameter.offset);
                 i < static_cast<std::size_t>(parameter.offset + element_count(parameter.shape));
                 ++i) {
                worst = std::max(worst, std::abs(static_cast<double>(values[i]) - w[i]));
            }
        }
        CHECK(worst < 2e-6);  // four roundings of values up to 4
    }

    TEST_CASE("the bits do not depend on the number of threads") {
        const model::ParameterTable table(test::tiny_config());
        std::vector<float> once;
        for (const int threads : {1, 2}) {
            compute::set_threads(threads);
            auto values = start(table);
            std::vector<float> gradients(values.size(), 0.25F);
            AdamW adam(table, {});
            for (int t = 0; t < 3; ++t)
                adam.step(values, gradients, 0.01, 0.7);
            if (threads == 1) once = values;
            CHECK(values == once);
        }
    }
}

}  // namespace mast::train
