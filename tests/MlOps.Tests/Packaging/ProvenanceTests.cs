using System.Text;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

public sealed class ProvenanceTests
{
    private static readonly Provenance Sample = new()
    {
        BuilderId = "https://example.org/mlops",
        BuildType = "https://example.org/mlops/train/v1",
        Model = "bike-demand",
        Parameters = Attestation.Json("""{"trainer":{"trees":300},"label":"rentals"}"""),
        Source = new(new("https://user:s3cret@git.example.org/city.git?token=s3cret"), new string('a', 40)) { Author = "Ada <ada@example.org>", CommittedOn = Attestation.Now, IsDirty = true },
        Datasets = [new("b", Digest.Of("b")), new("a", Digest.Of("a"))],
        Toolchain = [PackageUrl.NuGet("MlOps.Learning", "0.1.0"), new("generic", "python 3", "3.12/1")],
        StartedOn = Attestation.Now,
        FinishedOn = Attestation.Now.AddSeconds(5),
    };

    [Fact]
    public void What_is_written_is_read_back()
    {
        var read = Read(Sample.About(Attestation.Package));
        Assert.Equal(
            Sample with { Source = Sample.Source! with { Repository = new("https://git.example.org/city.git") }, Datasets = [], Toolchain = [], Parameters = default },
            read with { Datasets = [], Toolchain = [], Parameters = default, InvocationId = null });
        Assert.Equal(["a", "b"], read.Datasets.Select(one => one.Name));
        Assert.Equal(Sample.Toolchain.OrderBy(one => one.Type), read.Toolchain);
        Assert.Equal("300", read.Parameters.GetProperty("trainer").GetProperty("trees").GetRawText());
        Assert.Equal(Sample.About(Attestation.Package).ToBytes(), (read with { InvocationId = null }).About(Attestation.Package).ToBytes());
    }

    [Fact]
    public void No_secret_of_the_address_is_written()
    {
        var text = Encoding.UTF8.GetString(Sample.About(Attestation.Package).ToBytes());
        Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
        Assert.Contains("\"git+https://git.example.org/city.git\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_runs_name_follows_from_the_facts()
    {
        var name = Read(Sample.About(Attestation.Package)).InvocationId;
        Assert.Equal(name, Read((Sample with { Datasets = [.. Sample.Datasets.Reverse()] }).About(Attestation.Package)).InvocationId);
        Assert.NotEqual(name, Read((Sample with { FinishedOn = Attestation.Now }).About(Attestation.Package)).InvocationId);
        Assert.True(Digest.TryParse(name, out _));
    }

    [Fact]
    public void Less_is_enough()
    {
        var read = Read((Sample with { Source = null, Datasets = [], Toolchain = [], StartedOn = null, FinishedOn = null, InvocationId = "7" }).About(Attestation.Package));
        Assert.Equal((null, null, "7", 0), (read.Source, read.StartedOn, read.InvocationId, read.Datasets.Count + read.Toolchain.Count));
    }

    [Theory]
    [InlineData("https://slsa.dev/provenance/v0.2", "{}")]
    [InlineData(PredicateTypes.Provenance, "{}")]
    [InlineData(PredicateTypes.Provenance, """{"buildDefinition":{"buildType":"x","externalParameters":{"model":"m"}},"runDetails":{"builder":{"id":"i"}}}""")]
    [InlineData(PredicateTypes.Provenance, """{"buildDefinition":{"buildType":"x","externalParameters":{"model":"m","parameters":[]}},"runDetails":{"builder":{"id":"i"}}}""")]
    [InlineData(PredicateTypes.Provenance, """{"buildDefinition":{"buildType":null,"externalParameters":{"model":"m","parameters":{}}},"runDetails":{"builder":{"id":"i"}}}""")]
    [InlineData(PredicateTypes.Provenance, """{"buildDefinition":{"buildType":"x","externalParameters":{"model":"m","parameters":{}}},"runDetails":{"builder":{"id":7}}}""")]
    public void Something_else_is_refused_with_the_reason(string type, string predicate)
    {
        Assert.False(Provenance.TryRead(new([Attestation.Package], type, Attestation.Json(predicate)), out _, out var why));
        Assert.NotEmpty(why);
    }

    [Fact]
    public void Strange_dependencies_are_passed_over()
    {
        var read = Read(new([Attestation.Package], PredicateTypes.Provenance, Attestation.Json("""
            {"buildDefinition":{"buildType":"x","externalParameters":{"model":"m","parameters":{}},"resolvedDependencies":[null,{},{"uri":"pkg:"},{"uri":"git+nowhere","digest":{"gitCommit":"1"}},
              {"uri":"git+https://x/y","digest":{"gitCommit":"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}},{"name":"d","digest":{"sha512":"x"}},{"uri":"pkg:a/b@1?x=y"},
              {"uri":"git+https://x/y","digest":{"gitCommit":"0123456789012345678901234567890123456789"},"annotations":{"author":7,"dirty":"yes","committedOn":"once"}}]},
             "runDetails":{"builder":{"id":"i"},"metadata":{"startedOn":"yesterday"}}}
            """)));
        Assert.Equal(new SourceCommit(new("https://x/y"), "0123456789012345678901234567890123456789"), read.Source);
        Assert.Equal((0, 0, null), (read.Datasets.Count, read.Toolchain.Count, read.StartedOn));
    }

    private static Provenance Read(Statement statement)
    {
        Assert.True(Provenance.TryRead(statement, out var read, out var why), why);
        return read;
    }
}
