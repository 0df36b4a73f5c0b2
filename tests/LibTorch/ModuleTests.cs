using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Grafting.Tests.LibTorch;

/// <summary>
/// Explicit registration, and that the statistics of tensors come out even; tests/TensorApi has what both providers share.
/// </summary>
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

    sealed class Tower : Module<Tensor, Tensor>
    {
        internal Tower(int depth) : base(nameof(Tower))
        {
            register_parameter("scale", Scale = Parameter(ones(1)));
            register_buffer("table", arange(3));
            var blocks = new ModuleList<Block>();
            for (var i = 0; i < depth; i++) blocks.append(new Block());
            register_module("blocks", blocks);
            Blocks = blocks;
        }

        internal ModuleList<Block> Blocks { get; }

        internal Parameter Scale { get; }

        public override Tensor forward(Tensor input) => Blocks.Aggregate(input * Scale, (x, block) => block.call(x));
    }

    sealed class Block : Module<Tensor, Tensor>
    {
        internal Block() : base(nameof(Block)) => register_parameter("weight", Weight = Parameter(ones(2)));

        internal Parameter Weight { get; }

        public override Tensor forward(Tensor input) => input * Weight;
    }
}
