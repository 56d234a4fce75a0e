using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Tests.Pipelines.Packages;

public sealed class GitFactsTests : IDisposable
{
    private const string Nowhere = "0123456789012345678901234567890123456789";
    private static readonly Digest Package = Digest.Of("package"), Rows = Digest.Of("rows");

    private readonly GitRepository _repository = new();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void A_commit_that_pins_package_and_datasets_contradicts_nothing() => Assert.Null(Fault(Pinned()));

    [Fact]
    public void A_commit_that_is_not_here_is_told() => Assert.Contains("is not in this repository", Fault(Nowhere), StringComparison.Ordinal);

    [Fact]
    public void A_commit_without_a_lock_is_told() => Assert.Contains("has no data.lock.json", Fault(_repository.Commit()), StringComparison.Ordinal);

    [Fact]
    public void A_lock_that_cannot_be_read_is_told() => Assert.Contains("cannot be read", Fault(_repository.Commit(("data.lock.json", "<<<<<<<"))), StringComparison.Ordinal);

    [Fact]
    public void Another_package_is_told() => Assert.Contains("for model 'm', not", Fault(Pinned(), package: Digest.Of("other")), StringComparison.Ordinal);

    [Fact]
    public void Another_model_is_told() => Assert.Contains("pins no package for model 'n'", Fault(Pinned(), model: "n"), StringComparison.Ordinal);

    [Fact]
    public void Other_rows_are_told() => Assert.Contains("has other bytes of dataset 'd'", Fault(Pinned(), rows: Digest.Of("other")), StringComparison.Ordinal);

    [Fact]
    public void A_commit_beside_the_main_branch_counts_where_nobody_is_trusted_only()
    {
        _repository.Commit();
        _repository.Git("checkout", "--quiet", "-b", "other");
        var commit = Pinned();
        Assert.Null(Fault(commit));
        Assert.Equal($"commit {commit} is not part of refs/heads/main", Fault(commit, mustBeProtected: true));
        _repository.Git("checkout", "--quiet", "main");
        _repository.Git("merge", "--quiet", "--ff-only", "other");
        Assert.Null(Fault(commit, mustBeProtected: true));
    }

    [Fact]
    public void Origins_main_branch_counts_before_the_one_that_is_here()
    {
        var commit = Pinned();
        Assert.Equal("refs/heads/main", new GitFacts(_repository.Root).Branch);
        _repository.Git("update-ref", "refs/remotes/origin/main", commit);
        Assert.Equal("refs/remotes/origin/main", new GitFacts(_repository.Root).Branch);
    }

    [Theory]
    [InlineData("1.0.0", "package", "Passed", "1.0.0 in the lock of refs/heads/main")]
    [InlineData("1.0.0", "other", "Failed", "1.0.0 of 'm' is PACKAGE in the lock of refs/heads/main, not OTHER")]
    [InlineData("1.1.0", "package", "Failed", "in the lock of refs/heads/main this package is 1.0.0, not 1.1.0")]
    [InlineData("1.1.0", "other", "Failed", "the lock of refs/heads/main numbers no 1.1.0 of 'm'")]
    public void A_number_is_what_the_main_branch_says_and_not_another_one(string version, string package, string result, string seen)
    {
        _repository.Commit(("data.lock.json", Numbering("1.0.0")));
        _repository.Git("checkout", "--quiet", "-b", "other");
        _repository.Commit(("data.lock.json", Numbering("1.1.0")));

        var number = new GitFacts(_repository.Root).Number("m", PackageVersion.Parse(version), Digest.Of(package), mustBeKnown: true);

        Assert.Equal(new("version", Enum.Parse<CheckResult>(result), seen.Replace("PACKAGE", Package.ToString(), StringComparison.Ordinal).Replace("OTHER", Digest.Of("other").ToString(), StringComparison.Ordinal)), number);
    }

    [Theory]
    [InlineData("data.lock.json", "<<<<<<<")]
    [InlineData("data.lock.json", "{ \"format\": 1 }")]
    [InlineData("README.md", "no lock")]
    public void A_number_that_nobody_knows_is_refused_where_keys_are_trusted_only(string file, string text)
    {
        _repository.Commit((file, text));
        var facts = new GitFacts(_repository.Root);
        Assert.Equal(CheckResult.Failed, facts.Number("m", PackageVersion.First, Package, mustBeKnown: true).Result);
        Assert.Equal(CheckResult.Unknown, facts.Number("m", PackageVersion.First, Package, mustBeKnown: false).Result);
    }

    [Fact]
    public void Trust_is_what_the_main_branch_says_and_not_the_folder()
    {
        using var key = SigningKey.Create();
        using var own = SigningKey.Create();
        _repository.Commit(("nuke.json", Trusting("release")), ("keys/release.pub", key.Public.ToPem()));
        _repository.Git("checkout", "--quiet", "-b", "other");
        _repository.Commit(("nuke.json", Trusting("own")), ("keys/own.pub", own.Public.ToPem()), ("keys/release.pub", own.Public.ToPem()));

        var facts = new GitFacts(_repository.Root);

        Assert.Equal(key.Public.Id, Assert.Single(facts.Trust(null).Keys).Key.Id);
        Assert.Equal(key.Public.Id, Assert.Single(facts.Trust("production").Keys).Key.Id);
        Assert.Empty(facts.Trust("staging").Keys);
    }

    [Theory]
    [InlineData("{ \"environments\": { \"production\": { \"trust\": [\"keys/gone.pub\"] } } }")]
    [InlineData("{ \"environments\": { \"production\": { \"trust\": [7] } } }")]
    [InlineData("{ \"environments\": { \"production\": { \"trust\": [null] } } }")]
    [InlineData("{ \"environments\": [] }")]
    [InlineData("{ \"environments\"")]
    public void What_cannot_be_read_trusts_nobody_and_is_told(string manifest)
    {
        _repository.Commit(("nuke.json", manifest));
        Assert.Equal("MLO2288", Assert.Single(Assert.Throws<DiagnosticException>(() => new GitFacts(_repository.Root).Trust(null)).Diagnostics).Code);
    }

    private static string Trusting(string key) => $$"""{ "name": "w", "environments": { "production": { "driver": "process", "trust": ["keys/{{key}}.pub"] }, "staging": { "driver": "process" } } }""";

    private static string Numbering(string version) => $$"""{ "format": 1, "models": { "m": { "versions": { "{{version}}": "{{Package}}" } } } }""";

    private string Pinned() => _repository.Commit(("data.lock.json", $$"""
        { "data": { "d": { "sha256": "{{Rows.Hex}}" } }, "format": 1,
          "models": { "m": { "steps": { "package": { "fingerprint": "{{Rows}}", "outputs": { "manifest.json": "{{Package}}" } } } } } }
        """));

    private string? Fault(string commit, string model = "m", Digest? package = null, Digest? rows = null, bool mustBeProtected = false) =>
        new GitFacts(_repository.Root).Fault(commit, model, package ?? Package, [new("d", rows ?? Rows)], mustBeProtected);
}
