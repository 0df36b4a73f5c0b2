using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Layers.</summary>
    public static partial class nn
    {
        /// <summary>Parameters, buffers and submodules under names.</summary>
        public class Module : IDisposable
        {
            readonly Registry<Module> _modules = new();
            readonly Registry<Parameter> _parameters = new();
            readonly Registry<Buffer> _buffers = new();
            bool _registered;
            bool _disposed;

            protected Module(string name) => this.name = name;

            protected string? name;

            public virtual bool training { get; private set; } = true;

            public virtual string GetName() => name ?? GetType().Name;

            /// <summary>Registers every field of the class that holds a module, a parameter or a tensor, under the field's name.</summary>
            protected virtual void RegisterComponents()
            {
                if (_registered) return;
                _registered = true;
                for (var type = GetType(); type is not null && type != typeof(Module); type = type.BaseType)
                {
                    const BindingFlags OwnFields =
                        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;
                    foreach (var field in type.GetFields(OwnFields)) RegisterField(field);
                }
            }

            public virtual void register_parameter(string name, Parameter param)
            {
                if (param is null || param.IsInvalid) throw new ArgumentNullException(nameof(param), $"{name}: no parameter is given.");
                _parameters.Add(name, param, "Parameter");
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid) throw new ArgumentNullException(nameof(tensor), $"{name}: no tensor is given.");
                _buffers.Add(name, new(tensor, persistent), "Buffer");
            }

            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null || submodule._disposed)
                {
                    _modules.Remove(name);
                    return;
                }
                if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal))
                    throw new ArgumentException($"'{name}' cannot name a module: a name is not empty and holds no dot.");
                submodule.RegisterComponents();
                _modules.Add(name, submodule, "Module");
            }

            public void add_module(string name, Module module) => register_module(name, module);

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
                Named(module => module._parameters.Entries, recurse, parameter => parameter);

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(entry => entry.parameter);

            /// <param name="include_nonpersistent">
            /// Has no effect, as in TorchSharp: buffers that are not persistent are never listed.
            /// </param>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(
                bool recurse = true, bool include_nonpersistent = true) =>
                Named(module => module._buffers.Entries, recurse, buffer => buffer.Tensor)
                    .Where(entry => entry.item.Persistent)
                    .Select(entry => (entry.name, entry.item.Tensor));

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(entry => entry.buffer);

            public virtual IEnumerable<(string name, Module module)> named_children() => _modules.Entries;

            public virtual IEnumerable<Module> children() => named_children().Select(entry => entry.module);

            /// <summary>Submodules at every depth, without this one.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var child in _modules.Entries) yield return child;
                foreach (var (prefix, child) in _modules.Entries)
                {
                    foreach (var (inner, module) in child.named_modules()) yield return ($"{prefix}.{inner}", module);
                }
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(entry => entry.module);

            public virtual Parameter? get_parameter(string target) =>
                named_parameters().FirstOrDefault(entry => entry.name == target).parameter;

            public virtual Tensor? get_buffer(string target) => named_buffers().FirstOrDefault(entry => entry.name == target).buffer;

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                var start = string.IsNullOrEmpty(prefix) ? "" : $"{prefix}.";
                foreach (var (key, parameter) in named_parameters()) destination.TryAdd(start + key, parameter);
                foreach (var (key, buffer) in named_buffers(include_nonpersistent: false)) destination.TryAdd(start + key, buffer);
                return destination;
            }

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var child in children()) child.train(train);
            }

            public virtual void eval() => train(false);

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    using var grad = parameter.grad?.DetachFromDisposeScope();
                    if (grad is null) continue;
                    if (set_to_none) parameter.grad = null;
                    else grad.zero_();
                }
            }

            public virtual Module apply(Action<Module> fn)
            {
                foreach (var child in children()) child.apply(fn);
                fn(this);
                return this;
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || _disposed) return;
                _disposed = true;
                foreach (var (_, buffer) in named_buffers(false)) buffer.Dispose();
                foreach (var (_, parameter) in _parameters.Entries) parameter.Dispose();
                foreach (var (_, child) in _modules.Entries) child.Dispose();
            }

            void RegisterField(FieldInfo field)
            {
                if (_modules.Contains(field.Name) || _parameters.Contains(field.Name) || _buffers.Contains(field.Name)) return;
                switch (field.GetValue(this))
                {
                    case Module module: register_module(field.Name, module); break;
                    case Parameter parameter: register_parameter(field.Name, parameter); break;
                    case Tensor tensor: register_buffer(field.Name, tensor); break;
                    default: break;
                }
            }

            // Depth first; what is shared appears once, under its first name.
            IEnumerable<(string name, T item)> Named<T>(
                Func<Module, IEnumerable<(string, T)>> own, bool recurse, Func<T, Tensor> tensorOf)
            {
                var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
                return Walk(this, "").Where(entry => !tensorOf(entry.item).IsInvalid && seen.Add(tensorOf(entry.item)));

                IEnumerable<(string name, T item)> Walk(Module module, string prefix)
                {
                    foreach (var (key, item) in own(module)) yield return (prefix + key, item);
                    if (!recurse) yield break;
                    foreach (var (key, child) in module._modules.Entries)
                    {
                        foreach (var entry in Walk(child, $"{prefix}{key}.")) yield return entry;
                    }
                }
            }

            sealed record Buffer(Tensor Tensor, bool Persistent);

            // Names in the order of registration.
            sealed class Registry<T>
            {
                readonly OrderedDictionary<string, T> _entries = [];

                internal IEnumerable<(string, T)> Entries => _entries.Select(entry => (entry.Key, entry.Value));

                internal bool Contains(string name) => _entries.ContainsKey(name);

                internal void Add(string name, T item, string kind)
                {
                    if (!_entries.TryAdd(name, item)) throw new InvalidOperationException($"{kind} {name} is already registered.");
                }

                internal void Remove(string name) => _entries.Remove(name);
            }
        }
    }
}
