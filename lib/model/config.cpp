#include "model/config.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

#include "base/error.h"

namespace mast::model {

using nlohmann::ordered_json;
using store::Modality;

namespace {

/// Sizes above these are a mistake or an attack, not a model.
constexpr std::int64_t kMostLayers = 1024;
constexpr std::int64_t kMostWidth = 65536;
constexpr std::int64_t kMostContext = 65536;
constexpr std::int64_t kMostColumns = std::int64_t{1} << 20U;

void check_range(const char* what, std::int64_t value, std::int64_t most) {
    if (value < 1 || value > most) {
        fail<UsageError>("--{}: {} is not a size, expected 1 to {}", what, value, most);
    }
}

Modality modality_of(const ordered_json& name) {
    const auto modality = store::modality_from(name.get<std::string>());
    if (!modality) throw std::invalid_argument("unknown modality");
    return *modality;
}

}  // namespace

void check(const ModelConfig& config) {
    check_range("layers", config.layers, kMostLayers);
    check_range("width", config.width, kMostWidth);
    check_range("heads", config.heads, config.width);
    check_range("context", config.context, kMostContext);
    if (config.width % config.heads != 0) {
        fail<UsageError>("--heads: {} does not divide the width {}, expected a divisor (try {})",
                         config.heads, config.width, std::max<std::int64_t>(1, config.width / 64));
    }
}

std::vector<Head> outputs_for(const std::vector<mask::Objective>& objectives) {
    std::vector<Head> outputs;
    for (const auto& objective : objectives) {
        for (std::int64_t token = 0; token < objective.tokens(); ++token) {
            if (objective.readout[static_cast<std::size_t>(token)] == mask::kNoReadout) continue;
            const Head head{objective.role, objective.layout.modality_of(token)};
            if (std::find(outputs.begin(), outputs.end(), head) == outputs.end()) {
                outputs.push_back(head);
            }
        }
    }
    std::sort(outputs.begin(), outputs.end(), [](const Head& a, const Head& b) {
        return std::tie(a.role, a.modality) < std::tie(b.role, b.modality);
    });
    return outputs;
}

std::string to_json(const ModelConfig& config) {
    ordered_json json;
    json["tokens"] = config.layout.text();
    json["context"] = config.context;
    json["layers"] = config.layers;
    json["heads"] = config.heads;
    json["width"] = config.width;
    for (const auto modality : config.layout.modalities()) {
        const auto& channel = config.channels[store::index_of(modality)];
        json["channels"][std::string(store::name_of(modality))] = {{"dim", channel.dim},
                                                                   {"discrete", channel.discrete}};
    }
    json["outputs"] = ordered_json::array();
    for (const auto& head : config.outputs) {
        json["outputs"].push_back(
            {{"role", head.role}, {"modality", std::string(store::name_of(head.modality))}});
    }
    if (config.mask_constant) {
        json["mask_token"] = *config.mask_constant;
    } else {
        json["mask_token"] = "learned";
    }
    return json.dump(2);
}

ModelConfig model_config_from_json(const std::string& text, const std::string& where) {
    ModelConfig config;
    try {
        const auto json = ordered_json::parse(text);
        config.layout = mask::Layout(json.at("tokens").get<std::string>());
        config.context = json.at("context").get<std::int64_t>();
        config.layers = json.at("layers").get<std::int64_t>();
        config.heads = json.at("heads").get<std::int64_t>();
        config.width = json.at("width").get<std::int64_t>();
        for (const auto modality : config.layout.modalities()) {
            const auto& channel = json.at("channels").at(std::string(store::name_of(modality)));
            const auto dim = channel.at("dim").get<std::int64_t>();
            if (dim < 1 || dim > kMostColumns) throw std::invalid_argument("dim out of range");
            config.channels[store::index_of(modality)] = {dim, channel.at("discrete").get<bool>()};
        }
        for (const auto& head : json.at("outputs")) {
            config.outputs.push_back(
                {head.at("role").get<std::string>(), modality_of(head.at("modality"))});
        }
        const auto& token = json.at("mask_token");
        if (token.is_number()) config.mask_constant = token.get<float>();
        check(config);
    } catch (const std::exception& error) {
        fail<DataError>(
            "{}: is not the description of a model ({}), expected the file that mast "
            "pretrain wrote",
            where, error.what());
    }
    return config;
}

}  // namespace mast::model
