using System.Xml.Linq;

namespace MlOps.Cli;

/// <summary>How a test ended.</summary>
internal enum TestOutcome
{
    /// <summary>It ran and held.</summary>
    Passed,

    /// <summary>It ran and did not hold.</summary>
    Failed,

    /// <summary>It did not run; the message says why.</summary>
    Skipped,
}

/// <summary>One test's result; <paramref name="Message"/> is why it failed or was skipped, else empty.</summary>
internal sealed record TestResult(string Name, TestOutcome Outcome, string Message)
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>Reads the result file that <c>dotnet test --logger trx</c> writes.</summary>
    public static IEnumerable<TestResult> ReadTrx(string path)
    {
        foreach (var result in XDocument.Load(path).Descendants(Trx + "UnitTestResult"))
        {
            var outcome = (string?)result.Attribute("outcome") switch
            {
                "Passed" => TestOutcome.Passed,
                "NotExecuted" => TestOutcome.Skipped,
                _ => TestOutcome.Failed,
            };
            var output = result.Element(Trx + "Output");
            var error = output?.Element(Trx + "ErrorInfo");
            // xunit hands on the reason of a skipped test as its output.
            var message = outcome switch
            {
                TestOutcome.Passed => "",
                TestOutcome.Skipped => ((string?)error?.Element(Trx + "Message") ?? (string?)output?.Element(Trx + "StdOut") ?? "no reason given").Trim(),
                _ => $"{(string?)error?.Element(Trx + "Message") ?? "no message"}\n{(string?)error?.Element(Trx + "StackTrace")}".Trim(),
            };
            yield return new TestResult((string?)result.Attribute("testName") ?? "?", outcome, message);
        }
    }
}
