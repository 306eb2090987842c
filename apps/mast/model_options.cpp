#include "mast/model_options.h"

#include "base/error.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

std::int64_t size_or(const Options& options, const char* name, std::int64_t otherwise) {
    return options.count(name) == 0 ? otherwise : options[name].as<Count>().value;
}

}  // namespace

void add_model_options(po::options_description& options, const std::string& preset) {
    auto add = options.add_options();
    add("preset", po::value<std::string>()->default_value(preset), "tiny, smart, dt or mtm");
    add("context", po::value<Count>(), "steps of a window; else that of the preset");
    add("layers", po::value<Count>(), "else those of the preset");
    add("heads", po::value<Count>(), "else those of the preset");
    add("width", po::value<Count>(), "channels; else those of the preset");
    add("precision", po::value<std::string>()->default_value("f32"),
        "f32, or bf16: products of blocks in bfloat16; weights and sums stay f32");
}

const model::Preset& chosen_preset(const Options& options) {
    return model::find_preset(options["preset"].as<std::string>());
}

model::ModelConfig read_sizes(const Options& options) {
    const auto& preset = chosen_preset(options);
    model::ModelConfig config;
    config.context = size_or(options, "context", preset.context);
    config.layers = size_or(options, "layers", preset.layers);
    config.heads = size_or(options, "heads", preset.heads);
    config.width = size_or(options, "width", preset.width);
    model::check(config);
    return config;
}

compute::Precision read_precision(const Options& options) {
    return precision_of(options["precision"].as<std::string>());
}

compute::Precision precision_of(const std::string& word) {
    if (word == "f32") return compute::Precision::f32;
    if (word == "bf16") return compute::Precision::bf16;
    fail<UsageError>("--precision: \"{}\" is not a precision, expected f32 or bf16", word);
}

}  // namespace mast::cli
