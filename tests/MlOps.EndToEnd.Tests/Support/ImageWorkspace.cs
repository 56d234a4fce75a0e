using System.Globalization;
using MlOps.Engine;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests.Support;

/// <summary>A workspace with a model of each flavour, <c>plain</c> (ONNX alone) and <c>ride</c> (a feature in C#), whose images were made and loaded by the command line. Made once for all tests of a class: publishing the service takes a while.</summary>
public sealed class ImageWorkspace : IDisposable
{
    private const string Model = """
        { "task": "regression", "data": "rides", "label": "minutes", "features": { FEATURES"km": "numeric", "wind": "numeric" }, "trainer": { "name": "linear" } }
        """;

    private readonly Workspace _workspace = new();

    public ImageWorkspace(DockerEngine engine)
    {
        if (engine.Missing is not null)
        {
            return;
        }

        _workspace.Write("nuke.json", """{ "name": "city", "data": { "rides": { "path": "rides.csv" } } }""");
        _workspace.Write("models/plain/model.json", Model.Replace("FEATURES", "", StringComparison.Ordinal));
        _workspace.Write("models/ride/model.json", Model.Replace("FEATURES", "\"effort\": { \"kind\": \"numeric\", \"code\": \"Ride.Effort\", \"from\": [\"km\", \"wind\"] }, ", StringComparison.Ordinal));
        _workspace.Write("models/ride/Ride.cs", "public static class Ride\n{\n    public static double Effort(double km, double wind) => km * (1 + wind / 100);\n}\n");
        _workspace.Write("rides.csv", "id,km,wind,minutes\n" + string.Concat(Enumerable.Range(0, 400).Select(id =>
        {
            var (km, wind) = (id * 37 % 97 / 8.0, (id * 53 % 83) - 20);
            return string.Create(CultureInfo.InvariantCulture, $"{id},{km},{wind},{km * (4 + (wind / 25.0)) + (id % 5)}\n");
        })));
        Made = _workspace.Run("Image --out images --load --json", $"DOCKER_HOST={engine.Host}").Expect(0);
    }

    /// <summary>What making the images said.</summary>
    internal Ran Made { get; } = new(-1, "", "");

    internal Workspace Workspace => _workspace;

    /// <summary>The archive of a model's image.</summary>
    public string Archive(string model) => Directory.GetFiles(_workspace.At("images"), $"{model}-*.tar").Single();

    /// <summary>The first rows as callers send them.</summary>
    public IEnumerable<string> Rows(int count) => File.ReadLines(_workspace.At("rides.csv")).Skip(1).Take(count).Select(line => line.Split(',')).Select(row => $$"""{"km":{{row[1]}},"wind":{{row[2]}}}""");

    /// <summary>A workspace elsewhere with the same files, and a store in which the shared parts of images wait and nothing of the models.</summary>
    internal Workspace Elsewhere()
    {
        var copy = Declarations();
        foreach (var folder in new[] { ".mlops/store/objects", ".mlops/store/records" })
        {
            Workspace.CopyFolder(_workspace.At(folder), copy.At(folder));
        }

        var pinned = LockFile.Read(_workspace.At("data.lock.json"));
        foreach (var step in new[] { "plain", "ride" }.SelectMany(model => new[] { "prepare", "train", "evaluate", "explain", "package", "image" }.Select(step => pinned.Find(new($"models/{model}", step)))).OfType<StepTrace>())
        {
            foreach (var record in Directory.GetFiles(copy.At(".mlops/store/records"), $"*{step.Fingerprint.Hex[2..]}*", SearchOption.AllDirectories))
            {
                File.Delete(record);
            }
        }

        return copy;
    }

    /// <summary>A workspace elsewhere with the same files, and nothing made.</summary>
    internal Workspace Declarations()
    {
        var copy = new Workspace();
        Workspace.CopyFolder(_workspace.At("models"), copy.At("models"));
        File.Copy(_workspace.At("nuke.json"), copy.At("nuke.json"));
        File.Copy(_workspace.At("rides.csv"), copy.At("rides.csv"));
        return copy;
    }

    public void Dispose() => _workspace.Dispose();
}
