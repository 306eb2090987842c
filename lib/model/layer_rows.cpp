#include "model/layer_rows.h"

#include "base/assert.h"

namespace mast::model {

LayerRows::LayerRows(std::int64_t samples, std::int64_t tokens, std::int64_t rows)
    : marked_(static_cast<std::size_t>(tokens)) {
    // The last sample may go beyond the limit, before it is taken back.
    rows_.reserve(samples + 1, rows + tokens);
    own_.reserve(static_cast<std::size_t>(rows));
}

void LayerRows::add_sample(const mask::Batch& batch, const mask::MaskedView& view,
                           std::int64_t sample) {
    const auto& layout = view.objective->layout;
    const auto* valid = batch.windows.valid.data() + sample * batch.windows.steps;
    for (std::size_t token = 0; token < marked_.size(); ++token)
        marked_[token] = valid[layout.step_of(static_cast<std::int64_t>(token))];
    rows_.add_sample(marked_);
}

std::int64_t LayerRows::fill(const mask::Batch& batch, const mask::MaskedView& view,
                             std::int64_t first, std::int64_t limit) {
    MAST_ASSERT(view.objective->tokens() == static_cast<std::int64_t>(marked_.size()));
    MAST_ASSERT(limit >= view.objective->tokens());
    rows_.clear();
    for (auto sample = first; sample < batch.windows.batch; ++sample) {
        add_sample(batch, view, sample);
        if (rows_.rows() <= limit) continue;
        rows_.drop_last_sample();
        break;
    }
    find_rows(rows_, rows_, own_);
    return rows_.samples();
}

}  // namespace mast::model
