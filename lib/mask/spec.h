// The text of an objective: name[:key=value,...].
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace mast::mask {

/// "random:ratio=0.15..0.6,of=act+obs,weight=0.5" taken apart. Reading a value marks its key as known.
class Spec {
  public:
    /// Throws UsageError pointing at the column of a mistake.
    explicit Spec(const std::string& text);

    const std::string& name() const { return name_; }
    const std::string& text() const { return text_; }
    /// Values with their checks; throw UsageError naming key and what was expected.
    std::int64_t whole(const std::string& key, std::int64_t otherwise, std::int64_t least);
    double number(const std::string& key, double otherwise, double least, double most);
    std::string word(const std::string& key, const std::string& otherwise);
    bool flag(const std::string& key, bool otherwise);
    bool has(const std::string& key) const { return values_.count(key) != 0; }
    /// Throws UsageError for a key that nobody asked for, with a suggestion.
    void refuse_unknown() const;

  private:
    std::string text_;
    std::string name_;
    std::map<std::string, std::string> values_;
    std::map<std::string, bool> asked_;
};

}  // namespace mast::mask
