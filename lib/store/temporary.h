// Hidden names under which outputs are made, and what killed processes have left under them.
#pragma once

#include <filesystem>
#include <vector>

namespace mast::store {

/// A name of this process, one for each number, for what will become `target`: beside it, because a
/// rename must not cross file systems.
std::filesystem::path temporary_path(const std::filesystem::path& target, int number);

/// All that lies beside a target under such a name, of any process.
std::vector<std::filesystem::path> temporaries_of(const std::filesystem::path& target);

/// Marks a file that this process has just made as being written, until the descriptor is closed or
/// the process ends, however it ends. False if the file was removed as a leftover before that. The
/// descriptor must be open for reading and writing. Where the file system has no locks nothing is
/// marked, and nothing is ever taken for a leftover.
bool hold(int descriptor, const std::filesystem::path& path);

/// Removes the temporary files of a target that nobody holds: those of processes that were killed.
/// What cannot be removed stays.
void remove_leftovers(const std::filesystem::path& target);

}  // namespace mast::store
