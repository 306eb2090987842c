#include "train/metrics_log.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.h"

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

void read_metrics(
    const std::filesystem::path& path,
    const std::function<void(std::int64_t step, const std::vector<Scalar>& numbers)>& take) {
    const auto name = path.string();
    std::ifstream in(path);
    if (!in) {
        fail<IoError>("{}: cannot be read ({}), expected the metrics of a run (check the path)",
                      name, std::strerror(errno));
    }
    std::int64_t number = 0;
    std::vector<Scalar> numbers;
    for (std::string line; std::getline(in, line) && !in.eof();) {
        ++number;
        const auto parsed = nlohmann::ordered_json::parse(line, nullptr, false);
        if (!parsed.is_object() || !parsed.contains("step") ||
            !parsed["step"].is_number_integer()) {
            fail<DataError>(
                "{}: line {} is not a JSON object with a step, expected one as "
                "mast pretrain writes it (is the file whole?)",
                name, number);
        }
        numbers.clear();
        for (const auto& [key, value] : parsed.items()) {
            if (key != "step" && value.is_number()) numbers.push_back({key, value.get<double>()});
        }
        take(parsed["step"].get<std::int64_t>(), numbers);
    }
}

}  // namespace mast::train
