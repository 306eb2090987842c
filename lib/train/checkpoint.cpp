#include "train/checkpoint.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/version.h"
#include "train/self_test.h"
#include "train/tensor_file.h"

namespace mast::mask {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Tally, valid, hidden, predicted, hides, samples, nothing_visible,
                                   nothing_predicted)

}  // namespace mast::mask

namespace mast::train {

using nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LossTrend, steps, mean, variance)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Progress, steps, tokens, skipped, skipped_in_row, spikes, trends,
                                   tallies)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Machine, isa, build)

namespace {

constexpr const char* kFirst = "adamw.first.";
constexpr const char* kSecond = "adamw.second.";
constexpr const char* kKind = "checkpoint";

/// What is not finite must never become the newest checkpoint.
void expect_finite(const std::vector<store::TensorView>& tensors, std::int64_t step) {
    for (const auto& tensor : tensors) {
        const auto bad = std::find_if(tensor.values.begin(), tensor.values.end(),
                                      [](float v) { return !std::isfinite(v); });
        if (bad == tensor.values.end()) continue;
        fail<DivergedError>(
            "step {}: tensor {} holds {}, expected finite numbers (lower "
            "--learning-rate or --clip)",
            step, tensor.name, *bad);
    }
}

/// A count that is negative would be a place before the start.
bool plausible(const Progress& progress, std::int64_t updates) {
    return progress.steps >= 0 && progress.tokens >= 0 && progress.skipped >= 0 &&
           progress.skipped_in_row >= 0 && updates >= 0 &&
           updates + progress.skipped == progress.steps;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, model::Transformer& model,
                      const Trainer& trainer, const std::vector<std::string>& specs,
                      const std::string& build) {
    const auto& table = model.table();
    auto tensors = tensors_of(table, std::as_const(model).values(), "");
    for (auto& tensor : tensors_of(table, trainer.optimiser().first(), kFirst))
        tensors.push_back(std::move(tensor));
    for (auto& tensor : tensors_of(table, trainer.optimiser().second(), kSecond))
        tensors.push_back(std::move(tensor));
    expect_finite(tensors, trainer.steps());
    store::write_safetensors(path, store::Overwrite::allow, tensors,
                             {{"format", "pt"},
                              {"mast_kind", kKind},
                              {"mast_version", version()},
                              {"progress", json(trainer.progress()).dump()},
                              {"updates", std::to_string(trainer.optimiser().steps())},
                              {"machine", json(this_machine(model.precision(), build)).dump()},
                              {"self_test", run_self_test(model, specs, build, trainer.steps())}});
}

double checkpoint_bytes(const model::ParameterTable& table) {
    constexpr double kCopies = 3;  // values and both moments
    return kCopies * static_cast<double>(table.size()) * sizeof(float);
}

Checkpoint::Checkpoint(const std::filesystem::path& path, const model::ParameterTable& table)
    : name_(path.string()), table_(table), file_(path) {
    read_metadata();
    expect_tensors(file_, table_, {"", kFirst, kSecond}, name_);
}

void Checkpoint::read_metadata() {
    const auto& metadata = file_.metadata();
    try {
        if (metadata.at("mast_kind") != kKind) throw std::invalid_argument("another kind");
        expect_readable(metadata.at("mast_version"), name_);
        progress_ = json::parse(metadata.at("progress")).get<Progress>();
        updates_ = json::parse(metadata.at("updates")).get<std::int64_t>();
        machine_ = json::parse(metadata.at("machine")).get<Machine>();
        if (!plausible(progress_, updates_)) throw std::invalid_argument("numbers that disagree");
    } catch (const DataError&) {
        throw;
    } catch (const std::exception& error) {
        fail<DataError>("{}: is not a checkpoint ({}), expected one that mast pretrain wrote",
                        name_, error.what());
    }
}

void Checkpoint::read_model(model::Transformer& model, const std::string& build) const {
    read_tensors(file_, table_, "", model.values());
    const auto recorded = file_.metadata().find("self_test");
    if (recorded == file_.metadata().end())
        fail<DataError>("{}: has no self-test, expected one (use another checkpoint)", name_);
    repeat_self_test(model, recorded->second, build, name_);
}

void Checkpoint::read_training(Trainer& trainer) const {
    const auto objectives = trainer.progress().trends.size();
    if (progress_.trends.size() != objectives || progress_.tallies.size() != objectives) {
        fail<DataError>("{}: is of {} objectives, expected {} (is it of this run?)", name_,
                        progress_.trends.size(), objectives);
    }
    auto& optimiser = trainer.optimiser();
    read_tensors(file_, table_, kFirst, optimiser.first());
    read_tensors(file_, table_, kSecond, optimiser.second());
    optimiser.go_on_after(updates_);
    trainer.go_on_from(progress_);
}

}  // namespace mast::train
