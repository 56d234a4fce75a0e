using System.Security.Cryptography;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Private keys: made for their owner alone and outside of the workspace, taken from where the environment says, and shown nowhere.</summary>
public sealed class KeysTests : IDisposable
{
    private readonly Workspace _workspace = new(), _home = new();

    public KeysTests()
    {
        _workspace.Write("nuke.json", """{ "name": "keyed", "data": { "rows": { "path": "rows.csv" } } }""");
        _workspace.Write("rows.csv", "a,y\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 7},{i % 5}\n")));
        _workspace.Write("models/m/model.json", """{ "task": "regression", "data": "rows", "label": "y", "features": { "a": "numeric" }, "trainer": { "name": "linear" } }""");
    }

    private string Home => $"XDG_CONFIG_HOME={_home.Root}";

    public void Dispose()
    {
        _workspace.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_private_key_is_its_owners_alone_whatever_the_umask_and_lies_outside()
    {
        _workspace.Start("sh", ["-c", $"umask 0; exec sh '{Path.Combine(RepositoryFolder.Root, "build.sh")}' Keys --new"], Home).Expect(0);

        var key = Assert.Single(Directory.GetFiles(_home.Root, "*", SearchOption.AllDirectories));
        Assert.Equal("600", _workspace.Start("stat", ["-c", "%a", key]).Expect(0).Output.Trim());
        Assert.Equal(_home.At("mlops/keys/keyed.pem"), key);
        Assert.DoesNotContain("PRIVATE", string.Concat(Directory.GetFiles(_workspace.Root, "*", SearchOption.AllDirectories).Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_home_folder_no_key_is_made_in_the_workspace()
    {
        _workspace.Run("Keys --new", "XDG_CONFIG_HOME=relative", $"HOME={_home.At("absent")}").Expect(0);

        Assert.True(File.Exists(_home.At("absent/.config/mlops/keys/keyed.pem")));
        Assert.Empty(Directory.GetFiles(_workspace.Root, "*.pem", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_rotated_key_ends_and_the_new_one_signs()
    {
        var first = (string)_workspace.Run("Keys --new --json", Home).Expect(0).Json["id"]!;
        var second = _workspace.Run("Keys --new --days 30 --json", Home).Expect(0).Json;

        var listed = _workspace.Run("Keys --json", Home).Expect(0).Json;

        Assert.Equal((string?)second["id"], (string?)listed["signsWith"]);
        Assert.Equal(2, listed["keys"]!.AsArray().Count);
        Assert.All(listed["keys"]!.AsArray(), key => Assert.NotNull(key!["notAfter"]));
        Assert.Contains(listed["keys"]!.AsArray(), key => (string?)key!["id"] == first);
        Assert.Equal(2, Directory.GetFiles(_home.At("mlops/keys")).Length);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("99999999")]
    public void A_key_cannot_count_for_ever_and_a_day(string days)
    {
        Assert.Contains("MLO2296 error", _workspace.Run(["Keys", "--new", $"--days={days}"], Home).Expect(1).Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_home.Root, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("text on one line")]
    [InlineData("file")]
    public void The_environment_may_name_the_key_and_shows_it_nowhere(string how)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = key.ExportPkcs8PrivateKeyPem();
        var secret = pem.Split('\n')[1];
        var file = _home.At("key.pem");
        File.WriteAllText(file, pem);
        _home.Start("chmod", ["600", file]).Expect(0);
        var variable = how == "file" ? $"MLOPS_SIGNING_KEY_FILE={file}" : $"MLOPS_SIGNING_KEY={(how == "text" ? pem : pem.ReplaceLineEndings("\\n"))}";

        var packaged = _workspace.Run("Package --verbosity detailed", Home, variable);

        Assert.True(packaged.Exit == 0, packaged.Errors);
        Assert.Contains("yes, by ", packaged.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, packaged.Output + packaged.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, string.Concat(Directory.GetFiles(_workspace.Root, "*", SearchOption.AllDirectories).Select(File.ReadAllText)), StringComparison.Ordinal);
        Assert.Contains("signature", _workspace.Run("Verify m").Expect(0).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("open", "MLO7201")]
    [InlineData("garbage", "MLO7202")]
    [InlineData("gone", "")]
    public void A_key_that_cannot_be_used_is_told_and_nothing_is_signed_without_it(string wrong, string code)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = _home.At("key.pem");
        if (wrong != "gone")
        {
            File.WriteAllText(file, wrong == "open" ? key.ExportPkcs8PrivateKeyPem() : "no key");
            _home.Start("chmod", [wrong == "open" ? "640" : "600", file]).Expect(0);
        }

        var errors = _workspace.Run("Package", Home, $"MLOPS_SIGNING_KEY_FILE={file}").Expect(1).Errors;

        Assert.Contains($"{code} error", errors, StringComparison.Ordinal);
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_workspace.At(".mlops/packages.json")));
    }

    [Theory]
    [InlineData("umask 077", "TZ=Asia/Kathmandu", "LC_ALL=tr_TR.UTF-8")]
    [InlineData("umask 0", "TZ=UTC", "LC_ALL=C", "HOME=/nonexistent")]
    public void A_package_is_the_same_bytes_in_another_folder_zone_locale_home_and_umask(string umask, params string[] environment)
    {
        var here = _workspace.Run("Package --json", Home).Expect(0).Json["packages"]![0]!;
        using var elsewhere = new Workspace();
        foreach (var file in new[] { "nuke.json", "rows.csv", "models/m/model.json" })
        {
            elsewhere.Write(file, File.ReadAllText(_workspace.At(file)));
        }

        var there = elsewhere.Start("sh", ["-c", $"{umask}; exec sh '{Path.Combine(RepositoryFolder.Root, "build.sh")}' Package --json"], [Home, .. environment]).Expect(0).Json["packages"]![0]!;

        Assert.Equal((string?)here["digest"], (string?)there["digest"]);
        Assert.Equal(_workspace.Lock, elsewhere.Lock);
    }
}
