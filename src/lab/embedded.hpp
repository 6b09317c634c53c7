#pragma once

#include <span>
#include <string_view>

namespace ostler::lab {

/// A file that was put into the program when it was built; `path` is relative to its folder.
struct EmbeddedFile {
  std::string_view path;
  std::string_view bytes;
};

/// The folders that the shop's images are laid over each other from, by path: the first part of
/// each path names the folder ("2-errors/etc/shop.json"). Made by cmake/embed.cmake.
std::span<const EmbeddedFile> embedded_images();

/// What examples/lab holds: environment, releases, scenarios.
std::span<const EmbeddedFile> embedded_examples();

}  // namespace ostler::lab
