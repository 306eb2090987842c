// mast info: what a file or folder is, and what it holds.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json_depth.h"
#include "ingest/confinement.h"
#include "ingest/format.h"
#include "mast/commands.h"
#include "mast/json.h"
#include "mast/json_text.h"
#include "mast/options.h"
#include "store/header.h"
#include "store/safetensors.h"
#include "store/trajectories.h"
#include "train/audit.h"
#include "train/run_folder.h"

namespace po = boost::program_options;
namespace fs = std::filesystem;

namespace mast::cli {

namespace {

namespace h5 = store::h5;

void declare_info(po::options_description& options) {
    auto add = options.add_options();
    add("file", path<std::vector<std::string>>("FILE"), "a store, batches, a run, or foreign data");
    add("audit", po::bool_switch(), "of a store: leaks in the data that no mask can stop");
    add("json", po::bool_switch(), "one line of JSON instead of text");
}

/// The command comes last, where its length does not push other columns away.
Json history_of(const store::History& history) {
    auto list = Json::array();
    for (const auto& entry : history) {
        list.push_back({{"version", entry.version},
                        {"seed", entry.seed},
                        {"inputs", entry.inputs},
                        {"command", entry.command}});
    }
    return list;
}

/// Length and return of episodes, each as least, mean and most.
Json spread(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    double sum = 0;
    for (const double value : values)
        sum += value;
    return {{"least", *least}, {"mean", sum / static_cast<double>(values.size())}, {"most", *most}};
}

Json statistics_of(const store::TrajectoryReader& store) {
    auto rows = Json::array();
    for (const auto modality : store::kModalities) {
        const auto& statistics = store.statistics(modality);
        for (std::size_t c = 0; c < statistics.mean.size(); ++c) {
            rows.push_back({{"column", fmt::format("{}[{}]", store::name_of(modality), c)},
                            {"mean", statistics.mean[c]},
                            {"std", statistics.std[c]},
                            {"min", statistics.min[c]},
                            {"max", statistics.max[c]}});
        }
    }
    return rows;
}

void describe_store(const fs::path& path, Json& json) {
    const store::TrajectoryReader store(path);
    const auto& spec = store.spec();
    std::array<std::int64_t, 3> ends{};
    std::array<std::int64_t, 3> splits{};
    std::vector<double> lengths;
    std::vector<double> returns;
    for (const auto& episode : store.episodes()) {
        ++ends[static_cast<std::size_t>(episode.end)];
        ++splits[static_cast<std::size_t>(episode.split)];
        lengths.push_back(static_cast<double>(episode.length));
        returns.push_back(episode.episode_return);
    }
    json["episodes"] = store.episodes().size();
    json["steps"] = store.steps();
    json["ends"] = {{"terminated", ends[1]}, {"truncated", ends[2]}, {"unfinished", ends[0]}};
    json["splits"] = {{"train", splits[0]}, {"val", splits[1]}, {"test", splits[2]}};
    json["length"] = spread(lengths);
    json["return"] = spread(returns);
    json["discount"] = spec.discount;
    json["observation_dim"] = spec.obs_dim;
    json["action_dim"] = spec.act_dim;
    json["action_kind"] =
        spec.action_kind == store::ActionKind::discrete ? "discrete" : "continuous";
    if (spec.action_masks) json["action_mask"] = true;
    json["content"] = store.content_hash();
    json["components"] = Json::array();
    for (const auto& part : spec.components) {
        json["components"].push_back(
            {{"name", part.name}, {"first", part.first}, {"width", part.width}});
    }
    json["statistics"] = statistics_of(store);
    json["history"] = history_of(store.history());
}

/// "episode_" of "episode_12": what groups that differ by a number share.
std::string stem_of(const std::string& name) {
    return name.substr(0, name.find_last_not_of("0123456789") + 1);
}

/// Lists datasets at and below a group.
class DatasetLister {
  public:
    /// Of groups that differ by a number at the end of their names, only the first may be wanted.
    enum class Numbered { all, first };
    DatasetLister(Numbered numbered, Json& list) : numbered_(numbered), list_(list) {}

    void add(const h5::Group& group, const std::string& prefix, int depth = 0) {
        constexpr int kDeepest = 16;
        std::set<std::string> stems;
        for (const auto& child : group.children()) {
            const auto name = prefix + "/" + child.name;
            if (child.kind == h5::Group::Kind::dataset) {
                const auto dataset = group.dataset(child.name);
                list_.push_back({{"dataset", name},
                                 {"shape", to_text(dataset.shape())},
                                 {"type", dataset.type().text}});
            }
            if (child.kind != h5::Group::Kind::group || depth == kDeepest) continue;
            const auto stem = stem_of(child.name);
            const bool again = stem != child.name && !stems.insert(stem).second;
            if (again && numbered_ == Numbered::first) continue;
            add(group.group(child.name), name, depth + 1);
        }
    }

  private:
    Numbered numbered_;
    Json& list_;
};

void describe_batches(const h5::Group& root, Json& json) {
    for (const auto* name : {"layout", "mask_value", "batch_size", "context", "seed"}) {
        if (!root.has_attribute(name)) continue;
        if (std::string(name) == "layout") {
            json[name] = root.text_attribute(name);
        } else if (std::string(name) == "mask_value") {
            json[name] = root.real_attribute(name);
        } else {
            json[name] = root.whole_attribute(name);
        }
    }
    json["samples"] = root.dataset("valid").rows();
    json["objectives"] = Json::array();
    for (const auto& child : root.group("objectives").children()) {
        const auto objective = root.group("objectives").group(child.name);
        json["objectives"].push_back({{"name", objective.text_attribute("name")},
                                      {"weight", objective.real_attribute("weight")},
                                      {"hidden_asked", objective.real_attribute("hidden_asked")}});
    }
}

void describe_foreign(const h5::Group& root, Json& json) {
    const auto* format = ingest::detect_format(root);
    json["kind"] = "foreign";
    json["format"] = format == nullptr ? "unknown" : format->name;
    if (format == nullptr) return;
    const auto fields = format->fields(root);
    const auto& actions = fields.at("actions").front();
    if (actions.find('*') != std::string::npos) {
        json["episodes"] = ingest::episode_numbers(root, actions).size();
    }
    json["fields"] = Json::array();
    for (const auto& [field, paths] : fields) {
        json["fields"].push_back(
            {{"field", field}, {"path", fmt::to_string(fmt::join(paths, "+"))}});
    }
}

/// What is not ours is looked at in a process of its own; "" of what is.
std::string foreign_text(const h5::Group& root) {
    if (root.has_attribute("mast_kind")) return "";
    Json json;
    describe_foreign(root, json);
    json["datasets"] = Json::array();
    DatasetLister(DatasetLister::Numbered::first, json["datasets"]).add(root, "");
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json describe_ours(const fs::path& path) {
    const auto file = h5::File::open(path, h5::Access::random);
    const auto root = file.root();
    const auto header = store::read_header(file, "");
    Json json{{"kind", header.kind}, {"mast_version", header.version}};
    if (header.kind == store::kTrajectories) {
        describe_store(path, json);
        return json;
    }
    if (header.kind == store::kBatches) describe_batches(root, json);
    json["history"] = history_of(header.history);
    json["datasets"] = Json::array();
    DatasetLister(DatasetLister::Numbered::all, json["datasets"]).add(root, "");
    return json;
}

Json describe_hdf5(const fs::path& path, const std::string& name, const StopFlag& stop) {
    const ingest::InputFile file(path);
    Json json{{"file", name}, {"bytes", fs::file_size(path)}};
    const auto foreign = ingest::look_confined(file, {}, foreign_text, [&stop] { stop.check(); });
    json.update(foreign.empty() ? describe_ours(path) : Json::parse(foreign));
    return json;
}

/// The last line that is not empty, of what a file of lines ends with.
std::string last_line(const fs::path& path) {
    constexpr std::streamoff kMostBytes = std::streamoff{1} << 20U;
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    if (!in || !fs::is_regular_file(path)) return "";
    in.seekg(std::max<std::streamoff>(0, in.tellg() - kMostBytes));
    std::string last;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty()) last = line;
    }
    return last;
}

/// The object that it holds; null where the training did not come to write one whole.
Json last_metrics(const fs::path& path) {
    const auto line = last_line(path);
    const auto json = nested_too_deep(line) ? Json() : Json::parse(line, nullptr, false);
    return json.is_object() ? json : Json();
}

Json describe_run(const fs::path& folder) {
    const auto config = train::read_run_config(folder);
    const auto checkpoints = train::checkpoints_of(folder);
    const auto model_step = train::model_step(folder);
    const auto& model = config.model;
    Json json{{"file", folder.string()},
              {"kind", "run"},
              {"finished", model_step >= config.steps},
              {"step", std::max(model_step, checkpoints.empty() ? 0 : checkpoints.front().step)},
              {"layout", model.layout.text()},
              {"context", model.context},
              {"layers", model.layers},
              {"heads", model.heads},
              {"width", model.width},
              {"gate", std::string(model::name_of(model.gate))},
              {"objectives", config.objectives},
              {"steps", config.steps},
              {"batch_size", config.batch_size},
              {"accumulate", config.accumulate},
              {"dropout", config.dropout},
              {"learning_rate", config.learning_rate},
              {"seed", config.seed}};
    for (const auto& domain : config.domains)
        json["domains"].push_back({{"name", domain.name}, {"share", domain.share}});
    if (auto metrics = last_metrics(folder / "metrics.jsonl"); metrics.is_object()) {
        json["last_metrics"] = std::move(metrics);
    }
    json["history"] = history_of(config.history);
    return json;
}

Json describe_tensors(const fs::path& path) {
    const store::Safetensors file(path);
    Json json{{"file", path.string()}, {"bytes", fs::file_size(path)}, {"kind", "safetensors"}};
    std::size_t count = 0;
    for (const auto& tensor : file.tensors())
        count += tensor.count;
    json["parameters"] = count;
    json["metadata"] = file.metadata();
    json["tensors"] = Json::array();
    for (const auto& tensor : file.tensors()) {
        json["tensors"].push_back({{"name", tensor.name}, {"shape", to_text(tensor.shape)}});
    }
    return json;
}

Json describe(const fs::path& path, const StopFlag& stop) {
    if (fs::exists(path / "config.json")) return describe_run(path);
    if (path.extension() == ".safetensors") return describe_tensors(path);
    return describe_hdf5(ingest::data_file(path), path.string(), stop);
}

Json audit_of(const fs::path& path, const StopFlag& stop) {
    const store::TrajectoryReader store(path);
    auto list = Json::array();
    for (const auto& finding : train::audit(store, [&stop] { stop.check(); })) {
        list.push_back({{"kind", finding.kind},
                        {"what", finding.what},
                        {"value", finding.value},
                        {"text", finding.text}});
    }
    return list;
}

int run_info(Context& context) {
    const auto& options = context.options;
    if (options.count("file") == 0) {
        fail<UsageError>("no input, expected a file or a folder (mast info FILE)");
    }
    const auto& words = options["file"].as<std::vector<std::string>>();
    if (words.size() > 1) {
        fail<UsageError>("{} inputs, expected one file or folder (call it for each)", words.size());
    }
    refuse_stream(words.front(), "input");
    auto json = describe(words.front(), context.stop);
    if (options["audit"].as<bool>()) {
        if (json["kind"] != store::kTrajectories) {
            fail<UsageError>(
                "{}: is of kind {}, expected a store for --audit (mast ingest makes one)",
                words.front(), json["kind"].get<std::string>());
        }
        json["audit"] = audit_of(words.front(), context.stop);
    }
    if (options["json"].as<bool>()) {
        context.terminal.result(json.dump());
    } else {
        context.terminal.write(aligned_text(json.dump()));
    }
    return kDone;
}

}  // namespace

const Command kInfo{"info",   "FILE [OPTION]...", "tells what a file is and holds",
                    {"file"}, declare_info,       run_info};

}  // namespace mast::cli
