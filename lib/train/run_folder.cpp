#include "train/run_folder.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/json_depth.h"
#include "base/version.h"
#include "store/safetensors.h"

namespace mast::train {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kModel = "model.safetensors";
constexpr const char* kMetrics = "metrics.jsonl";
constexpr std::size_t kMostConfigBytes = std::size_t{64} << 20U;

std::vector<float> numbers(const ordered_json& list, std::int64_t expected) {
    auto values = list.get<std::vector<float>>();
    if (static_cast<std::int64_t>(values.size()) != expected ||
        !std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
        throw std::invalid_argument("scaler does not fit the channels");
    }
    return values;
}

window::Scaler scaler_from(const ordered_json& json, const model::ModelConfig& model) {
    std::array<std::vector<float>, store::kModalities.size()> mean;
    std::array<std::vector<float>, store::kModalities.size()> scale;
    for (const auto& [name, entry] : json.items()) {
        const auto modality = store::modality_from(name);
        if (!modality) throw std::invalid_argument("scaler of an unknown modality");
        const auto m = store::index_of(*modality);
        const auto expected = model.layout.has(*modality)
                                  ? model.channels[m].dim
                                  : static_cast<std::int64_t>(entry.at("mean").size());
        mean[m] = numbers(entry.at("mean"), expected);
        scale[m] = numbers(entry.at("scale"), expected);
    }
    return {std::move(mean), std::move(scale)};
}

/// Names tensors that are missing, superfluous or of another shape; the first few of many.
void expect_fit(const store::Safetensors& file, const model::ParameterTable& table,
                const std::string& where) {
    constexpr std::int64_t kShown = 4;
    std::int64_t count = 0;
    std::string problems;
    const auto add = [&](const std::string& text) {
        if (count++ < kShown) problems += (problems.empty() ? "" : "; ") + text;
    };
    for (const auto& parameter : table.parameters()) {
        const auto* tensor = file.find(parameter.name);
        if (tensor == nullptr) {
            add(fmt::format("{} is missing", parameter.name));
        } else if (tensor->shape != parameter.shape) {
            add(fmt::format("{} has shape {}, expected {}", parameter.name, to_text(tensor->shape),
                            to_text(parameter.shape)));
        }
    }
    for (const auto& tensor : file.tensors()) {
        const auto same = [&](const auto& parameter) { return parameter.name == tensor.name; };
        if (std::none_of(table.parameters().begin(), table.parameters().end(), same)) {
            add(fmt::format("{} is not part of the model", tensor.name));
        }
    }
    if (count > kShown) problems += fmt::format("; and {} more", count - kShown);
    if (count > 0) {
        fail<DataError>("{}: does not fit config.json: {} (are both of one run?)", where, problems);
    }
}

}  // namespace

std::string to_json(const RunConfig& config) {
    ordered_json json;
    json["mast_kind"] = "run";
    json["mast_version"] = version();
    json["model"] = ordered_json::parse(model::to_json(config.model));
    json["objectives"] = config.objectives;
    json["training"] = {{"steps", config.steps},
                        {"batch_size", config.batch_size},
                        {"accumulate", config.accumulate},
                        {"dropout", config.dropout},
                        {"learning_rate", config.learning_rate},
                        {"precision", config.precision},
                        {"seed", config.seed}};
    for (const auto modality : store::kModalities) {
        const auto mean = config.scaler.mean(modality);
        const auto scale = config.scaler.scale(modality);
        if (mean.empty()) continue;
        json["scaler"][std::string(store::name_of(modality))] = {
            {"mean", std::vector<float>(mean.begin(), mean.end())},
            {"scale", std::vector<float>(scale.begin(), scale.end())}};
    }
    json["components"] = ordered_json::array();
    for (const auto& part : config.components) {
        json["components"].push_back(
            {{"name", part.name}, {"first", part.first}, {"width", part.width}});
    }
    json["history"] = ordered_json::parse(store::to_json(config.history));
    return json.dump(2) + "\n";
}

RunConfig run_config_from_json(const std::string& text, const std::string& where) {
    RunConfig config;
    try {
        if (nested_too_deep(text)) throw std::invalid_argument("nested too deep");
        const auto json = ordered_json::parse(text);
        config.model = model::model_config_from_json(json.at("model").dump(), where);
        config.scaler = scaler_from(json.at("scaler"), config.model);
        config.objectives = json.at("objectives").get<std::vector<std::string>>();
        const auto& training = json.at("training");
        config.steps = training.at("steps").get<std::int64_t>();
        config.batch_size = training.at("batch_size").get<std::int64_t>();
        // Runs from before there was a choice do not say these.
        config.accumulate = training.value("accumulate", config.accumulate);
        config.dropout = training.value("dropout", config.dropout);
        config.learning_rate = training.at("learning_rate").get<double>();
        config.precision = training.value("precision", config.precision);
        config.seed = training.at("seed").get<std::uint64_t>();
        for (const auto& part : json.at("components")) {
            config.components.push_back({part.at("name").get<std::string>(),
                                         part.at("first").get<std::int64_t>(),
                                         part.at("width").get<std::int64_t>()});
        }
        config.history = store::history_from_json(json.at("history").dump(), where);
    } catch (const DataError&) {
        throw;
    } catch (const std::exception& error) {
        fail<DataError>(
            "{}: is not the configuration of a run ({}), expected the file that mast "
            "pretrain wrote",
            where, error.what());
    }
    return config;
}

void check_run_target(const fs::path& folder, store::Overwrite overwrite) {
    std::error_code ignored;
    const auto name = folder.string();
    const auto status = fs::symlink_status(folder, ignored);
    if (fs::exists(status)) {
        if (overwrite == store::Overwrite::refuse) {
            fail<IoError>("{}: already exists, expected a new name (use --overwrite to replace it)",
                          name);
        }
        if (!fs::exists(folder / kConfig, ignored)) {
            fail<IoError>(
                "{}: is not a run, expected a run or a new name (only a run can be "
                "replaced)",
                name);
        }
    }
    auto parent = (folder / "").parent_path().parent_path();
    if (parent.empty()) parent = ".";
    if (!fs::is_directory(parent, ignored)) {
        fail<IoError>("{}: its folder {} does not exist, expected a folder (make it first)", name,
                      parent.string());
    }
}

RunWriter::RunWriter(fs::path folder, store::Overwrite overwrite, const RunConfig& config)
    : folder_(std::move(folder)) {
    check_run_target(folder_, overwrite);
    std::error_code error;
    fs::create_directory(folder_, error);
    if (error) {
        fail<IoError>(
            "{}: cannot be created ({}), expected a writable place (check its "
            "permissions)",
            folder_.string(), error.message());
    }
    for (const char* file : {kModel, kMetrics})
        fs::remove(folder_ / file, error);
    store::write_file(folder_ / kConfig, to_json(config), store::Overwrite::allow);
    metrics_.open(folder_ / kMetrics);
}

void RunWriter::metrics(const std::string& line) {
    metrics_ << line << '\n' << std::flush;
    if (!metrics_) {
        fail<IoError>("{}: cannot be written ({}), expected a disk with room (free some space)",
                      (folder_ / kMetrics).string(), std::strerror(errno));
    }
}

void RunWriter::finish(const model::Transformer& model) {
    metrics_.close();
    if (!metrics_) metrics("");
    std::vector<store::TensorView> tensors;
    for (const auto& parameter : model.table().parameters()) {
        tensors.push_back(
            {parameter.name, parameter.shape, model.table().of(model.values(), parameter)});
    }
    store::write_safetensors(folder_ / kModel, store::Overwrite::refuse, tensors,
                             {{"format", "pt"}, {"mast_version", version()}});
}

Run open_run(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored) || !fs::exists(folder / kConfig, ignored)) {
        fail<IoError>("{}: is not a run, expected a folder with {} (make one with mast pretrain)",
                      folder.string(), kConfig);
    }
    if (!fs::exists(folder / kModel, ignored)) {
        fail<DataError>("{}: has no {}, expected a run that ended (train it again)",
                        folder.string(), kModel);
    }
    const auto config_path = (folder / kConfig).string();
    auto config =
        run_config_from_json(store::read_file(folder / kConfig, kMostConfigBytes), config_path);
    const store::Safetensors file(folder / kModel);
    const auto model_path = (folder / kModel).string();
    // The file is compared with the table before the network's memory is taken.
    expect_fit(file, model::ParameterTable(config.model), model_path);
    model::Transformer model(config.model);
    Run run{std::move(config), std::move(model)};
    if (const auto bad = file.not_finite(); !bad.empty()) {
        fail<DataError>("{}: {} (use another run)", model_path, bad.front());
    }
    for (const auto& parameter : run.model.table().parameters()) {
        const auto values = file.values(*file.find(parameter.name));
        std::copy(values.begin(), values.end(),
                  run.model.table().of(run.model.values(), parameter).begin());
    }
    return run;
}

}  // namespace mast::train
