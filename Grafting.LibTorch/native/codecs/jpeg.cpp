// JPEG through libjpeg-turbo with its default settings (accurate integer IDCT, fancy upsampling), which are Pillow's too.
#include <csetjmp>

#include "codecs.h"

// jpeglib.h relies on what stdio.h declares.
#include <jpeglib.h>

#include <jerror.h>

namespace {

// Everything that must survive a longjmp; no member has a destructor.
struct Run {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf escape;
  graft::clock::time_point deadline;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void stop(Run* run, const char* text) {
  std::snprintf(run->message, sizeof run->message, "%s", text);
  std::longjmp(run->escape, 1);
}

[[noreturn]] void on_error(j_common_ptr info) {
  auto* run = static_cast<Run*>(info->client_data);
  info->err->format_message(info, run->message);
  std::longjmp(run->escape, 1);
}

// Odd metadata, and stray bytes in front of a marker that is not a restart: the pixels are whole.
bool is_harmless(const jpeg_error_mgr& errors) {
  switch (errors.msg_code) {
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
      return true;
    case JWRN_EXTRANEOUS_DATA:
      return errors.msg_parm.i[1] < JPEG_RST0 || errors.msg_parm.i[1] > JPEG_RST0 + 7;
    default:
      return false;
  }
}

// libjpeg calls it a warning when it makes up pixels for damaged data; here that is an error.
void on_message(j_common_ptr info, int level) {
  if (level < 0 && !is_harmless(*info->err)) on_error(info);
}

void on_output(j_common_ptr) {}

void on_progress(j_common_ptr info) {
  auto* run = static_cast<Run*>(info->client_data);
  if (graft::clock::now() > run->deadline) stop(run, "decoding it takes longer than 10 s");
}

// Files carry CMYK inverted, as Adobe writes it; this is the simple conversion without a colour profile.
void cmyk_to_rgb(const uint8_t* cmyk, uint8_t* rgb, int width) {
  for (int x = 0; x < width; x++, cmyk += 4, rgb += 3) {
    int light = cmyk[3];
    for (int channel = 0; channel < 3; channel++) {
      int product = (255 - cmyk[channel]) * light + 128;
      int shade = light - ((product + (product >> 8)) >> 8);
      rgb[channel] = static_cast<uint8_t>(shade < 0 ? 0 : shade);
    }
  }
}

bool decode(Run* run, const uint8_t* file, size_t length, int width, int height, uint8_t* rgb) {
  if (setjmp(run->escape) != 0) return false;
  auto* info = &run->info;
  jpeg_create_decompress(info);
  info->progress = &run->progress;
  jpeg_mem_src(info, file, static_cast<unsigned long>(length));
  jpeg_read_header(info, TRUE);
  if (info->image_width != static_cast<JDIMENSION>(width) || info->image_height != static_cast<JDIMENSION>(height))
    stop(run, "it declares two different sizes");
  if (info->num_components != 1 && info->num_components != 3 && info->num_components != 4)
    stop(run, "it has neither 1, 3 nor 4 colour components");

  bool cmyk = info->num_components == 4;
  info->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(info);
  JSAMPARRAY cmyk_row = nullptr;
  if (cmyk) {
    cmyk_row = info->mem->alloc_sarray(
        reinterpret_cast<j_common_ptr>(info), JPOOL_IMAGE, 4 * static_cast<JDIMENSION>(width), 1);
  }
  while (info->output_scanline < info->output_height) {
    JSAMPROW row = rgb + 3 * static_cast<size_t>(width) * info->output_scanline;
    jpeg_read_scanlines(info, cmyk ? cmyk_row : &row, 1);
    if (cmyk) cmyk_to_rgb(cmyk_row[0], row, width);
  }
  jpeg_finish_decompress(info);
  return true;
}

}  // namespace

int graft_codec_jpeg(const uint8_t* file, size_t length, int width, int height, uint8_t* rgb, char* message, size_t message_bytes) {
  Run run{};
  run.info.err = jpeg_std_error(&run.errors);
  run.errors.error_exit = on_error;
  run.errors.emit_message = on_message;
  run.errors.output_message = on_output;
  run.info.client_data = &run;
  run.progress.progress_monitor = on_progress;
  run.deadline = graft::clock::now() + graft::time_limit;
  bool decoded = decode(&run, file, length, width, height, rgb);
  jpeg_destroy_decompress(&run.info);
  return decoded ? 0 : graft::fail(message, message_bytes, run.message);
}
