// A checkpoint of a small network: parameters, moments, progress, self-test.
#include "train/checkpoint.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "support/tiny_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    static model::Transformer model(test::tiny_config());
    const test::MemoryFile input(data, size);
    return test::reads_or_refuses([&] {
        const train::Checkpoint checkpoint(input.path(), model.table());
        checkpoint.read_model(model, "build");
    });
}
