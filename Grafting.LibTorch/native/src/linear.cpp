// Matrix products.
#include "border.h"

using namespace graft;

GRAFT_BINARY(matmul)
GRAFT_BINARY(mm)
GRAFT_BINARY(bmm)
GRAFT_BINARY(mv)
GRAFT_BINARY(dot)
GRAFT_BINARY(outer)

GRAFT_API Handle graft_addmm(Handle self, Handle mat1, Handle mat2, float beta, float alpha)
{
    return make("addmm", [&] { return self->addmm(*mat1, *mat2, beta, alpha); }, self, mat1, mat2);
}

GRAFT_API Handle graft_baddbmm(Handle self, Handle batch1, Handle batch2, float beta, float alpha)
{
    return make("baddbmm", [&] { return self->baddbmm(*batch1, *batch2, beta, alpha); }, self, batch1, batch2);
}

GRAFT_API Handle graft_einsum(const char* equation, const Handle* tensors, int32_t count)
{
    return make("einsum", [&] { return at::einsum(equation, gather_list(tensors, count)); },
                count > 0 ? tensors[0] : nullptr, count > 1 ? tensors[1] : nullptr);
}

GRAFT_API Handle graft_linalg_solve(Handle a, Handle b, int32_t left)
{
    return make("linalg.solve", [&] { return at::linalg_solve(*a, *b, left != 0); }, a, b);
}
