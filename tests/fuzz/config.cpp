// config.json of a run.
#include <string>

#include "fuzz/target.h"
#include "train/run_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    const std::string text(test::text_of(data, size));
    return test::reads_or_refuses([&] {
        const auto config = train::run_config_from_json(text, "config.json");
        // What was believed can be written, and says the same again.
        const auto again = train::to_json(config);
        if (train::to_json(train::run_config_from_json(again, "again")) != again) std::abort();
    });
}
