// The text of an objective: name[:key=value,...].
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mast::mask {

/// Letters, digits, - and _: what can be a part of the name of a tensor or a metric.
bool is_label(std::string_view text);

/// "random:ratio=0.15..0.6,of=act+obs,weight=0.5" taken apart. Reading a value marks its key as
/// known. All errors are UsageErrors that point at the column of the mistake, counted from 1.
class Spec {
  public:
    /// Throws UsageError pointing at the column of a mistake.
    explicit Spec(const std::string& text);

    const std::string& name() const { return name_; }
    const std::string& text() const { return text_; }

    /// Values with their checks; throw UsageError naming key and what was expected.
    std::int64_t whole(const std::string& key, std::int64_t otherwise, std::int64_t least,
                       std::int64_t most);
    double number(const std::string& key, double otherwise, double least, double most);
    /// "0.3" or "0.15..0.6"; the first is not above the second.
    std::pair<double, double> range(const std::string& key, std::pair<double, double> otherwise,
                                    double least, double most);
    std::string word(const std::string& key, const std::string& otherwise);
    /// A word that is_label().
    std::string label(const std::string& key, const std::string& otherwise);
    /// true or false.
    bool flag(const std::string& key, bool otherwise);
    /// The parts of "a+b+c"; empty if the key is not there.
    std::vector<std::string> list(const std::string& key);

    /// Whether the key is there; marks it as known.
    bool has(const std::string& key);
    /// Throws UsageError for a key that nobody asked for, with a suggestion.
    void refuse_unknown() const;

    /// Throws UsageError about a key's value, or about the name where the key is not there:
    /// "objective SPEC: column C: KEY is VALUE, expected EXPECTED".
    [[noreturn]] void refuse(const std::string& key, const std::string& expected) const;

    /// Throws UsageError where the context is a single step: "... WHAT, but the context is 1".
    void need_two_steps(std::int64_t steps, const char* what) const;

  private:
    struct Value {
        std::string text;
        std::size_t key_column;
        std::size_t column;
        bool known = false;
    };
    [[noreturn]] void refuse_at(std::size_t column, const std::string& what) const;
    void read_argument(std::size_t first, std::size_t end);
    const Value* ask(const std::string& key);

    std::string text_;
    std::string name_;
    std::map<std::string, Value> values_;
    std::vector<std::string> asked_;
};

}  // namespace mast::mask
