// "did you mean": the known word nearest to a mistyped one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mast {

/// The known word with the smallest edit distance (Levenshtein 1966; a swap of neighbours counts as
/// one edit), if that is at most a third of the longer word, rounded up; the first one on a tie.
std::optional<std::string> suggest(std::string_view given, std::span<const std::string_view> known);

/// "; did you mean 'WORD'?" or an empty text, to end a message with.
std::string did_you_mean(std::string_view given, std::span<const std::string_view> known);

}  // namespace mast
