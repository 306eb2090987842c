// Tokens from values: a linear map (or a class's row), or the mask vector where hidden; plus
// position and modality.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compute/buffer.h"
#include "mask/batch.h"
#include "model/layers.h"

namespace mast::model {

/// The embedding tensors of one modality.
struct ModalityTensors {
    Linear linear;              ///< of continuous values
    Matrix<float> classes;      ///< (count, C) rows of discrete actions
    std::span<float> mask;      ///< (C); empty with a constant
    std::span<float> modality;  ///< (C)
};

struct EmbeddingTensors {
    std::vector<ModalityTensors> modalities;  ///< in the order of the layout
    Matrix<float> position;                   ///< (T, C), one row for each step

    EmbeddingTensors(const ParameterTable& table, const ModelConfig& config,
                     std::span<float> buffer);
};

/// Samples first .. first + count - 1 of a view.
struct SampleRange {
    std::int64_t first;
    std::int64_t count;
};

/// Working memory for `rows` = count * T rows of C channels and up to `columns` values.
struct EmbeddingScratch {
    EmbeddingScratch(std::int64_t rows, std::int64_t width, std::int64_t columns)
        : content(rows * width), shown(rows * columns) {}

    compute::Buffer content;  ///< (rows, C)
    compute::Buffer shown;    ///< (rows, D) values, where some are replaced
};

/// x (count * n, C) overwritten.
void embed(const EmbeddingTensors& values, const ModelConfig& config, const mask::Batch& batch,
           const mask::MaskedView& view, SampleRange samples, EmbeddingScratch& scratch,
           Matrix<float> x);

/// Adds to the gradients; dx (count * n, C) is the gradient at embed()'s output.
void embed_backward(const EmbeddingTensors& gradients, const ModelConfig& config,
                    const mask::Batch& batch, const mask::MaskedView& view, SampleRange samples,
                    EmbeddingScratch& scratch, Matrix<const float> dx);

}  // namespace mast::model
