#include "train/self_test.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "mask/catalogue.h"
#include "train/machine.h"

namespace mast::train {

using nlohmann::ordered_json;

namespace {

constexpr std::uint64_t kSeed = 0;
constexpr std::int64_t kWindows = 4;
constexpr double kTolerance = 1e-4;

/// Restores the precision that the network trains in.
class SinglePrecision {
  public:
    explicit SinglePrecision(model::Transformer& model)
        : model_(model), before_(model.precision()) {
        set(compute::Precision::f32);
    }
    ~SinglePrecision() { set(before_); }
    SinglePrecision(const SinglePrecision&) = delete;
    SinglePrecision& operator=(const SinglePrecision&) = delete;

  private:
    void set(compute::Precision precision) {
        if (model_.precision() != precision) model_.set_precision(precision);
    }
    model::Transformer& model_;
    compute::Precision before_;
};

/// The last window ends half way.
bool is_valid(std::int64_t row, std::int64_t steps) {
    return row / steps + 1 < kWindows || row % steps < (steps + 1) / 2;
}

/// Standard normal values and uniform classes.
window::Windows draw_windows(const model::ModelConfig& config) {
    window::Windows windows;
    windows.resize(kWindows, config.context, config.channels, config.layout.modalities());
    // Where the data say which classes are valid, here all are.
    std::fill(windows.may.begin(), windows.may.end(), std::uint8_t{1});
    const auto rows = kWindows * config.context;
    for (std::int64_t row = 0; row < rows; ++row)
        windows.valid[static_cast<std::size_t>(row)] = is_valid(row, config.context) ? 1 : 0;
    for (const auto modality : config.layout.modalities()) {
        const auto& channel = config.channels[store::index_of(modality)];
        Random random(kSeed, "self-test", store::index_of(modality));
        auto& values = windows.values[store::index_of(modality)];
        for (std::int64_t row = 0; row < rows; ++row) {
            const bool valid = is_valid(row, config.context);
            if (channel.discrete) {
                const auto drawn = static_cast<std::int32_t>(random.below(channel.dim));
                windows.classes[static_cast<std::size_t>(row)] = valid ? drawn : 0;
                continue;
            }
            for (std::int64_t column = 0; column < channel.dim; ++column) {
                const auto drawn = static_cast<float>(random.normal());
                values[static_cast<std::size_t>(row * channel.dim + column)] = valid ? drawn : 0;
            }
        }
    }
    return windows;
}

std::vector<double> losses_of(model::Transformer& model, const std::vector<std::string>& specs) {
    const auto& config = model.config();
    std::vector<mask::Objective> objectives;
    objectives.reserve(specs.size());
    for (const auto& spec : specs)
        objectives.push_back(mask::make_objective(spec, config.layout, config.context));
    mask::Batch batch;
    batch.windows = draw_windows(config);
    mask::mask_windows(objectives, {kSeed, 0, 1.0}, batch);
    const SinglePrecision single(model);
    std::vector<double> losses;
    for (std::size_t view = 0; view < objectives.size(); ++view)
        losses.push_back(model.loss(batch, view).loss());
    return losses;
}

/// Puts the domain in use back.
class SameDomain {
  public:
    explicit SameDomain(model::Transformer& model) : model_(model) {
        const auto& config = model.config();
        for (std::size_t d = 0; d < config.domains.size(); ++d) {
            if (config.domains[d].name == config.domain) before_ = d;
        }
    }
    ~SameDomain() { model_.use_domain(before_); }
    SameDomain(const SameDomain&) = delete;
    SameDomain& operator=(const SameDomain&) = delete;

  private:
    model::Transformer& model_;
    std::size_t before_ = 0;
};

/// The loss of a spec, in a network for several domains of each: "NAME/SPEC".
using Losses = std::vector<std::pair<std::string, double>>;

Losses named_losses(model::Transformer& model, const std::vector<std::string>& specs) {
    const SameDomain same(model);
    Losses losses;
    for (std::size_t d = 0; d < std::max<std::size_t>(1, model.config().domains.size()); ++d) {
        model.use_domain(d);
        const auto& name = model.config().domain;
        const auto of_domain = losses_of(model, specs);
        for (std::size_t i = 0; i < specs.size(); ++i)
            losses.emplace_back(name.empty() ? specs[i] : name + "/" + specs[i], of_domain[i]);
    }
    return losses;
}

struct Recorded {
    Machine machine;
    Losses losses;
};

Recorded read(const std::string& text, const std::string& where) {
    try {
        const auto json = ordered_json::parse(text);
        Recorded recorded;
        recorded.machine = {json.at("isa").get<std::string>(), json.at("build").get<std::string>()};
        for (const auto& [name, loss] : json.at("losses").items())
            recorded.losses.emplace_back(name, loss.get<double>());
        return recorded;
    } catch (const nlohmann::json::exception&) {
        fail<DataError>("{}: self-test is not an object of isa, build and losses, expected one",
                        where);
    }
}

/// The specs of the first domain are those of all.
std::vector<std::string> specs_of(const Losses& losses, const model::ModelConfig& config) {
    const auto own = config.domains.empty() ? "" : config.domains.front().name + "/";
    std::vector<std::string> specs;
    for (const auto& [name, loss] : losses) {
        if (name.starts_with(own)) specs.push_back(name.substr(own.size()));
    }
    return specs;
}

bool agree(double a, double b, bool exactly) {
    if (exactly) return a == b;
    return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b));
}

}  // namespace

std::string run_self_test(model::Transformer& model, const std::vector<std::string>& specs,
                          const std::string& build, std::int64_t step) {
    const auto machine = this_machine(compute::Precision::f32, build);
    ordered_json json{
        {"isa", machine.isa}, {"build", machine.build}, {"losses", ordered_json::object()}};
    for (const auto& [name, loss] : named_losses(model, specs)) {
        if (!std::isfinite(loss)) {
            fail<DivergedError>(
                "step {}: loss of {} in the self-test is {}, expected a finite "
                "number (lower --learning-rate or --clip)",
                step, name, loss);
        }
        json["losses"][name] = loss;
    }
    return json.dump();
}

void repeat_self_test(model::Transformer& model, const std::string& recorded,
                      const std::string& build, const std::string& where) {
    const auto then = read(recorded, where);
    const bool exactly = then.machine == this_machine(compute::Precision::f32, build);
    Losses losses;
    try {
        losses = named_losses(model, specs_of(then.losses, model.config()));
    } catch (const UsageError& error) {
        fail<DataError>("{}: self-test cannot be repeated: {}", where, error.what());
    }
    if (losses.size() != then.losses.size()) {
        fail<DataError>("{}: self-test has {} losses, expected {}", where, then.losses.size(),
                        losses.size());
    }
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const auto& [name, loss] = then.losses[i];
        if (losses[i].first == name && agree(losses[i].second, loss, exactly)) continue;
        fail<DataError>(
            "{}: self-test gives a loss of {} for {}, expected {}{} (does this program compute as "
            "the one that saved it?)",
            where, losses[i].second, name, loss, exactly ? "" : " within 0.01 %");
    }
}

}  // namespace mast::train
