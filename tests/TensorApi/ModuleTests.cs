using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Tests.TensorApi;

/// <summary>What a module finds in its fields, in which order and under which names, and what it disposes.</summary>
public class ModuleTests
{
    [Test]
    public void Fields_are_registered_under_their_names_those_of_the_class_before_those_of_its_base()
    {
        using var model = new Model();
        using var loose = model.Loose[0];
        Assert.That(model.named_parameters().Select(entry => entry.name), Is.EqualTo(new[]
        {
            "scale", "own.weight", "own.second", "blocks.0.weight", "blocks.0.second", "blocks.1.weight", "blocks.1.second",
            "shared.weight", "shared.second",
        }));
        Assert.That(model.state_dict().Keys, Is.EquivalentTo(model.named_parameters().Select(entry => entry.name).Append("table")));
    }

    [Test]
    public void A_tensor_in_a_field_is_a_buffer()
    {
        using var model = new Model();
        using var loose = model.Loose[0];
        Assert.That(model.named_buffers().Select(entry => entry.name), Is.EqualTo(new[] { "table" }));
    }

    [Test]
    public void A_parameter_in_two_places_is_listed_once()
    {
        using var layer = new Layer();
        using var tied = new Tied(layer);
        Assert.That(tied.named_parameters().Select(entry => entry.name), Is.EqualTo(new[] { "head", "layer.second" }));
    }

    [Test]
    public void A_module_disposes_what_it_registered_and_nothing_else()
    {
        var model = new Model();
        var parameters = model.parameters().ToList();
        var table = model.Table;
        var loose = model.Loose[0];
        model.Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(parameters.Select(parameter => parameter.IsInvalid), Is.All.True);
            Assert.That(table.IsInvalid, Is.True);
            Assert.That(loose.IsInvalid, Is.False);
        });
        loose.Dispose();
        Assert.That(model.Dispose, Throws.Nothing);
    }

    [Test]
    public void Evaluation_and_training_reach_every_depth()
    {
        using var model = new Model();
        using var loose = model.Loose[0];
        model.eval();
        Assert.That(model.modules().Append(model).Select(module => module.training), Is.All.False);
        model.train();
        Assert.That(model.modules().Append(model).Select(module => module.training), Is.All.True);
    }

    [Test]
    public void Zeroing_gradients_removes_them()
    {
        using var layer = new Layer();
        using (NewDisposeScope()) layer.forward(ones(1, 2)).sum().backward();
        using (NewDisposeScope()) Assert.That(layer.parameters().Select(parameter => parameter.grad), Is.All.Not.Null);
        layer.zero_grad();
        Assert.That(layer.parameters().Select(parameter => parameter.grad), Is.All.Null);
    }

    sealed class Layer : nn.Module<Tensor, Tensor>
    {
        readonly Parameter weight = nn.Parameter(ones(2, 2));
        readonly Parameter second = nn.Parameter(ones(2));

        public Layer() : base(nameof(Layer)) => RegisterComponents();

        public Parameter Weight => weight;

        public override Tensor forward(Tensor input) => input.matmul(weight).mul(second);
    }

    class Base : nn.Module
    {
        protected readonly Layer shared = new();

        protected Base(string name) : base(name) { }
    }

    sealed class Model : Base
    {
        readonly Parameter scale = nn.Parameter(ones(1));
        readonly Layer own = new();
        readonly ModuleList<Layer> blocks = new(new Layer(), new Layer());
        readonly Tensor table = zeros(3);
        readonly List<Tensor> loose = [zeros(1)];

        public Model() : base(nameof(Model)) => RegisterComponents();

        public Tensor Table => table;

        public List<Tensor> Loose => loose;
    }

    sealed class Tied : nn.Module
    {
        readonly Parameter head;
        readonly Layer layer;

        public Tied(Layer layer) : base(nameof(Tied))
        {
            this.layer = layer;
            head = layer.Weight;
            RegisterComponents();
        }
    }
}
