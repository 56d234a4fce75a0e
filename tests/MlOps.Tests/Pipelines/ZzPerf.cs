using System.Diagnostics;
namespace MlOps.Tests.Pipelines;
public sealed class ZzPerf(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public void Load()
    {
        using var written = DeclaredWorkspace.Of("\"steps\": {\n" + string.Join(",\n", Enumerable.Range(0, 10000).Select(i => $"\"t{i}\": {{ \"run\": [\"sh\", \"-c\", \"cp in.txt out/{i}.txt\"], \"reads\": [\"in.txt\"], \"writes\": [\"out/{i}.txt\"] }}")) + "}");
        using var matrix = DeclaredWorkspace.Of("\"steps\": { \"t\": { \"foreach\": [" + string.Join(",", Enumerable.Range(0, 10000)) + "], \"run\": [\"sh\", \"-c\", \"cp in.txt out/${item}.txt\"], \"reads\": [\"in.txt\"], \"writes\": [\"out/${item}.txt\"] } }");
        foreach (var (name, w) in new[] { ("written", written), ("matrix", matrix) })
        {
            var t = new List<double>(); var g = new List<double>();
            for (var i = 0; i < 12; i++) { var c = Stopwatch.StartNew(); var a = w.Load(); t.Add(c.Elapsed.TotalMilliseconds); c.Restart(); foreach (var k in a.Manifest.Steps.Keys) { a.At("steps", k); } g.Add(c.Elapsed.TotalMilliseconds); }
            t.Sort(); g.Sort();
            output.WriteLine($"{name} load median {t[6]:0.0} min {t[0]:0.0} max {t[11]:0}; At {g[6]:0.0}");
            File.AppendAllText("/tmp/zzperf.txt", $"{name} load median {t[6]:0.0} min {t[0]:0.0} max {t[11]:0}; At {g[6]:0.0}\n");
        }
    }
}
