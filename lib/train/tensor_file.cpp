#include "train/tensor_file.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "base/error.h"

namespace mast::train {

namespace {

/// The first few of many lines.
class Problems {
  public:
    void add(const std::string& text) {
        constexpr std::int64_t kShown = 4;
        if (++count_ <= kShown) text_ += (text_.empty() ? "" : "; ") + text;
        if (count_ > kShown) more_ = fmt::format("; and {} more", count_ - kShown);
    }
    bool any() const { return count_ > 0; }
    std::string text() const { return text_ + more_; }

  private:
    std::int64_t count_ = 0;
    std::string text_, more_;
};

}  // namespace

std::vector<store::TensorView> tensors_of(const model::ParameterTable& table,
                                          std::span<const float> buffer,
                                          const std::string& prefix) {
    std::vector<store::TensorView> tensors;
    for (const auto& parameter : table.parameters())
        tensors.push_back({prefix + parameter.name, parameter.shape, table.of(buffer, parameter)});
    return tensors;
}

void expect_tensors(const store::Safetensors& file, const model::ParameterTable& table,
                    const std::vector<std::string>& prefixes, const std::string& where) {
    Problems problems;
    std::set<std::string> known;
    for (const auto& prefix : prefixes) {
        for (const auto& parameter : table.parameters()) {
            const auto name = prefix + parameter.name;
            known.insert(name);
            const auto* tensor = file.find(name);
            if (tensor == nullptr) {
                problems.add(fmt::format("{} is missing", name));
            } else if (tensor->shape != parameter.shape) {
                problems.add(fmt::format("{} has shape {}, expected {}", name,
                                         to_text(tensor->shape), to_text(parameter.shape)));
            }
        }
    }
    for (const auto& tensor : file.tensors()) {
        if (!known.contains(tensor.name))
            problems.add(fmt::format("{} is not part of the model", tensor.name));
    }
    if (problems.any()) {
        fail<DataError>("{}: does not fit config.json: {} (are both of one run?)", where,
                        problems.text());
    }
    if (!file.not_finite().empty())
        fail<DataError>("{}: {} (use another run)", where, file.not_finite().front());
}

void read_tensors(const store::Safetensors& file, const model::ParameterTable& table,
                  const std::string& prefix, std::span<float> buffer) {
    for (const auto& parameter : table.parameters())
        file.read(*file.find(prefix + parameter.name), table.of(buffer, parameter));
}

}  // namespace mast::train
