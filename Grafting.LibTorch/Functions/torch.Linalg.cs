namespace TorchSharp;

public static partial class torch
{
    public static class linalg
    {
        public static Tensor solve(Tensor A, Tensor B, bool left = true) => Made(graft_linalg_solve(A.Handle, B.Handle, Code(left)), A, B);
    }
}
