// What a network says of the tokens that a view predicts.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mask/batch.h"

namespace mast::model {

/// Of one modality; N tokens in the order of samples, then of steps.
struct ModalityPredictions {
    std::vector<std::int64_t> sample;  ///< (N) of the batch
    std::vector<std::int64_t> step;    ///< (N) of the window
    std::vector<float> values;         ///< (N, columns)

    std::int64_t count() const { return static_cast<std::int64_t>(sample.size()); }
    void clear();
};

/// By modality of the targets. Overwritten by each call that fills it.
struct Predictions {
    std::array<ModalityPredictions, store::kModalities.size()> of;

    ModalityPredictions& operator[](store::Modality m) { return of[store::index_of(m)]; }
    const ModalityPredictions& operator[](store::Modality m) const {
        return of[store::index_of(m)];
    }
    void clear();
};

}  // namespace mast::model
