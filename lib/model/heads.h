// Read-outs: the last norm and one linear head, on just the rows that are asked for; their losses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compute/buffer.h"
#include "mask/batch.h"
#include "model/embedding.h"
#include "model/layers.h"
#include "model/predictions.h"
#include "model/transformer.h"

namespace mast::model {

struct HeadTensors {
    Norm last_norm;
    std::vector<Linear> outputs;  ///< in the order of config.outputs
    Linear average;               ///< of the observation's embedding, where it is kept

    HeadTensors(const ParameterTable& table, const ModelConfig& config, std::span<float> buffer);
};

/// Working memory for read-outs of up to `rows` targets of up to `columns` values or outputs, in
/// windows of n tokens.
class HeadScratch {
  public:
    HeadScratch(std::int64_t rows, std::int64_t tokens, std::int64_t width, std::int64_t columns);

    compute::Buffer picked, normed, back, norms;             ///< (R, C), (R, C), (R, C), (2, R)
    compute::Buffer prediction, value, target, dprediction;  ///< (R, D)
    std::vector<std::int64_t> row;                           ///< (R) rows of x
    std::vector<std::int64_t> sample, step;                  ///< (R) of the batch, of the window
    std::vector<std::int32_t> classes;                       ///< (R) discrete targets
    std::vector<std::int64_t> row_of;                        ///< (n) row of x of a token
};

/// How many elements a loss of `rows` targets is divided by: rows of classes and contrasts, columns
/// of everything else.
std::int64_t elements_of(std::int64_t rows, std::int64_t columns, const window::Channel& channel,
                         mask::Aim aim);

/// What is taken of the rows that are read: the outputs of the heads, or the rows themselves after
/// the last norm.
enum class Read : std::uint8_t { outputs, rows };

/// Appends what the view asks for to `out`, nothing of it is scored. x as in read_out().
void collect(const HeadTensors& values, const ModelConfig& config, const Rows& all, Read what,
             Matrix<const float> x, HeadScratch& scratch, Predictions& out);

/// Losses of the samples. Where `scale` is given (one factor for each modality, weight / count),
/// also gradients: dx (R, C) and those of the tensors are added to. x (R, C) are all.set's, which
/// has all that are read.
LossSums read_out(const HeadTensors& values, const HeadTensors* gradients,
                  const ModelConfig& config, const Rows& all, const std::array<float, 4>& scale,
                  Matrix<const float> x, Matrix<float> dx, HeadScratch& scratch);

}  // namespace mast::model
