#include "model/predictions.h"

namespace mast::model {

void ModalityPredictions::clear() {
    sample.clear();
    step.clear();
    values.clear();
}

void Predictions::clear() {
    for (auto& modality : of)
        modality.clear();
}

}  // namespace mast::model
