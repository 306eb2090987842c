#include "model/average.h"

namespace mast::model {

namespace {

constexpr const char* kPrefix = "average.";

}  // namespace

void move_average(const ParameterTable& table, std::span<float> values, double rate) {
    const std::string_view prefix(kPrefix);
    for (const auto& parameter : table.parameters()) {
        if (!parameter.name.starts_with(prefix)) continue;
        const auto& followed = table.find(std::string_view(parameter.name).substr(prefix.size()));
        const auto average = table.of(values, parameter);
        const auto now = table.of(values, followed);
        for (std::size_t i = 0; i < average.size(); ++i)
            average[i] = now[i] + static_cast<float>(1 - rate) * (average[i] - now[i]);
    }
}

}  // namespace mast::model
