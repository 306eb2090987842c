// The moving average of the observation's embedding: what objectives in latent space aim at.
#pragma once

#include <span>

#include "model/parameters.h"

namespace mast::model {

/// By which the average moves towards the values at each update (Sun et al. 2023, their code).
inline constexpr double kAverageRate = 0.005;

/// average.embed.obs.* += rate * (embed.obs.* - average.embed.obs.*). Nothing happens where the
/// network keeps no average. rate 1 copies.
void move_average(const ParameterTable& table, std::span<float> values, double rate);

}  // namespace mast::model
