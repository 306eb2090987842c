// HDF5 behind a small interface: each C call wrapped once and checked once.
//
// No header shows hdf5.h; handles are held as 64-bit numbers. Errors carry the file, the object and
// the innermost line of HDF5's own error stack. Not thread-safe.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/shape.h"
#include "base/version.h"

namespace mast::store::h5 {

/// HDF5 stays silent, does not close files at exit, which can crash after a failed write, and
/// neither follows links into other files nor loads code because a file asks for it. To be called
/// before anything else; opening or creating a file does it as well.
void start();

/// HDF5.
Library library();

/// What the elements of a dataset or attribute are.
enum class Class : std::uint8_t {
    integer,
    floating,
    boolean,  ///< an enumeration of FALSE and TRUE, as h5py writes it
    string,
    bytes,    ///< variable-length sequences: JPEG images, ragged arrays
    complex,  ///< a compound of two numbers, r and i
    other
};

struct TypeInfo {
    Class kind = Class::other;
    std::int64_t size = 0;  ///< bytes of an element
    std::string text;       ///< for messages: "float64", "int32", "string", ...
};

/// Element types that mast reads into and writes.
template <class T>
concept Element = std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::uint8_t> || std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

enum class Layout : std::uint8_t {
    contiguous,  ///< the shape is final
    extendible   ///< chunked; rows are added by write()
};

/// How a file will be read: block after block, or rows here and there.
enum class Access : std::uint8_t { sequential, random };

/// Owner of one HDF5 identifier. close() reports failure; the destructor only releases.
class Handle {
  public:
    using Closer = int (*)(std::int64_t);
    Handle() = default;
    Handle(std::int64_t id, Closer closer) : id_(id), closer_(closer) {}
    ~Handle();
    Handle(Handle&& other) noexcept;
    Handle& operator=(Handle&& other) noexcept;

    std::int64_t id() const { return id_; }
    /// False if HDF5 could not finish what was pending.
    bool close();

  private:
    std::int64_t id_ = -1;
    Closer closer_ = nullptr;
};

/// Attributes of any object.
class Object {
  public:
    /// "FILE: /path", for messages.
    const std::string& where() const { return where_; }

    bool has_attribute(const std::string& name) const;
    std::vector<std::string> attribute_names() const;
    void set_attribute(const std::string& name, const std::string& value);
    void set_attribute(const std::string& name, const char* value);
    void set_attribute(const std::string& name, std::int64_t value);
    void set_attribute(const std::string& name, double value);
    /// Throw DataError if the attribute is missing or of another type.
    std::string text_attribute(const std::string& name) const;
    std::int64_t whole_attribute(const std::string& name) const;
    double real_attribute(const std::string& name) const;
    /// Type and value of a scalar attribute, in a form that tells any two apart.
    std::string attribute_content(const std::string& name) const;

  protected:
    Object(Handle handle, std::string where);
    std::int64_t id() const { return handle_.id(); }

    Handle handle_;
    std::string where_;
};

class Dataset : public Object {
  public:
    Dataset(Handle handle, std::string where);

    const Shape& shape() const { return shape_; }
    /// shape()[0]; 1 for a scalar.
    std::int64_t rows() const { return shape_.empty() ? 1 : shape_[0]; }
    /// Elements of one row.
    std::int64_t row_size() const;
    TypeInfo type() const;
    /// What stands against reading it: data that lies in another file, or a filter that HDF5 itself
    /// does not have; "lies in another file, expected ...". Empty if nothing does.
    std::string obstacle() const;
    /// For files that mast writes. Throws DataError where there is an obstacle, or where the
    /// dataset is larger than anything the file can hold: after that, memory may be taken by its
    /// shape.
    void expect_held() const;

    /// Rows first .. first + count - 1, converted to T. Throws DataError if they cannot be read.
    template <Element T>
    void read(std::int64_t first, std::int64_t count, T* out) const;
    /// Writes rows; an extendible dataset grows to hold them. Throws IoError.
    template <Element T>
    void write(std::int64_t first, std::int64_t count, const T* data);
    /// A scalar string dataset.
    std::string read_text() const;

    /// Chunks that were never written, which read as the fill value. 0 for a contiguous dataset.
    std::int64_t missing_chunks() const;
    /// All chunks of its shape; 0 for a contiguous dataset.
    std::int64_t chunks() const;
    /// Throws IoError: data that was pending could not be written, or some chunk was not. To be
    /// called before what was written is read back.
    void flush();
    /// Throws IoError: data that was pending could not be written.
    void close();

  private:
    Shape shape_;
};

/// A group; the root of a file too.
class Group : public Object {
  public:
    Group(Handle handle, std::string where);

    enum class Kind : std::uint8_t { absent, group, dataset, other };
    struct Child {
        std::string name;
        Kind kind;
    };

    /// What lies at a path. A broken or circular link is absent; a link to another file is `other`.
    Kind kind_of(const std::string& path) const;
    bool has_group(const std::string& path) const { return kind_of(path) == Kind::group; }
    bool has_dataset(const std::string& path) const { return kind_of(path) == Kind::dataset; }
    /// Children in order of name.
    std::vector<Child> children() const;

    /// Throw DataError if there is none.
    Group group(const std::string& path) const;
    Dataset dataset(const std::string& path) const;

    /// Where it lies in the file: the same for all names that it has.
    std::uint64_t address() const;

    /// A file can be closed only when its groups and datasets are.
    void close() { handle_.close(); }

    Group create_group(const std::string& name);
    /// Floats are filled with NaN until written, so that a hole is seen.
    template <Element T>
    Dataset create_dataset(const std::string& name, const Shape& shape,
                           Layout layout = Layout::contiguous);

  private:
    std::string child_where(const std::string& path) const;
};

class File {
  public:
    /// Throws IoError if there is no such file, DataError if it is not HDF5 or is damaged.
    static File open(const std::filesystem::path& path, Access access = Access::sequential);
    /// A regular file that is open already and stays the caller's; messages name it `name`. Nothing
    /// but reading from that descriptor is asked of the system. Throws as open() does.
    static File open(int descriptor, const std::string& name);
    /// Overwrites `path`, which is a temporary name; messages speak of `target`. The form is that
    /// of HDF5 1.10, which checks what it keeps of its own: a changed byte in there is found.
    static File create(const std::filesystem::path& path, const std::filesystem::path& target);

    Group root() const;
    /// The path that messages name.
    const std::string& name() const { return name_; }
    /// Throws IoError. All datasets must be closed.
    void close();

  private:
    File(Handle handle, std::string name);
    Handle handle_;
    std::string name_;
};

}  // namespace mast::store::h5
