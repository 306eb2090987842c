#include "apply/training_pictures.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace mast::apply {

using picture::Colour;
using picture::Raster;
using store::Modality;

namespace {

constexpr Colour kPaper{255, 255, 255};
constexpr Colour kInk{47, 62, 82};
constexpr Colour kOrange{255, 140, 0};
constexpr Colour kHidden{225, 225, 225};
constexpr Colour kNotComputed{219, 233, 246};
constexpr Colour kFrame{150, 150, 150};

constexpr std::int64_t kGap = 4;
constexpr std::int64_t kMostSide = 192;  ///< pixels of a square of attention
constexpr std::int64_t kStripHeight = 60;
constexpr std::int64_t kStripWidth = 600;  ///< about

/// Where a number of tokens lies in a square of pixels.
struct Scaling {
    std::int64_t tokens;
    std::int64_t enlarged;  ///< pixels of a token
    std::int64_t shrunk;    ///< tokens of a pixel; one of the two is 1

    explicit Scaling(std::int64_t n)
        : tokens(n),
          enlarged(std::max<std::int64_t>(1, kMostSide / n)),
          shrunk((n + kMostSide - 1) / kMostSide) {}
    std::int64_t cells() const { return (tokens + shrunk - 1) / shrunk; }
    std::int64_t side() const { return cells() * enlarged; }
};

/// The largest share among the tokens of a cell; negative where none was computed.
float share_of(const float* map, const Scaling& scaling, std::int64_t row, std::int64_t column) {
    float most = -1;
    const auto end = [&](std::int64_t cell) {
        return std::min(scaling.tokens, (cell + 1) * scaling.shrunk);
    };
    for (auto q = row * scaling.shrunk; q < end(row); ++q) {
        for (auto k = column * scaling.shrunk; k < end(column); ++k)
            most = std::max(most, map[q * scaling.tokens + k]);
    }
    return most;
}

/// Shares fall off fast: the root keeps small ones visible.
Colour colour_of(float share) {
    if (!(share >= 0)) return kNotComputed;
    const auto dark = std::sqrt(std::min(share, 1.0F));
    const auto mix = [dark](std::uint8_t paper, std::uint8_t ink) {
        return static_cast<std::uint8_t>(
            std::lround(static_cast<float>(paper) +
                        dark * (static_cast<float>(ink) - static_cast<float>(paper))));
    };
    return {mix(kPaper.red, kInk.red), mix(kPaper.green, kInk.green), mix(kPaper.blue, kInk.blue)};
}

void draw_map(const float* map, const Scaling& scaling, std::int64_t left, std::int64_t top,
              Raster& picture) {
    for (std::int64_t row = 0; row < scaling.cells(); ++row) {
        for (std::int64_t column = 0; column < scaling.cells(); ++column) {
            picture.box(left + column * scaling.enlarged, top + row * scaling.enlarged,
                        scaling.enlarged, scaling.enlarged,
                        colour_of(share_of(map, scaling, row, column)));
        }
    }
}

/// One column of a modality over the steps of the first window.
struct Strip {
    std::vector<float> truth;      ///< (T); NaN in padding
    std::vector<float> predicted;  ///< (T); NaN where nothing is
    std::vector<std::uint8_t> hidden;
};

float truth_at(const window::Windows& windows, Modality modality, std::int64_t step,
               std::int64_t column) {
    const auto m = store::index_of(modality);
    const auto& channel = windows.channels[m];
    if (windows.valid[static_cast<std::size_t>(step)] == 0) return NAN;
    if (channel.discrete)
        return static_cast<float>(windows.classes[static_cast<std::size_t>(step)]);
    return windows.values[m][static_cast<std::size_t>(step * channel.dim + column)];
}

float predicted_at(const model::ModalityPredictions& predictions, const window::Channel& channel,
                   std::size_t row, std::int64_t column) {
    const auto dim = static_cast<std::size_t>(channel.dim);
    const auto* const values = predictions.values.data() + row * dim;
    if (!channel.discrete) return values[column];
    return static_cast<float>(std::max_element(values, values + dim) - values);
}

Strip strip_of(const mask::Batch& batch, const mask::MaskedView& view, Modality modality,
               std::int64_t column, const model::ModalityPredictions& predictions) {
    const auto& windows = batch.windows;
    const auto& channel = windows.channels[store::index_of(modality)];
    Strip strip;
    for (std::int64_t t = 0; t < windows.steps; ++t) {
        const auto token = view.objective->layout.token(t, modality);
        strip.truth.push_back(truth_at(windows, modality, t, column));
        strip.hidden.push_back(view.hidden[static_cast<std::size_t>(token)]);
    }
    strip.predicted.assign(strip.truth.size(), NAN);
    for (std::size_t row = 0; row < predictions.sample.size(); ++row) {
        if (predictions.sample[row] != 0) break;  // samples come in order
        strip.predicted[static_cast<std::size_t>(predictions.step[row])] =
            predicted_at(predictions, channel, row, column);
    }
    return strip;
}

std::vector<Strip> strips_of(const mask::Batch& batch, const mask::MaskedView& view,
                             const model::Predictions& predictions) {
    std::vector<Strip> strips;
    for (const auto modality : view.objective->layout.modalities()) {
        const auto& of = predictions[modality];
        if (of.sample.empty() || of.sample.front() != 0) continue;
        const auto& channel = batch.windows.channels[store::index_of(modality)];
        const auto columns = channel.discrete ? 1 : channel.dim;
        for (std::int64_t c = 0; c < columns; ++c) {
            if (static_cast<std::int64_t>(strips.size()) == kMostStrips) return strips;
            strips.push_back(strip_of(batch, view, modality, c, of));
        }
    }
    return strips;
}

/// The range of finite values of a strip, with some room.
struct Range {
    float least = INFINITY;
    float most = -INFINITY;

    explicit Range(const Strip& strip) {
        for (const auto* values : {&strip.truth, &strip.predicted}) {
            for (const float value : *values) {
                if (!std::isfinite(value)) continue;
                least = std::min(least, value);
                most = std::max(most, value);
            }
        }
        const float room = std::max(0.1F * (most - least), 1e-3F);
        least -= room;
        most += room;
    }
    std::int64_t row_of(float value) const {
        const float part = (most - value) / (most - least);
        if (!std::isfinite(part)) return 0;  // values so large that their range is none
        return std::lround(part * static_cast<float>(kStripHeight - 1));
    }
};

void draw_strip(const Strip& strip, std::int64_t left, std::int64_t top, std::int64_t pixels,
                Raster& picture) {
    const auto steps = static_cast<std::int64_t>(strip.truth.size());
    const Range range(strip);
    const auto middle = [&](std::int64_t t) { return left + t * pixels + pixels / 2; };
    picture.box(left, top, steps * pixels, kStripHeight, kPaper);
    for (std::int64_t t = 0; t < steps; ++t) {
        if (strip.hidden[static_cast<std::size_t>(t)] != mask::kVisible)
            picture.box(left + t * pixels, top, pixels, kStripHeight, kHidden);
    }
    for (std::int64_t t = 0; t < steps; ++t) {
        const float truth = strip.truth[static_cast<std::size_t>(t)];
        const float before = t > 0 ? strip.truth[static_cast<std::size_t>(t - 1)] : NAN;
        if (!std::isfinite(truth)) continue;
        const auto from = std::isfinite(before) ? t - 1 : t;
        picture.line(middle(from), top + range.row_of(std::isfinite(before) ? before : truth),
                     middle(t), top + range.row_of(truth), kInk);
    }
    for (std::int64_t t = 0; t < steps; ++t) {
        const float value = strip.predicted[static_cast<std::size_t>(t)];
        if (std::isfinite(value))
            picture.box(middle(t) - 1, top + range.row_of(value) - 1, 3, 3, kOrange);
    }
}

}  // namespace

Raster draw_attention(model::Transformer& model, const mask::Batch& batch, std::size_t view) {
    const auto maps = model.attention(batch, view, 0);
    const Scaling scaling(maps.tokens);
    const auto stride = scaling.side() + kGap;
    Raster picture(maps.heads * stride + kGap, maps.layers * stride + kGap, kFrame);
    for (std::int64_t layer = 0; layer < maps.layers; ++layer) {
        for (std::int64_t head = 0; head < maps.heads; ++head)
            draw_map(maps.of(layer, head), scaling, kGap + head * stride, kGap + layer * stride,
                     picture);
    }
    return picture;
}

Raster draw_predictions(model::Transformer& model, const mask::Batch& batch, std::size_t view) {
    model::Predictions predictions;
    model.predict(batch, view, predictions);
    const auto strips = strips_of(batch, batch.views[view], predictions);
    const auto steps = batch.windows.steps;
    const auto pixels = std::max<std::int64_t>(4, kStripWidth / steps);
    const auto count = std::max<std::int64_t>(1, static_cast<std::int64_t>(strips.size()));
    Raster picture(steps * pixels + 2 * kGap, count * (kStripHeight + kGap) + kGap, kFrame);
    for (std::size_t i = 0; i < strips.size(); ++i) {
        draw_strip(strips[i], kGap, kGap + static_cast<std::int64_t>(i) * (kStripHeight + kGap),
                   pixels, picture);
    }
    return picture;
}

}  // namespace mast::apply
