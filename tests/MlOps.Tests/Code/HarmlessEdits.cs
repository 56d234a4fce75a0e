namespace MlOps.Tests.Code;

/// <summary>Edits that change nothing that a program does.</summary>
internal static class HarmlessEdits
{
    // Flush left, so that an edit finds its lines.
    private const string Program = """
        namespace M;

        public enum Kind { Small, Large }

        public interface IScale { double Scale(double x); }

        public sealed class Twice : IScale
        {
            private readonly double _factor = 2;
            public double Scale(double x) => x * _factor;
            public override string ToString() => "twice";
        }

        public record Point(double X, double Y);

        public static class Helper
        {
            private static readonly double[] Weights = [0.25, 0.5, 0.25];

            public static double Smooth(double a, double b, double c)
            {
                var total = 0.0;
                total += a * Weights[0];
                total += b * Weights[1];
                total += c * Weights[2];
                return total;
            }

            public static double Unused(double x) => x + 1;

            public static IEnumerable<double> Squares(int n)
            {
                for (var i = 0; i < n; i++)
                {
                    yield return i * i;
                }
            }

            public static async Task<double> Later(double x)
            {
                await Task.Yield();
                return x + 3;
            }
        }

        public static class Model
        {
            public static double Run(double x)
            {
                var offset = 1.5;
                Func<double, double> shift = v => v + offset;
                IScale scale = new Twice();
                var kind = x > 3 ? Kind.Large : Kind.Small;
                var sum = Helper.Squares(4).Select(v => v * 2).Where(v => v > 1).Sum();
                var point = new Point(x, sum);
                var pair = new { point.X, Total = sum };
                double Local(double y) => y * offset;
                return kind switch { Kind.Large => Helper.Smooth(x, shift(x), scale.Scale(x)), _ => Local(pair.Total) + Helper.Later(x).Result };
            }

            public static double Other(double x) => x - 1;
        }
        """;

    private const string UnusedMethod = "public static double Unused(double x) => x + 1;";

    public static IReadOnlyList<Edit> All { get; } =
    [
        Of("a comment", "// why\n    public static double Run(", "public static double Run("),
        Of("a comment within a body", "var offset = 1.5; /* metres */", "var offset = 1.5;"),
        Of("a documentation comment", "/// <summary>Predicts.</summary>\n    public static double Run(", "public static double Run("),
        new("white space", Program, Program.Replace("    ", "\t", StringComparison.Ordinal)),
        new("line ends", Program, Program.Replace("\n", "\r\n", StringComparison.Ordinal)),
        Of("a region", "#region all\n#endregion\n    public static double Run(", "public static double Run("),
        Of("a pragma", "#pragma warning disable CS0219\n    public static double Run(", "public static double Run("),
        Of("a line directive", "#line 200 \"other.cs\"\n    public static double Run(", "public static double Run("),
        Rename("a renamed local", "total", "accumulated"),
        Rename("a renamed local that a closure captures", "offset", "bias"),
        Rename("a renamed local of a closure's own", "shift", "move"),
        Rename("a renamed lambda parameter", "v => v * 2", "w => w * 2"),
        Of("a renamed parameter", "Smooth(double first, double second, double third)\n    {\n        var total = 0.0;\n        total += first * Weights[0];\n        total += second * Weights[1];\n        total += third * Weights[2];",
            "Smooth(double a, double b, double c)\n    {\n        var total = 0.0;\n        total += a * Weights[0];\n        total += b * Weights[1];\n        total += c * Weights[2];"),
        Rename("a renamed loop variable", "var i = 0; i < n; i++)\n        {\n            yield return i * i;", "var k = 0; k < n; k++)\n        {\n            yield return k * k;"),
        Rename("a renamed local function", "Local(", "Within("),
        new("a renamed type parameter", Generic("T"), Generic("TValue")),
        new("a method put elsewhere among others", Program, Program
            .Replace("public static IEnumerable<double> Squares(int n)\n    {\n        for (var i = 0; i < n; i++)\n        {\n            yield return i * i;\n        }\n    }\n", "", StringComparison.Ordinal)
            .Replace("    public static double Smooth(", "    public static IEnumerable<double> Squares(int n) { for (var i = 0; i < n; i++) yield return i * i; }\n    public static double Smooth(", StringComparison.Ordinal)),
        new("members in another order", Members("public double A() => 1;", "public double B() => 2;"), Members("public double B() => 2;", "public double A() => 1;")),
        new("types in another order", "namespace M; public static class A { public static double F() => 1; } public static class Model { public static double Run(double x) => A.F(); }",
            "namespace M; public static class Model { public static double Run(double x) => A.F(); } public static class A { public static double F() => 1; }"),
        new("files in another order", Moved("a.cs", "b.cs", false), Moved("a.cs", "b.cs", true)),
        new("a file under another name", Moved("a.cs", "b.cs", false), Moved("zebra.cs", "b.cs", false)),
        new("a file moved to another folder", Moved("a.cs", "b.cs", false), Moved("shared/deep/a.cs", "b.cs", false)),
        new("a file moved that keeps a type to itself", Own("a.cs"), Own("deep/a.cs")),
        Of("a new class before", "public static class New { public static double F(double x) => Enumerable.Range(0, 3).Select(i => i * x).Sum(); }\n\npublic enum Kind", "public enum Kind"),
        new("a new class after", Program, Program + "\npublic class New { public Func<int> F(int x) => () => x; }"),
        Of("a new method with lambdas before", "public static Func<int, int> New(int x) => y => x + y + new[] { 1 }.Select(z => z * x).Sum();\n    public static double Smooth(", "public static double Smooth("),
        Of("a new method with lambdas before in the entry's class", "public static Func<int, int> New(int x) => y => x + y;\n    public static double Run(", "public static double Run("),
        Of("a new method with lambdas after", "public static Func<int, int> New() => y => y + 1;\n    public static double Other(", "public static double Other("),
        Of("a new iterator before", "public static IEnumerable<int> New() { yield return 1; }\n    public static IEnumerable<double> Squares(", "public static IEnumerable<double> Squares("),
        Of("a new async method before", "public static async Task New() => await Task.Yield();\n    public static async Task<double> Later(", "public static async Task<double> Later("),
        Of("a new anonymous type before", "public static object New() => new { Before = 1 };\n    public static double Smooth(", "public static double Smooth("),
        Of("a new local function elsewhere", "public static int New() { int L() => 3; return L(); }\n    public static double Run(", "public static double Run("),
        Of("a new overload that nobody calls", "public static double Smooth(string text) => 0;\n    public static double Smooth(", "public static double Smooth("),
        Of("a new field that nobody reads", "public static int New;\n    public static double Smooth(", "public static double Smooth("),
        Of("a new constant", "public const int New = 3;\n    public static double Smooth(", "public static double Smooth("),
        Of("a new member of an enumeration", "enum Kind { Small, Large, Huge }", "enum Kind { Small, Large }"),
        Of("a new implementation that nobody makes", "public sealed class Thrice : IScale { public double Scale(double x) => 3 * x; }\n\npublic record Point", "public record Point"),
        Of("an unreachable method changed", "Unused(double x) => x + 2;", "Unused(double x) => x + 1;"),
        Of("an unreachable method with a lambda changed", "Other(double x) => new[] { x }.Select(y => y - 1).Sum();", "Other(double x) => x - 1;"),
        Of("an unreachable method removed", "", UnusedMethod),
        new("a nullable annotation on what is called", Annotated("string"), Annotated("string?")),
        new("a block body for an expression body", Bodies("=> x + 1;"), Bodies("{ return x + 1; }")),
        new("braces around a statement", Bodies("{ if (x > 1) return 2; return x; }"), Bodies("{ if (x > 1) { return 2; } return x; }")),
        new("a constant's other spelling", Bodies("=> x + 1000;"), Bodies("=> x + 1_000;")),
        new("a constant folded by hand", Bodies("=> x + 60 * 60;"), Bodies("=> x + 3600;")),
        new("var for a type", Bodies("{ double y = x; return y * y; }"), Bodies("{ var y = x; return y * y; }")),
        new("parentheses", Bodies("=> x + x * 2;"), Bodies("=> x + (x * 2);")),
        new("a named argument", "namespace M; public static class Model { static double F(double a, double b) => a - b; public static double Run(double x) => F(x, 2); }",
            "namespace M; public static class Model { static double F(double a, double b) => a - b; public static double Run(double x) => F(a: x, b: 2); }"),
        new("this. before a member", "namespace M; public class A { int _n = 3; public int F() => _n; } public static class Model { public static double Run(double x) => new A().F(); }",
            "namespace M; public class A { int _n = 3; public int F() => this._n; } public static class Model { public static double Run(double x) => new A().F(); }"),
        new("another using directive", "using System.Text;\nnamespace M; public static class Model { public static double Run(double x) => x; }", "namespace M; public static class Model { public static double Run(double x) => x; }"),
        new("a full name for a using directive", "using System.Text;\nnamespace M; public static class Model { public static double Run(double x) => new StringBuilder().Length; }", "namespace M; public static class Model { public static double Run(double x) => new System.Text.StringBuilder().Length; }"),
        new("a block namespace", "namespace M; public static class Model { public static double Run(double x) => x; }", "namespace M { public static class Model { public static double Run(double x) => x; } }"),
        new("a class in parts", "namespace M; public static class Model { public static double Run(double x) => F(x); static double F(double x) => x + 1; }",
            "// file: a.cs\nnamespace M; public static partial class Model { public static double Run(double x) => F(x); }\n// file: b.cs\nnamespace M; public static partial class Model { static double F(double x) => x + 1; }"),
        new("an obsolete attribute on what is called", Marked(""), Marked("[Obsolete(\"use G\")] ")),
        new("an attribute that nobody reads", Marked(""), Marked("[System.ComponentModel.Description(\"adds one\")] ")),
        new("a hint to inline", Marked(""), Marked("[System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)] ")),
        new("a call that the compiler leaves out", Bodies("=> x + 1;"), Bodies("{ System.Diagnostics.Debug.Assert(x > 0, \"positive\"); return x + 1; }")),
        new("access of what is called", "namespace M; public static class A { internal static double F(double x) => x; } public static class Model { public static double Run(double x) => A.F(x); }",
            "namespace M; public static class A { public static double F(double x) => x; } public static class Model { public static double Run(double x) => A.F(x); }"),
        new("a sealed class", "namespace M; public class A { public double F(double x) => x; } public static class Model { public static double Run(double x) => new A().F(x); }",
            "namespace M; public sealed class A { public double F(double x) => x; } public static class Model { public static double Run(double x) => new A().F(x); }"),
    ];

    private static Edit Of(string name, string after, string before) => new(name, Program, Once(Program, before, after));

    private static string Once(string text, string old, string with)
    {
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, $"the program has no '{old}'");
        return text[..at] + with + text[(at + old.Length)..];
    }

    private static Edit Rename(string name, string old, string with)
    {
        Assert.Contains(old, Program, StringComparison.Ordinal);
        return new(name, Program, Program.Replace(old, with, StringComparison.Ordinal));
    }

    private static string Generic(string name) =>
        $"namespace M; public class Box<{name}> {{ public {name} Value; public {name} Get() => Value; }} public static class Model {{ static {name} F<{name}>({name} x) => x; public static double Run(double x) => F(new Box<double> {{ Value = x }}.Get()); }}";

    private static string Members(string first, string second) =>
        $"namespace M; public class C {{ {first} {second} }} public static class Model {{ public static double Run(double x) {{ var c = new C(); return c.A() + c.B(); }} }}";

    private static string Moved(string helper, string model, bool reversed)
    {
        var a = $"// file: {helper}\nnamespace M; public static class A {{ public static Func<int, int> F(int n) => i => i + n; public static object G() => new {{ A = 1 }}; }}\n";
        var b = $"// file: {model}\nnamespace M; public static class Model {{ public static double Run(double x) => A.F(2)(3) + new {{ B = x }}.B + Enumerable.Range(0, 2).Select(i => i * x).Sum(); }}\n";
        return reversed ? b + a : a + b;
    }

    private static string Own(string path) =>
        $"// file: {path}\nnamespace M; file static class Hidden {{ public static double F(double x) => x * 3; }} public static class Model {{ public static double Run(double x) => Hidden.F(x); }}";

    private static string Annotated(string type) => $"namespace M; public static class Model {{ static int F({type} s) => s is null ? 0 : s.Length; public static double Run(double x) => F(\"a\"); }}";

    private static string Bodies(string body) => $"namespace M; public static class Model {{ public static double Run(double x) {body} }}";

    private static string Marked(string attribute) => $"#pragma warning disable CS0618\nnamespace M; public static class Model {{ {attribute}static double F(double x) => x + 1; public static double Run(double x) => F(x); }}";
}
