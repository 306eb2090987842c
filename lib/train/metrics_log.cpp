#include "train/metrics_log.h"

#include <nlohmann/json.hpp>

#include <fstream>

namespace mast::train {

namespace {

/// Bytes of the lines at the start of the file that are whole and of steps up to this one.
std::int64_t bytes_of_lines_up_to(const std::string& path, std::int64_t step) {
    std::ifstream in(path);
    std::int64_t bytes = 0;
    for (std::string line; std::getline(in, line) && !in.eof();) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        const auto found = json.is_object() ? json.find("step") : json.end();
        if (found == json.end() || !found->is_number_integer() || *found > step) break;
        bytes += static_cast<std::int64_t>(line.size()) + 1;
    }
    return bytes;
}

}  // namespace

void MetricsLog::cut_after(std::int64_t step) {
    file_.cut(bytes_of_lines_up_to(file_.name(), step));
}

}  // namespace mast::train
