// A foreign file, read in a process that can do nothing but read it.
//
// HDF5 was not made for files by strangers: a damaged one can make it crash, compute forever or
// take all memory. Here that costs the file and not the program, and code that a file smuggles in
// finds itself without a disk and without a network.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/confined_child.h"
#include "ingest/episodes.h"
#include "ingest/field_map.h"
#include "ingest/format.h"
#include "ingest/input_file.h"
#include "ingest/wire.h"

namespace mast::ingest {

class ConfinedSource {
  public:
    /// Starts the process and waits for what it says of the file; to be called before this program
    /// has threads. `file` must outlive this. `between` is called while there is nothing to do and
    /// may throw to stop. Throws as Source does, and DataError where the file cannot be read in
    /// peace.
    ConfinedSource(const InputFile& file, const Format* format, const FieldMap& map,
                   const ChildLimits& limits, std::function<void()> between);

    const InputFile& file() const { return file_; }
    const Description& description() const { return description_; }
    /// Why the process that reads is not confined; empty where it is.
    const std::optional<std::string>& unconfined() const { return unconfined_; }

    /// Hands on all episodes, in order, in blocks of bounded size. To be called once. Returns what
    /// a reader of the store should know and only the data told; empty if there is nothing.
    std::string read(EpisodeSink& sink);

  private:
    void receive(const std::function<void()>& from_child);

    const InputFile& file_;
    ChildLimits limits_;
    ConfinedChild child_;
    WireReader wire_;
    Description description_;
    std::optional<std::string> unconfined_;
};

}  // namespace mast::ingest
