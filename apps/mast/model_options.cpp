#include "mast/model_options.h"

#include <algorithm>

#include "base/error.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

std::int64_t size_or(const Options& options, const char* name, std::int64_t otherwise) {
    return options.count(name) == 0 ? otherwise : options[name].as<Count>().value;
}

/// Layers before the hidden tokens join; 0 if they are there from the start.
std::int64_t read_encoder(const Options& options, std::int64_t layers) {
    const auto& word = options["encoder"].as<std::string>();
    const bool visible = word == "visible";
    if (!visible && word != "all")
        fail<UsageError>("--encoder: \"{}\" is not all or visible", word);
    if (!visible && options.count("decoder-layers") != 0) {
        fail<UsageError>(
            "--decoder-layers: is for --encoder visible, where hidden tokens join late (add it)");
    }
    if (!visible) return 0;
    const auto quarter = std::max<std::int64_t>(1, layers / 4);
    const auto decoder = size_or(options, "decoder-layers", quarter);
    if (decoder >= layers) {
        fail<UsageError>(
            "--decoder-layers: {} of {} layers leave none for the encoder, expected "
            "fewer (use more --layers)",
            decoder, layers);
    }
    return layers - decoder;
}

}  // namespace

void add_model_options(po::options_description& options, const std::string& preset) {
    auto add = options.add_options();
    add("preset", po::value<std::string>()->default_value(preset), "tiny, smart, dt or mtm");
    add("context", po::value<Count>(), "steps of a window; else that of the preset");
    add("layers", po::value<Count>(), "else those of the preset");
    add("heads", po::value<Count>(), "else those of the preset");
    add("width", po::value<Count>(), "channels; else those of the preset");
    add("encoder", po::value<std::string>()->default_value("all"),
        "tokens that the first layers work on: all, or visible, which hidden ones join later: "
        "faster where much is hidden");
    add("decoder-layers", po::value<Count>(),
        "layers after hidden tokens have joined; else a quarter of all");
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
    config.encoder_layers = read_encoder(options, config.layers);
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
