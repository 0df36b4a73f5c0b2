// Decoders of untrusted pictures behind a flat C interface.
//
// Each decodes `file` into `rgb` (3 * width * height bytes, owned by the caller) and returns 0, or writes what is wrong into
// `message` and returns 1. The caller has read width and height from the header and judged them; a decoder that sees another size
// refuses. Metadata is not read here, nothing is kept between calls, and calls from several threads do not meet.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#define GRAFT_EXPORT extern "C" __attribute__((visibility("default")))

GRAFT_EXPORT int graft_codec_jpeg(const uint8_t* file, size_t length, int width, int height, uint8_t* rgb, char* message, size_t message_bytes);
GRAFT_EXPORT int graft_codec_webp(const uint8_t* file, size_t length, int width, int height, uint8_t* rgb, char* message, size_t message_bytes);

// "JPEG WEBP", two version numbers.
GRAFT_EXPORT void graft_codec_versions(char* text, size_t text_bytes);

namespace graft {

// A picture that passes the size limits decodes in well under a second; one that needs this long was made to.
constexpr std::chrono::seconds time_limit{10};

using clock = std::chrono::steady_clock;

inline int fail(char* message, size_t message_bytes, const char* text) {
  std::snprintf(message, message_bytes, "%s", text);
  return 1;
}

}  // namespace graft
