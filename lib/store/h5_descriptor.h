// How HDF5 reads a file that is open already.
#pragma once

#include <cstdint>

namespace mast::store::h5 {

/// Makes an access property list of HDF5 read from `descriptor`, whatever name is opened with it.
/// False if HDF5 refuses. The descriptor of a regular file; it stays the caller's.
bool read_through(std::int64_t access_properties, int descriptor);

}  // namespace mast::store::h5
