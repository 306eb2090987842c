// The datasets that make up a field, and the columns that each becomes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ingest/space.h"
#include "store/h5.h"

namespace mast::ingest {

/// One dataset of a field.
struct Part {
    std::string path;          ///< with * for the episode's number
    std::string name;          ///< of the component
    std::int64_t columns = 0;  ///< in the file
    /// Discrete columns become one column for each value; empty: numbers as they are.
    std::vector<Space::Range> one_hot;
    /// Bounds of each column, by the space; empty: it tells none.
    std::vector<float> low, high;
    /// A single column of whole numbers that no space describes: their range is to be found.
    bool undescribed = false;

    std::int64_t width() const;  ///< columns after that
};

/// Collects what is wrong with a file, so that it can be told at once.
class Problems {
  public:
    void add(std::string text) { texts_.push_back(std::move(text)); }
    bool none() const { return texts_.empty(); }
    /// Throws DataError with the first few.
    void fail_if_any() const;

  private:
    std::vector<std::string> texts_;
};

/// The most columns that a field may have, and the most steps that all episodes may have.
inline constexpr std::int64_t kMostColumns = 1 << 20;
inline constexpr std::int64_t kMostSteps = std::int64_t{1} << 48U;

/// The datasets at or below paths of the episode `number`, in the order of the space (else by name,
/// and "_index_K" by number). `space` describes what lies at `space_path`. What holds no numbers
/// (text, images, complex numbers) is a problem that names the dataset.
std::vector<Part> find_parts(const store::h5::Group& root, const std::vector<std::string>& paths,
                             std::int64_t number, const std::string& space_path, const Space* space,
                             Problems& problems);

/// The same columns of one episode, opened.
class Columns {
  public:
    Columns(const store::h5::Group& root, const std::vector<Part>& parts, std::int64_t number);

    /// Rows of the datasets; they agree.
    std::int64_t rows() const { return rows_; }
    std::int64_t width() const { return width_; }
    const std::string& where() const { return datasets_.front().where(); }

    /// Rows first .. first + count - 1 as (count, width). Throws DataError at the first value that
    /// is not finite or not in its range, naming dataset, row and column.
    void read(std::int64_t first, std::int64_t count, std::vector<float>& out);
    /// A single column of whole numbers in `range`, as 0 .. count - 1.
    void read_classes(std::int64_t first, std::int64_t count, const Space::Range& range,
                      std::vector<std::int32_t>& out);
    /// Widens a range so that it holds all whole numbers of a single column.
    void widen_range(std::int64_t& least, std::int64_t& most);

  private:
    void read_numbers(std::size_t part, std::int64_t first, std::int64_t count, std::int64_t column,
                      std::vector<float>& out);
    void read_one_hot(std::size_t part, std::int64_t first, std::int64_t count, std::int64_t column,
                      std::vector<float>& out);

    const std::vector<Part>& parts_;
    std::vector<store::h5::Dataset> datasets_;
    std::int64_t rows_ = 0;
    std::int64_t width_ = 0;
    std::vector<float> numbers_;
    std::vector<std::int64_t> whole_;
};

}  // namespace mast::ingest
