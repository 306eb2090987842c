// Gymnasium's description of a space, and the paths that are looked up in it.
#include <string>

#include "fuzz/target.h"
#include "ingest/space.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    const std::string text(test::text_of(data, size));
    return test::reads_or_refuses(
        [&] { ingest::parse_space(text, "metadata.json").find("observation/joint"); });
}
