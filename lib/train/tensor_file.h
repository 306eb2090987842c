// The tensors of a parameter table in a safetensors file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/parameters.h"
#include "store/safetensors.h"

namespace mast::train {

/// A view of each tensor, named PREFIX + its name. buffer: table.size(), to be kept alive.
std::vector<store::TensorView> tensors_of(const model::ParameterTable& table,
                                          std::span<const float> buffer, const std::string& prefix);

/// Throws DataError naming `where` and the first few of the tensors that are missing, superfluous,
/// of another shape or not finite. The table's tensors are there once for each prefix.
void expect_tensors(const store::Safetensors& file, const model::ParameterTable& table,
                    const std::vector<std::string>& prefixes, const std::string& where);

/// Fills the buffer, table.size(), from the tensors of that prefix.
void read_tensors(const store::Safetensors& file, const model::ParameterTable& table,
                  const std::string& prefix, std::span<float> buffer);

}  // namespace mast::train
