// The objectives that mast knows by name.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mask/objective.h"
#include "mask/spec.h"

namespace mast::mask {

/// One entry: a few lines that fill in an Objective.
struct CatalogueEntry {
    const char* name;
    const char* arguments;  ///< e.g. "ratio=0.15..0.6, of=act+obs"
    const char* summary;    ///< one sentence without a full stop
    const char* source;     ///< paper or system, and what differs from it
    /// Fills attend, readout, role, target and hide; layout and steps are set.
    void (*build)(Spec& spec, Objective& objective);
};

/// In the order of the documentation.
std::span<const CatalogueEntry> catalogue();

/// Reads a spec, a JSON object or the name of a file with one ("@FILE"), builds it and checks it:
/// known name (else a suggestion), known keys, something to predict, something visible. Throws
/// UsageError.
Objective make_objective(const std::string& text, const Layout& layout, std::int64_t steps);

}  // namespace mast::mask
