// Stands in for mpi.cpp where MPI is not installed.
#include "base/error.h"
#include "train/processes.h"

namespace mast::train {

std::optional<Library> mpi_library() {
    return std::nullopt;
}

std::unique_ptr<Processes> join_mpi() {
    fail<IoError>(
        "MPI: is not in this program, expected to be one of several processes (install "
        "libopenmpi-dev and build it again, or start one process)");
}

}  // namespace mast::train
