#include "model/preset.h"

#include <array>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/suggest.h"

namespace mast::model {

std::span<const Preset> presets() {
    static constexpr std::array kPresets{
        Preset{"tiny", "minutes on two cores", 3, 4, 128, 10, 3e-3},
        Preset{"smart", "SMART (Sun et al. 2023)", 8, 8, 256, 30, 6e-4},
        Preset{"dt", "Decision Transformer (Chen et al. 2021)", 3, 1, 128, 20, 1e-4},
        Preset{"mtm", "MTM (Wu et al. 2023), encoder and decoder as one stack", 4, 4, 512, 16,
               1e-4},
    };
    return kPresets;
}

const Preset& find_preset(const std::string& name) {
    std::vector<std::string_view> known;
    for (const auto& preset : presets()) {
        if (name == preset.name) return preset;
        known.emplace_back(preset.name);
    }
    fail<UsageError>("--preset: \"{}\" is not tiny, smart, dt or mtm{}", name,
                     did_you_mean(name, known));
}

}  // namespace mast::model
