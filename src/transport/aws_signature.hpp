#pragma once

#include "transport/http_url.hpp"

#include "ostler/base/clock.hpp"
#include "ostler/transport/http.hpp"

#include <string>
#include <vector>

namespace ostler {

/// The query in the form that AWS signs: every part as `key=value` (an empty value keeps its `=`),
/// sorted. The request must be sent with it.
std::string canonical_query(const std::string& query);

/// AWS Signature Version 4 for service s3. Signs every one of `headers` besides host, date and the
/// payload's hash, and returns the headers to add: x-amz-date, x-amz-content-sha256, Authorization.
/// `payload_hash` is the hex SHA-256 of the body or "UNSIGNED-PAYLOAD"; `url.query` must be
/// canonical. Pure.
std::vector<HttpHeader> aws_signature_headers(const AwsCredentials& credentials,
                                              const std::string& method, const HttpUrl& url,
                                              const std::vector<HttpHeader>& headers,
                                              const std::string& payload_hash, WallTime now);

}  // namespace ostler
