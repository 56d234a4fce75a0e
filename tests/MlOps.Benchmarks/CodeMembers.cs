using System.Diagnostics;
using System.Globalization;
using System.Text;
using MlOps.Code;

namespace MlOps.Benchmarks;

/// <summary>A program of many methods, all reached from one: how long its fingerprint takes.</summary>
internal static class CodeMembers
{
    private const int PerClass = 50;

    /// <summary>CPU seconds of the second fingerprint of a warm process and of the first, its members and its digest.</summary>
    public static async Task<string> RunAsync(int count)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-members-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Join(folder, "Members.cs"), Source(count));
            var compiled = await CSharpCompiler.Find().CompileAsync("Members", folder, ["Members.cs"], [], default);
            var (first, _) = Measure(compiled.Image);
            var (second, fingerprint) = Measure(compiled.Image);
            return string.Create(CultureInfo.InvariantCulture, $"{second:0.00} {first:0.00} {fingerprint.Members.Count} {fingerprint.Digest}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (double Seconds, CodeFingerprint Fingerprint) Measure(byte[] image)
    {
        GC.Collect();
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        using var library = new CodeLibrary([image]);
        var fingerprint = library.Fingerprint([new("Program", "Run")]);
        _ = fingerprint.Digest;
        return ((Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds, fingerprint);
    }

    /// <summary>Calls, generics, virtual calls, interfaces, lambdas and texts, in classes of fifty methods.</summary>
    private static string Source(int count)
    {
        var text = new StringBuilder("public interface IStep { int Step(int x); }\npublic abstract class Base : IStep { public abstract int Step(int x); public virtual string Name => \"base\"; }\n");
        var classes = (count + PerClass - 1) / PerClass;
        text.Append(CultureInfo.InvariantCulture, $"public static class Program {{ public static int Run() {{ Base all = new C0(); return all.Step(1) + C0.M0(2); }} }}\n");
        for (var c = 0; c < classes; c++)
        {
            var next = (c + 1) % classes;
            text.Append(CultureInfo.InvariantCulture, $$"""
                public sealed class C{{c}} : Base
                {
                    private readonly List<int> _seen = [];
                    private static readonly int[] Table = [{{c}}, 2, 3, 5, 7, 11, 13];
                    public override int Step(int x) { _seen.Add(x); return x > {{c}} ? M0(x) : new C{{next}}().Step(x + 1); }
                    public override string Name => "c{{c}}";

                """);
            for (var m = 0; m < PerClass - 4; m++)
            {
                var callee = m + 1 < PerClass - 4 ? $"M{m + 1}(x + {m})" : $"C{next}.M0(x)";
                text.Append("    public static int M").Append(m).Append("(int x) ").AppendLine((m % 6) switch
                {
                    0 => $"=> {callee} + Table[x % 7];",
                    1 => $"{{ var d = new Dictionary<string, C{c}>(); d[\"k{c}-{m}\"] = new C{c}(); return d.Count + {callee}; }}",
                    2 => $"{{ Base b = x > {m} ? new C{c}() : new C{next}(); return b.Step(x) + b.Name.Length + {callee}; }}",
                    3 => $"{{ var s = string.Concat(\"text {c}\", x.ToString(), \"{m}\"); return s.Length + {callee}; }}",
                    4 => $"{{ var l = new List<(int, double)> {{ (x, {m}.5) }}; return l.Where(p => p.Item1 > x - {m}).Count() + {callee}; }}",
                    _ => $"{{ var t = 0; for (var i = 0; i < x; i++) {{ t += i * {m} ^ {c}; if (t > 1000) {{ throw new InvalidOperationException(\"too much\"); }} }} return t + {callee}; }}",
                });
            }

            text.AppendLine("}");
        }

        return text.ToString();
    }
}
