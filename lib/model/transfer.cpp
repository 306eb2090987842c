#include "model/transfer.h"

#include <algorithm>

namespace mast::model {

namespace {

const Parameter* find_or_null(const ParameterTable& table, const std::string& name) {
    const auto& all = table.parameters();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Parameter& p) { return p.name == name; });
    return found == all.end() ? nullptr : &*found;
}

bool fits(const Parameter& from, const Parameter& to) {
    if (from.shape == to.shape) return true;
    return to.name == "position.weight" && from.shape.back() == to.shape.back();
}

}  // namespace

Transfer transfer(const Transformer& from, Transformer& to) {
    Transfer done;
    for (const auto& parameter : to.table().parameters()) {
        const auto* const source = find_or_null(from.table(), parameter.name);
        if (source == nullptr || !fits(*source, parameter)) {
            done.fresh.push_back(parameter.name);
            continue;
        }
        const auto values = from.table().of(from.values(), *source);
        const auto into = to.table().of(to.values(), parameter);
        std::copy_n(values.begin(), std::min(values.size(), into.size()), into.begin());
        done.taken.push_back(parameter.name);
    }
    return done;
}

}  // namespace mast::model
