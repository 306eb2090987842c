// A file of tensors.
#include "store/safetensors.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    const test::MemoryFile input(data, size);
    return test::reads_or_refuses([&] {
        const store::Safetensors file(input.path());
        std::size_t values = 0;
        for (const auto& tensor : file.tensors())
            values += file.values(tensor).size();
        if (values * sizeof(float) > size) std::abort();
        file.not_finite();
    });
}
