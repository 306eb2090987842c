// What the targets share: an input either passes or is refused in one line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/printable.h"
#include "support/hdf5_leaks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mast::test {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Runs a reader. A refusal is one of our errors, with words that can be shown; anything else that
/// is thrown ends the program, as a crash does.
template <class Read>
int reads_or_refuses(const Read& read) {
    try {
        read();
    } catch (const Error& error) {
        if (printable(error.what()).empty()) std::abort();
    }
    return 0;
}

}  // namespace mast::test
