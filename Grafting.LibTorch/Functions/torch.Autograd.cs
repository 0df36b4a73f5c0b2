namespace TorchSharp;

public static unsafe partial class torch
{
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => graft_is_grad_enabled() != 0;

    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    public static bool is_inference_mode_enabled() => graft_is_inference_mode() != 0;

    /// <summary>Gradients of several tensors at once.</summary>
    public static partial class autograd
    {
        public static IList<Tensor> grad(
            IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor> grad_outputs = null!,
            bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            nint[] of = Handles(outputs), to = Handles(inputs), seeds = Handles(grad_outputs);
            fixed (nint* outs = of, ins = to, grads = seeds)
            {
                var made = MadeMany(
                    graft_autograd_grad(
                        outs, of.Length, ins, to.Length, grads, seeds.Length, Code(retain_graph), Code(create_graph), Code(allow_unused)),
                    outputs, inputs);
                GC.KeepAlive(grad_outputs);
                return made;
            }
        }

        public static void backward(
            IList<Tensor> tensors, IList<Tensor> grad_tensors = null!, bool? retain_graph = null, bool create_graph = false,
            IList<Tensor> inputs = null!)
        {
            nint[] of = Handles(tensors), seeds = Handles(grad_tensors), to = Handles(inputs);
            fixed (nint* outs = of, grads = seeds, ins = to)
            {
                Done(
                    graft_backward_many(
                        outs, of.Length, grads, seeds.Length, ins, to.Length, Code(retain_graph ?? create_graph), Code(create_graph)),
                    tensors, grad_tensors);
                GC.KeepAlive(inputs);
            }
        }
    }

    static nint[] Handles(IEnumerable<Tensor>? tensors) => tensors is null ? [] : [.. tensors.Select(tensor => HandleOf(tensor))];

    sealed class GradMode : IDisposable
    {
        readonly int _before = graft_is_grad_enabled();

        internal GradMode(bool enabled) => graft_set_grad_enabled(Code(enabled));

        public void Dispose() => graft_set_grad_enabled(_before);
    }

    // The guard is of the thread that made it, so there is no finalizer that would undo it on another.
    sealed class InferenceMode(bool enabled) : IDisposable
    {
        nint _guard = graft_inference_mode_enter(Code(enabled));

        public void Dispose()
        {
            if (_guard != 0) graft_inference_mode_leave(_guard);
            _guard = 0;
        }
    }
}
