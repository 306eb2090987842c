// The layouts of the community that a store can be written back in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "store/history.h"
#include "store/output_file.h"
#include "store/trajectories.h"

namespace mast::publish {

struct Request {
    std::filesystem::path target;
    store::Overwrite overwrite = store::Overwrite::refuse;
    store::History history;  ///< with the entry of this command
    /// Called between blocks with the steps written so far; may throw to stop.
    std::function<void(std::int64_t steps)> between;
};

/// A fact of the store that the layout has no place for.
struct Loss {
    std::string what;  ///< one word for scripts, e.g. "components"
    std::string text;  ///< for people: what is, what stands for it (what to do); or empty
};

struct Layout {
    const char* name;
    const char* summary;
    /// Writes a file that appears under its name when it is whole, in bounded memory: ingest reads
    /// the rows, ends and final observations back to the bit. Throws DataError for a store that the
    /// layout cannot hold.
    std::vector<Loss> (*write)(const store::TrajectoryReader& store, const Request& request);
};

extern const Layout kD4rl;
extern const Layout kMinari;

std::span<const Layout* const> layouts();

/// Throws UsageError with a suggestion.
const Layout& find_layout(const std::string& name);

}  // namespace mast::publish
