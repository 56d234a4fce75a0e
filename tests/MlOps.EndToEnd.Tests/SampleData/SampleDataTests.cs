namespace MlOps.Tests.SampleData;

public sealed class SampleDataTests
{
    private static readonly Dictionary<string, Func<byte[]>> Generators = new(StringComparer.Ordinal)
    {
        ["bike-demand/data/hours.csv"] = BikeDemand.Csv,
        ["churn/data/customers.csv"] = Churn.Csv,
        ["ticket-routing/data/tickets.csv"] = TicketRouting.Csv,
    };

    public static TheoryData<string> Files => [.. Generators.Keys];

    /// <summary>With <c>MLOPS_WRITE_SAMPLES=1</c> it writes the files instead: that is how they were made.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void Simulating_again_gives_the_committed_bytes(string file)
    {
        var path = Path.Combine(RepositoryFolder.Root, "models", file);
        var simulated = Generators[file]();
        if (Environment.GetEnvironmentVariable("MLOPS_WRITE_SAMPLES") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, simulated);
        }

        Assert.True(simulated.AsSpan().SequenceEqual(File.ReadAllBytes(path)), $"models/{file} is not what the generator gives; see its README.md");
    }
}
