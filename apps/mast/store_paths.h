// Which files a word of the command line means: one, or the shards of one whole.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mast::cli {

/// A name, or the files that a quoted pattern such as 'stores/*.h5' matches, in order of name.
/// Throws IoError if it matches none.
std::vector<std::filesystem::path> matches(const std::string& word);

/// The files of the one store that a word means: one, or all shards. Throws IoError or DataError.
std::vector<std::filesystem::path> one_store(const std::string& word);

/// What a store is called: its name without folder and ending, and of shards without their number;
/// of a pattern what stands before the star.
std::string name_of_store(const std::string& word);

}  // namespace mast::cli
