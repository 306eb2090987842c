// What an option takes: the name of its value in the help, and what a shell may complete it with.
#pragma once

#include <boost/any.hpp>
#include <boost/program_options.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mast::cli {

/// What a shell may complete a value with; a value's semantic that is none of these is free text.
class Completable {
  public:
    virtual ~Completable() = default;

    std::vector<std::string> words;
    bool only_words = false;  ///< no other value is accepted
    bool is_path = false;     ///< of a file or a folder
};

template <class Value>
class CompletableValue : public boost::program_options::typed_value<Value>, public Completable {
  public:
    CompletableValue() : boost::program_options::typed_value<Value>(nullptr) {}
};

/// Refuses what is none of its words as it is read, with a ValueError.
class OneOf : public CompletableValue<std::string> {
  public:
    explicit OneOf(std::vector<std::string> words);
    void xparse(boost::any& out, const std::vector<std::string>& tokens) const override;
};

/// A value of a checked type (options.h), or free text; `name` says what it is: "STEPS".
template <class Value>
boost::program_options::typed_value<Value>* value(const std::string& name) {
    return boost::program_options::value<Value>()->value_name(name);
}

/// Where `Value` is std::string, one path; where it is a vector of them, several.
template <class Value = std::string>
boost::program_options::typed_value<Value>* path(const std::string& name) {
    auto* const made = new CompletableValue<Value>();  // Boost's descriptions own it
    made->is_path = true;
    return made->value_name(name);
}

/// A text that begins with one of the words; who reads it says what is wrong with it.
template <class Value = std::string>
boost::program_options::typed_value<Value>* begins_with(const std::string& name,
                                                        std::vector<std::string> words) {
    auto* const made = new CompletableValue<Value>();
    made->words = std::move(words);
    return made->value_name(name);
}

/// Named in the help as "f32|bf16".
boost::program_options::typed_value<std::string>* one_of(std::vector<std::string> words);

/// The names of a table's entries.
template <class Entries>
std::vector<std::string> entry_names(const Entries& entries) {
    std::vector<std::string> names;
    for (const auto& entry : entries)
        names.emplace_back(entry.name);
    return names;
}

}  // namespace mast::cli
