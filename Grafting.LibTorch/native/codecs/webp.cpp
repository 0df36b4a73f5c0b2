// WebP still pictures through libwebp; the caller hands over the first frame of an animation as a still.
#include <webp/decode.h>

#include "codecs.h"

namespace {

const char* describe(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: return "libwebp ran out of memory";
    case VP8_STATUS_BITSTREAM_ERROR: return "its pixel data is damaged";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "it uses a feature that libwebp does not know";
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the file ends early";
    default: return "libwebp cannot decode it";
  }
}

}  // namespace

int graft_codec_webp(const uint8_t* file, size_t length, int width, int height, uint8_t* rgb, char* message, size_t message_bytes) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return graft::fail(message, message_bytes, "libwebp has another version than its headers");
  VP8StatusCode status = WebPGetFeatures(file, length, &config.input);
  if (status != VP8_STATUS_OK) return graft::fail(message, message_bytes, describe(status));
  if (config.input.width != width || config.input.height != height)
    return graft::fail(message, message_bytes, "it declares two different sizes");

  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = rgb;
  config.output.u.RGBA.stride = 3 * width;
  config.output.u.RGBA.size = 3 * static_cast<size_t>(width) * static_cast<size_t>(height);
  status = WebPDecode(file, length, &config);
  WebPFreeDecBuffer(&config.output);
  return status == VP8_STATUS_OK ? 0 : graft::fail(message, message_bytes, describe(status));
}
