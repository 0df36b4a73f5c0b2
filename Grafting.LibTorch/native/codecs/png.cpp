// PNG through libpng: every depth and colour type becomes 8-bit RGB and alpha is dropped. Samples of 16 bits keep their high byte, but
// for those of plain grey, which Pillow holds as whole numbers and cuts off at 255 when it is asked for RGB.
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "codecs.h"

namespace {

// Everything that must survive a longjmp; no member has a destructor.
struct Run {
  png_structp png;
  png_infop info;
  const uint8_t* next;
  const uint8_t* end;
  std::jmp_buf escape;
  graft::clock::time_point deadline;
  char message[256];
};

[[noreturn]] void stop(Run* run, const char* text) {
  std::snprintf(run->message, sizeof run->message, "%s", text);
  std::longjmp(run->escape, 1);
}

[[noreturn]] void on_error(png_structp png, png_const_charp text) { stop(static_cast<Run*>(png_get_error_ptr(png)), text); }

// Warnings are about metadata and stray bytes; damage to the pixels is an error of libpng's own.
void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep target, size_t count) {
  auto* run = static_cast<Run*>(png_get_io_ptr(png));
  if (count > static_cast<size_t>(run->end - run->next)) stop(run, "the file ends early");
  std::memcpy(target, run->next, count);
  run->next += count;
}

// Text, profiles and transparency are passed over unread: they cannot be decompression bombs then.
void ignore_metadata(png_structp png) {
  static const png_byte transparency[] = {'t', 'R', 'N', 'S', 0};
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, transparency, 1);
}

// Grey of 16 bits, two bytes per pixel at the front of a row, becomes RGB in place: from the right, so that nothing is overwritten unread.
void cut_off_grey(uint8_t* row, int width) {
  for (int x = width - 1; x >= 0; x--) {
    uint8_t level = row[2 * x] != 0 ? 255 : row[2 * x + 1];
    row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = level;
  }
}

bool decode(Run* run, int width, int height, uint8_t* rgb) {
  if (setjmp(run->escape) != 0) return false;
  run->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, run, on_error, on_warning);
  if (run->png != nullptr) run->info = png_create_info_struct(run->png);
  if (run->info == nullptr) stop(run, "libpng ran out of memory");
  png_structp png = run->png;
  png_set_read_fn(png, run, on_read);
  png_set_user_limits(png, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height));
  png_set_chunk_malloc_max(png, 1u << 20);
  ignore_metadata(png);
  png_read_info(png, run->info);
  if (png_get_image_width(png, run->info) != static_cast<png_uint_32>(width) ||
      png_get_image_height(png, run->info) != static_cast<png_uint_32>(height))
    stop(run, "it declares two different sizes");

  bool deep_grey = png_get_color_type(png, run->info) == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, run->info) == 16;
  if (!deep_grey) {
    png_set_strip_16(png);
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
  }
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, run->info);
  size_t row_bytes = 3 * static_cast<size_t>(width);
  size_t decoded_bytes = deep_grey ? 2 * static_cast<size_t>(width) : row_bytes;
  if (png_get_rowbytes(png, run->info) != decoded_bytes) stop(run, "its colour type is not supported");

  for (int pass = 0; pass < passes; pass++) {
    for (int y = 0; y < height; y++) {
      png_read_row(png, rgb + row_bytes * static_cast<size_t>(y), nullptr);
      if (y % 64 == 0 && graft::clock::now() > run->deadline) stop(run, "decoding it takes longer than 10 s");
    }
  }
  png_read_end(png, nullptr);
  if (deep_grey)
    for (int y = 0; y < height; y++) cut_off_grey(rgb + row_bytes * static_cast<size_t>(y), width);
  return true;
}

}  // namespace

int graft_codec_png(const uint8_t* file, size_t length, int width, int height, uint8_t* rgb, char* message, size_t message_bytes) {
  Run run{};
  run.next = file;
  run.end = file + length;
  run.deadline = graft::clock::now() + graft::time_limit;
  bool decoded = decode(&run, width, height, rgb);
  png_destroy_read_struct(&run.png, &run.info, nullptr);
  return decoded ? 0 : graft::fail(message, message_bytes, run.message);
}
