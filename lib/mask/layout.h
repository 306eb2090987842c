// The order of tokens: one token for each modality and step.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/modality.h"

namespace mast::mask {

using store::Modality;

/// "obs,act" gives o_0 a_0 o_1 a_1 ..., so step t has o at 2t and a at 2t + 1.
class Layout {
  public:
    /// Throws UsageError: a modality is unknown (with a suggestion), named twice, or obs or act
    /// missing.
    explicit Layout(const std::string& text);

    const std::vector<Modality>& modalities() const { return modalities_; }
    std::int64_t per_step() const { return static_cast<std::int64_t>(modalities_.size()); }
    bool has(Modality modality) const;
    /// Place of a modality inside its step; it must be there.
    std::int64_t slot(Modality modality) const;

    std::int64_t tokens(std::int64_t steps) const { return steps * per_step(); }
    std::int64_t token(std::int64_t step, Modality modality) const {
        return step * per_step() + slot(modality);
    }
    std::int64_t step_of(std::int64_t token) const { return token / per_step(); }
    Modality modality_of(std::int64_t token) const {
        return modalities_[static_cast<std::size_t>(token % per_step())];
    }
    /// "o_3", "a_3", "r_3", "R_3" for messages and pictures.
    std::string token_name(std::int64_t token) const;
    /// "obs,act".
    std::string text() const;

    bool operator==(const Layout&) const = default;

  private:
    std::vector<Modality> modalities_;
};

}  // namespace mast::mask
