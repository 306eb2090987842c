// One foreign file, understood: which datasets are which field, and its episodes one after another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/episodes.h"
#include "ingest/field_map.h"
#include "ingest/format.h"
#include "ingest/input_file.h"
#include "ingest/part.h"
#include "store/trajectories.h"

namespace mast::ingest {

class Source {
  public:
    /// Finds the file's format (unless given) and checks all shapes: whatever can be found wrong
    /// without reading the data is told here, together. `map` overrules where fields lie. `between`
    /// is called between pieces of work. Throws IoError, DataError or UsageError.
    Source(const InputFile& file, const Format* format, const FieldMap& map,
           std::function<void()> between);

    Description description() const;

    /// Hands on all episodes, in order, in blocks of block_steps().
    void read(EpisodeSink& sink);
    /// What a reader of the store should know and only the data told; empty if there is nothing.
    std::string remark() const;

  private:
    /// The columns of one episode (or of the whole file, where episodes lie one after another).
    struct Opened {
        std::unique_ptr<Columns> obs, act, mask, rew, terminals, timeouts, next_obs;
        std::int64_t number = 0;
        std::int64_t steps = 0;
    };
    /// Values of a run of steps.
    struct Block {
        std::vector<float> obs, act, mask, rew, terminals, timeouts;
        std::vector<std::int32_t> classes;
        std::vector<std::uint8_t> may;  ///< `mask`, checked
    };

    void choose_format(const InputFile& file, const Format* format, const FieldMap& map);
    void follow_observations();
    void check_stars() const;
    void find_fields(Problems& problems);
    void check_widths(Problems& problems) const;
    void find_action_kind(Problems& problems);
    void check_episodes(Problems& problems);
    void widen_range(const Part& part, std::int64_t& least, std::int64_t& most) const;
    void count_actions();
    void check_mask_width() const;
    void count_values();
    void name_components();
    void check_rows(const Columns* columns, const Opened& episode, Problems& problems) const;
    Opened open(std::int64_t number) const;
    bool flat() const { return numbers_.empty(); }
    bool discrete() const { return spec_.action_kind == store::ActionKind::discrete; }

    void find_outside(const Opened& episode, std::int64_t first, const std::vector<float>& act);
    void read_block(const Opened& episode, std::int64_t first, std::int64_t count, Block& block);
    void read_mask(const Opened& episode, std::int64_t first, std::int64_t count,
                   Block& block) const;
    void append(const Block& block, std::int64_t from, std::int64_t count, EpisodeSink& sink) const;
    std::vector<float> final_obs(const Opened& episode, std::int64_t last) const;
    store::End end_of(const Opened& episode) const;
    void read_flat(EpisodeSink& sink);
    void read_episode(const Opened& episode, EpisodeSink& sink);
    std::vector<std::string> warnings() const;

    std::string name_;  ///< of the file, for messages
    std::function<void()> between_;
    store::h5::File file_;
    store::h5::Group root_;
    std::string format_;
    FieldMap fields_;
    FieldMap usual_;  ///< where the format has its fields; spaces describe those
    Spaces spaces_;
    std::vector<std::int64_t> numbers_;  ///< of episodes; empty: one after another
    std::vector<Part> obs_, act_, mask_, rew_, terminals_, timeouts_, next_obs_;
    Space::Range classes_{0, 0};  ///< of discrete actions
    std::int64_t outside_ = 0;    ///< steps whose action lies outside of its space
    std::string first_outside_;   ///< which, and where
    store::TrajectorySpec spec_;
    std::int64_t steps_ = 0;
};

}  // namespace mast::ingest
