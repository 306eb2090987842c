// The network as plain loops that compute every row of every sample and mask what must not be
// seen, in double or complex<double> precision: what the rows that are left out are checked
// against.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compute/reference.h"
#include "compute/row_lists.h"
#include "model/transformer.h"

namespace mast::test {

/// Values of all parameters as S, by name.
template <class S>
class DenseNetwork {
  public:
    DenseNetwork(const model::ModelConfig& config, const model::ParameterTable& table,
                 std::span<const float> values)
        : config_(config), table_(table) {
        for (const float value : values)
            values_.emplace_back(static_cast<double>(value));
    }

    std::vector<S>& values() { return values_; }

    /// Sum over the predicted modalities of the mean over their elements.
    S loss(const mask::Batch& batch, std::size_t view,
           const compute::DropoutKey& dropout = {}) const {
        const auto& masked = batch.views[view];
        const auto& objective = *masked.objective;
        const auto n = objective.tokens();
        const auto counts = model::count_targets(config_, batch, view);
        S total{};
        for (std::int64_t b = 0; b < batch.windows.batch; ++b) {
            const auto x = forward(batch, masked, b, dropout);
            for (std::int64_t i = 0; i < n; ++i) {
                if (masked.predict[place(b * n + i)] == 0) continue;
                const auto modality = objective.layout.modality_of(i);
                const auto row = objective.readout[place(i)];
                const std::vector<S> read(x.begin() + row * config_.width,
                                          x.begin() + (row + 1) * config_.width);
                total += error(batch, modality, objective.role,
                               b * objective.steps + objective.layout.step_of(i), read) /
                         static_cast<double>(counts[store::index_of(modality)]);
            }
        }
        return total;
    }

  private:
    /// What a layer's attention is given: (n, 3C) and (n, n).
    struct Look {
        std::vector<S> qkv;
        std::vector<std::uint8_t> attend;
    };

  public:
    /// Attention probabilities of a sample, (layers, H, n, n): of every row, needed or not.
    std::vector<S> attention(const mask::Batch& batch, std::size_t view, std::int64_t b) const {
        std::vector<Look> looks;
        forward(batch, batch.views[view], b, {}, &looks);
        const auto n = batch.views[view].objective->tokens();
        std::vector<S> maps;
        for (const auto& look : looks) {
            for (std::int64_t head = 0; head < config_.heads; ++head) {
                for (std::int64_t q = 0; q < n; ++q) {
                    const auto row = softmax_row(look, head, q, n);
                    maps.insert(maps.end(), row.begin(), row.end());
                }
            }
        }
        return maps;
    }

  private:
    static std::size_t place(std::int64_t i) { return static_cast<std::size_t>(i); }

    std::vector<S> softmax_row(const Look& look, std::int64_t head, std::int64_t q,
                               std::int64_t n) const {
        const auto c = config_.width;
        const auto depth = c / config_.heads;
        std::vector<S> row(place(n));
        S sum{};
        for (std::int64_t k = 0; k < n; ++k) {
            if (look.attend[place(q * n + k)] == 0) continue;
            S dot{};
            for (std::int64_t d = head * depth; d < (head + 1) * depth; ++d)
                dot += look.qkv[place(q * 3 * c + d)] * look.qkv[place(k * 3 * c + c + d)];
            row[place(k)] = std::exp(dot / std::sqrt(static_cast<double>(depth)));
            sum += row[place(k)];
        }
        for (auto& share : row)
            share = sum == S{} ? S{} : share / sum;
        return row;
    }

    std::vector<S> of(const std::string& name) const {
        const auto& parameter = table_.find(name);
        const auto first = values_.begin() + parameter.offset;
        return {first, first + element_count(parameter.shape)};
    }

    /// (rows, out) by the layer of that name.
    std::vector<S> linear(const std::vector<S>& x, const std::string& name, std::int64_t in) const {
        const auto bias = of(name + ".bias");
        return compute::reference::linear(x, of(name + ".weight"), bias,
                                          static_cast<std::int64_t>(x.size()) / in, in,
                                          static_cast<std::int64_t>(bias.size()));
    }
    std::vector<S> norm(const std::vector<S>& x, const std::string& name) const {
        return compute::reference::layer_norm(x, of(name + ".weight"), of(name + ".bias"));
    }

    /// What stands for a token: (C).
    std::vector<S> embed(const mask::Batch& batch, const mask::MaskedView& view, std::int64_t b,
                         std::int64_t token) const {
        const auto& layout = view.objective->layout;
        const auto step = layout.step_of(token);
        const auto modality = layout.modality_of(token);
        const std::string name(store::name_of(modality));
        const auto m = store::index_of(modality);
        const auto i = place(b * view.objective->tokens() + token);
        const auto c = config_.width;
        std::vector<S> x;
        if (view.masked(i)) {
            x = config_.mask_constant
                    ? std::vector<S>(place(c), S(static_cast<double>(*config_.mask_constant)))
                    : of("mask." + name);
        } else {
            const auto own = b * view.objective->steps + step;
            const auto source = view.source.empty() ? own : view.source[i];
            if (config_.channels[m].discrete) {
                const auto rows = of("embed." + name + ".weight");
                const auto first = rows.begin() + batch.windows.classes[place(source)] * c;
                x.assign(first, first + c);
            } else {
                const auto dim = config_.channels[m].dim;
                std::vector<S> value;
                for (std::int64_t d = 0; d < dim; ++d) {
                    value.emplace_back(
                        static_cast<double>(batch.windows.values[m][place(source * dim + d)]));
                }
                x = linear(value, "embed." + name, dim);
            }
        }
        const auto position = of("position.weight");
        const auto kind = of("modality." + name);
        for (std::int64_t d = 0; d < c; ++d)
            x[place(d)] += position[place(step * c + d)] + kind[place(d)];
        return x;
    }

    /// Takes in what a branch gives.
    void join(std::vector<S>& x, std::vector<S> branch, const std::string& gate) const {
        if (config_.gate == model::Gate::none) {
            for (std::size_t i = 0; i < x.size(); ++i)
                x[i] += branch[i];
            return;
        }
        for (auto& value : branch)
            value = compute::reference::real_part(value) > 0 ? value : S{};
        x = compute::reference::gru_gate(x, branch, of(gate + ".branch.weight"),
                                         of(gate + ".residual.weight"), of(gate + ".bias"));
    }

    /// (n, C) of a sample after the last norm. looks: what each layer's attention is given.
    std::vector<S> forward(const mask::Batch& batch, const mask::MaskedView& view, std::int64_t b,
                           compute::DropoutKey key, std::vector<Look>* looks = nullptr) const {
        key.sample += static_cast<std::uint32_t>(b);
        const auto& objective = *view.objective;
        const auto n = objective.tokens();
        const auto c = config_.width;
        std::vector<S> x;
        for (std::int64_t i = 0; i < n; ++i) {
            const auto token = embed(batch, view, b, i);
            x.insert(x.end(), token.begin(), token.end());
        }
        auto attend = objective.attend;
        for (std::int64_t k = 0; k < n; ++k) {
            const auto step = b * objective.steps + objective.layout.step_of(k);
            if (batch.windows.valid[place(step)] != 0) continue;
            for (std::int64_t q = 0; q < n; ++q)
                attend[place(q * n + k)] = 0;
        }
        // Nobody looks at hidden tokens before they join.
        auto shown = attend;
        for (std::int64_t k = 0; k < n; ++k) {
            for (std::int64_t q = 0; view.masked(place(b * n + k)) && q < n; ++q)
                shown[place(q * n + k)] = 0;
        }
        const auto rows = compute::oracle::full_rows(1, n);
        const auto drop = [&](std::uint32_t site, const std::vector<S>& values) {
            key.site = site;
            return key.rate == 0 ? values
                                 : compute::reference::dropout(key, rows.view().keys, values);
        };
        x = drop(0, x);
        const auto embedded = x;
        for (std::int64_t layer = 0; layer < config_.layers; ++layer) {
            const auto name = fmt::format("blocks.{}.", layer);
            const bool encodes = layer < config_.encoder_layers;
            for (std::int64_t i = 0; layer == config_.encoder_layers && i < n; ++i) {
                if (view.masked(place(b * n + i)))
                    std::copy_n(embedded.begin() + i * c, c, x.begin() + i * c);
            }
            const auto qkv = linear(norm(x, name + "ln1"), name + "attn.qkv", c);
            if (looks != nullptr) looks->push_back({qkv, encodes ? shown : attend});
            key.site = 1 + 3 * static_cast<std::uint32_t>(layer);
            const auto site = key.site;
            const auto attended = compute::reference::attention(
                {1, n, config_.heads, c}, rows.view(), qkv, encodes ? shown : attend, key);
            join(x, drop(site + 1, linear(attended, name + "attn.proj", c)), name + "gate1");
            const auto hidden = linear(norm(x, name + "ln2"), name + "mlp.fc", c);
            join(x,
                 drop(site + 2, linear(compute::reference::gelu(hidden), name + "mlp.proj", 4 * c)),
                 name + "gate2");
        }
        return norm(x, "ln_f");
    }

    /// Squared error, or nats, of the value in row b * T + t.
    S error(const mask::Batch& batch, store::Modality modality, const std::string& role,
            std::int64_t row, const std::vector<S>& read) const {
        const auto m = store::index_of(modality);
        const auto name = fmt::format("heads.{}.{}", role, store::name_of(modality));
        const auto prediction = linear(read, name, config_.width);
        const auto dim = config_.channels[m].dim;
        if (config_.channels[m].discrete) {
            std::vector<bool> allowed(place(dim), true);
            for (std::int64_t k = 0; config_.channels[m].masked && k < dim; ++k)
                allowed[place(k)] = batch.windows.may[place(row * dim + k)] != 0;
            const auto share = compute::reference::masked_softmax(prediction, allowed);
            return -std::log(share[place(batch.windows.classes[place(row)])]);
        }
        std::vector<S> target;
        for (std::int64_t d = 0; d < dim; ++d)
            target.emplace_back(static_cast<double>(batch.windows.values[m][place(row * dim + d)]));
        return compute::reference::squared_error(prediction, target);
    }

    const model::ModelConfig& config_;
    const model::ParameterTable& table_;
    std::vector<S> values_;
};

}  // namespace mast::test
