// The data of a training: where its batches come from.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mast/terminal.h"
#include "train/batch_source.h"
#include "train/run_config.h"

namespace mast::cli {

struct TrainingInput {
    std::vector<std::unique_ptr<store::TrajectoryReader>> stores;  ///< none for batches
    std::vector<model::Domain> domains;  ///< of several stores; else empty
    std::vector<train::RunDomain> data;  ///< of these
    std::unique_ptr<train::BatchSource> source;
    std::unique_ptr<train::BatchSource> held_out;  ///< null where nothing is evaluated
    std::vector<store::Component> components;
    window::Recorded acting;
    std::vector<train::DataInput> files;
    store::History history;
    std::vector<std::string> names;  ///< "name hash" of what else it is made from, for histories
};

/// "name hash" of all that a training is made from, for histories.
std::vector<std::string> names_and_hashes(const TrainingInput& input);

/// What was given on a command line: a store or a file of batches, or all shards of one.
struct InputSet {
    std::string word;  ///< as it was given; of shards the first of them, or a pattern
    std::vector<std::filesystem::path> files;
};

/// Shards of one whole become one, wherever they stand. Throws IoError or DataError.
std::vector<InputSet> join_inputs(const std::vector<std::string>& words);

/// Whether these are files of batches; else they are stores. Throws IoError or DataError.
bool are_batches(const std::vector<InputSet>& inputs);

/// Opens them as the run wants them: its objectives, sizes, seed and steps. Leaks are refused or
/// warned of.
TrainingInput open_input(const std::vector<InputSet>& inputs, const train::RunConfig& run,
                         Terminal& terminal);

}  // namespace mast::cli
