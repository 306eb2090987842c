#include "mast/objective_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "mask/catalogue.h"
#include "mask/leak.h"

namespace po = boost::program_options;

namespace mast::cli {

void refuse_leaks(const mask::Objective& objective, std::int64_t layers, bool allow,
                  Terminal& terminal) {
    const auto leaks = mask::find_leaks(objective, layers);
    if (leaks.empty()) return;
    const auto shortest =
        std::min_element(leaks.begin(), leaks.end(),
                         [](const auto& a, const auto& b) { return a.layers < b.layers; });
    const auto text =
        fmt::format("objective \"{}\": its target leaks in the layout {}: {}", objective.name,
                    objective.layout.text(), shortest->text(objective.layout));
    if (!allow) {
        fail<UsageError>(
            "{}, expected no way to its row (use another layout or objective, or --allow-leaks)",
            text);
    }
    terminal.warn(text);
}

void add_objective_options(po::options_description& options) {
    auto add = options.add_options();
    add("objective", begins_with<std::vector<std::string>>("SPEC", entry_names(mask::catalogue())),
        "what to hide and predict; give it once for each (see mast objective --list)");
    add("allow-leaks", po::bool_switch(), "only warn of a target that leaks into its own row");
}

std::vector<mask::Objective> build_objectives(const std::vector<std::string>& specs,
                                              const mask::Layout& layout, std::int64_t steps,
                                              std::int64_t layers, bool allow_leaks,
                                              Terminal& terminal) {
    std::vector<mask::Objective> objectives;
    for (const auto& spec : specs) {
        auto made = mask::make_objective(spec, layout, steps);
        const auto same = [&](const auto& objective) { return objective.name == made.name; };
        if (std::any_of(objectives.begin(), objectives.end(), same)) {
            fail<UsageError>(
                "--objective: \"{}\" is there twice, expected it once (use weight=2 to count it "
                "twice)",
                made.name);
        }
        objectives.push_back(std::move(made));
        refuse_leaks(objectives.back(), layers, allow_leaks, terminal);
    }
    return objectives;
}

std::vector<std::string> objective_specs(const Options& options) {
    if (options.count("objective") == 0) {
        fail<UsageError>(
            "--objective: is missing, expected at least one (mast objective --list shows all)");
    }
    return options["objective"].as<std::vector<std::string>>();
}

void add_split_option(po::options_description& options, const std::string& otherwise) {
    options.add_options()("split", one_of({"train", "val", "test"})->default_value(otherwise),
                          "which episodes");
}

store::Split read_split(const Options& options) {
    return store::split_from(options["split"].as<std::string>()).value();
}

}  // namespace mast::cli
