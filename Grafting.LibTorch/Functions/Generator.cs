namespace TorchSharp;

public static partial class torch
{
    /// <summary>A stream of random numbers.</summary>
    public class Generator : IDisposable
    {
        nint _handle;

        public Generator(ulong seed = 0, Device? device = null)
            : this(graft_generator_new(seed, (int)(device?.type ?? DeviceType.CPU), device?.index ?? -1), device ?? CPU)
        {
        }

        Generator(nint handle, Device device)
        {
            if (handle == 0) ThrowLast();
            _handle = handle;
            this.device = device;
        }

        ~Generator() => Dispose(false);

        /// <summary>The one that is used where none is given.</summary>
        public static Generator Default => new(graft_generator_default(), CPU);

        public IntPtr Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Generator));

        public Device device { get; private set; }

        public Generator manual_seed(long seed)
        {
            Done(graft_generator_seed(Handle, (ulong)seed), this);
            return this;
        }

        public long initial_seed()
        {
            var seed = graft_generator_initial_seed(Handle);
            GC.KeepAlive(this);
            return seed;
        }

        public Tensor get_state() => Made(graft_generator_get_state(Handle), this);

        public void set_state(Tensor value) => Done(graft_generator_set_state(Handle, value.Handle), this, value);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0) graft_generator_dispose(handle);
        }

        internal static nint HandleOf(Generator? generator) => generator is null ? 0 : generator.Handle;
    }
}
