#include "model/config.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/error.h"

namespace mast::model {

// What is written keeps its order; what is read is looked up by name, in any number.
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

Modality modality_of(const nlohmann::json& name) {
    const auto modality = store::modality_from(name.get<std::string>());
    if (!modality) throw std::invalid_argument("unknown modality");
    return *modality;
}

/// A JSON number that is whole and within an int64, which get() would not ask for.
std::int64_t whole(const nlohmann::json& number) {
    if (!number.is_number_integer() ||
        (number.is_number_unsigned() && number.get<std::uint64_t>() > INT64_MAX)) {
        throw std::invalid_argument("a size is not a whole number");
    }
    return number.get<std::int64_t>();
}

/// Tensors of heads have names of these two.
bool same_name(const Head& a, const Head& b) {
    return a.role == b.role && a.modality == b.modality;
}

std::vector<Head> outputs_from(const nlohmann::json& json, const mask::Layout& layout) {
    if (!json.is_array()) throw std::invalid_argument("outputs are not a list");
    std::vector<Head> outputs;
    for (const auto& entry : json) {
        Head head{entry.at("role").get<std::string>(), modality_of(entry.at("modality"))};
        const auto aim = mask::aim_from(entry.value("aim", "value"));
        if (!aim) throw std::invalid_argument("unknown aim");
        head.aim = *aim;
        if (head.aim != mask::Aim::value && head.modality != Modality::obs) {
            throw std::invalid_argument("only observations are predicted by their embedding");
        }
        if (head.role.empty()) throw std::invalid_argument("an output has no role");
        if (!layout.has(head.modality)) {
            throw std::invalid_argument("an output reads a modality that is not among the tokens");
        }
        if (std::any_of(outputs.begin(), outputs.end(),
                        [&](const Head& other) { return same_name(head, other); })) {
            throw std::invalid_argument("an output stands twice");
        }
        outputs.push_back(std::move(head));
    }
    return outputs;
}

ordered_json to_json(const window::Channels& channels, const mask::Layout& layout) {
    ordered_json json;
    for (const auto modality : layout.modalities()) {
        const auto& channel = channels[store::index_of(modality)];
        json[std::string(store::name_of(modality))] = {{"dim", channel.dim},
                                                       {"discrete", channel.discrete}};
    }
    return json;
}

window::Channels channels_from(const nlohmann::json& json, const mask::Layout& layout) {
    window::Channels channels;
    for (const auto modality : layout.modalities()) {
        const auto& channel = json.at(std::string(store::name_of(modality)));
        const auto dim = whole(channel.at("dim"));
        if (dim < 1 || dim > kMostColumns) throw std::invalid_argument("dim out of range");
        const bool discrete = channel.at("discrete").get<bool>();
        if (discrete && modality != Modality::act) {
            throw std::invalid_argument("only actions are discrete");
        }
        channels[store::index_of(modality)] = {dim, discrete};
    }
    return channels;
}

std::vector<Domain> domains_from(const nlohmann::json& json, const mask::Layout& layout) {
    if (!json.is_array() || json.empty()) throw std::invalid_argument("domains are not a list");
    std::vector<Domain> domains;
    for (const auto& entry : json) {
        auto name = entry.at("name").get<std::string>();
        if (!names_domain(name)) throw std::invalid_argument("the name of a domain is none");
        const auto known = [&](const Domain& domain) { return domain.name == name; };
        if (std::any_of(domains.begin(), domains.end(), known))
            throw std::invalid_argument("a domain stands twice");
        domains.push_back({std::move(name), channels_from(entry.at("channels"), layout)});
    }
    return domains;
}

Gate gate_from_json(const std::string& name) {
    const auto gate = gate_from(name);
    if (!gate) throw std::invalid_argument("unknown gate");
    return *gate;
}

std::optional<float> mask_constant_from(const nlohmann::json& token) {
    if (token == "learned") return std::nullopt;
    const auto value = static_cast<float>(token.get<double>());
    if (!std::isfinite(value)) throw std::invalid_argument("mask_token is out of range");
    return value;
}

}  // namespace

std::string_view name_of(Gate gate) {
    return gate == Gate::gru ? "gru" : "none";
}

std::optional<Gate> gate_from(std::string_view name) {
    for (const auto gate : {Gate::none, Gate::gru}) {
        if (name == name_of(gate)) return gate;
    }
    return std::nullopt;
}

bool names_domain(const std::string& name) {
    const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

ModelConfig ModelConfig::in_domain(std::size_t number) const {
    ModelConfig other = *this;
    if (domains.empty()) return other;
    other.domain = domains.at(number).name;
    other.channels = domains[number].channels;
    return other;
}

double ModelConfig::block_weights() const {
    const auto c = static_cast<double>(width);
    const double kept = 12 * c * c;
    // Two gates, each of three squares for the branch and three for the residual stream.
    return gate == Gate::gru ? 2 * kept : kept;
}

std::int64_t ModelConfig::columns(const Head& head) const {
    return head.aim == mask::Aim::value ? channels[store::index_of(head.modality)].dim : width;
}

std::int64_t ModelConfig::widest() const {
    std::int64_t most = has_average() ? width : 1;
    const auto look = [&](const window::Channels& some) {
        for (const auto& channel : some)
            most = std::max(most, channel.dim);
    };
    look(channels);
    for (const auto& domain_of_some : domains)
        look(domain_of_some.channels);
    return most;
}

bool ModelConfig::has_average() const {
    return std::any_of(outputs.begin(), outputs.end(),
                       [](const Head& head) { return head.aim != mask::Aim::value; });
}

void check(const ModelConfig& config) {
    check_range("layers", config.layers, kMostLayers);
    check_range("width", config.width, kMostWidth);
    check_range("heads", config.heads, config.width);
    check_range("context", config.context, kMostContext);
    if (config.encoder_layers < 0 || config.encoder_layers >= config.layers) {
        fail<UsageError>(
            "--layers: {} of {} are the encoder's, expected at least one after it (use more "
            "--layers)",
            config.encoder_layers, config.layers);
    }
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
            const Head head{objective.role, objective.layout.modality_of(token), objective.aim};
            if (std::find(outputs.begin(), outputs.end(), head) == outputs.end()) {
                outputs.push_back(head);
            }
        }
    }
    std::sort(outputs.begin(), outputs.end(), [](const Head& a, const Head& b) {
        return std::tie(a.role, a.modality) < std::tie(b.role, b.modality);
    });
    const auto twice = std::adjacent_find(outputs.begin(), outputs.end(), same_name);
    if (twice != outputs.end()) {
        fail<UsageError>(
            "--objective: the head {}.{} is asked for {} and {} targets, expected one kind (give "
            "an objective another role=)",
            twice->role, store::name_of(twice->modality), mask::name_of(twice->aim),
            mask::name_of(std::next(twice)->aim));
    }
    return outputs;
}

std::string to_json(const ModelConfig& config) {
    ordered_json json;
    json["tokens"] = config.layout.text();
    json["context"] = config.context;
    json["layers"] = config.layers;
    json["encoder_layers"] = config.encoder_layers;
    json["gate"] = std::string(name_of(config.gate));
    json["heads"] = config.heads;
    json["width"] = config.width;
    if (config.domains.empty()) json["channels"] = to_json(config.channels, config.layout);
    for (const auto& domain : config.domains) {
        json["domains"].push_back(
            {{"name", domain.name}, {"channels", to_json(domain.channels, config.layout)}});
    }
    json["outputs"] = ordered_json::array();
    for (const auto& head : config.outputs) {
        json["outputs"].push_back({{"role", head.role},
                                   {"modality", std::string(store::name_of(head.modality))},
                                   {"aim", std::string(mask::name_of(head.aim))}});
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
        const auto json = nlohmann::json::parse(text);
        config.layout = mask::Layout(json.at("tokens").get<std::string>());
        config.context = whole(json.at("context"));
        config.layers = whole(json.at("layers"));
        // Runs of earlier versions have none.
        if (json.contains("encoder_layers")) config.encoder_layers = whole(json["encoder_layers"]);
        config.gate = gate_from_json(json.value("gate", "none"));
        config.heads = whole(json.at("heads"));
        config.width = whole(json.at("width"));
        if (json.contains("domains")) {
            config.domains = domains_from(json["domains"], config.layout);
            config = config.in_domain(0);
        } else {
            config.channels = channels_from(json.at("channels"), config.layout);
        }
        config.outputs = outputs_from(json.at("outputs"), config.layout);
        config.mask_constant = mask_constant_from(json.at("mask_token"));
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
