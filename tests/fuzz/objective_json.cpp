// An objective as a JSON object.
#include <string>

#include "fuzz/target.h"
#include "mask/catalogue.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    const std::string text(test::text_of(data, size));
    if (!text.starts_with('{')) return 0;
    return test::reads_or_refuses([&] { mask::make_objective(text, mask::Layout("obs,act"), 3); });
}
