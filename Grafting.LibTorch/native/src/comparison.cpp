// Comparisons and questions of truth.
#include "border.h"

using namespace graft;

GRAFT_BINARY(eq)
GRAFT_BINARY_SCALAR(eq)
GRAFT_BINARY(ne)
GRAFT_BINARY_SCALAR(ne)
GRAFT_BINARY(lt)
GRAFT_BINARY_SCALAR(lt)
GRAFT_BINARY(le)
GRAFT_BINARY_SCALAR(le)
GRAFT_BINARY(gt)
GRAFT_BINARY_SCALAR(gt)
GRAFT_BINARY(ge)
GRAFT_BINARY_SCALAR(ge)
GRAFT_BINARY(maximum)
GRAFT_BINARY(minimum)
GRAFT_BINARY(logical_and)
GRAFT_BINARY(logical_or)
GRAFT_BINARY(logical_xor)
GRAFT_BINARY(bitwise_and)
GRAFT_BINARY(bitwise_or)
GRAFT_BINARY(bitwise_xor)
GRAFT_UNARY(bitwise_not)
GRAFT_UNARY(isfinite)
GRAFT_UNARY(isinf)
GRAFT_UNARY(isnan)

GRAFT_API int32_t graft_allclose(Handle self, Handle other, double rtol, double atol, int32_t equal_nan, int32_t* result)
{
    return run("allclose", [&] { *result = self->allclose(*other, rtol, atol, equal_nan != 0) ? 1 : 0; }, self, other);
}

GRAFT_API Handle graft_where(Handle condition, Handle self, Handle other)
{
    return make("where", [&] { return at::where(*condition, *self, *other); }, condition, self, other);
}
