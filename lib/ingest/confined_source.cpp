#include "ingest/confined_source.h"

#include <csignal>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "ingest/source.h"

namespace mast::ingest {

namespace {

/// The child: all that is known of a failure goes to the parent, which speaks of it.
void read_in_child(const ChildDesk& desk, const InputFile& file, const Format* format,
                   const FieldMap& map) {
    WireWriter wire(desk.output);
    try {
        Source source(file, format, map, desk.progress);
        wire.describe(source.description(), desk.unconfined);
        source.read(wire);
        wire.done();
    } catch (const UsageError& error) {
        wire.fail(wire::Failure::usage, error.what());
    } catch (const IoError& error) {
        wire.fail(wire::Failure::io, error.what());
    } catch (const std::bad_alloc&) {
        wire.fail(wire::Failure::memory, "");
    } catch (const std::exception& error) {
        wire.fail(wire::Failure::data, error.what());
    }
}

[[noreturn]] void refuse_greed(const std::string& name, const ChildLimits& limits) {
    fail<DataError>("{}: takes more than {} MB of memory to read, expected less (is it damaged?)",
                    name, limits.memory_bytes >> 20U);
}

/// What the end of a child says of the file.
[[noreturn]] void refuse_ending(const std::string& name, int signal, const ChildLimits& limits) {
    if (signal == SIGPROF) {
        fail<DataError>(
            "{}: HDF5 computed for {} s without an end, expected rows to read (is it damaged?)",
            name, limits.idle_seconds);
    }
    if (signal == SIGKILL) {
        fail<IoError>("{}: the process that read it was killed, expected memory for it (free some)",
                      name);
    }
    fail<DataError>("{}: HDF5 broke down over it ({}), expected a whole HDF5 file (is it damaged?)",
                    name, signal == 0 ? "without a word" : ::strsignal(signal));
}

}  // namespace

ConfinedSource::ConfinedSource(const InputFile& file, const Format* format, const FieldMap& map,
                               const ChildLimits& limits, std::function<void()> between)
    : file_(file),
      limits_(limits),
      child_({file.descriptor()}, limits,
             [&](const ChildDesk& desk) { read_in_child(desk, file, format, map); }),
      wire_(child_.output(), std::move(between)) {
    receive([this] { description_ = wire_.describe(unconfined_); });
}

void ConfinedSource::read(EpisodeSink& sink) {
    receive([&] { wire_.read(description_, sink); });
}

template <class Receive>
void ConfinedSource::receive(const Receive& from_child) {
    const auto name = file_.path().string();
    try {
        from_child();
    } catch (const SharedStream::Closed&) {
        refuse_ending(name, child_.wait(), limits_);
    } catch (const WireReader::OutOfMemory&) {
        refuse_greed(name, limits_);
    } catch (const WireError& error) {
        fail<DataError>("{}: its reader sent {}, expected episodes (is it damaged?)", name,
                        error.what());
    }
}

}  // namespace mast::ingest
