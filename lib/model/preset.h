// Sizes by name: the peers' own, and a small one to begin with.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace mast::model {

struct Preset {
    const char* name;
    const char* source;
    std::int64_t layers, heads, width;
    std::int64_t context;  ///< T steps
    double learning_rate;  ///< after the warm-up
};

std::span<const Preset> presets();

/// Throws UsageError with a suggestion.
const Preset& find_preset(const std::string& name);

}  // namespace mast::model
