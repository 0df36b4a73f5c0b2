#include "border.h"
#include <cstring>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>

namespace graft {

namespace {

struct ErrorRecord
{
    ErrorKind kind = ErrorKind::other;
    std::string operation;
    std::string message;
};

thread_local ErrorRecord last_error;
thread_local std::vector<at::Tensor> waiting;

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// The CPU allocator reports exhaustion as an ordinary error; only its text tells.
bool tells_out_of_memory(const std::string& text)
{
    return contains(text, "not enough memory") || contains(text, "out of memory") || contains(text, "can't allocate memory")
        || contains(text, "Storage size calculation overflowed") || contains(text, "bad_alloc");
}

// The first line says it; the rest is libtorch's own stack.
std::string without_backtrace(const c10::Error& error)
{
    std::string text = error.what_without_backtrace();
    const auto stack = text.find("\nException raised from");
    return stack == std::string::npos ? text : text.substr(0, stack);
}

void file(ErrorKind kind, std::string message)
{
    last_error.kind = tells_out_of_memory(message) ? ErrorKind::out_of_memory : kind;
    last_error.message = std::move(message);
}

void file_current_exception()
{
    try { throw; }
    catch (const c10::IndexError& error) { file(ErrorKind::index, without_backtrace(error)); }
    catch (const c10::NotImplementedError& error) { file(ErrorKind::not_implemented, without_backtrace(error)); }
    catch (const c10::OutOfMemoryError& error) { file(ErrorKind::out_of_memory, without_backtrace(error)); }
    catch (const c10::Error& error) { file(ErrorKind::argument, without_backtrace(error)); }
    catch (const std::bad_alloc&) { file(ErrorKind::out_of_memory, "the C++ library ran out of memory"); }
    catch (const std::out_of_range& error) { file(ErrorKind::index, error.what()); }
    catch (const std::invalid_argument& error) { file(ErrorKind::argument, error.what()); }
    // Some checks of shapes still throw this instead of libtorch's own type.
    catch (const std::runtime_error& error) { file(ErrorKind::argument, error.what()); }
    catch (const std::exception& error) { file(ErrorKind::other, error.what()); }
    catch (...) { file(ErrorKind::other, "an exception of unknown type"); }
}

void describe(std::ostringstream& out, const at::Tensor* tensor)
{
    if (tensor == nullptr) out << "none";
    else if (!tensor->defined()) out << "undefined";
    else out << c10::toString(tensor->scalar_type()) << tensor->sizes() << (tensor->is_cpu() ? "" : " on " + tensor->device().str());
}

}

Scalar::operator at::Scalar() const
{
    switch (kind)
    {
    case 1: return at::Scalar(bits);
    case 2: { double value; std::memcpy(&value, &bits, sizeof value); return at::Scalar(value); }
    case 3: return at::Scalar(bits != 0);
    default: throw std::invalid_argument("a number is missing");
    }
}

at::TensorOptions Placement::options() const
{
    return at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype))
        .device(c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index)));
}

void file_error(const char* operation, std::initializer_list<const at::Tensor*> operands) noexcept
{
    // Filing may itself run out of memory; then a shorter record has to do.
    try
    {
        file_current_exception();
        last_error.operation = operation;
        if (operands.size() == 0) return;
        std::ostringstream out;
        out << last_error.message << " (operands: ";
        const char* separator = "";
        for (const auto* tensor : operands) { out << separator; describe(out, tensor); separator = ", "; }
        out << ')';
        last_error.message = out.str();
    }
    catch (...)
    {
        last_error.kind = ErrorKind::out_of_memory;
        last_error.operation.clear();
        last_error.message.clear();
    }
}

int32_t hand_over(std::vector<at::Tensor>&& tensors)
{
    waiting = std::move(tensors);
    return static_cast<int32_t>(waiting.size());
}

std::vector<at::Tensor> gather_list(const Handle* tensors, int32_t count)
{
    std::vector<at::Tensor> list;
    list.reserve(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; i++) list.push_back(*tensors[i]);
    return list;
}

}

// Hands out the record of the last failure on this thread; the texts live until the next failure on it.
GRAFT_API int32_t graft_last_error(const char** operation, const char** message)
{
    *operation = graft::last_error.operation.c_str();
    *message = graft::last_error.message.c_str();
    return static_cast<int32_t>(graft::last_error.kind);
}

// Hands out what the last function that makes several tensors made on this thread.
GRAFT_API int32_t graft_take_tensors(Handle* handles)
{
    return graft::run("take_tensors", [&] {
        std::vector<at::Tensor> tensors = std::move(graft::waiting);
        graft::waiting.clear();
        for (auto& tensor : tensors) *handles++ = new at::Tensor(std::move(tensor));
    });
}
