// The text of an objective, for any layout and context: the first byte chooses those.
#include <array>
#include <string>

#include "fuzz/target.h"
#include "mask/catalogue.h"
#include "mask/leak.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    if (size == 0) return 0;
    static const std::array<const char*, 4> kLayouts{"obs,act", "rtg,obs,act", "act,obs",
                                                     "obs,act,rew,rtg"};
    const mask::Layout layout(kLayouts[data[0] % 4]);
    const std::int64_t steps = 1 + data[0] / 4 % 8;
    const std::string spec(test::text_of(data + 1, size - 1));
    // What is read from a file is a matter for the target of JSON objectives.
    if (spec.starts_with('@')) return 0;
    return test::reads_or_refuses([&] {
        const auto objective = mask::make_objective(spec, layout, steps);
        mask::find_leaks(objective, 2);
    });
}
