// A trajectory store, opened and read whole.
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "support/whole_content.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    const test::MemoryFile input(data, size);
    return test::reads_or_refuses([&] {
        test::content_of_store(input.path());
        store::TrajectoryReader(input.path()).damage();
    });
}
