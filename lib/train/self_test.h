// By which a saved network proves that it is read and computed as it was when it was saved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/transformer.h"

namespace mast::train {

/// Losses of the network on a few windows of random values, a pure function of its sizes, under the
/// objectives of these specs; in single precision, whatever the network trains in. JSON text: the
/// machine and a loss for each spec. step: at which the network is. Throws DivergedError if a loss
/// is not finite.
std::string run_self_test(model::Transformer& model, const std::vector<std::string>& specs,
                          const std::string& build, std::int64_t step);

/// Computes the losses of a self-test again. On the machine that recorded them they must agree to
/// the bit, else within 1e-4 of their size: sums in another order differ by some 1e-6 after a few
/// dozen layers, and another activation or mask by more than 1e-3. Throws DataError naming `where`.
void repeat_self_test(model::Transformer& model, const std::string& recorded,
                      const std::string& build, const std::string& where);

}  // namespace mast::train
