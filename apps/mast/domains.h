// The domains of a run for several: named by their stores, chosen by --domain.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mast/options.h"
#include "train/run_folder.h"

namespace mast::cli {

/// Of several stores: names, which are those of the files without folder and ending, and shares, by
/// --share or 0. Throws UsageError: a name is none or stands twice, a share is none.
std::vector<train::RunDomain> asked_domains(const Options& options,
                                            const std::vector<std::string>& paths);

/// --share of those that it names. Throws UsageError: it names none, or no share.
void read_shares(const Options& options, std::vector<train::RunDomain>& domains);

/// --domain.
void add_domain_option(boost::program_options::options_description& options);

/// The number of the domain that the command line means: that of --domain, else that named as the
/// store, else the only one. Empty where the run has none, or `may_be_new` and none of that name.
/// Throws UsageError.
std::optional<std::size_t> find_domain(const Options& options, const train::RunConfig& run,
                                       const std::string& store, bool may_be_new = false);

/// Puts it to use where the run has any. store: path; empty: there is none.
void choose_domain(const Options& options, train::Run& run, const std::string& store = "");

}  // namespace mast::cli
