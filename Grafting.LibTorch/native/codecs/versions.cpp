#include <webp/decode.h>

#include "codecs.h"

#include <jpeglib.h>

#define TEXT_OF(x) #x
#define VALUE_OF(x) TEXT_OF(x)

// libjpeg-turbo tells its version only at compile time; libwebp is asked.
#ifdef LIBJPEG_TURBO_VERSION
#define JPEG_VERSION VALUE_OF(LIBJPEG_TURBO_VERSION)
#else
#error "libgraft_codecs needs libjpeg-turbo: other libjpegs decode to other pixels"
#endif

void graft_codec_versions(char* text, size_t text_bytes) {
  int webp = WebPGetDecoderVersion();
  std::snprintf(text, text_bytes, "%s %d.%d.%d", JPEG_VERSION, webp >> 16, webp >> 8 & 255, webp & 255);
}
