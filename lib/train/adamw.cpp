#include "train/adamw.h"

#include <cmath>

#include "base/assert.h"
#include "compute/parallel.h"

namespace mast::train {

namespace {

constexpr std::int64_t kGrain = 16384;

/// The numbers of one step, the same for all elements of a tensor.
struct StepFactors {
    float beta1, beta2, scale, epsilon, rate, root, decay;
};

void update(std::int64_t count, const StepFactors& f, const float* gradient, float* value,
            float* first, float* second) {
    for (std::int64_t i = 0; i < count; ++i) {
        const float g = gradient[i] * f.scale;
        const float m = f.beta1 * first[i] + (1 - f.beta1) * g;
        const float v = f.beta2 * second[i] + (1 - f.beta2) * g * g;
        first[i] = m;
        second[i] = v;
        value[i] = value[i] * f.decay - f.rate * m / (std::sqrt(v) * f.root + f.epsilon);
    }
}

}  // namespace

AdamW::AdamW(const model::ParameterTable& table, const AdamWOptions& options)
    : table_(table), options_(options), first_(table.size()), second_(table.size()) {}

void AdamW::step(std::span<float> values, std::span<const float> gradients, double rate,
                 double gradient_scale) {
    MAST_ASSERT(static_cast<std::int64_t>(values.size()) == table_.size());
    MAST_ASSERT(static_cast<std::int64_t>(gradients.size()) == table_.size());
    ++steps_;
    const auto t = static_cast<double>(steps_);
    StepFactors factors{};
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
        compute::parallel_for(
            element_count(parameter.shape), kGrain, [&](std::int64_t begin, std::int64_t end) {
                const auto from = at + begin;
                update(end - begin, factors, gradients.data() + from, values.data() + from,
                       first_.span().data() + from, second_.span().data() + from);
            });
    }
}

}  // namespace mast::train
