using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Grafting.Tests.LibTorch;

/// <summary>Registration, names, modes and conversion of modules.</summary>
public class ModuleTests
{
    [Test]
    public void Parameters_have_dotted_names_in_the_order_of_registration()
    {
        using var model = new Tower(2);
        Assert.Multiple(() =>
        {
            Assert.That(
                model.named_parameters().Select(entry => entry.name),
                Is.EqualTo(new[] { "scale", "blocks.0.weight", "blocks.1.weight" }));
            Assert.That(model.named_buffers().Select(entry => entry.name), Is.EqualTo(new[] { "table" }));
            Assert.That(model.named_modules().Select(entry => entry.name), Is.EqualTo(new[] { "blocks", "blocks.0", "blocks.1" }));
            Assert.That(model.named_children().Select(entry => entry.name), Is.EqualTo(new[] { "blocks" }));
            Assert.That(model.state_dict().Keys, Is.EqualTo(new[] { "scale", "blocks.0.weight", "blocks.1.weight", "table" }));
            Assert.That(model.get_parameter("blocks.1.weight"), Is.SameAs(model.Blocks[1].Weight));
            Assert.That(model.GetName(), Is.EqualTo("Tower"));
        });
    }

    [Test]
    public void A_shared_parameter_appears_once()
    {
        using var model = new Tower(2, shared: true);
        Assert.That(model.parameters().Count(), Is.EqualTo(2));
    }

    [Test]
    public void A_name_is_taken_once()
    {
        using var model = new Tower(1);
        using var other = Parameter(ones(1));
        using var block = new Block();
        Assert.Multiple(() =>
        {
            Assert.That(() => model.register_parameter("scale", other), Throws.InvalidOperationException);
            Assert.That(() => model.register_module("a.b", block), Throws.ArgumentException);
        });
    }

    [Test]
    public void A_parameter_takes_its_tensor_over()
    {
        var (live, total) = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, Tensor.TotalCount);
        var data = ones(2);
        var parameter = Parameter(data);
        Assert.That(data.IsInvalid, Is.True);
        Assert.That(parameter.requires_grad, Is.True);
        parameter.Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(Tensor.TotalCount, Is.EqualTo(total));
            Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(live));
        });
    }

    [Test]
    public void A_parameter_takes_the_place_of_its_tensor_in_the_scope()
    {
        Parameter parameter;
        using (NewDisposeScope()) parameter = Parameter(ones(1));
        Assert.That(parameter.IsInvalid, Is.True);
    }

    [Test]
    public void Training_and_evaluation_reach_every_module()
    {
        using var model = new Tower(1);
        model.eval();
        Assert.That(model.training || model.Blocks[0].training, Is.False);
        model.train();
        Assert.That(model.training && model.Blocks[0].training, Is.True);
    }

    [Test]
    public void Conversion_changes_floating_tensors_and_keeps_the_objects()
    {
        using var model = new Tower(1);
        var weight = model.Blocks[0].Weight;
        var total = Tensor.TotalCount;
        Assert.That(model.to(ScalarType.BFloat16), Is.SameAs(model));
        Assert.Multiple(() =>
        {
            Assert.That(weight.dtype, Is.EqualTo(ScalarType.BFloat16));
            Assert.That(weight.requires_grad, Is.True);
            Assert.That(model.get_parameter("blocks.0.weight"), Is.SameAs(weight));
            Assert.That(model.get_buffer("table")!.dtype, Is.EqualTo(ScalarType.Int64));
            Assert.That(Tensor.TotalCount, Is.EqualTo(total));
            Assert.That(() => model.to(ScalarType.Int32), Throws.ArgumentException);
        });
    }

    [Test]
    public void Gradients_are_cleared()
    {
        using var scope = NewDisposeScope();
        using var model = new Tower(1);
        model.call(ones(2)).sum().backward();
        Assert.That(model.parameters().All(parameter => parameter.grad is not null), Is.True);
        model.zero_grad();
        Assert.That(model.parameters().All(parameter => parameter.grad is null), Is.True);
    }

    [Test]
    public void Disposing_a_module_disposes_everything_in_it()
    {
        var (live, total) = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, Tensor.TotalCount);
        var model = new Tower(3);
        model.Dispose();
        model.Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(Tensor.TotalCount, Is.EqualTo(total));
            Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(live));
        });
    }

    [Test]
    public void Components_in_fields_are_registered_under_the_names_of_the_fields()
    {
        using var model = new ByFields();
        Assert.That(model.named_parameters().Select(entry => entry.name), Is.EqualTo(new[] { "first", "_inner.Weight" }));
    }

    sealed class Tower : Module<Tensor, Tensor>
    {
        internal Tower(int depth, bool shared = false) : base(nameof(Tower))
        {
            register_parameter("scale", Scale = Parameter(ones(1)));
            register_buffer("table", arange(3));
            var blocks = new ModuleList<Block>();
            for (var i = 0; i < depth; i++) blocks.append(new Block(shared && i > 0 ? blocks[0].Weight : null));
            register_module("blocks", blocks);
            Blocks = blocks;
        }

        internal ModuleList<Block> Blocks { get; }

        internal Parameter Scale { get; }

        public override Tensor forward(Tensor input) => Blocks.Aggregate(input * Scale, (x, block) => block.call(x));
    }

    sealed class Block : Module<Tensor, Tensor>
    {
        internal Block(Parameter? weight = null) : base(nameof(Block)) =>
            register_parameter("weight", Weight = weight ?? Parameter(ones(2)));

        internal Parameter Weight { get; }

        public override Tensor forward(Tensor input) => input * Weight;
    }

    sealed class ByFields : nn.Module
    {
        readonly Parameter first = Parameter(ones(1));
        readonly Inner _inner = new();

        internal ByFields() : base(nameof(ByFields)) => RegisterComponents();
    }

    sealed class Inner : nn.Module
    {
        readonly Parameter Weight = Parameter(ones(1));

        internal Inner() : base(nameof(Inner)) => RegisterComponents();
    }
}
