// The proof against arithmetic: in a random network of 8 layers, a read-out moves when a token is
// changed if and only if the proof says that the token can reach its row.
#include <doctest/doctest.h>

#include <algorithm>

#include "mask/leak.h"
#include "model/example.h"

using namespace mast;

namespace {

constexpr std::int64_t kSteps = 4;
constexpr std::int64_t kLayers = 8;

/// Any attention, with nothing hidden.
mask::Objective objective_with(const std::string& layout, std::vector<std::uint8_t> attend) {
    auto objective = mask::make_objective("policy", mask::Layout(layout), kSteps);
    objective.attend = std::move(attend);
    objective.target = mask::Target::always;
    return objective;
}

/// Whether the proof lets `token` reach `row`.
bool reaches(mask::Objective objective, std::int64_t token, std::int64_t row) {
    std::fill(objective.readout.begin(), objective.readout.end(), mask::kNoReadout);
    objective.readout[static_cast<std::size_t>(token)] = row;
    return !mask::find_leaks(objective, kLayers).empty();
}

/// A batch of one window, whose action 0 is predicted at each row in turn.
struct Bench {
    explicit Bench(const mask::Objective& objective_in)
        : objective(objective_in),
          example{objective.layout.text(), {"policy"}, false, 1, kSteps, false},
          made(test::make_batch(example)),
          model(deep_model()) {
        made.batch.views[0].objective = &objective;
    }

    model::Transformer deep_model() const {
        auto config = test::make_model(example, made).config();
        config.layers = kLayers;
        model::Transformer deep(config);
        Random random(8, "proof", 0);
        for (const auto& parameter : deep.table().parameters()) {
            for (auto& value : deep.table().of(deep.values(), parameter))
                value = static_cast<float>(0.4 * random.normal());
        }
        return deep;
    }

    /// Losses of an action, which is not itself changed, read at a row.
    double loss_at(std::int64_t action, std::int64_t row) {
        std::fill(objective.readout.begin(), objective.readout.end(), mask::kNoReadout);
        objective.readout[static_cast<std::size_t>(action)] = row;
        auto& predict = made.batch.views[0].predict;
        std::fill(predict.begin(), predict.end(), std::uint8_t{0});
        predict[static_cast<std::size_t>(action)] = 1;
        return model.loss(made.batch, 0).loss();
    }

    /// Whether what is read at `row` moves with the value of `token`.
    bool moves(std::int64_t token, std::int64_t row) {
        const auto& layout = objective.layout;
        const auto other = token == layout.token(0, store::Modality::act) ? 1 : 0;
        const auto action = layout.token(other, store::Modality::act);
        const auto m = store::index_of(layout.modality_of(token));
        const auto dim = made.batch.windows.channels[m].dim;
        auto& value =
            made.batch.windows.values[m][static_cast<std::size_t>(layout.step_of(token) * dim)];
        const auto kept = value;
        const double before = loss_at(action, row);
        value = kept + 2;
        const double after = loss_at(action, row);
        value = kept;
        return before != after;
    }

    mask::Objective objective;
    test::Example example;
    test::ExampleBatch made;
    model::Transformer model;
};

void compare(const mask::Objective& objective) {
    Bench bench(objective);
    for (std::int64_t token = 0; token < objective.tokens(); ++token) {
        for (std::int64_t row = 0; row < objective.tokens(); ++row) {
            CAPTURE(objective.layout.token_name(token));
            CAPTURE(objective.layout.token_name(row));
            CHECK(bench.moves(token, row) == reaches(objective, token, row));
        }
    }
}

}  // namespace

TEST_SUITE("model/proof") {
    TEST_CASE("the built-in attention matrices") {
        for (const char* layout : {"obs,act", "rtg,obs,act", "obs,act,rew"}) {
            for (const char* spec : {"policy", "inverse", "inverse:k=2", "inverse:rm_idx=1",
                                     "inverse:k=2,isolate=true", "id"}) {
                CAPTURE(layout);
                CAPTURE(spec);
                auto objective = mask::make_objective(spec, mask::Layout(layout), kSteps);
                compare(objective_with(layout, objective.attend));
            }
        }
    }

    TEST_CASE("random attention matrices, also such that need all layers") {
        Random random(5, "attention", 0);
        for (int matrix = 0; matrix < 6; ++matrix) {
            std::vector<std::uint8_t> attend(64);
            for (auto& cell : attend)
                cell = random.uniform() < 0.05 + 0.04 * matrix ? 1 : 0;
            compare(objective_with("obs,act", attend));
        }
        std::vector<std::uint8_t> chain(64, 0);
        for (std::size_t q = 1; q < 8; ++q)
            chain[q * 8 + q - 1] = 1;
        compare(objective_with("obs,act", chain));
    }

    TEST_CASE("a hidden token moves nothing at any row") {
        const auto objective = objective_with("obs,act", std::vector<std::uint8_t>(64, 1));
        Bench bench(objective);
        const auto token = bench.objective.layout.token(2, store::Modality::act);
        bench.made.batch.views[0].hidden[static_cast<std::size_t>(token)] = mask::kMasked;
        for (std::int64_t row = 0; row < objective.tokens(); ++row)
            CHECK_FALSE(bench.moves(token, row));
    }
}
