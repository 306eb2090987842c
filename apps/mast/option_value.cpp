#include "mast/option_value.h"

#include <fmt/format.h>

#include <algorithm>

#include "mast/value_error.h"

namespace mast::cli {

namespace {

/// "a, b or c".
std::string either(const std::vector<std::string>& words) {
    const auto last = words.end() - 1;
    return fmt::format("{}{}{}", fmt::join(words.begin(), last, ", "),
                       words.size() > 1 ? " or " : "", *last);
}

}  // namespace

OneOf::OneOf(std::vector<std::string> all) {
    words = std::move(all);
    only_words = true;
}

void OneOf::xparse(boost::any& out, const std::vector<std::string>& tokens) const {
    CompletableValue<std::string>::xparse(out, tokens);
    const auto& word = boost::any_cast<const std::string&>(out);
    if (std::find(words.begin(), words.end(), word) == words.end())
        throw ValueError(word, either(words));
}

boost::program_options::typed_value<std::string>* one_of(std::vector<std::string> words) {
    auto* const made = new OneOf(std::move(words));
    return made->value_name(fmt::to_string(fmt::join(made->words, "|")));
}

}  // namespace mast::cli
