#include "model/embedding.h"

#include <algorithm>
#include <string>

#include "compute/linear.h"

namespace mast::model {

namespace {

/// A modality's place in the batch: its values and where its tokens lie.
struct Slot {
    const mask::Batch& batch;
    const mask::MaskedView& view;
    const ModelConfig& config;
    SampleRange samples;
    std::int64_t slot;

    store::Modality modality() const {
        return config.layout.modalities()[static_cast<std::size_t>(slot)];
    }
    std::int64_t steps() const { return batch.windows.steps; }
    std::int64_t tokens() const { return config.layout.tokens(steps()); }
    std::int64_t rows() const { return samples.count * steps(); }
    bool discrete() const { return config.channels[store::index_of(modality())].discrete; }

    /// Values shown at row r = sample * T + step, as (rows, D); gathered in `shown` where some are
    /// replaced.
    Matrix<const float> values(compute::Buffer& shown) const {
        const auto& all = batch.windows.values[store::index_of(modality())];
        const auto dim = config.channels[store::index_of(modality())].dim;
        if (view.source.empty()) return {all.data() + samples.first * steps() * dim, rows(), dim};
        const auto gathered = shown.matrix(rows(), dim);
        for (std::int64_t r = 0; r < rows(); ++r)
            std::copy_n(all.data() + source(r) * dim, dim, gathered.row(r));
        return gathered;
    }
    std::int32_t class_of(std::int64_t r) const {
        return batch.windows.classes[static_cast<std::size_t>(source(r))];
    }
    /// Row of x that holds the token of (sample, step) r.
    std::int64_t token_row(std::int64_t r) const { return r * config.layout.per_step() + slot; }
    bool masked(std::int64_t r) const { return view.masked(token(r)); }
    std::size_t token(std::int64_t r) const {
        return static_cast<std::size_t>(samples.first * tokens() + token_row(r));
    }
    /// Row of the batch's values that the token shows; its own where it is masked.
    std::int64_t source(std::int64_t r) const {
        return view.source.empty() || masked(r) ? samples.first * steps() + r
                                                : view.source[token(r)];
    }
};

void add_row(const float* from, std::int64_t count, float* to) {
    for (std::int64_t c = 0; c < count; ++c)
        to[c] += from[c];
}

/// x = content + position + modality, for the tokens of one modality.
void place_tokens(const Slot& slot, const ModalityTensors& tensors, const Matrix<float>& position,
                  Matrix<const float> content, Matrix<float> x) {
    for (std::int64_t r = 0; r < slot.rows(); ++r) {
        float* out = x.row(slot.token_row(r));
        const bool masked = slot.masked(r);
        if (masked && tensors.mask.empty()) {
            std::fill_n(out, x.cols, *slot.config.mask_constant);
        } else if (masked) {
            std::copy(tensors.mask.begin(), tensors.mask.end(), out);
        } else if (slot.discrete()) {
            std::copy_n(tensors.classes.row(slot.class_of(r)), x.cols, out);
        } else {
            std::copy_n(content.row(r), x.cols, out);
        }
        add_row(position.row(r % slot.steps()), x.cols, out);
        add_row(tensors.modality.data(), x.cols, out);
    }
}

}  // namespace

EmbeddingTensors::EmbeddingTensors(const ParameterTable& table, const ModelConfig& config,
                                   std::span<float> buffer) {
    const auto c = config.width;
    for (const auto modality : config.layout.modalities()) {
        const std::string name(store::name_of(modality));
        const auto& channel = config.channels[store::index_of(modality)];
        ModalityTensors tensors;
        if (channel.discrete) {
            tensors.classes = {table.of(buffer, table.find("embed." + name + ".weight")),
                               channel.dim, c};
        } else {
            tensors.linear = Linear(table, buffer, "embed." + name);
        }
        if (!config.mask_constant) tensors.mask = table.of(buffer, table.find("mask." + name));
        tensors.modality = table.of(buffer, table.find("modality." + name));
        modalities.push_back(tensors);
    }
    position = {table.of(buffer, table.find("position.weight")), config.context, c};
}

void embed(const EmbeddingTensors& values, const ModelConfig& config, const mask::Batch& batch,
           const mask::MaskedView& view, SampleRange samples, EmbeddingScratch& scratch,
           Matrix<float> x) {
    for (std::int64_t s = 0; s < config.layout.per_step(); ++s) {
        const Slot slot{batch, view, config, samples, s};
        const auto& tensors = values.modalities[static_cast<std::size_t>(s)];
        const auto content = scratch.content.matrix(slot.rows(), config.width);
        if (!slot.discrete()) {
            compute::linear(slot.values(scratch.shown), tensors.linear.weight, tensors.linear.bias,
                            content);
        }
        place_tokens(slot, tensors, values.position, content, x);
    }
}

void embed_backward(const EmbeddingTensors& gradients, const ModelConfig& config,
                    const mask::Batch& batch, const mask::MaskedView& view, SampleRange samples,
                    EmbeddingScratch& scratch, Matrix<const float> dx) {
    const auto c = config.width;
    for (std::int64_t s = 0; s < config.layout.per_step(); ++s) {
        const Slot slot{batch, view, config, samples, s};
        const auto& tensors = gradients.modalities[static_cast<std::size_t>(s)];
        const auto dcontent = scratch.content.matrix(slot.rows(), c);
        for (std::int64_t r = 0; r < slot.rows(); ++r) {
            const float* from = dx.row(slot.token_row(r));
            add_row(from, c, gradients.position.row(r % slot.steps()));
            add_row(from, c, tensors.modality.data());
            const bool masked = slot.masked(r);
            if (masked && !tensors.mask.empty()) add_row(from, c, tensors.mask.data());
            if (slot.discrete()) {
                if (!masked) add_row(from, c, tensors.classes.row(slot.class_of(r)));
            } else if (masked) {
                std::fill_n(dcontent.row(r), c, 0.0F);
            } else {
                std::copy_n(from, c, dcontent.row(r));
            }
        }
        if (!slot.discrete()) {
            compute::linear_backward(slot.values(scratch.shown), tensors.linear.weight, dcontent,
                                     {}, tensors.linear.weight, tensors.linear.bias);
        }
    }
}

}  // namespace mast::model
