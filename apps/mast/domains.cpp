#include "mast/domains.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "mast/store_paths.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

template <class List>
auto find_named(List& domains, const std::string& name) {
    return std::find_if(domains.begin(), domains.end(),
                        [&](const auto& domain) { return domain.name == name; });
}

std::string names_of(const std::vector<train::RunDomain>& domains) {
    std::vector<std::string> names;
    for (const auto& domain : domains)
        names.push_back(domain.name);
    return fmt::to_string(fmt::join(names, ", "));
}

/// "NAME=SHARE".
void read_share(const std::string& text, std::vector<train::RunDomain>& domains) {
    const auto split = text.find('=');
    const auto found = find_named(domains, text.substr(0, split));
    if (found == domains.end()) {
        fail<UsageError>("--share: \"{}\" names no store, expected NAME=SHARE with one of {}", text,
                         names_of(domains));
    }
    const auto* const end = text.data() + text.size();
    double share = 0;
    const auto read = split == std::string::npos
                          ? std::from_chars_result{end, std::errc::invalid_argument}
                          : std::from_chars(text.data() + split + 1, end, share);
    if (read.ec != std::errc() || read.ptr != end || !(share > 0) || !std::isfinite(share))
        fail<UsageError>("--share: \"{}\" has no number above 0, expected NAME=SHARE", text);
    found->share = share;
}

}  // namespace

void read_shares(const Options& options, std::vector<train::RunDomain>& domains) {
    if (options.count("share") == 0) return;
    for (const auto& text : options["share"].as<std::vector<std::string>>())
        read_share(text, domains);
}

std::vector<train::RunDomain> asked_domains(const Options& options,
                                            const std::vector<std::string>& paths) {
    std::vector<train::RunDomain> domains;
    for (const auto& path : paths) {
        const auto name = name_of_store(path);
        if (!model::names_domain(name)) {
            fail<UsageError>(
                "{}: \"{}\" cannot name a domain, expected letters, digits, - and _ (rename or "
                "link the store)",
                path, name);
        }
        if (find_named(domains, name) != domains.end()) {
            fail<UsageError>(
                "{}: is the second domain \"{}\", expected another name (rename or "
                "link the store; mast ingest joins data of one kind)",
                path, name);
        }
        domains.push_back({name, 0, {}, {}, {}});
    }
    read_shares(options, domains);
    return domains;
}

void add_domain_option(po::options_description& options) {
    options.add_options()("domain", value<std::string>("NAME"),
                          "of a run that was trained on several stores: which of them the data are "
                          "like; else the one named as the store");
}

std::optional<std::size_t> find_domain(const Options& options, const train::RunConfig& run,
                                       const std::string& store, bool may_be_new) {
    const bool asked = options.count("domain") != 0;
    if (run.domains.empty() && (may_be_new || !asked)) return std::nullopt;
    const auto name = asked ? options["domain"].as<std::string>() : name_of_store(store);
    if (run.domains.empty()) {
        fail<UsageError>(
            "--domain: is {}, but the run was trained on one store alone, expected "
            "none (leave it out)",
            name);
    }
    const auto found = find_named(run.domains, name);
    if (found != run.domains.end()) return found - run.domains.begin();
    if (!asked && run.domains.size() == 1) return 0;
    if (asked && may_be_new) return std::nullopt;
    fail<UsageError>(
        "--domain: {}, expected one of {}",
        asked ? fmt::format("\"{}\" is none of the run's", name) : std::string("is missing"),
        names_of(run.domains));
}

void choose_domain(const Options& options, train::Run& run, const std::string& store) {
    const auto number = find_domain(options, run.config, store);
    if (!number) return;
    train::use_domain(run.config, *number);
    run.model.use_domain(*number);
}

}  // namespace mast::cli
