using MlOps.Code;

namespace MlOps.Tests.Code;

public sealed class PlainAssemblyTests
{
    private const string Source = "namespace M; public static class Model { public static double Run(double x) { var twice = x * 2; return twice + 1; } public static int Other() => 3; }";

    private static readonly Dictionary<string, string> Harmless = new(StringComparer.Ordinal)
    {
        ["a comment"] = Source.Replace("var twice", "/* what it is */ var twice", StringComparison.Ordinal),
        ["lines"] = Source.Replace("{ ", "{\n\n    ", StringComparison.Ordinal),
        ["a local's name"] = Source.Replace("twice", "doubled", StringComparison.Ordinal),
    };

    public static TheoryData<string> Names => [.. Harmless.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_computes_the_same_is_the_same_with_symbols_and_without(string edit)
    {
        var plain = PlainAssembly.Of(Compile(Source));
        Assert.Equal(plain, PlainAssembly.Of(Compile(Harmless[edit])));
        Assert.NotEqual(Compile(Source), Compile(Harmless[edit]));
        Assert.NotEqual(plain, PlainAssembly.Of(Compile(Source.Replace("* 2", "* 3", StringComparison.Ordinal))));
    }

    [Fact]
    public void It_runs()
    {
        var context = new System.Runtime.Loader.AssemblyLoadContext(nameof(PlainAssemblyTests), isCollectible: true);
        try
        {
            using var image = new MemoryStream(PlainAssembly.Of(Compile(Source)));
            Assert.Equal(7.0, context.LoadFromStream(image).GetType("M.Model")!.GetMethod("Run")!.Invoke(null, [3.0]));
        }
        finally
        {
            context.Unload();
        }
    }

    [Fact]
    public void It_is_plain_once_and_for_all() => Assert.Equal(PlainAssembly.Of(Compile(Source)), PlainAssembly.Of(PlainAssembly.Of(Compile(Source))));

    [Theory]
    [InlineData("")]
    [InlineData("no assembly at all")]
    [InlineData("MZ")]
    public void What_is_no_assembly_is_told(string text) => Assert.Throws<BadImageFormatException>(() => PlainAssembly.Of(System.Text.Encoding.ASCII.GetBytes(text)));

    private static byte[] Compile(string text) => Compilation.Compile([("Model.cs", text)], debug: true);
}
