// The numbers printed in the article that the first objectives come from.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "mask/batch.h"
#include "mask/support.h"

namespace mast::mask {

namespace {

nlohmann::json article() {
    std::ifstream file(MAST_SOURCE_DIR "/tests/golden/article.json");
    REQUIRE(file);
    return nlohmann::json::parse(file);
}

/// Softmax over the columns that a row may look at, of scores that are all zero.
std::vector<double> weights(const std::vector<int>& row) {
    const double total = static_cast<double>(std::count(row.begin(), row.end(), 1));
    std::vector<double> weights;
    for (const int seen : row)
        weights.push_back(seen / total);
    return weights;
}

}  // namespace

TEST_SUITE("mask/golden") {
    TEST_CASE("policy attends as the article's causal mask") {
        const auto golden = article()["causal"];
        CHECK(rows_of(objective_of("policy", 2)) == golden["attend"].get<Rows>());
    }

    TEST_CASE("zero scores under the causal mask average the past") {
        const auto golden = article()["causal"];
        const auto rows = rows_of(objective_of("policy", 2));
        const auto x = golden["x"].get<std::vector<double>>();
        for (std::size_t q = 0; q < rows.size(); ++q) {
            const auto w = weights(rows[q]);
            double sum = 0;
            for (std::size_t k = 0; k < w.size(); ++k) {
                CHECK(w[k] ==
                      doctest::Approx(golden["softmax_of_zero_scores"][q][k].get<double>()));
                sum += w[k] * x[k];
            }
            // The article prints four decimals.
            const double printed = golden["weights_times_x_4_decimals"][q].get<double>();
            CHECK(std::abs(sum - printed) <= 0.5e-4 + 1e-9);
        }
    }

    TEST_CASE("inverse is the article's inverse-dynamics mask, by either rule") {
        const auto golden = article()["inverse_dynamics"];
        const auto rows = golden["attend"].get<Rows>();
        CHECK(rows_of(objective_of("inverse", 4)) == rows);
        CHECK(rows_of(objective_of("inverse:rm_idx=1", 4)) == rows);
    }

    TEST_CASE("steps hides and shows the article's trajectory") {
        const auto golden = article()["trajectory_masking"];
        const auto objective = objective_of("steps:actions=0+1", 4);
        const auto rows = rows_of(objective);
        for (const auto& row : rows)
            CHECK(std::count(row.begin(), row.end(), 1) == 8);

        Batch batch;
        batch.windows.resize(golden["batch"].get<std::int64_t>(), 4, {{{1, false}, {1, false}}},
                             std::vector{Modality::obs, Modality::act});
        for (auto& values : batch.windows.values)
            std::fill(values.begin(), values.end(), 1.0F);
        std::fill(batch.windows.valid.begin(), batch.windows.valid.end(), 1);
        const std::vector<Objective> objectives{objective};
        mask_windows(objectives, {7, 0, 1.0}, batch);

        const auto token_row = golden["token_row"].get<std::vector<int>>();
        const int mask_value = golden["mask_value"].get<int>();
        for (std::size_t b = 0; b < 4; ++b) {
            for (std::size_t i = 0; i < 8; ++i) {
                const bool hidden = batch.views[0].hidden[b * 8 + i] != 0;
                CHECK((hidden ? mask_value : 1) == token_row[i]);
                CHECK((batch.views[0].predict[b * 8 + i] != 0) == hidden);
            }
        }
        // "prediction of action i is read at token 1+2*i, its own token"
        CHECK(objective.readout == std::vector<std::int64_t>{-1, 1, -1, 3, -1, -1, -1, -1});
    }
}

}  // namespace mast::mask
