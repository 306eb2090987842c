// A file of batches, opened and read whole.
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "support/whole_batches.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    const test::MemoryFile input(data, size);
    return test::reads_or_refuses([&] {
        test::content_of_batches(input.path());
        mask::BatchFileReader(input.path()).damage();
    });
}
