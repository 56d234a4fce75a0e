using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;
using MlOps.Tests.Content;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>Which private key signs, and what is said where nobody counts it.</summary>
public sealed class SignerTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly SigningKey _own = SigningKey.Create(), _other = SigningKey.Create(), _third = SigningKey.Create();
    private readonly Dictionary<string, string> _variables;

    public SignerTests()
    {
        Directory.CreateDirectory(Path.Join(_folder.Root, "mlops", "keys"));
        _variables = new(StringComparer.Ordinal) { ["XDG_CONFIG_HOME"] = _folder.Root };
    }

    public void Dispose()
    {
        _own.Dispose();
        _other.Dispose();
        _third.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_workspaces_own_key_signs_where_nobody_is_trusted()
    {
        Keep(_own, "city");
        Keep(_other, "town");
        using var signer = Find([]);
        Assert.Equal((_own.Public.Id, null, null), (signer.Key!.Public.Id, signer.Problem, signer.Note));
    }

    // Two workspaces of one name on one machine; or a new pair that main does not know yet.
    [Fact]
    public void A_key_that_is_trusted_signs_before_the_workspaces_own()
    {
        Keep(_own, "city");
        Keep(_other, "city.old");
        using var signer = Find([("production", [_other.Public])]);
        Assert.Equal((_other.Public.Id, null), (signer.Key!.Public.Id, signer.Problem));
    }

    [Fact]
    public void While_two_keys_are_trusted_the_new_one_signs()
    {
        Keep(_own, "city");
        Keep(_other, "city.old");
        using var signer = Find([("production", [_other.Public, _own.Public])]);
        Assert.Equal(_own.Public.Id, signer.Key!.Public.Id);
    }

    [Fact]
    public void Of_other_keys_the_newer_one_signs_and_one_that_has_ended_never()
    {
        Keep(_own, "a", new(2026, 1, 3));
        Keep(_other, "b", new(2026, 1, 2));
        Keep(_third, "c", new(2026, 1, 1));
        using var newest = Find([("production", [_other.Public, _third.Public])]);
        Assert.Equal(_other.Public.Id, newest.Key!.Public.Id);
        using var counting = Find([("production", [_other.Public.Until(new(2026, 5, 31)), _third.Public])]);
        Assert.Equal(_third.Public.Id, counting.Key!.Public.Id);
    }

    [Fact]
    public void The_key_that_more_environments_trust_signs()
    {
        Keep(_own, "city");
        Keep(_other, "shared");
        using var signer = Find([("staging", [_own.Public, _other.Public]), ("production", [_other.Public])]);
        Assert.Equal((_other.Public.Id, null), (signer.Key!.Public.Id, signer.Problem));
    }

    [Fact]
    public void A_key_that_counts_nowhere_is_warned_of_with_who_is_trusted_instead()
    {
        Keep(_own, "city");
        using var signer = Find([("staging", [_other.Public]), ("production", [_third.Public])]);
        Assert.Equal(_own.Public.Id, signer.Key!.Public.Id);
        var problem = signer.Problem!;
        Assert.Equal(("MLO2322", Severity.Warning, "nuke.json: staging"), (problem.Code, problem.Severity, problem.Where));
        Assert.Contains(_own.Public.Id.Short, problem.What, StringComparison.Ordinal);
        Assert.Equal($"'staging' trusts {_other.Public.Id.Short} (keys/0.pub); 'production' trusts {_third.Public.Id.Short} (keys/0.pub)", problem.Why);
        Assert.Contains("Keys tells what to commit", problem.Mend, StringComparison.Ordinal);
        Assert.False(signer.IsOver);
    }

    [Fact]
    public void A_key_that_has_ended_is_warned_of()
    {
        Keep(_own, "city");
        using var signer = Find([("production", [_own.Public.Until(new(2026, 5, 31))])]);
        Assert.True(signer.IsOver);
        Assert.Equal("'production' counted it until 2026-05-31", signer.Problem!.Why);
        Assert.Contains("Keys --new", signer.Problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_key_it_is_told_who_will_miss_the_signature_if_anybody_does()
    {
        using (var alone = Find([]))
        {
            Assert.Equal((null, null), (alone.Key, alone.Note));
        }

        Keep(_other, "town");
        using var missed = Find([("production", [_own.Public])]);
        Assert.Null(missed.Key);
        Assert.Contains("'production' will not count it", missed.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SigningKeys.TextVariable, false)]
    [InlineData(SigningKeys.FileVariable, true)]
    public void What_a_variable_names_signs_whoever_is_trusted(string variable, bool isFile)
    {
        Keep(_own, "city");
        Keep(_other, "elsewhere");
        _variables[variable] = isFile ? PathOf("elsewhere") : _other.ToPem();
        using var signer = Find([("production", [_own.Public])]);
        Assert.Equal((_other.Public.Id, "MLO2322"), (signer.Key!.Public.Id, signer.Problem!.Code));
    }

    [Theory]
    [InlineData(SigningKeys.TextVariable, "s3cret", "MLO7202", SigningKeys.TextVariable)]
    [InlineData(SigningKeys.FileVariable, "/nowhere/release.pem", "MLO7250", "/nowhere/release.pem")]
    [InlineData(SigningKeys.FileVariable, "/", "MLO7250", "/")]
    public void A_variable_with_rubbish_is_refused(string variable, string value, string code, string where)
    {
        Keep(_own, "city");
        _variables[variable] = value;
        var problem = Refused();
        Assert.Equal((code, where), (problem.Code, problem.Where));
        Assert.DoesNotContain("s3cret", problem.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_workspaces_own_key_is_refused_where_it_is_damaged_or_open_to_others()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes");
        _folder.Write("mlops/keys/city.pem", "damaged");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PathOf("city"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Assert.Equal("MLO7202", Refused().Code);
            File.SetUnixFileMode(PathOf("city"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            Assert.Equal("MLO7201", Refused().Code);
        }
    }

    [Fact]
    public void Other_keys_that_cannot_be_read_are_named_only_where_one_is_missed()
    {
        Keep(_own, "city");
        _other.Write(PathOf("locked"), "a password that is not given");
        using (var trusted = Find([("production", [_own.Public])]))
        {
            Assert.Null(trusted.Problem);
        }

        using var missed = Find([("production", [_other.Public])]);
        Assert.Contains($"{PathOf("locked")} was not looked at: the private key is encrypted", missed.Problem!.Why, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Join(_folder.Root, "mlops", "keys", $"{name}.pem");

    private void Keep(SigningKey key, string name, DateTime? written = null)
    {
        key.Write(PathOf(name));
        File.SetLastWriteTimeUtc(PathOf(name), written ?? new(2026, 1, 1));
    }

    private Diagnostic Refused() => Assert.Single(Assert.Throws<DiagnosticException>(() => Find([]).Dispose()).Diagnostics);

    private Signer Find((string Environment, PublicKey[] Keys)[] trust) =>
        Signer.Of(new("city", _variables.GetValueOrDefault), trust.ToDictionary(one => one.Environment, one => Packaging.Attestation.Trust(one.Keys)), environment => $"nuke.json: {environment}", Now);
}
