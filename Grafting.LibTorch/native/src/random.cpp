// Random numbers and their generators.
#include "border.h"
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

using namespace graft;

using Generator = at::Generator*;

namespace {

optional<at::Generator> generator_or_none(Generator generator)
{
    return generator == nullptr ? optional<at::Generator>() : optional<at::Generator>(*generator);
}

template <class Body>
Generator make_generator(const char* operation, Body&& body)
{
    try { return new at::Generator(body()); }
    catch (...) { file_error(operation, {}); return nullptr; }
}

}

// Every generator of the process: CPU and, where there are any, devices.
GRAFT_API int32_t graft_manual_seed(int64_t seed)
{
    return run("manual_seed", [&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}

GRAFT_API Generator graft_generator_default()
{
    return make_generator("default_generator", [&] { return at::globalContext().defaultGenerator(c10::Device(c10::kCPU)); });
}

GRAFT_API Generator graft_generator_new(uint64_t seed, int32_t device_type, int32_t device_index)
{
    return make_generator("generator", [&] {
        if (device_type == 0) return at::detail::createCPUGenerator(seed);
        // A device's own generator, cloned so that reseeding it leaves the shared one alone.
        auto generator = at::globalContext()
            .defaultGenerator(c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index)))
            .clone();
        generator.set_current_seed(seed);
        return generator;
    });
}

GRAFT_API void graft_generator_dispose(Generator self) { delete self; }

GRAFT_API int32_t graft_generator_seed(Generator self, uint64_t seed)
{
    return run("manual_seed", [&] { std::lock_guard<std::mutex> lock(self->mutex()); self->set_current_seed(seed); });
}

GRAFT_API int64_t graft_generator_initial_seed(Generator self) { return static_cast<int64_t>(self->current_seed()); }

GRAFT_API Handle graft_generator_get_state(Generator self)
{
    return make("get_state", [&] { std::lock_guard<std::mutex> lock(self->mutex()); return self->get_state(); });
}

GRAFT_API int32_t graft_generator_set_state(Generator self, Handle state)
{
    return run("set_state", [&] { std::lock_guard<std::mutex> lock(self->mutex()); self->set_state(*state); }, state);
}

GRAFT_API Handle graft_rand(const int64_t* size, int32_t length, Generator generator, Placement place)
{
    return make("rand", [&] { return place.finish(at::rand(sizes(size, length), generator_or_none(generator), place.options())); });
}

GRAFT_API Handle graft_randn(const int64_t* size, int32_t length, Generator generator, Placement place)
{
    return make("randn", [&] { return place.finish(at::randn(sizes(size, length), generator_or_none(generator), place.options())); });
}

GRAFT_API Handle graft_randint(int64_t low, int64_t high, const int64_t* size, int32_t length, Generator generator, Placement place)
{
    return make("randint", [&] {
        return place.finish(at::randint(low, high, sizes(size, length), generator_or_none(generator), place.options()));
    });
}

GRAFT_API Handle graft_randperm(int64_t n, Generator generator, Placement place)
{
    return make("randperm", [&] { return place.finish(at::randperm(n, generator_or_none(generator), place.options())); });
}

GRAFT_API Handle graft_multinomial(Handle self, int64_t samples, int32_t replacement, Generator generator)
{
    return make("multinomial", [&] { return self->multinomial(samples, replacement != 0, generator_or_none(generator)); }, self);
}

GRAFT_API int32_t graft_normal_(Handle self, double mean, double std, Generator generator)
{
    return run("normal_", [&] { self->normal_(mean, std, generator_or_none(generator)); }, self);
}

GRAFT_API int32_t graft_uniform_(Handle self, double from, double to, Generator generator)
{
    return run("uniform_", [&] { self->uniform_(from, to, generator_or_none(generator)); }, self);
}
