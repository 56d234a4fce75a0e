using Microsoft.CodeAnalysis;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;
using Compilation = MlOps.Tests.Code.Compilation;

namespace MlOps.Tests.Serving;

/// <summary>A model that computes its inputs by code of its own, compiled into a folder: y = rush + 100 × share, either 0 where missing.</summary>
internal static class CodedModel
{
    public static readonly TrainedModel Model = new(
        new(ModelTask.Regression, "y",
            [
                new("rush", FeatureKind.Numeric) { Code = "Demand.Rush", From = ["hour", "workingDay"] },
                new("share", FeatureKind.Numeric) { Code = "Demand.Share", From = ["of"] },
            ], []),
        [new NumericEncoder("rush", Fill: 0), new NumericEncoder("share", Fill: 0)],
        new LinearPredictor(Link.Identity, [[1, 100]], [0]));

    private const string Source = """
        public static class Demand
        {
            public static double? Rush(double hour, bool workingDay) => hour < 0 ? throw new ArgumentException("hours are not negative")
                : workingDay ? Lib.Hours.IsRush(hour) ? 10 : 20 : null;

            public static void Share(ReadOnlySpan<double> of, Span<double> result)
            {
                for (var i = 0; i < of.Length; i++)
                {
                    result[i] = of[i] == 13 && typeof(MlOps.Data.Frame).Assembly.GetName().Name == "MlOps.Data" ? 13 : 1 / of[i];
                }
            }
        }
        """;

    private static readonly byte[] Lib = Compilation.Compile([("Lib.cs", "namespace Lib { public static class Hours { public static bool IsRush(double hour) => hour is 8 or 17; } }")], "Lib");

    private static readonly byte[] Image = Compilation.Compile(
        [("Demand.cs", Source)], "Models.demand", [MetadataReference.CreateFromImage(Lib), MetadataReference.CreateFromFile(typeof(Frame).Assembly.Location)]);

    /// <summary>The service's configuration; files are written beside it.</summary>
    /// <param name="spoil">Changes the folder of the code when all digests are taken.</param>
    /// <param name="columns">What the columns are that the functions take.</param>
    public static string Config(TemporaryFolder folder, Action<string>? spoil = null, string columns = """{ "hour": "Number", "workingDay": "Boolean", "of": "Number" }""", string function = "Demand.Rush")
    {
        var (path, digest) = folder.Write("demand.onnx", Model);
        var code = Directory.CreateDirectory(folder["code"]).FullName;
        // What is beside a model's code may not stand in for the product.
        foreach (var (name, bytes) in ((string, byte[])[])[("Models.demand.dll", Image), ("Lib.dll", Lib), ("MlOps.Data.dll", [1, 2, 3])])
        {
            File.WriteAllBytes(Path.Combine(code, name), bytes);
        }

        var files = string.Join(", ", Directory.GetFiles(code).Select(file => $"\"{Path.GetFileName(file)}\": \"{Digest.Of(File.ReadAllBytes(file))}\""));
        spoil?.Invoke(code);
        return $$"""
            { "url": "http://127.0.0.1:0", "models": [ { "name": "demand", "path": "{{path}}", "digest": "{{digest}}", "code": {
              "assembly": "{{Path.Combine(code, "Models.demand.dll")}}", "files": { {{files}} }, "columns": {{columns}},
              "functions": { "{{function}}": "{{Digest.Of("rush")}}", "Demand.Share": "{{Digest.Of("share")}}" } } } ] }
            """;
    }
}

/// <summary>One service with it for all tests that only ask.</summary>
public sealed class CodedService : IAsyncLifetime
{
    internal RunningService Service { get; private set; } = null!;

    public async Task InitializeAsync() => Service = await RunningService.StartAsync(folder => CodedModel.Config(folder));

    public async Task DisposeAsync() => await Service.DisposeAsync();
}
