#include "mast/model_options.h"

#include <algorithm>

#include "base/error.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

std::int64_t size_or(const Options& options, const char* name, std::int64_t otherwise) {
    return options.count(name) == 0 ? otherwise : options[name].as<Count>().value;
}

bool is_given(const Options& options, const char* name) {
    return options.count(name) != 0 && !options[name].defaulted();
}

/// Layers before the hidden tokens join; 0 if they are there from the start.
std::int64_t read_encoder(const Options& options, std::int64_t layers) {
    const bool visible = options["encoder"].as<std::string>() == "visible";
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

model::Gate gate_or(const Options& options, model::Gate otherwise) {
    if (options.count("gate") == 0) return otherwise;
    return model::gate_from(options["gate"].as<std::string>()).value();
}

/// Context, layers, heads, width and gate.
model::ModelConfig sizes_or(const Options& options, const model::ModelConfig& otherwise) {
    model::ModelConfig config;
    config.context = size_or(options, "context", otherwise.context);
    config.layers = size_or(options, "layers", otherwise.layers);
    config.heads = size_or(options, "heads", otherwise.heads);
    config.width = size_or(options, "width", otherwise.width);
    config.gate = gate_or(options, otherwise.gate);
    return config;
}

model::ModelConfig sizes_of(const model::Preset& preset) {
    model::ModelConfig config;
    config.context = preset.context;
    config.layers = preset.layers;
    config.heads = preset.heads;
    config.width = preset.width;
    return config;
}

}  // namespace

void add_model_options(po::options_description& options, const std::string& preset) {
    auto add = options.add_options();
    auto* const name = begins_with("NAME", entry_names(model::presets()));
    const std::string otherwise = preset.empty() ? "run" : "preset";
    if (preset.empty()) {
        add("preset", name, "tiny, smart, dt or mtm; else the sizes of the run");
    } else {
        add("preset", name->default_value(preset), "tiny, smart, dt or mtm");
    }
    const auto else_that = "else that of the " + otherwise;
    const auto else_those = "else those of the " + otherwise;
    add("context", value<Count>("STEPS"), ("steps of a window; " + else_that).c_str());
    add("layers", value<Count>("N"), else_those.c_str());
    add("heads", value<Count>("N"), else_those.c_str());
    add("width", value<Count>("N"), ("channels; " + else_those).c_str());
    add("encoder", one_of({"all", "visible"})->default_value("all"),
        "tokens that the first layers work on: all, or visible, which hidden ones join later: "
        "faster where much is hidden");
    add("decoder-layers", value<Count>("N"),
        "layers after hidden tokens have joined; else a quarter of all");
    add("gate", one_of({"none", "gru"}),
        (preset.empty() ? "else that of the run"
                        : "gru: branches join the residual stream through a gate (GTrXL)"));
    add("precision", one_of({"f32", "bf16"})->default_value("f32"),
        "bf16: products of blocks in bfloat16; weights and sums stay f32");
}

const model::Preset& chosen_preset(const Options& options) {
    return model::find_preset(options["preset"].as<std::string>());
}

model::ModelConfig read_sizes(const Options& options) {
    auto config = sizes_or(options, sizes_of(chosen_preset(options)));
    config.encoder_layers = read_encoder(options, config.layers);
    model::check(config);
    return config;
}

model::ModelConfig read_sizes(const Options& options, const model::ModelConfig& run) {
    if (options.count("preset") != 0) return read_sizes(options);
    auto config = sizes_or(options, run);
    config.encoder_layers = is_given(options, "encoder") || is_given(options, "layers")
                                ? read_encoder(options, config.layers)
                                : run.encoder_layers;
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
