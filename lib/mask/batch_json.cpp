#include "mask/batch_json.h"

#include <fmt/format.h>

#include <iterator>
#include <span>

#include "mask/inputs.h"

namespace mast::mask {

namespace {

template <class T>
void append_list(std::span<const T> values, std::string& out) {
    fmt::format_to(std::back_inserter(out), "[{}]", fmt::join(values, ","));
}

/// T rows of `dim` columns.
void append_rows(std::span<const float> values, std::size_t dim, std::string& out) {
    out += '[';
    for (std::size_t first = 0; first < values.size(); first += dim) {
        if (first > 0) out += ',';
        append_list(values.subspan(first, dim), out);
    }
    out += ']';
}

void append_tokens(const window::Windows& windows, const Layout& layout, std::size_t b,
                   std::string& out) {
    const auto steps = static_cast<std::size_t>(windows.steps);
    const char* before = ",\"tokens\":{";
    for (const auto modality : layout.modalities()) {
        fmt::format_to(std::back_inserter(out), "{}\"{}\":", before, store::name_of(modality));
        before = ",";
        const auto& channel = windows.channels[store::index_of(modality)];
        const auto dim = static_cast<std::size_t>(channel.dim);
        if (channel.discrete) {
            append_list(std::span(windows.classes).subspan(b * steps, steps), out);
        } else {
            const std::span<const float> values = windows.values[store::index_of(modality)];
            append_rows(values.subspan(b * steps * dim, steps * dim), dim, out);
        }
    }
    out += '}';
}

/// Where the data have one: T lists of K marks.
void append_action_mask(const window::Windows& windows, std::size_t b, std::string& out) {
    const auto steps = static_cast<std::size_t>(windows.steps);
    const auto dim = windows.may.size() / windows.valid.size();
    const char* before = ",\"action_mask\":[";
    for (std::size_t t = 0; dim > 0 && t < steps; ++t) {
        out += before;
        before = ",";
        append_list(std::span(windows.may).subspan((b * steps + t) * dim, dim), out);
    }
    if (dim > 0) out += ']';
}

/// The tokens marked in (B, n), and where `rows` is asked for, their read-outs instead.
void append_marked(const std::vector<std::uint8_t>& marks, std::size_t b,
                   const Objective& objective, bool rows, std::string& out) {
    const auto n = static_cast<std::size_t>(objective.tokens());
    std::vector<std::int64_t> tokens;
    for (std::size_t i = 0; i < n; ++i) {
        if (marks[b * n + i] == 0) continue;
        tokens.push_back(rows ? objective.readout[i] : static_cast<std::int64_t>(i));
    }
    append_list(std::span<const std::int64_t>(tokens), out);
}

/// All inputs of one view, (B, T, D) by modality of the layout.
std::vector<std::vector<float>> inputs_of(const Batch& batch, const MaskedView& view,
                                          float mask_value) {
    std::vector<std::vector<float>> inputs;
    for (const auto modality : view.objective->layout.modalities()) {
        const auto dim = batch.windows.channels[store::index_of(modality)].dim;
        auto& values =
            inputs.emplace_back(batch.windows.valid.size() * static_cast<std::size_t>(dim));
        masked_inputs(batch, view, modality, mask_value, values);
    }
    return inputs;
}

void append_inputs(const window::Windows& windows, const Layout& layout,
                   const std::vector<std::vector<float>>& inputs, std::size_t b, std::string& out) {
    const char* before = ",\"inputs\":{";
    for (std::size_t m = 0; m < inputs.size(); ++m) {
        const auto modality = layout.modalities()[m];
        fmt::format_to(std::back_inserter(out), "{}\"{}\":", before, store::name_of(modality));
        before = ",";
        const auto dim = static_cast<std::size_t>(windows.channels[store::index_of(modality)].dim);
        const auto size = static_cast<std::size_t>(windows.steps) * dim;
        append_rows(std::span(inputs[m]).subspan(b * size, size), dim, out);
    }
    out += '}';
}

}  // namespace

void append_json_lines(const Batch& batch, float mask_value, bool with_inputs, std::string& out) {
    const auto& windows = batch.windows;
    const auto steps = static_cast<std::size_t>(windows.steps);
    std::vector<std::vector<std::vector<float>>> inputs;
    for (const auto& view : batch.views) {
        if (with_inputs) inputs.push_back(inputs_of(batch, view, mask_value));
    }
    for (std::size_t b = 0; b < static_cast<std::size_t>(windows.batch); ++b) {
        fmt::format_to(std::back_inserter(out),
                       "{{\"episode\":{},\"start\":{},\"valid\":", windows.episode[b],
                       windows.start[b]);
        append_list(std::span(windows.valid).subspan(b * steps, steps), out);
        append_tokens(windows, batch.views.front().objective->layout, b, out);
        append_action_mask(windows, b, out);
        out += ",\"objectives\":[";
        for (std::size_t v = 0; v < batch.views.size(); ++v) {
            const auto& view = batch.views[v];
            const auto& objective = *view.objective;
            if (v > 0) out += ',';
            // A spec holds no character that JSON would have to escape.
            fmt::format_to(std::back_inserter(out),
                           "{{\"name\":\"{}\",\"hidden\":", objective.name);
            append_marked(view.hidden, b, objective, false, out);
            out += ",\"predict\":";
            append_marked(view.predict, b, objective, false, out);
            out += ",\"rows\":";
            append_marked(view.predict, b, objective, true, out);
            if (with_inputs) append_inputs(windows, objective.layout, inputs[v], b, out);
            out += '}';
        }
        out += "]}\n";
    }
}

}  // namespace mast::mask
