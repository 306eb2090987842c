// Tokens from values: a linear map (or a class's row), or the mask vector where hidden; plus
// position and modality.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compute/buffer.h"
#include "mask/batch.h"
#include "model/layers.h"
#include "model/row_set.h"

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

/// A micro-batch of a view: samples first ... and the tokens of these that have rows.
struct Rows {
    const mask::Batch& batch;
    const mask::MaskedView& view;
    std::int64_t first;
    const RowSet& set;
};

/// Working memory for `rows` rows of C channels and up to `columns` values.
struct EmbeddingScratch {
    EmbeddingScratch(std::int64_t rows, std::int64_t width, std::int64_t columns);

    compute::Buffer content;           ///< (R, C)
    compute::Buffer shown;             ///< (R, D) values
    std::vector<std::int64_t> row;     ///< (R) rows of x
    std::vector<std::int64_t> source;  ///< (R) rows b * T + t of the batch's values
};

/// x (R, C) overwritten.
void embed(const EmbeddingTensors& values, const ModelConfig& config, const Rows& rows,
           EmbeddingScratch& scratch, Matrix<float> x);

/// Adds to the gradients; dx (R, C) is the gradient at embed()'s output.
void embed_backward(const EmbeddingTensors& gradients, const ModelConfig& config, const Rows& rows,
                    EmbeddingScratch& scratch, Matrix<const float> dx);

}  // namespace mast::model
