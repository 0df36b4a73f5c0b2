// Gradients.
#include "border.h"
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

using namespace graft;

GRAFT_API int32_t graft_set_requires_grad(Handle self, int32_t value)
{
    return run("requires_grad", [&] { self->set_requires_grad(value != 0); }, self);
}

GRAFT_API int32_t graft_retain_grad(Handle self) { return run("retain_grad", [&] { self->retain_grad(); }, self); }

// Null without a failure: there is none.
GRAFT_API int32_t graft_grad(Handle self, Handle* result)
{
    return run("grad", [&] {
        const auto& grad = self->grad();
        *result = grad.defined() ? new at::Tensor(grad) : nullptr;
    }, self);
}

GRAFT_API int32_t graft_set_grad(Handle self, Handle grad)
{
    return run("grad", [&] { self->mutable_grad() = grad == nullptr ? at::Tensor() : *grad; }, self, grad);
}

namespace {

std::vector<at::Tensor> gradients(const Handle* tensors, int32_t count)
{
    std::vector<at::Tensor> list;
    list.reserve(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; i++) list.push_back(tensors[i] == nullptr ? at::Tensor() : *tensors[i]);
    return list;
}

}

GRAFT_API int32_t graft_backward(Handle self)
{
    return run("backward", [&] { torch::autograd::backward({*self}); }, self);
}

GRAFT_API int32_t graft_backward_many(const Handle* tensors, int32_t count, const Handle* grads, int32_t grad_count,
                                      const Handle* inputs, int32_t input_count, int32_t retain_graph, int32_t create_graph)
{
    return run("backward", [&] {
        torch::autograd::backward(gather_list(tensors, count), gradients(grads, grad_count),
                                  retain_graph != 0, create_graph != 0, gather_list(inputs, input_count));
    }, count > 0 ? tensors[0] : nullptr, grad_count > 0 ? grads[0] : nullptr);
}

// Unused inputs come back as undefined tensors; the managed side turns those into null.
GRAFT_API int32_t graft_autograd_grad(const Handle* outputs, int32_t count, const Handle* inputs, int32_t input_count,
                                      const Handle* grads, int32_t grad_count, int32_t retain_graph, int32_t create_graph, int32_t allow_unused)
{
    return make_many("grad", [&] {
        return torch::autograd::grad(gather_list(outputs, count), gather_list(inputs, input_count), gradients(grads, grad_count),
                                     retain_graph != 0, create_graph != 0, allow_unused != 0);
    }, count > 0 ? outputs[0] : nullptr, grad_count > 0 ? grads[0] : nullptr);
}

GRAFT_API int32_t graft_is_grad_enabled() { return c10::GradMode::is_enabled() ? 1 : 0; }
GRAFT_API void graft_set_grad_enabled(int32_t value) { c10::GradMode::set_enabled(value != 0); }

GRAFT_API int32_t graft_is_inference_mode() { return c10::InferenceMode::is_enabled() ? 1 : 0; }
GRAFT_API c10::InferenceMode* graft_inference_mode_enter(int32_t value) { return new c10::InferenceMode(value != 0); }
GRAFT_API void graft_inference_mode_leave(c10::InferenceMode* guard) { delete guard; }
