#include "train/run_config.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "base/json_depth.h"
#include "base/version.h"

namespace mast::train {

// What is written keeps its order; what is read is looked up by name, in any number.
using nlohmann::ordered_json;

namespace {

std::vector<float> numbers(const nlohmann::json& list, std::int64_t expected) {
    auto values = list.get<std::vector<float>>();
    if (static_cast<std::int64_t>(values.size()) != expected ||
        !std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
        throw std::invalid_argument("a list of numbers does not fit the channels");
    }
    return values;
}

window::Scaler scaler_from(const nlohmann::json& json, const model::ModelConfig& model) {
    std::array<std::vector<float>, store::kModalities.size()> mean;
    std::array<std::vector<float>, store::kModalities.size()> scale;
    for (const auto& [name, entry] : json.items()) {
        const auto modality = store::modality_from(name);
        if (!modality) throw std::invalid_argument("scaler of an unknown modality");
        const auto m = store::index_of(*modality);
        const auto expected = model.layout.has(*modality)
                                  ? model.channels[m].dim
                                  : static_cast<std::int64_t>(entry.at("mean").size());
        mean[m] = numbers(entry.at("mean"), expected);
        scale[m] = numbers(entry.at("scale"), expected);
    }
    return {std::move(mean), std::move(scale)};
}

std::int64_t count(const nlohmann::json& json, const char* name, std::int64_t otherwise,
                   std::int64_t least) {
    const auto value = json.value(name, otherwise);
    if (value < least) throw std::invalid_argument(std::string(name) + " is too small");
    return value;
}

void read_training(const nlohmann::json& json, RunConfig& config) {
    config.steps = json.at("steps").get<std::int64_t>();
    config.batch_size = json.at("batch_size").get<std::int64_t>();
    config.learning_rate = json.at("learning_rate").get<double>();
    config.seed = json.at("seed").get<std::uint64_t>();
    // Runs from before there was a choice do not say these.
    config.accumulate = count(json, "accumulate", config.accumulate, 1);
    config.preset = json.value("preset", config.preset);
    config.warmup = count(json, "warmup", config.warmup, 0);
    config.weight_decay = json.value("weight_decay", config.weight_decay);
    config.dropout = json.value("dropout", config.dropout);
    config.clip = json.value("clip", config.clip);
    config.weights = json.value("schedule", config.weights);
    config.precision = json.value("precision", config.precision);
    config.exchange = json.value("exchange", config.exchange);
    config.eval_every = count(json, "eval_every", config.eval_every, 0);
    config.keep_best = json.value("keep_best", config.keep_best);
    config.checkpoint_every = count(json, "checkpoint_every", config.checkpoint_every, 0);
    // Runs from before pictures came with checkpoints do not say this, and have none.
    config.picture_every = count(json, "picture_every", config.picture_every, 0);
    config.keep = count(json, "keep", config.keep, 1);
    config.episodes = count(json, "episodes", config.episodes, 0);
    config.allow_leaks = json.value("allow_leaks", config.allow_leaks);
}

ordered_json to_json(const Trunk& trunk) {
    return {{"run", trunk.run},
            {"content", trunk.content},
            {"from_scratch", trunk.from_scratch},
            {"frozen", trunk.frozen},
            {"taken", trunk.taken}};
}

ordered_json to_json(const window::Recorded& acting) {
    return {{"discount", acting.discount}, {"least", acting.least}, {"most", acting.most}};
}

window::Recorded acting_from(const nlohmann::json& json, const model::ModelConfig& model) {
    window::Recorded acting;
    acting.discount = json.at("discount").get<double>();
    if (!(acting.discount >= 0 && acting.discount <= 1))
        throw std::invalid_argument("discount is not in 0 .. 1");
    if (json.at("least").empty()) return acting;
    const auto columns = model.channels[store::index_of(store::Modality::act)].dim;
    acting.least = numbers(json.at("least"), columns);
    acting.most = numbers(json.at("most"), columns);
    for (std::size_t d = 0; d < acting.least.size(); ++d) {
        if (acting.least[d] > acting.most[d]) throw std::invalid_argument("least is above most");
    }
    return acting;
}

ordered_json to_json(const window::Scaler& scaler) {
    auto json = ordered_json::object();
    for (const auto modality : store::kModalities) {
        const auto mean = scaler.mean(modality);
        const auto scale = scaler.scale(modality);
        if (mean.empty()) continue;
        json[std::string(store::name_of(modality))] = {
            {"mean", std::vector<float>(mean.begin(), mean.end())},
            {"scale", std::vector<float>(scale.begin(), scale.end())}};
    }
    return json;
}

ordered_json to_json(const std::vector<store::Component>& components) {
    auto json = ordered_json::array();
    for (const auto& part : components)
        json.push_back({{"name", part.name}, {"first", part.first}, {"width", part.width}});
    return json;
}

/// What the data of a domain are; its name and share are not read. model: with the domain in use.
RunDomain domain_from(const nlohmann::json& json, const model::ModelConfig& model) {
    RunDomain domain;
    domain.scaler = scaler_from(json.at("scaler"), model);
    // Runs from before there was mast act do not say this.
    if (json.contains("acting")) domain.acting = acting_from(json["acting"], model);
    for (const auto& part : json.at("components")) {
        domain.components.push_back({part.at("name").get<std::string>(),
                                     part.at("first").get<std::int64_t>(),
                                     part.at("width").get<std::int64_t>()});
    }
    return domain;
}

void read_domains(const nlohmann::json& json, RunConfig& config) {
    if (!json.is_array() || json.size() != config.model.domains.size())
        throw std::invalid_argument("domains are not those of the model");
    for (std::size_t d = 0; d < json.size(); ++d) {
        auto domain = domain_from(json[d], config.model.in_domain(d));
        domain.name = json[d].at("name").get<std::string>();
        domain.share = json[d].at("share").get<double>();
        if (domain.name != config.model.domains[d].name)
            throw std::invalid_argument("domains are not those of the model");
        if (!(domain.share >= 0) || !std::isfinite(domain.share))
            throw std::invalid_argument("the share of a domain is no number of 0 or more");
        config.domains.push_back(std::move(domain));
    }
    use_domain(config, 0);
}

Trunk trunk_from(const nlohmann::json& json) {
    return {json.at("run").get<std::string>(), json.at("content").get<std::string>(),
            json.at("from_scratch").get<bool>(), json.at("frozen").get<bool>(),
            json.at("taken").get<std::vector<std::string>>()};
}

}  // namespace

void use_domain(RunConfig& config, std::size_t number) {
    config.model = config.model.in_domain(number);
    const auto& domain = config.domains.at(number);
    config.scaler = domain.scaler;
    config.components = domain.components;
    config.acting = domain.acting;
}

std::vector<std::string> frozen_tensors(const RunConfig& config) {
    std::vector<std::string> names;
    if (!config.trunk || !config.trunk->frozen) return names;
    for (const auto& name : config.trunk->taken) {
        if (!name.starts_with("heads.")) names.push_back(name);
    }
    return names;
}

std::string to_json(const RunConfig& config) {
    ordered_json json;
    json["mast_kind"] = "run";
    json["mast_version"] = version();
    json["model"] = ordered_json::parse(model::to_json(config.model));
    json["objectives"] = config.objectives;
    json["training"] = {{"steps", config.steps},
                        {"batch_size", config.batch_size},
                        {"accumulate", config.accumulate},
                        {"preset", config.preset},
                        {"learning_rate", config.learning_rate},
                        {"warmup", config.warmup},
                        {"weight_decay", config.weight_decay},
                        {"dropout", config.dropout},
                        {"clip", config.clip},
                        {"schedule", config.weights},
                        {"precision", config.precision},
                        {"exchange", config.exchange},
                        {"seed", config.seed},
                        {"eval_every", config.eval_every},
                        {"keep_best", config.keep_best},
                        {"checkpoint_every", config.checkpoint_every},
                        {"picture_every", config.picture_every},
                        {"keep", config.keep},
                        {"episodes", config.episodes},
                        {"allow_leaks", config.allow_leaks}};
    if (config.trunk) json["trunk"] = to_json(*config.trunk);
    json["inputs"] = ordered_json::array();
    for (const auto& input : config.inputs)
        json["inputs"].push_back({{"path", input.path}, {"content", input.content}});
    if (config.domains.empty()) {
        json["scaler"] = to_json(config.scaler);
        json["acting"] = to_json(config.acting);
        json["components"] = to_json(config.components);
    }
    for (const auto& domain : config.domains) {
        json["domains"].push_back({{"name", domain.name},
                                   {"share", domain.share},
                                   {"scaler", to_json(domain.scaler)},
                                   {"acting", to_json(domain.acting)},
                                   {"components", to_json(domain.components)}});
    }
    json["history"] = ordered_json::parse(store::to_json(config.history));
    return json.dump(2) + "\n";
}

RunConfig run_config_from_json(const std::string& text, const std::string& where) {
    RunConfig config;
    try {
        if (nested_too_deep(text)) throw std::invalid_argument("nested too deep");
        const auto json = nlohmann::json::parse(text);
        if (json.contains("mast_version"))
            expect_readable(json["mast_version"].get<std::string>(), where);
        config.model = model::model_config_from_json(json.at("model").dump(), where);
        config.objectives = json.at("objectives").get<std::vector<std::string>>();
        read_training(json.at("training"), config);
        if (json.contains("trunk")) config.trunk = trunk_from(json["trunk"]);
        // Runs from before a run could go on do not say these.
        for (const auto& input : json.value("inputs", nlohmann::json::array())) {
            config.inputs.push_back(
                {input.at("path").get<std::string>(), input.at("content").get<std::string>()});
        }
        if (config.model.domains.empty()) {
            auto data = domain_from(json, config.model);
            config.scaler = std::move(data.scaler);
            config.components = std::move(data.components);
            config.acting = std::move(data.acting);
        } else {
            read_domains(json.at("domains"), config);
        }
        config.history = store::history_from_json(json.at("history").dump(), where);
    } catch (const DataError&) {
        throw;
    } catch (const std::exception& error) {
        fail<DataError>(
            "{}: is not the configuration of a run ({}), expected the file that mast "
            "pretrain wrote",
            where, error.what());
    }
    return config;
}

}  // namespace mast::train
