namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        public bool requires_grad
        {
            get => Asked(graft_requires_grad(Handle)) != 0;
            set => Done(graft_set_requires_grad(Handle, Code(value)), this);
        }

        /// <summary>The gradient as a new reference, to be disposed like any tensor; null where there is none.</summary>
        public Tensor? grad
        {
            get
            {
                nint handle;
                Done(graft_grad(Handle, &handle), this);
                return handle == 0 ? null : new Tensor(handle);
            }
            set => Done(graft_set_grad(Handle, HandleOf(value)), this, value);
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public void retain_grad() => Done(graft_retain_grad(Handle), this);

        public void backward() => Done(graft_backward(Handle), this);

        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors!, retain_graph, create_graph, inputs!);
    }
}
