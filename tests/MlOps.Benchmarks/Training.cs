using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Benchmarks;

/// <summary>Our side of train.sh: 100 trees of 31 leaves on rows that train.py made.</summary>
internal static class Training
{
    private const long MiB = 1 << 20;

    /// <summary>CPU ms, wall ms, AUC and MiB above the data; loading and scoring excluded.</summary>
    public static string Run(string folder, int width, int threads)
    {
        var (train, test) = (Read(folder, "", width), Read(folder, "test-", width));
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        FeatureSpec[] features = [.. Enumerable.Range(0, width).Select(j => new FeatureSpec(Name(j), FeatureKind.Numeric))];
        var trainer = new BoostedTreesOptions { Trees = 100, Leaves = 31, Bins = 255, LearningRate = 0.1, MinRows = 1, MinHessian = 1 };
        using var process = Process.GetCurrentProcess();
        var before = process.WorkingSet64;
        var (cpu, clock) = (process.TotalProcessorTime, Stopwatch.StartNew());
        var model = Learner.Fit(train, new(ModelTask.Binary, "label", "1", features, trainer), null, threads, default);
        var wall = clock.ElapsedMilliseconds;
        process.Refresh();
        var spent = process.TotalProcessorTime - cpu;
        var peak = process.PeakWorkingSet64 - before;
        var area = Metrics.Evaluate(model.Signature, new Scorer(model).Predict(test), test)["auc"];
        return string.Create(CultureInfo.InvariantCulture, $"{spent.TotalMilliseconds:F0} {wall} {area:F5} {peak / MiB}");
    }

    private static Frame Read(string folder, string part, int width)
    {
        var labels = File.ReadAllBytes(Path.Combine(folder, part + "labels.u8"));
        var columns = new double[width][];
        for (var j = 0; j < width; j++)
        {
            columns[j] = new double[labels.Length];
        }

        using var file = File.OpenRead(Path.Combine(folder, part + "rows.f32"));
        var row = new float[width];
        for (var i = 0; i < labels.Length; i++)
        {
            file.ReadExactly(MemoryMarshal.AsBytes(row.AsSpan()));
            for (var j = 0; j < width; j++)
            {
                columns[j][i] = row[j];
            }
        }

        return new([.. columns.Select((values, j) => new NumberColumn(Name(j), values)), new NumberColumn("label", [.. labels.Select(y => (double)y)])]);
    }

    private static string Name(int feature) => string.Create(CultureInfo.InvariantCulture, $"f{feature}");
}
