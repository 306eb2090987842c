#include "train/adamw.h"

#include <cmath>

#include "base/assert.h"
#include "compute/adamw_update.h"

namespace mast::train {

AdamW::AdamW(const model::ParameterTable& table, const AdamWOptions& options)
    : table_(table), options_(options), first_(table.size()), second_(table.size()) {}

void AdamW::step(std::span<float> values, std::span<const float> gradients, double rate,
                 double gradient_scale) {
    MAST_ASSERT(static_cast<std::int64_t>(values.size()) == table_.size());
    MAST_ASSERT(static_cast<std::int64_t>(gradients.size()) == table_.size());
    ++steps_;
    const auto t = static_cast<double>(steps_);
    compute::AdamWFactors factors{};
    factors.beta1 = static_cast<float>(options_.beta1);
    factors.beta2 = static_cast<float>(options_.beta2);
    factors.scale = static_cast<float>(gradient_scale);
    factors.epsilon = static_cast<float>(options_.epsilon);
    factors.rate = static_cast<float>(rate / (1 - std::pow(options_.beta1, t)));
    factors.root = static_cast<float>(1 / std::sqrt(1 - std::pow(options_.beta2, t)));
    for (const auto& parameter : table_.parameters()) {
        if (!parameter.trained) continue;
        factors.decay =
            parameter.decays ? static_cast<float>(1 - rate * options_.weight_decay) : 1.0F;
        const auto at = parameter.offset;
        compute::adamw_update(
            factors, {element_count(parameter.shape), gradients.data() + at, values.data() + at,
                      first_.span().data() + at, second_.span().data() + at});
    }
}

}  // namespace mast::train
