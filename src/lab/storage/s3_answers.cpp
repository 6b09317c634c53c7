// What the lab's object store answers with: XML documents with the words of Versity's gateway.
#include "lab/storage/s3_answers.hpp"

#include "lab/registry/times.hpp"

#include "ostler/base/text.hpp"

#include <charconv>
#include <set>

namespace ostler::lab {
namespace {

constexpr std::string_view xml_head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view name_space = "http://s3.amazonaws.com/doc/2006-03-01/";
constexpr std::size_t longest_page = 1000;

std::string element(std::string_view name, std::string_view text) {
  return fmt::format("<{0}>{1}</{0}>", name, xml_escaped(text));
}

/// Nothing for an empty text.
std::string optional_element(std::string_view name, std::string_view text) {
  return text.empty() ? "" : element(name, text);
}

std::size_t page_length(const Target& target) {
  const std::string wanted = target.value("max-keys");
  std::size_t length = longest_page;
  std::from_chars(wanted.data(), wanted.data() + wanted.size(), length);
  return std::min(length, longest_page);
}

std::string listed(const std::string& key, const S3Version& object, const std::string& owner) {
  std::string text = "<Contents>" + element("LastModified", iso_time(object.modified)) +
                     element("ETag", object.etag) + element("Key", key);
  if (!owner.empty()) text += "<Owner>" + element("ID", owner) + "</Owner>";
  return text + element("Size", std::to_string(object.bytes->size())) +
         element("StorageClass", "STANDARD") + "</Contents>";
}

/// One page of a listing: keys and the common parts of keys, at most `length` of both.
struct ListPage {
  std::string contents;
  std::set<std::string> prefixes;
  std::size_t count = 0;
  std::string last;  ///< the last key or prefix, when more follow
};

ListPage list_page(const S3Bucket& bucket, const Target& target, const std::string& after,
                   const std::string& owner) {
  const std::string prefix = target.value("prefix"), delimiter = target.value("delimiter");
  const std::size_t length = page_length(target);
  ListPage page;
  std::string last;
  for (auto at = bucket.objects.lower_bound(std::max(prefix, after));
       at != bucket.objects.end() && starts_with(at->first, prefix); ++at) {
    const std::string& key = at->first;
    if (key <= after || at->second.front().delete_marker) continue;
    const std::size_t end =
        delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const std::string common =
        end == std::string::npos ? "" : key.substr(0, end + delimiter.size());
    if (!common.empty() && (page.prefixes.contains(common) || common == after)) continue;
    if (page.count == length) {
      page.last = last;
      break;
    }
    ++page.count;
    last = common.empty() ? key : common;
    if (common.empty())
      page.contents += listed(key, at->second.front(), owner);
    else
      page.prefixes.insert(common);
  }
  return page;
}

}  // namespace

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&#34;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      case '\n':
        escaped += "&#xA;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

Served s3_xml(std::string body) {
  return answer_text(200, fmt::format("{}{}", xml_head, body), "application/xml");
}

Served s3_error(int status, std::string_view code, std::string_view message,
                const S3Details& details) {
  std::string body =
      fmt::format("{}<Error>{}{}", xml_head, element("Code", code), element("Message", message));
  for (const auto& [name, text] : details) body += element(name, text);
  body += element("RequestId", "0000000000000000") + element("HostId", "lab") + "</Error>";
  return answer_text(status, std::move(body), "application/xml");
}

Served s3_not_implemented() {
  return s3_error(501, "NotImplemented",
                  "A header you provided implies functionality that is not implemented.");
}

Served s3_list(const std::string& name, const S3Bucket& bucket, const Target& target,
               const std::string& owner) {
  const bool second = target.value("list-type") == "2";
  std::string after = second ? target.value("continuation-token") : target.value("marker");
  if (second && after.empty()) after = target.value("start-after");
  const ListPage page = list_page(bucket, target, after, second ? "" : owner);
  std::string body = fmt::format("<ListBucketResult xmlns=\"{}\">", name_space);
  body += element("Name", name) + optional_element("Prefix", target.value("prefix"));
  if (second) {
    body += optional_element("StartAfter", target.value("start-after")) +
            optional_element("ContinuationToken", target.value("continuation-token")) +
            optional_element("NextContinuationToken", page.last) +
            element("KeyCount", std::to_string(page.count));
  } else {
    body += optional_element("Marker", target.value("marker")) +
            optional_element("NextMarker", page.last);
  }
  body += element("MaxKeys", std::to_string(page_length(target))) +
          optional_element("Delimiter", target.value("delimiter")) +
          element("IsTruncated", page.last.empty() ? "false" : "true") + page.contents;
  for (const std::string& prefix : page.prefixes)
    body += "<CommonPrefixes>" + element("Prefix", prefix) + "</CommonPrefixes>";
  return s3_xml(body + "<EncodingType></EncodingType></ListBucketResult>");
}

Served s3_list_versions(const std::string& name, const S3Bucket& bucket, const Target& target) {
  const std::string prefix = target.value("prefix"), after = target.value("key-marker");
  const std::size_t length = page_length(target);
  std::string markers, versions, last;
  std::size_t count = 0;
  bool truncated = false;
  for (auto at = bucket.objects.lower_bound(std::max(prefix, after));
       at != bucket.objects.end() && starts_with(at->first, prefix); ++at) {
    if (!after.empty() && at->first <= after) continue;
    // A page ends between two keys, so that no version is needed to go on.
    if (count >= length) {
      truncated = true;
      break;
    }
    last = at->first;
    for (const S3Version& version : at->second) {
      ++count;
      const std::string common =
          element("IsLatest", &version == &at->second.front() ? "true" : "false") +
          element("Key", at->first);
      if (version.delete_marker) {
        markers += "<DeleteMarker>" + common + element("LastModified", iso_time(version.modified)) +
                   element("VersionId", version.id) + "</DeleteMarker>";
      } else {
        versions += "<Version>" + element("LastModified", iso_time(version.modified)) +
                    element("ETag", version.etag) + common +
                    element("Size", std::to_string(version.bytes->size())) +
                    element("StorageClass", "STANDARD") + element("VersionId", version.id) +
                    "</Version>";
      }
    }
  }
  return s3_xml(fmt::format("<ListVersionsResult xmlns=\"{}\">", name_space) + markers +
                element("IsTruncated", truncated ? "true" : "false") + element("KeyMarker", after) +
                element("MaxKeys", std::to_string(length)) + element("Name", name) +
                element("NextKeyMarker", truncated ? last : "") +
                "<NextVersionIdMarker></NextVersionIdMarker>" + element("Prefix", prefix) +
                "<VersionIdMarker></VersionIdMarker>" + versions + "</ListVersionsResult>");
}

Served s3_list_buckets(const S3Store& store, const std::string& owner, const std::string& region) {
  std::string body = fmt::format("<ListAllMyBucketsResult xmlns=\"{}\">", name_space) + "<Owner>" +
                     element("ID", owner) + "<DisplayName></DisplayName></Owner><Buckets>";
  for (const auto& [name, bucket] : store.all())
    body += "<Bucket>" + element("CreationDate", iso_time(bucket.created)) + element("Name", name) +
            element("BucketRegion", region) + "</Bucket>";
  return s3_xml(body + "</Buckets></ListAllMyBucketsResult>");
}

}  // namespace ostler::lab
