#include "store/modality.h"

namespace mast::store {

std::string_view name_of(Modality modality) {
    switch (modality) {
        case Modality::obs:
            return "obs";
        case Modality::act:
            return "act";
        case Modality::rew:
            return "rew";
        case Modality::rtg:
            return "rtg";
    }
    return "";
}

std::optional<Modality> modality_from(std::string_view name) {
    for (const auto modality : kModalities) {
        if (name == name_of(modality)) return modality;
    }
    return std::nullopt;
}

}  // namespace mast::store
