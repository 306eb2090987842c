// Fills in what objectives hide, over the windows of a store.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apply/infill_file.h"
#include "model/transformer.h"
#include "window/loader.h"

namespace mast::apply {

/// How well the tokens of one modality were filled in.
struct InfillScore {
    std::string objective;
    store::Modality target;
    std::int64_t tokens = 0;
    double loss = 0;  ///< mean squared error of standardised values, or nats of a class
};

/// Windows that hold every step: at multiples of T inside each episode, and one that ends with it.
std::vector<std::int64_t> infill_windows(const window::WindowIndex& index);

struct InfillOptions {
    std::uint64_t seed = 0;  ///< of the masks
    std::function<void(std::int64_t done, std::int64_t total)> progress;
};

/// Predicts the targets of every objective in the chosen windows of the loader and appends them to
/// the file. The loader standardises as the network was trained.
std::vector<InfillScore> infill(model::Transformer& model, const store::TrajectoryReader& store,
                                window::Loader& loader, const std::vector<std::int64_t>& chosen,
                                const std::vector<mask::Objective>& objectives,
                                const InfillOptions& options, InfillWriter& out);

}  // namespace mast::apply
