// What one network takes over from another.
#pragma once

#include <string>
#include <vector>

#include "model/transformer.h"

namespace mast::model {

/// Names of tensors.
struct Transfer {
    std::vector<std::string> taken;
    std::vector<std::string> fresh;  ///< that the other does not have: left as they are
};

/// Copies the values of tensors that both networks have under one name and in one shape. Of
/// position.weight the steps that both have are copied, so a context may grow or shrink.
Transfer transfer(const Transformer& from, Transformer& to);

}  // namespace mast::model
