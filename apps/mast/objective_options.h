// The options by which several commands choose objectives, and the checks that come with them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mask/objective.h"
#include "mast/options.h"
#include "mast/terminal.h"
#include "store/trajectories.h"

namespace mast::cli {

/// --objective and --allow-leaks.
void add_objective_options(boost::program_options::options_description& options);

/// An objective whose target reaches its own row within `layers` teaches to copy: refused with a
/// UsageError, or warned of where allowed.
void refuse_leaks(const mask::Objective& objective, std::int64_t layers, bool allow,
                  Terminal& terminal);

/// The specs given, built and checked; none twice. Throws UsageError; a leak within `layers` is
/// refused or, with --allow-leaks, warned of.
std::vector<mask::Objective> build_objectives(const std::vector<std::string>& specs,
                                              const mask::Layout& layout, std::int64_t steps,
                                              std::int64_t layers, bool allow_leaks,
                                              Terminal& terminal);

/// --objective of the command line; throws UsageError where there is none.
std::vector<std::string> objective_specs(const Options& options);

/// --split train|val|test.
void add_split_option(boost::program_options::options_description& options,
                      const std::string& otherwise);
/// --split of the command line.
store::Split read_split(const Options& options);

}  // namespace mast::cli
