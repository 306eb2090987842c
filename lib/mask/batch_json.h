// Masked token batches as lines of JSON, for scripts.
#pragma once

#include <string>
#include <vector>

#include "mask/batch.h"

namespace mast::mask {

/// Appends one line for each sample, ended by a newline:
///
///   {"episode":E,"start":S,"valid":[1,..],"tokens":{"obs":[[..],..],"act":[[..],..]},
///    "objectives":[{"name":"..","hidden":[token,..],"predict":[token,..],"rows":[row,..],
///                   "inputs":{"obs":[[..],..],..}}]}
///
/// Values are standardised; a discrete action is its class number in tokens and one-hot in inputs.
/// Numbers read back to the same float. `with_inputs` false leaves the inputs out.
void append_json_lines(const Batch& batch, float mask_value, bool with_inputs, std::string& out);

}  // namespace mast::mask
