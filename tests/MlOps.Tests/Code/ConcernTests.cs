using MlOps.Code;

namespace MlOps.Tests.Code;

/// <summary>What people are told of that gives another answer elsewhere.</summary>
public sealed class ConcernTests
{
    [Theory]
    [InlineData("DateTime.UtcNow.Year", "the clock")]
    [InlineData("Guid.NewGuid().Version", "randomness without a seed")]
    [InlineData("new System.IO.StreamReader(\"a\").Read()", "the file system")]
    [InlineData("new System.IO.StreamReader(System.IO.Stream.Null).Read()", null)]
    [InlineData("new System.IO.StreamWriter(\"a\").GetType() == null ? 1 : 0", "the file system")]
    [InlineData("System.Xml.Linq.XDocument.Load(\"a\").Nodes().Count()", "the file system")]
    [InlineData("new DateTime((long)x).ToLocalTime().Hour", "the machine's time zone")]
    [InlineData("new DateTime((long)x).ToUniversalTime().Hour", "the machine's time zone")]
    [InlineData("new DateTime((long)x).ToFileTime()", "the machine's time zone")]
    [InlineData("new DateTimeOffset((long)x, default).ToLocalTime().Hour", "the machine's time zone")]
    [InlineData("new DateTimeOffset((long)x, default).LocalDateTime.Hour", "the machine's time zone")]
    [InlineData("new DateTimeOffset((long)x, default).ToUniversalTime().Hour", null)]
    [InlineData("new DateTimeOffset(new DateTime((long)x)).Hour", "the machine's time zone")]
    [InlineData("((DateTimeOffset)new DateTime((long)x)).Hour", "the machine's time zone")]
    [InlineData("TimeZoneInfo.Local.BaseUtcOffset.Hours", "the machine's time zone")]
    [InlineData("TimeZoneInfo.FindSystemTimeZoneById(\"Europe/Rome\").BaseUtcOffset.Hours", "the machine's time zones")]
    [InlineData("TimeZoneInfo.ConvertTimeBySystemTimeZoneId(new DateTime(2), \"Europe/Rome\").Hour", "the machine's time zones")]
    [InlineData("TimeZoneInfo.ConvertTimeToUtc(new DateTime(2)).Hour", "the machine's time zones")]
    [InlineData("\"a\".GetHashCode()", "a hash that is seeded anew in each process")]
    [InlineData("StringComparer.Ordinal.GetHashCode(\"a\")", "a hash that is seeded anew in each process")]
    [InlineData("EqualityComparer<string>.Default.GetHashCode(\"a\")", "a hash that is seeded anew in each process")]
    [InlineData("((IEqualityComparer<string>)StringComparer.Ordinal).GetHashCode(\"a\")", "a hash that is seeded anew in each process")]
    [InlineData("EqualityComparer<int>.Default.GetHashCode(3)", null)]
    [InlineData("Environment.CurrentManagedThreadId", "which thread runs it")]
    [InlineData("new[] { 1 }.Select(i => Environment.CurrentManagedThreadId).First()", "which thread runs it")]
    [InlineData("Steps(() => 1).First()", null)]
    [InlineData("Thread.CurrentThread.ManagedThreadId", "which thread runs it")]
    [InlineData("Environment.ProcessorCount", "the environment")]
    [InlineData("OperatingSystem.IsLinux() ? 1 : 0", "the environment")]
    [InlineData("Native()", "a native library")]
    [InlineData("(double)System.Runtime.InteropServices.NativeLibrary.Load(\"a\")", "a native library")]
    [InlineData("System.Numerics.Vector<int>.Count", "the machine's processor")]
    [InlineData("Math.ReciprocalEstimate(x)", "the machine's processor")]
    [InlineData("Math.Exp(x)", "the machine's C library")]
    [InlineData("Math.Pow(x, 2)", "the machine's C library")]
    [InlineData("Math.Atan2(x, 2)", "the machine's C library")]
    [InlineData("MathF.Log2((float)x)", "the machine's C library")]
    [InlineData("double.Tanh(x)", "the machine's C library")]
    [InlineData("Generic(x)", "the machine's C library")]
    [InlineData("Math.Sqrt(Math.Abs(Math.Floor(x)))", null)]
    public void What_gives_another_answer_elsewhere_is_told(string expression, string? why)
    {
        var fingerprint = Compilation.FingerprintOf($$"""
            namespace M;
            public static class Model
            {
                public static double Run(double x) => {{expression}};
                private static IEnumerable<int> Steps(Func<int> f) { yield return f(); }
                private static T Generic<T>(T x) where T : System.Numerics.IExponentialFunctions<T> => T.Exp(x);
                [System.Runtime.InteropServices.DllImport("one")] private static extern double Native();
            }
            """);
        Assert.Equal(why is null ? [] : [why], fingerprint.Concerns.Where(concern => concern.Kind == CodeConcernKind.Irreproducible).Select(concern => concern.Why).Distinct());
    }

    [Fact]
    public void Operators_are_no_functions_that_are_offered()
    {
        using var library = new CodeLibrary([Compilation.Compile("namespace M; public record R(double A) { public static double F() => 1; public static double P => 1; }")]);
        Assert.Equal(["M.R.F"], library.OpenMethods("Models"));
    }
}
