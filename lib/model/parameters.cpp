#include "model/parameters.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/random.h"
#include "model/average.h"

namespace mast::model {

namespace {

/// Tensors start on 64-byte boundaries.
constexpr std::int64_t kAlignment = 16;
/// Of what stands for a place or a kind rather than maps values: position, modality, mask, classes.
constexpr double kDeviation = 0.02;
/// Of gates: they begin near the identity (Parisotto et al. 2020, section 3.2).
constexpr float kGateBias = 2.0F;

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_gain(const std::string& name) {
    return ends_with(name, "ln1.weight") || ends_with(name, "ln2.weight") || name == "ln_f.weight";
}

double deviation_of(const Parameter& parameter, std::int64_t layers) {
    if (!parameter.decays) return kDeviation;
    const auto inputs = static_cast<double>(parameter.shape.back());
    const bool ends_branch = ends_with(parameter.name, "attn.proj.weight") ||
                             ends_with(parameter.name, "mlp.proj.weight");
    return 1 / std::sqrt(3 * inputs * (ends_branch ? 2.0 * static_cast<double>(layers) : 1.0));
}

/// How many domains have tensors of their own: a network without any counts as one.
std::size_t count_domains(const ModelConfig& config) {
    return std::max<std::size_t>(1, config.domains.size());
}

/// "" or "NAME.".
std::string own(const ModelConfig& config) {
    return config.domain.empty() ? "" : config.domain + ".";
}

}  // namespace

std::string embed_name(const ModelConfig& config, store::Modality modality) {
    return fmt::format("embed.{}{}", own(config), store::name_of(modality));
}

std::string head_name(const ModelConfig& config, const Head& head) {
    return fmt::format("heads.{}{}.{}", own(config), head.role, store::name_of(head.modality));
}

ParameterTable::ParameterTable(const ModelConfig& config) {
    const auto add = [&](std::string name, Shape shape, bool decays) {
        const auto count = element_count(shape);
        parameters_.push_back({std::move(name), std::move(shape), size_, decays, true});
        size_ += (count + kAlignment - 1) / kAlignment * kAlignment;
    };
    const auto add_linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
        add(name + ".weight", {out, in}, true);
        add(name + ".bias", {out}, false);
    };
    const auto add_norm = [&](const std::string& name) {
        add(name + ".weight", {config.width}, false);
        add(name + ".bias", {config.width}, false);
    };
    const auto c = config.width;
    for (const auto modality : config.layout.modalities()) {
        const std::string name(store::name_of(modality));
        for (std::size_t d = 0; d < count_domains(config); ++d) {
            const auto domain = config.in_domain(d);
            const auto& channel = domain.channels[store::index_of(modality)];
            if (channel.discrete) {
                add(embed_name(domain, modality) + ".weight", {channel.dim, c}, false);
            } else {
                add_linear(embed_name(domain, modality), c, channel.dim);
            }
        }
        if (!config.mask_constant) add("mask." + name, {c}, false);
        add("modality." + name, {c}, false);
    }
    add("position.weight", {config.context, c}, false);
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        const auto block = fmt::format("blocks.{}.", layer);
        add_norm(block + "ln1");
        add_linear(block + "attn.qkv", 3 * c, c);
        add_linear(block + "attn.proj", c, c);
        add_norm(block + "ln2");
        add_linear(block + "mlp.fc", 4 * c, c);
        add_linear(block + "mlp.proj", c, 4 * c);
        if (config.gate == Gate::none) continue;
        for (const auto* name : {"gate1", "gate2"}) {
            add(block + name + ".branch.weight", {3 * c, c}, true);
            add(block + name + ".residual.weight", {3 * c, c}, true);
            add(block + name + ".bias", {c}, false);
        }
    }
    add_norm("ln_f");
    for (std::size_t d = 0; d < count_domains(config); ++d) {
        const auto domain = config.in_domain(d);
        for (const auto& head : config.outputs)
            add_linear(head_name(domain, head), domain.columns(head), c);
        if (!config.has_average()) continue;
        const auto& obs = domain.channels[store::index_of(store::Modality::obs)];
        const auto name = "average." + embed_name(domain, store::Modality::obs);
        add(name + ".weight", {c, obs.dim}, false);
        add(name + ".bias", {c}, false);
    }
}

std::int64_t ParameterTable::count() const {
    std::int64_t total = 0;
    for (const auto& parameter : parameters_)
        total += parameter.name.starts_with("average.") ? 0 : element_count(parameter.shape);
    return total;
}

void ParameterTable::freeze(const std::vector<std::string>& names) {
    for (auto& parameter : parameters_) {
        if (std::find(names.begin(), names.end(), parameter.name) != names.end())
            parameter.trained = false;
    }
}

const Parameter& ParameterTable::find(std::string_view name) const {
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [&](const Parameter& p) { return p.name == name; });
    MAST_ASSERT(found != parameters_.end());
    return *found;
}

std::span<float> ParameterTable::of(std::span<float> buffer, const Parameter& parameter) const {
    return buffer.subspan(static_cast<std::size_t>(parameter.offset),
                          static_cast<std::size_t>(element_count(parameter.shape)));
}

std::span<const float> ParameterTable::of(std::span<const float> buffer,
                                          const Parameter& parameter) const {
    return buffer.subspan(static_cast<std::size_t>(parameter.offset),
                          static_cast<std::size_t>(element_count(parameter.shape)));
}

void initialise(const ParameterTable& table, const ModelConfig& config, std::uint64_t seed,
                std::span<float> values) {
    for (const auto& parameter : table.parameters()) {
        const auto span = table.of(values, parameter);
        const auto& name = parameter.name;
        if (is_gain(name)) {
            std::fill(span.begin(), span.end(), 1.0F);
        } else if (ends_with(name, "gate1.bias") || ends_with(name, "gate2.bias")) {
            std::fill(span.begin(), span.end(), kGateBias);
        } else if (ends_with(name, ".bias")) {
            std::fill(span.begin(), span.end(), 0.0F);
        } else {
            const double deviation = deviation_of(parameter, config.layers);
            Random random(seed, "initialise " + name, 0);
            for (auto& value : span)
                value = static_cast<float>(deviation * random.normal());
        }
    }
    move_average(table, values, 1.0);
}

}  // namespace mast::model
