#include "mask/objective.h"

#include <algorithm>

#include "base/assert.h"

namespace mast::mask {

namespace {

constexpr std::array<std::string_view, 3> kTargets{"always", "when_hidden", "when_row_hidden"};
constexpr std::array<std::string_view, 3> kAims{"value", "latent", "contrast"};

template <class E, std::size_t N>
std::optional<E> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<E>(found - names.begin());
}

void hide_tokens(const Objective& objective, const DrawKey& key,
                 std::span<const std::uint8_t> valid, std::span<std::uint8_t> hidden) {
    Random random(key.seed, objective.name, key.sample);
    Draw draw{random, key.progress};
    objective.hide(draw, valid, hidden);
}

bool asked_for(Target target, std::uint8_t token, std::uint8_t row) {
    if (token == kSilent) return false;
    if (target == Target::when_hidden) return token != kVisible;
    return target == Target::always || row != kVisible;
}

}  // namespace

std::string_view name_of(Target target) {
    return kTargets[static_cast<std::size_t>(target)];
}

std::string_view name_of(Aim aim) {
    return kAims[static_cast<std::size_t>(aim)];
}

std::optional<Target> target_from(std::string_view name) {
    return find_name<Target>(kTargets, name);
}

std::optional<Aim> aim_from(std::string_view name) {
    return find_name<Aim>(kAims, name);
}

double Objective::mean_hidden_asked() const {
    double sum = 0;
    int kinds = 0;
    for (const double asked : hidden_asked) {
        sum += asked;
        kinds += asked > 0 ? 1 : 0;
    }
    return kinds > 0 ? sum / kinds : 0.0;
}

void draw(const Objective& objective, const DrawKey& key, std::span<const std::uint8_t> valid,
          std::span<std::uint8_t> hidden, std::span<std::uint8_t> predict) {
    const std::int64_t n = objective.tokens();
    const std::int64_t per_step = objective.layout.per_step();
    MAST_ASSERT(static_cast<std::int64_t>(valid.size()) == objective.steps);
    MAST_ASSERT(static_cast<std::int64_t>(hidden.size()) == n);
    MAST_ASSERT(static_cast<std::int64_t>(predict.size()) == n);
    std::fill(hidden.begin(), hidden.end(), std::uint8_t{kVisible});
    const bool whole = std::find(valid.begin(), valid.end(), 0) == valid.end();
    if (objective.hide) {
        // Until it gets its own content, `predict` holds which tokens are valid.
        for (std::size_t t = 0; t < valid.size(); ++t)
            std::fill_n(predict.begin() + static_cast<std::ptrdiff_t>(t) * per_step, per_step,
                        valid[t]);
        hide_tokens(objective, key, predict, hidden);
    }
    const auto is_valid = [&](std::int64_t token) {
        return whole || valid[static_cast<std::size_t>(token / per_step)] != 0;
    };
    for (std::int64_t i = 0; i < n; ++i) {
        const auto token = static_cast<std::size_t>(i);
        const std::int64_t row = objective.readout[token];
        const bool target =
            row != kNoReadout && is_valid(i) && is_valid(row) &&
            asked_for(objective.target, hidden[token], hidden[static_cast<std::size_t>(row)]);
        predict[token] = target ? 1 : 0;
    }
    std::replace(hidden.begin(), hidden.end(), std::uint8_t{kSilent}, std::uint8_t{kMasked});
}

}  // namespace mast::mask
