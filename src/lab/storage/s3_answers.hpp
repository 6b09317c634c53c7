#pragma once

#include "lab/storage/s3_store.hpp"

#include "ostler/lab/door.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostler::lab {

/// Elements of an S3 error besides code and message, in their order.
using S3Details = std::vector<std::pair<std::string, std::string>>;

/// Text as it stands within an XML element.
std::string xml_escaped(std::string_view text);

/// 200 with that XML document.
Served s3_xml(std::string body);
Served s3_error(int status, std::string_view code, std::string_view message,
                const S3Details& details = {});
Served s3_not_implemented();

/// GET of a bucket: its objects (version 1 or 2 of the listing), or with `?versions` every version.
/// `owner` is named in version 1.
Served s3_list(const std::string& name, const S3Bucket& bucket, const Target& target,
               const std::string& owner);
Served s3_list_versions(const std::string& name, const S3Bucket& bucket, const Target& target);
/// GET of the store itself.
Served s3_list_buckets(const S3Store& store, const std::string& owner, const std::string& region);

}  // namespace ostler::lab
