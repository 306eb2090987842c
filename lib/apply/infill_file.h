// What a network says in place of hidden tokens, on disk (kind "infill").
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "mask/batch.h"
#include "model/predictions.h"
#include "store/history.h"
#include "store/output_file.h"
#include "window/scaler.h"

namespace mast::apply {

/// Writes windows one batch after another in bounded memory; layout and names as in
/// docs/formats.md.
class InfillWriter {
  public:
    /// samples: S, all windows to come. scaler: that of the network. objectives: all of one layout
    /// and length, predicting values; they must outlive this. Throws IoError.
    InfillWriter(const std::filesystem::path& target, store::Overwrite overwrite,
                 std::int64_t samples, const window::Channels& channels,
                 const window::Scaler& scaler, const std::vector<mask::Objective>& objectives,
                 const store::History& history);
    ~InfillWriter();

    /// rows: of the store where the windows begin (B). predictions: of each view of the batch.
    void append(const mask::Batch& batch, std::span<const std::int64_t> rows,
                std::span<const model::Predictions> predictions);
    void finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mast::apply
