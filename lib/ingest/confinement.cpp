#include "ingest/confinement.h"

#include <csignal>
#include <cstring>
#include <exception>
#include <new>

#include "base/error.h"

namespace mast::ingest {

namespace {

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

void send_from_child(const ChildDesk& desk, const std::function<void(WireWriter&)>& work) {
    WireWriter wire(desk.output);
    try {
        work(wire);
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

void receive_from_child(const std::string& name, ConfinedChild& child, const ChildLimits& limits,
                        const std::function<void()>& work) {
    try {
        work();
    } catch (const SharedStream::Closed&) {
        refuse_ending(name, child.wait(), limits);
    } catch (const WireReader::OutOfMemory&) {
        refuse_greed(name, limits);
    } catch (const WireError& error) {
        fail<DataError>("{}: its reader sent {}, expected what the file holds (is it damaged?)",
                        name, error.what());
    }
}

std::string look_confined(const InputFile& file, const ChildLimits& limits,
                          const std::function<std::string(const store::h5::Group&)>& describe,
                          const std::function<void()>& between) {
    const auto name = file.path().string();
    ConfinedChild child({file.descriptor()}, limits, [&](const ChildDesk& desk) {
        send_from_child(desk, [&](WireWriter& wire) {
            const auto opened = store::h5::File::open(file.descriptor(), name);
            wire.text(describe(opened.root()));
        });
    });
    WireReader wire(child.output(), between);
    std::string text;
    receive_from_child(name, child, limits, [&] { text = wire.text(); });
    return text;
}

}  // namespace mast::ingest
