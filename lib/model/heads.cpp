#include "model/heads.h"

#include <algorithm>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "compute/cross_entropy.h"
#include "compute/info_nce.h"
#include "compute/layer_norm.h"
#include "compute/linear.h"
#include "compute/mse.h"
#include "compute/rows.h"

namespace mast::model {

namespace {

std::size_t output_index(const ModelConfig& config, const std::string& role,
                         store::Modality modality) {
    const auto found = std::find_if(
        config.outputs.begin(), config.outputs.end(),
        [&](const Head& head) { return head.role == role && head.modality == modality; });
    MAST_ASSERT(found != config.outputs.end());
    return static_cast<std::size_t>(found - config.outputs.begin());
}

/// Collects the predicted tokens of one modality: rows of x and targets. Returns how many.
std::int64_t gather_targets(const ModelConfig& config, const Rows& rows, store::Modality modality,
                            HeadScratch& scratch) {
    const auto& windows = rows.batch.windows;
    const auto& channel = config.channels[store::index_of(modality)];
    const auto& readout = rows.view.objective->readout;
    const auto n = config.layout.tokens(windows.steps);
    std::int64_t picked = 0;
    for (std::int64_t b = 0; b < rows.set.samples(); ++b) {
        const auto sample = rows.first + b;
        auto row = rows.set.first()[static_cast<std::size_t>(b)];
        for (const auto token : rows.set.tokens_of(b))
            scratch.row_of[static_cast<std::size_t>(token)] = row++;
        for (std::int64_t t = 0; t < windows.steps; ++t) {
            const auto token = config.layout.token(t, modality);
            if (rows.view.predict[static_cast<std::size_t>(sample * n + token)] == 0) continue;
            const auto i = static_cast<std::size_t>(picked++);
            const auto read = readout[static_cast<std::size_t>(token)];
            scratch.row[i] = scratch.row_of[static_cast<std::size_t>(read)];
            scratch.sample[i] = sample;
            scratch.step[i] = t;
            const auto step = sample * windows.steps + t;
            if (channel.discrete) {
                scratch.classes[i] = windows.classes[static_cast<std::size_t>(step)];
            } else {
                std::copy_n(windows.values[store::index_of(modality)].data() + step * channel.dim,
                            channel.dim,
                            scratch.value.span().data() + picked * channel.dim - channel.dim);
            }
        }
    }
    return picked;
}

/// Classes that are not valid at a target's step get no probability and no gradient (Huang and
/// Ontañón 2022).
void forbid_classes(const window::Windows& windows, const HeadScratch& scratch,
                    Matrix<float> logits) {
    for (std::int64_t r = 0; r < logits.rows; ++r) {
        const auto i = static_cast<std::size_t>(r);
        const auto may = windows.valid_classes(scratch.sample[i] * windows.steps + scratch.step[i]);
        for (std::size_t k = 0; k < may.size(); ++k) {
            if (may[k] == 0) logits.row(r)[k] = -std::numeric_limits<float>::infinity();
        }
    }
}

/// The loss of gathered targets: squared errors, or nats.
double score(const HeadTensors& values, const window::Channel& channel, mask::Aim aim, float scale,
             Matrix<const float> prediction, Matrix<float> dprediction, HeadScratch& scratch) {
    const auto rows = prediction.rows;
    if (channel.discrete) {
        const std::span classes(scratch.classes.data(), static_cast<std::size_t>(rows));
        return compute::cross_entropy(prediction, classes, scale, dprediction);
    }
    const auto value = scratch.value.matrix(rows, channel.dim);
    if (aim == mask::Aim::value)
        return compute::squared_error(prediction, value, scale, dprediction);
    const auto code = scratch.target.matrix(rows, prediction.cols);
    compute::linear(value, values.average.weight, values.average.bias, code);
    if (aim == mask::Aim::latent)
        return compute::squared_error(prediction, code, scale, dprediction);
    return compute::info_nce(prediction, code, scale, dprediction);
}

}  // namespace

std::int64_t elements_of(std::int64_t rows, std::int64_t columns, const window::Channel& channel,
                         mask::Aim aim) {
    return channel.discrete || aim == mask::Aim::contrast ? rows : rows * columns;
}

HeadTensors::HeadTensors(const ParameterTable& table, const ModelConfig& config,
                         std::span<float> buffer)
    : last_norm(table, buffer, "ln_f") {
    for (const auto& head : config.outputs) {
        outputs.emplace_back(table, buffer, head_name(config, head));
    }
    if (config.has_average())
        average = Linear(table, buffer, "average." + embed_name(config, store::Modality::obs));
}

HeadScratch::HeadScratch(std::int64_t rows, std::int64_t tokens, std::int64_t width,
                         std::int64_t columns)
    : picked(rows * width),
      normed(rows * width),
      back(rows * width),
      norms(2 * rows),
      prediction(rows * columns),
      value(rows * columns),
      target(rows * columns),
      dprediction(rows * columns),
      row(static_cast<std::size_t>(rows)),
      sample(static_cast<std::size_t>(rows)),
      step(static_cast<std::size_t>(rows)),
      classes(static_cast<std::size_t>(rows)),
      row_of(static_cast<std::size_t>(tokens)) {}

namespace {

/// The rows of x that targets are read from, on their way to the head.
struct NormedRows {
    std::span<const std::int64_t> index;  ///< (R) rows of x
    Matrix<float> picked, normed;         ///< (R, C) before and after the last norm
    std::span<float> mean, rstd;          ///< (R)
};

/// Of those that gather_targets() found.
NormedRows norm_rows(const Norm& norm, std::int64_t rows, Matrix<const float> x,
                     HeadScratch& scratch) {
    const auto size = static_cast<std::size_t>(rows);
    NormedRows read{std::span<const std::int64_t>(scratch.row).first(size),
                    scratch.picked.matrix(rows, x.cols), scratch.normed.matrix(rows, x.cols),
                    scratch.norms.span().first(size), scratch.norms.span().subspan(size, size)};
    compute::gather_rows(x, read.index, read.picked);
    compute::layer_norm(read.picked, norm.gain, norm.bias, read.normed, read.mean, read.rstd);
    return read;
}

/// A head's output for the normed rows of gathered targets, (R, columns).
Matrix<float> predict(const Linear& head, const window::Windows& windows, store::Modality modality,
                      Matrix<const float> normed, HeadScratch& scratch) {
    const auto prediction = scratch.prediction.matrix(normed.rows, head.weight.rows);
    compute::linear(normed, head.weight, head.bias, prediction);
    if (windows.channels[store::index_of(modality)].discrete)
        forbid_classes(windows, scratch, prediction);
    return prediction;
}

}  // namespace

void collect(const HeadTensors& values, const ModelConfig& config, const Rows& all, Read what,
             Matrix<const float> x, HeadScratch& scratch, Predictions& out) {
    for (const auto modality : config.layout.modalities()) {
        const auto rows = gather_targets(config, all, modality, scratch);
        if (rows == 0) continue;
        auto taken = norm_rows(values.last_norm, rows, x, scratch).normed;
        if (what == Read::outputs) {
            const auto which = output_index(config, all.view.objective->role, modality);
            taken = predict(values.outputs[which], all.batch.windows, modality, taken, scratch);
        }
        auto& into = out[modality];
        into.sample.insert(into.sample.end(), scratch.sample.begin(),
                           scratch.sample.begin() + rows);
        into.step.insert(into.step.end(), scratch.step.begin(), scratch.step.begin() + rows);
        into.values.insert(into.values.end(), taken.data, taken.data + taken.size());
    }
}

LossSums read_out(const HeadTensors& values, const HeadTensors* gradients,
                  const ModelConfig& config, const Rows& all, const std::array<float, 4>& scale,
                  Matrix<const float> x, Matrix<float> dx, HeadScratch& scratch) {
    const auto& view = all.view;
    LossSums sums;
    for (const auto modality : config.layout.modalities()) {
        const auto m = store::index_of(modality);
        const auto rows = gather_targets(config, all, modality, scratch);
        if (rows == 0) continue;
        const auto& channel = config.channels[m];
        const auto which = output_index(config, view.objective->role, modality);
        const auto& head = values.outputs[which];
        const auto columns = config.columns(config.outputs[which]);
        const auto read = norm_rows(values.last_norm, rows, x, scratch);
        const auto prediction = predict(head, all.batch.windows, modality, read.normed, scratch);

        Matrix<float> dprediction;
        if (gradients != nullptr) dprediction = scratch.dprediction.matrix(rows, columns);
        sums.sum[m] +=
            score(values, channel, view.objective->aim, scale[m], prediction, dprediction, scratch);
        sums.count[m] += elements_of(rows, columns, channel, view.objective->aim);
        if (gradients == nullptr) continue;

        const auto dnormed = scratch.back.matrix(rows, x.cols);
        compute::linear_backward(read.normed, head.weight, dprediction, dnormed,
                                 gradients->outputs[which].weight, gradients->outputs[which].bias);
        // `normed` is not needed any more and takes the gradient of the picked rows.
        std::fill_n(read.normed.data, read.normed.size(), 0.0F);
        compute::layer_norm_backward(read.picked, values.last_norm.gain, read.mean, read.rstd,
                                     dnormed, read.normed, gradients->last_norm.gain,
                                     gradients->last_norm.bias);
        compute::scatter_add_rows(read.normed, read.index, dx);
    }
    return sums;
}

}  // namespace mast::model
