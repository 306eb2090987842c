// What the two sides of a confined reader of a foreign file do around their work.
#pragma once

#include <functional>
#include <string>

#include "base/confined_child.h"
#include "ingest/input_file.h"
#include "ingest/wire.h"
#include "store/h5.h"

namespace mast::ingest {

/// In the child: whatever `work` throws goes to the parent, which speaks of it.
void send_from_child(const ChildDesk& desk, const std::function<void(WireWriter&)>& work);

/// In the parent: what a child's end, or what it sent, says of the file becomes a DataError or
/// IoError that names it.
void receive_from_child(const std::string& name, ConfinedChild& child, const ChildLimits& limits,
                        const std::function<void()>& work);

/// What `describe` says of a foreign file, asked in a process that can do nothing but read it; to
/// be called before this program has threads. `between` is called while there is nothing to do and
/// may throw to stop. Throws what `describe` throws, and DataError where the file cannot be read in
/// peace.
std::string look_confined(const InputFile& file, const ChildLimits& limits,
                          const std::function<std::string(const store::h5::Group&)>& describe,
                          const std::function<void()>& between);

}  // namespace mast::ingest
