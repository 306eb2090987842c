// What the files of this wrapper share of HDF5's own interface; identifiers are 64-bit numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "store/h5.h"

namespace mast::store::h5 {

int close_file(std::int64_t id);
int close_group(std::int64_t id);
int close_dataset(std::int64_t id);
int close_space(std::int64_t id);
int close_type(std::int64_t id);
int close_attribute(std::int64_t id);
int close_properties(std::int64_t id);

/// What HDF5 itself says of the last failure.
std::string reason();

/// An identifier that HDF5 has just given, or fails as an E with what did not work.
template <class E>
Handle checked(std::int64_t id, Handle::Closer closer, const std::string& where, const char* what) {
    if (id < 0) fail<E>("{}: {} ({})", where, what, reason());
    return {id, closer};
}

/// HDF5's type of T in memory.
template <Element T>
std::int64_t native_type();

/// The text of an attribute or of a dataset that holds one. Throws DataError.
std::string read_strings(std::int64_t object, std::int64_t type, bool attribute,
                         const std::string& where);

}  // namespace mast::store::h5
