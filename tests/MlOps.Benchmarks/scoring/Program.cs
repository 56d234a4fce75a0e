using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using MlOps.Benchmarks;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

// scoring: one row at a time, by BenchmarkDotNet.
// scoring write FOLDER: model.onnx and inputs.bin, 100,000 rows of float32, column after column.
// scoring batch FOLDER ROUNDS: the same rows, again and again; prints each round's milliseconds of CPU and by the clock.
// scoring least: the microseconds of one row in the quickest of many short stretches, which other processes did not disturb.
switch (args)
{
    case ["write", var folder]:
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), OnnxModel.Write(Bench.Model()));
        using (var inputs = File.Create(Path.Combine(folder, "inputs.bin")))
        {
            foreach (var column in Bench.Rows(Bench.BatchRows, 2).Columns.SkipLast(1).Cast<NumberColumn>())
            {
                inputs.Write(MemoryMarshal.AsBytes<float>(Array.ConvertAll(column.Values, value => (float)value)));
            }
        }

        break;
    case ["batch", var folder, var rounds]:
        var scorer = new Scorer(OnnxModel.Read(File.ReadAllBytes(Path.Combine(folder, "model.onnx"))));
        var batch = Bench.Rows(Bench.BatchRows, 2);
        for (var round = 0; round < int.Parse(rounds, CultureInfo.InvariantCulture); round++)
        {
            var (clock, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            scorer.Predict(batch);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds:F1} {clock.Elapsed.TotalMilliseconds:F1}"));
        }

        break;
    case ["least"]:
        var rows = new OneRow();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"score {Least(() => rows.Score(), 50):F2} us, explain {Least(() => rows.Explain(), 1):F0} us"));
        break;
    default:
        var config = ManualConfig.CreateEmpty().AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)).AddLogger(ConsoleLogger.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance).AddColumn(StatisticColumn.Min).WithOptions(ConfigOptions.DisableLogFile);
        BenchmarkRunner.Run<OneRow>(config.WithArtifactsPath(Path.Combine(Path.GetTempPath(), "mlops-benchmarks")));
        break;
}

static double Least(Action action, int times)
{
    var least = double.MaxValue;
    var end = Stopwatch.GetTimestamp() + (6 * Stopwatch.Frequency);
    while (Stopwatch.GetTimestamp() < end)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            action();
        }

        least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalMicroseconds / times);
    }

    return least;
}

namespace MlOps.Benchmarks
{
    /// <summary>The model and the rows that are measured.</summary>
    internal static class Bench
    {
        public const int Columns = 20;
        public const int BatchRows = 100_000;

        public static TrainedModel Model() => Learner.Fit(Rows(20_000, 1), new(ModelTask.Binary, "y", null, [.. Enumerable.Range(0, Columns).Select(j => new FeatureSpec($"x{j}", FeatureKind.Numeric))],
            new BoostedTreesOptions { Trees = 300, Leaves = 31 }), null, Environment.ProcessorCount, default);

        /// <summary>Numbers with missing cells, and a label that depends on all of them and on chance.</summary>
        public static Frame Rows(int count, int seed)
        {
            var random = new Random(seed);
            double[][] columns = [.. Enumerable.Range(0, Columns).Select(_ => new double[count])];
            var label = new double[count];
            for (var r = 0; r < count; r++)
            {
                var sum = 0.0;
                for (var j = 0; j < Columns; j++)
                {
                    var x = random.NextDouble();
                    columns[j][r] = random.Next(20) == 0 ? double.NaN : x;
                    sum += ((j % 3) - 1) * (x > 0.5 ? x * x : 0.3);
                }

                label[r] = sum + random.NextDouble() > 0.5 ? 1 : 0;
            }

            return new([.. columns.Select((values, j) => new NumberColumn($"x{j}", values)), new NumberColumn("y", label)]);
        }
    }

    /// <summary>One row of 20 numbers through 300 trees of 31 leaves.</summary>
    [MemoryDiagnoser]
    public class OneRow
    {
        private const int Some = 1000;
        private readonly RowScorer _row;
        private readonly Explainer _explainer;
        private readonly double[][] _values;
        private readonly FeatureMatrix _one;
        private int _next;

        public OneRow()
        {
            var model = Bench.Model();
            var rows = Bench.Rows(Some, 3);
            _row = new Scorer(model).ForRows();
            _explainer = new(model);
            _values = [.. Enumerable.Range(0, Bench.Columns).Select(j => ((NumberColumn)rows.Columns[j]).Values)];
            _one = FeatureEncoding.Encode(model.Encoders, rows.Select([0]));
        }

        /// <summary>Sets all cells, each time of another row, and predicts.</summary>
        [Benchmark]
        public float Score()
        {
            _next = (_next + 1) % Some;
            for (var j = 0; j < _values.Length; j++)
            {
                if (double.IsNaN(_values[j][_next]))
                {
                    _row.SetMissing(j);
                }
                else
                {
                    _row.TrySetNumber(j, _values[j][_next], out _);
                }
            }

            return _row.Predict()[1];
        }

        /// <summary>Explains one row.</summary>
        [Benchmark]
        public double Explain() => _explainer.Explain(_one).Of(0)[0];
    }
}
