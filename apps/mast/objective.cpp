// mast objective: shows one objective, and proves that none of its targets leaks.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mask/catalogue.h"
#include "mask/leak.h"
#include "mask/objective_svg.h"
#include "mast/commands.h"
#include "mast/json.h"
#include "mast/options.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

/// An objective with one draw, as both forms of output show it.
struct Shown {
    mask::Objective objective;
    std::int64_t layers;
    std::vector<std::uint8_t> hidden, predict;  ///< (n)
    std::vector<mask::Leak> leaks;

    static std::vector<std::int64_t> marked(const std::vector<std::uint8_t>& marks) {
        std::vector<std::int64_t> tokens;
        for (std::size_t i = 0; i < marks.size(); ++i) {
            if (marks[i] != 0) tokens.push_back(static_cast<std::int64_t>(i));
        }
        return tokens;
    }
    std::string names(const std::vector<std::int64_t>& tokens) const {
        std::vector<std::string> names;
        names.reserve(tokens.size());
        for (const auto token : tokens)
            names.push_back(objective.layout.token_name(token));
        return names.empty() ? "none" : fmt::format("{}", fmt::join(names, " "));
    }
    std::int64_t row_of(std::int64_t token) const {
        return objective.readout[static_cast<std::size_t>(token)];
    }
};

void declare_objective(po::options_description& options) {
    auto add = options.add_options();
    add("spec", begins_with<std::vector<std::string>>("SPEC", entry_names(mask::catalogue())),
        "the objective, e.g. random:ratio=0.3,of=act");
    add("context", value<Count>("STEPS"), "steps of a window (required)");
    add("tokens", value<std::string>("KIND,...")->default_value("obs,act"),
        "order of the tokens of a step: a list of obs, act, rew and rtg");
    add("layers", value<Count>("N")->default_value(Count{8}), "depth for which leaks are sought");
    add("json", po::bool_switch(), "print one JSON object");
    add("svg", path("FILE"),
        "draw a picture to this file, or to standard output (-) in place of the text");
    add("overwrite,O", po::bool_switch(), "replace the picture if it exists");
    add("list", po::bool_switch(), "print all objectives there are");
}

std::string list_text() {
    std::string text;
    for (const auto& entry : mask::catalogue()) {
        const std::string arguments = entry.arguments;
        text += fmt::format("{}{}{}\n    {}\n    after: {}\n", entry.name,
                            arguments.empty() ? "" : ":", arguments, entry.summary, entry.source);
    }
    return text + "Each takes weight=W, the factor of its loss in the sum.\n";
}

std::string list_json() {
    auto list = Json::array();
    for (const auto& entry : mask::catalogue()) {
        list.push_back({{"name", entry.name},
                        {"arguments", entry.arguments},
                        {"summary", entry.summary},
                        {"source", entry.source}});
    }
    return list.dump() + "\n";
}

/// Of values; a discrete action has cross entropy, which only a store can tell.
const char* loss_of(mask::Aim aim) {
    if (aim == mask::Aim::value) return "mse";
    return aim == mask::Aim::latent ? "latent mse" : "infonce";
}

std::string text_of(const Shown& shown) {
    const auto& objective = shown.objective;
    const std::int64_t n = objective.tokens();
    std::string text = fmt::format("{}: {} tokens, {}, {} layers\n", objective.name, n,
                                   objective.layout.text(), shown.layers);
    std::vector<std::int64_t> all;
    for (std::int64_t q = 0; q < n; ++q) {
        all.push_back(q);
        for (std::int64_t k = 0; k < n; ++k) {
            if (k > 0) text += ' ';
            text += objective.attend[static_cast<std::size_t>(q * n + k)] != 0 ? '1' : '0';
        }
        text += '\n';
    }
    text += fmt::format("tokens: {}\n", shown.names(all));
    text += fmt::format("hidden: {}\n", shown.names(Shown::marked(shown.hidden)));
    for (const auto token : Shown::marked(shown.predict)) {
        text +=
            fmt::format("{} <- row {} ({})\n", objective.layout.token_name(token),
                        objective.layout.token_name(shown.row_of(token)), loss_of(objective.aim));
    }
    if (shown.leaks.empty()) return text + "leaks: none\n";
    for (const auto& leak : shown.leaks)
        text += fmt::format("leaks: {}\n", leak.text(objective.layout));
    return text;
}

std::string json_of(const Shown& shown) {
    const auto& objective = shown.objective;
    const std::int64_t n = objective.tokens();
    Json json{{"name", objective.name},     {"role", objective.role},
              {"weight", objective.weight}, {"layout", objective.layout.text()},
              {"context", objective.steps}, {"tokens", n},
              {"layers", shown.layers}};
    std::vector<std::string> names;
    std::vector<std::vector<int>> attend;
    for (std::int64_t q = 0; q < n; ++q) {
        names.push_back(objective.layout.token_name(q));
        const auto* row = objective.attend.data() + q * n;
        attend.emplace_back(row, row + n);
    }
    json["token_names"] = names;
    json["attend"] = attend;
    json["hidden"] = Shown::marked(shown.hidden);
    auto predict = Json::array();
    for (const auto token : Shown::marked(shown.predict)) {
        predict.push_back(
            {{"token", token}, {"row", shown.row_of(token)}, {"loss", loss_of(objective.aim)}});
    }
    json["predict"] = predict;
    auto leaks = Json::array();
    for (const auto& leak : shown.leaks) {
        leaks.push_back({{"target", leak.target},
                         {"row", leak.row},
                         {"layers", leak.layers},
                         {"path", leak.text(objective.layout)}});
    }
    json["leaks"] = leaks;
    return json.dump() + "\n";
}

Shown examine(const std::string& spec, const Context& context) {
    if (context.options.count("context") == 0) {
        fail<UsageError>(
            "--context: is missing, expected the steps of a window (e.g. --context 4)");
    }
    const auto steps = context.options["context"].as<Count>().value;
    const mask::Layout layout(context.options["tokens"].as<std::string>());
    Shown shown{mask::make_objective(spec, layout, steps),
                context.options["layers"].as<Count>().value,
                {},
                {},
                {}};
    const auto n = static_cast<std::size_t>(shown.objective.tokens());
    const std::vector<std::uint8_t> valid(static_cast<std::size_t>(steps), 1);
    shown.hidden.resize(n);
    shown.predict.resize(n);
    mask::draw(shown.objective, {context.seed(), 0, 1.0}, valid, shown.hidden, shown.predict);
    shown.leaks = mask::find_leaks(shown.objective, shown.layers);
    return shown;
}

int list(Context& context) {
    for (const char* other : {"spec", "svg"}) {
        if (context.options.count(other) == 0) continue;
        fail<UsageError>("--list: contradicts {}, expected one of them (leave one out)",
                         std::string_view(other) == "spec" ? "an objective" : "--svg");
    }
    context.terminal.write(context.options["json"].as<bool>() ? list_json() : list_text());
    return kDone;
}

/// The value of --svg, if it is there and can be written.
std::optional<std::string> svg_target(const Options& options) {
    if (options.count("svg") == 0) return std::nullopt;
    const auto& target = options["svg"].as<std::string>();
    if (target.empty()) fail<UsageError>("--svg: is empty, expected a path (name a file, or -)");
    if (target == "-" && options["json"].as<bool>()) {
        fail<UsageError>(
            "--svg: is -, but --json fills standard output, expected one of them there (name a "
            "file)");
    }
    if (target != "-") store::check_target(target, overwrite(options));
    return target;
}

/// All that standard output gets. A picture goes to its file before.
std::string output_of(const Shown& shown, const Context& context,
                      const std::optional<std::string>& svg) {
    if (svg) {
        auto picture = mask::draw_svg(shown.objective, shown.leaks, context.seed());
        if (*svg == "-") return picture;
        store::write_file(*svg, picture, overwrite(context.options));
    }
    return context.options["json"].as<bool>() ? json_of(shown) : text_of(shown);
}

int run_objective(Context& context) {
    if (context.options["list"].as<bool>()) return list(context);
    if (context.options.count("spec") == 0) {
        fail<UsageError>("no objective, expected one, e.g. inverse (--list shows all)");
    }
    const auto& specs = context.options["spec"].as<std::vector<std::string>>();
    if (specs.size() > 1) {
        fail<UsageError>("{} objectives, expected one (show one after the other)", specs.size());
    }
    const auto svg = svg_target(context.options);
    const auto shown = examine(specs.front(), context);
    context.terminal.write(output_of(shown, context, svg));
    return shown.leaks.empty() ? kDone : kFailed;
}

}  // namespace

const Command kObjective{"objective",
                         "SPEC --context T [OPTION]... | --list",
                         "shows an objective's masks and targets, and proves that none leaks",
                         {"spec"},
                         declare_objective,
                         run_objective};

}  // namespace mast::cli
