#include "model/layer_rows.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace mast::model {

LayerRows::LayerRows(const ModelConfig& config, std::int64_t samples, std::int64_t tokens,
                     std::int64_t rows)
    : encoder_layers_(static_cast<std::size_t>(config.encoder_layers)),
      inputs_(static_cast<std::size_t>(config.layers)),
      query_(inputs_.size()),
      may_(static_cast<std::size_t>(tokens)),
      marked_(may_.size()),
      hidden_(may_.size()) {
    // The last sample may go beyond the limit, before it is taken back.
    for (auto& input : inputs_)
        input.reserve(samples + 1, rows + tokens);
    for (auto* set : {&read_, &encoded_, &joining_})
        set->reserve(samples + 1, rows + tokens);
    for (auto* place : {&encoded_place_, &joining_place_})
        place->reserve(static_cast<std::size_t>(rows));
    for (auto& query : query_)
        query.reserve(static_cast<std::size_t>(rows));
    fresh_.reserve(may_.size());
    next_.reserve(may_.size());
}

/// Marks the rows of a sample that are read. Returns how many targets are read from them.
std::int64_t LayerRows::mark_read(const mask::Batch& batch, const mask::MaskedView& view,
                                  std::int64_t sample) {
    const auto& objective = *view.objective;
    const auto n = objective.tokens();
    std::fill(marked_.begin(), marked_.end(), std::uint8_t{0});
    fresh_.clear();
    std::int64_t targets = 0;
    for (std::int64_t token = 0; token < n; ++token) {
        const auto step = sample * objective.steps + objective.layout.step_of(token);
        may_[static_cast<std::size_t>(token)] = batch.windows.valid[static_cast<std::size_t>(step)];
        if (view.predict[static_cast<std::size_t>(sample * n + token)] == 0) continue;
        ++targets;
        const auto row = objective.readout[static_cast<std::size_t>(token)];
        auto& mark = marked_[static_cast<std::size_t>(row)];
        if (mark == 0) fresh_.push_back(static_cast<std::int32_t>(row));
        mark = 1;
    }
    left_ = std::count(may_.begin(), may_.end(), 1) - static_cast<std::int64_t>(fresh_.size());
    for (const auto row : fresh_)
        MAST_ASSERT(may_[static_cast<std::size_t>(row)] != 0);
    return targets;
}

/// Marks what the tokens that were marked last may look at.
void LayerRows::mark_seen(std::span<const std::uint8_t> attend) {
    next_.clear();
    for (const auto q : fresh_) {
        if (left_ == 0) break;
        const auto* sees = attend.data() + static_cast<std::size_t>(q) * may_.size();
        for (std::size_t k = 0; k < may_.size(); ++k) {
            if (sees[k] == 0 || may_[k] == 0 || marked_[k] != 0) continue;
            marked_[k] = 1;
            next_.push_back(static_cast<std::int32_t>(k));
            --left_;
        }
    }
    std::swap(fresh_, next_);
}

/// Of the marked tokens those that show a value stay; the others join here.
void LayerRows::leave_shown(const mask::MaskedView& view, std::int64_t sample) {
    const auto first = static_cast<std::size_t>(sample) * may_.size();
    left_ = 0;
    for (std::size_t token = 0; token < may_.size(); ++token) {
        const bool shown = !view.masked(first + token);
        hidden_[token] = marked_[token] != 0 && !shown ? 1 : 0;
        if (shown) {
            left_ += may_[token] != 0 && marked_[token] == 0 ? 1 : 0;
        } else {
            may_[token] = marked_[token] = 0;
        }
    }
    std::erase_if(
        fresh_, [&](std::int32_t token) { return marked_[static_cast<std::size_t>(token)] == 0; });
    joining_.add_sample(hidden_);
    encoded_.add_sample(marked_);
}

std::int64_t LayerRows::add_sample(const mask::Batch& batch, const mask::MaskedView& view,
                                   std::int64_t sample) {
    const auto targets = mark_read(batch, view, sample);
    read_.add_sample(marked_);
    for (std::size_t layer = inputs_.size(); layer-- > 0;) {
        mark_seen(view.objective->attend);
        inputs_[layer].add_sample(marked_);
        if (layer > 0 && layer == encoder_layers_) leave_shown(view, sample);
    }
    return targets;
}

void LayerRows::drop_last_sample() {
    read_.drop_last_sample();
    if (encoder_layers_ > 0) {
        encoded_.drop_last_sample();
        joining_.drop_last_sample();
    }
    for (auto& input : inputs_)
        input.drop_last_sample();
}

bool LayerRows::fits(std::int64_t limit) const {
    return std::all_of(inputs_.begin(), inputs_.end(),
                       [&](const RowSet& input) { return input.rows() <= limit; });
}

std::int64_t LayerRows::fill(const mask::Batch& batch, const mask::MaskedView& view,
                             std::int64_t first, std::int64_t end, std::int64_t limit) {
    MAST_ASSERT(view.objective->tokens() == static_cast<std::int64_t>(may_.size()));
    MAST_ASSERT(limit >= view.objective->tokens());
    for (auto& input : inputs_)
        input.clear();
    for (auto* set : {&read_, &encoded_, &joining_})
        set->clear();
    std::int64_t targets = 0;
    for (auto sample = first; sample < end; ++sample) {
        targets += add_sample(batch, view, sample);
        if (targets <= limit && fits(limit)) continue;
        drop_last_sample();
        break;
    }
    for (std::size_t layer = 0; layer < inputs_.size(); ++layer)
        find_rows(output(layer), input(layer), query_[layer]);
    if (encoder_layers_ > 0) {
        find_rows(encoded_, input(encoder_layers_), encoded_place_);
        find_rows(joining_, input(encoder_layers_), joining_place_);
    }
    return read_.samples();
}

}  // namespace mast::model
