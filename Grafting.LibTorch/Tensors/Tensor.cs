namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A tensor of libtorch. Dispose it, or create it inside a <see cref="DisposeScope"/>; the finalizer is a last resort.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        static long s_live;
        static long s_peak;
        static long s_finalized;

        nint _handle;

        internal Tensor(nint handle, bool register = true)
        {
            _handle = handle;
            var live = Interlocked.Increment(ref s_live);
            if (live > Volatile.Read(ref s_peak)) RaisePeak(live);
            if (register) DisposeScopeManager.Current.Created(this);
        }

        ~Tensor() => Dispose(false);

        /// <summary>Tensors alive in the process.</summary>
        public static long TotalCount => Interlocked.Read(ref s_live);

        /// <summary>The most that were alive at a time.</summary>
        public static long PeakCount => Interlocked.Read(ref s_peak);

        internal static long Finalized => Interlocked.Read(ref s_finalized);

        /// <summary>The address of the at::Tensor.</summary>
        public IntPtr Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Tensor), "The tensor is disposed.");

        public bool IsInvalid => _handle == 0;

        internal DisposeScope? OwningDisposeScope { get; set; }

        internal int PlaceInScope { get; set; }

        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle == 0) return;
            // The finalizer's thread has no part in scopes: theirs may be gone, and the statistics are of the thread that forgot.
            if (disposing) DisposeScopeManager.Current.Disposing(this);
            else Interlocked.Increment(ref s_finalized);
            Interlocked.Decrement(ref s_live);
            graft_dispose(handle);
        }

        /// <summary>Gives the native tensor away; this object is empty afterwards.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            var handle = Handle;
            if (OwningDisposeScope is { } scope) scope.Remove(this);
            Surrender();
            return handle;
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is { } scope) scope.MoveToOther(other, this);
            else other?.Attach(this);
            return this;
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        /// <summary>Same shape and same values; compare references to ask for the same object.</summary>
        public bool Equals(Tensor target)
        {
            if (ReferenceEquals(this, target)) return true;
            if (target is null || dtype != target.dtype || !shape.AsSpan().SequenceEqual(target.shape)) return false;
            using var equal = eq(target).all().DetachFromDisposeScope();
            return equal.item<bool>();
        }

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

        /// <summary>
        /// Takes this tensor's native half and place in its scope over into <paramref name="heir"/>, which was made for it.
        /// </summary>
        internal void Bequeath(Tensor heir)
        {
            OwningDisposeScope?.Replace(this, heir);
            Surrender();
        }

        void Surrender()
        {
            _handle = 0;
            Interlocked.Decrement(ref s_live);
        }

        static void RaisePeak(long live)
        {
            for (var peak = Volatile.Read(ref s_peak); live > peak; peak = Volatile.Read(ref s_peak))
                Interlocked.CompareExchange(ref s_peak, live, peak);
        }
    }
}
