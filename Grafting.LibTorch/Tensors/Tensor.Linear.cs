namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor matmul(Tensor target) => Made(graft_matmul(Handle, target.Handle), this, target);

        public Tensor mm(Tensor target) => Made(graft_mm(Handle, target.Handle), this, target);

        public Tensor bmm(Tensor batch2) => Made(graft_bmm(Handle, batch2.Handle), this, batch2);

        public Tensor mv(Tensor target) => Made(graft_mv(Handle, target.Handle), this, target);

        public Tensor dot(Tensor target) => Made(graft_dot(Handle, target.Handle), this, target);

        public Tensor outer(Tensor vec2) => Made(graft_outer(Handle, vec2.Handle), this, vec2);

        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            Made(graft_addmm(Handle, mat1.Handle, mat2.Handle, beta, alpha), this, mat1, mat2);

        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            Made(graft_baddbmm(Handle, batch1.Handle, batch2.Handle, beta, alpha), this, batch1, batch2);
    }
}
