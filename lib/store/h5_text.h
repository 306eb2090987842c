// Texts of variable length, taken from a file without HDF5's own reading of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace mast::store::h5 {

/// HDF5 keeps them in a global heap, which has no checksum, and believes the sizes that stand there
/// (1.10.8 crashes on a changed one). This reads the heap itself and checks every size.
///
/// object: an attribute or a dataset of one text, in a file that is open for reading and was opened
/// by its path; nothing for others. Throws DataError naming `where`: damaged, or of more than
/// `most` bytes.
///
/// Source: HDF5 File Format Specification 3.0, III.E "Global Heap".
std::optional<std::string> read_heap_text(std::int64_t object, bool attribute, std::size_t most,
                                          const std::string& where);

}  // namespace mast::store::h5
