// Every objective of the catalogue trains a network, whatever the kind of the actions and the order
// of the tokens.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "mask/catalogue.h"
#include "mask/leak.h"
#include "support/temp_dir.h"
#include "train/linear_system.h"
#include "train/trainer.h"
#include "train/write_batches.h"

namespace mast::train {

namespace {

constexpr std::int64_t kBatch = 16;
constexpr std::int64_t kContext = 6;
constexpr std::int64_t kSteps = 40;
constexpr std::int64_t kBatches = 3;

/// A spec of each entry: its name, and arguments where it cannot do without.
std::vector<std::string> specs_of_catalogue() {
    const std::map<std::string, std::string> needed{
        {"steps", ":actions=1+3"},
        {"custom", ":hide=k.kind==act&&k.step==q.step"},
        {"forward", ":target=latent"},
    };
    std::vector<std::string> specs{"forward", "inverse:k=2,isolate=true"};
    for (const auto& entry : mask::catalogue()) {
        const auto arguments = needed.find(entry.name);
        specs.push_back(entry.name + (arguments == needed.end() ? "" : arguments->second));
    }
    return specs;
}

/// Whether the tokens are those that the objective cannot do without.
bool fits(const std::string& spec, const std::string& layout) {
    if (spec == "rcbc" || spec == "return") return layout == "rtg,obs,act";
    return spec != "reward" || layout == "obs,act,rew";
}

model::Transformer network_for(const BatchSource& source) {
    model::ModelConfig config;
    config.layout = source.objectives().front().layout;
    config.channels = source.channels();
    config.context = kContext;
    config.layers = 2;
    config.heads = 2;
    config.width = 32;
    config.outputs = model::outputs_for(source.objectives());
    model::Transformer network(config);
    model::initialise(network.table(), config, 1, network.values());
    return network;
}

/// The loss of each step.
std::vector<double> train(BatchSource& source, std::int64_t steps) {
    auto network = network_for(source);
    TrainOptions options;
    options.schedule = {3e-3, 3, kSteps, 0.1};
    Trainer trainer(network, source, options);
    std::vector<double> losses;
    for (std::int64_t i = 0; i < steps; ++i)
        losses.push_back(trainer.step().loss);
    return losses;
}

/// Trains on one objective, from the store and from a file of batches.
void check_training(const store::TrajectoryReader& store, const mask::Objective& objective) {
    CHECK(mask::find_leaks(objective, 8).empty());
    StoreSource source(store, store::Split::train, {objective}, kBatch, 1);
    const auto losses = train(source, kSteps);
    for (const double loss : losses)
        CHECK(std::isfinite(loss));
    // A network that knows nothing yet may be lucky with its first batch.
    CHECK(losses.back() < 0.95 * *std::max_element(losses.begin(), losses.begin() + 5));

    // Drawn masks may depend on how far the training is, so both have the same number of batches.
    const test::TempDir dir;
    StoreSource again(store, store::Split::train, {objective}, kBatch, 1, kBatches);
    test::write_batches(again, dir / "b.h5", kBatches, 1);
    BatchFileSource file({dir / "b.h5"});
    CHECK(train(file, kBatches) == train(again, kBatches));
}

}  // namespace

TEST_SUITE("train/catalogue") {
    TEST_CASE("every objective trains with continuous and with discrete actions") {
        for (const bool discrete : {false, true}) {
            const test::TempDir dir;
            test::LinearSystem{20, 12, discrete}.write(dir / "s.h5");
            const store::TrajectoryReader store(dir / "s.h5");
            for (const std::string layout : {"obs,act", "rtg,obs,act", "obs,act,rew"}) {
                for (const auto& spec : specs_of_catalogue()) {
                    if (!fits(spec, layout)) continue;
                    CAPTURE(discrete);
                    CAPTURE(layout);
                    CAPTURE(spec);
                    check_training(store,
                                   mask::make_objective(spec, mask::Layout(layout), kContext));
                }
            }
        }
    }
}

}  // namespace mast::train
