using System.Text.Json.Nodes;
using MlOps.Data;
using MlOps.Packaging;
using MlOps.Scoring;

namespace MlOps.Tests.Packaging;

public sealed class PackageSignatureTests
{
    private static readonly Signature Binary = new(ModelTask.Binary, "left", [new("age", FeatureKind.Numeric), new("plan", FeatureKind.Categorical)], ["no", "yes"]);

    public static TheoryData<string, string?> Changes => new()
    {
        { "nothing", null },
        { "label", null },
        { "threshold", null },
        { "order of inputs", null },
        { "task", "it predicts multiclass, not binary" },
        { "class gone", "class yes is gone" },
        { "class renamed", "class no is gone" },
        { "classes turned", "its classes have another order" },
        { "input gone", "input plan is gone" },
        { "input new", "input zone is new" },
        { "kind", "input age is categorical, was numeric" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void It_is_said_how_callers_break(string change, string? reason) =>
        Assert.Equal(reason, PackageSignature.Break(PackageSignature.Short(Binary), PackageSignature.Short(After(change))));

    [Fact]
    public void A_lock_without_a_signature_breaks_nobody() => Assert.Null(PackageSignature.Break([], []));

    private static Signature After(string change) => change switch
    {
        "label" => Binary with { Label = "gone" },
        "threshold" => Binary with { Threshold = 0.7f },
        "order of inputs" => Binary with { Inputs = [.. Binary.Inputs.Reverse()] },
        "task" => Binary with { Task = ModelTask.Multiclass },
        "class gone" => Binary with { Classes = ["no"] },
        "class renamed" => Binary with { Classes = ["never", "yes"] },
        "classes turned" => Binary with { Classes = ["yes", "no"] },
        "input gone" => Binary with { Inputs = [Binary.Inputs[0]] },
        "input new" => Binary with { Inputs = [.. Binary.Inputs, new("zone", FeatureKind.Categorical)] },
        "kind" => Binary with { Inputs = [new("age", FeatureKind.Categorical), Binary.Inputs[1]] },
        _ => Binary,
    };
}
