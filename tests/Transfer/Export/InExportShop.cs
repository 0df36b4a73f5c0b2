using Grafting.Core.Models;
using Grafting.Tests.Support;

namespace Grafting.Tests.Transfer.Export;

/// <summary>Runs each test with an <see cref="ExportShop"/> of its own.</summary>
public abstract class InExportShop : InScope
{
    private protected static readonly FeaturePath Hidden = new(Layer: -2, PostNorm: false, KeepClass: false);
    private protected static readonly FeaturePath Normed = new(Layer: -1, PostNorm: true, KeepClass: false);

    private protected ExportShop shop = null!;

    [SetUp]
    public void Open() => shop = new();

    [TearDown]
    public void Remove() => shop.Dispose();
}
