#include "mast/failure.h"

#include <exception>
#include <new>
#include <stdexcept>

#include "base/error.h"
#include "base/stop.h"
#include "mast/command.h"

namespace mast::cli {

namespace {

constexpr const char* kOutOfMemory =
    "out of memory, expected more (use smaller batches or a smaller model)";

}  // namespace

Failure current_failure() {
    try {
        throw;
    } catch (const FailedTogether& together) {
        return together.failure;
    } catch (const UsageError& error) {
        return {error.what(), kUsage};
    } catch (const Interrupted& interrupted) {
        return {"", kSignal + interrupted.signal_number};
    } catch (const std::bad_alloc&) {
        return {kOutOfMemory, kFailed};
    } catch (const std::length_error&) {
        // More than a container can count: no machine has it either.
        return {kOutOfMemory, kFailed};
    } catch (const std::exception& error) {
        return {error.what(), kFailed};
    }
}

}  // namespace mast::cli
