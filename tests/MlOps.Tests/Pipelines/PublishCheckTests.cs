using System.Security.Cryptography;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Tests.Pipelines;

/// <summary>Where packages are published and whose signatures count, as <c>nuke.json</c> says.</summary>
public sealed class PublishCheckTests
{
    [Theory]
    [InlineData("registry.example.org/team")]
    [InlineData("127.0.0.1:5000/a/b-c")]
    [InlineData("[::1]:5000/team")]
    public void A_place_in_a_registry_is_taken(string registry)
    {
        using var workspace = DeclaredWorkspace.Of($$"""  "registry": "{{registry}}" """);
        Assert.Equal(registry, workspace.Load().Manifest.Registry);
    }

    [Theory]
    [InlineData("", "MLO8101", "without https://")]
    [InlineData("registry.example.org", "MLO8101", "HOST[:PORT]/PATH")]
    [InlineData("https://registry.example.org/team", "MLO8101", "without https://")]
    [InlineData("oci://registry.example.org/team", "MLO8101", "without https://")]
    [InlineData("registry.example.org/Team", "MLO8101", "HOST[:PORT]/PATH")]
    [InlineData("registry.example.org/team/", "MLO8101", "HOST[:PORT]/PATH")]
    [InlineData("registry.example.org/../team", "MLO8101", "HOST[:PORT]/PATH")]
    [InlineData("registry.example.org:99999/team", "MLO8101", "HOST[:PORT]/PATH")]
    [InlineData("me:s3cret@registry.example.org/team", "MLO8102", "change that password")]
    [InlineData("registry.example.org/team:latest", "MLO2320", "write \"registry.example.org/team\"")]
    [InlineData("registry.example.org/team@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "MLO2320", "write \"registry.example.org/team\"")]
    public void Any_other_is_told_with_its_line(string registry, string code, string mend)
    {
        using var workspace = DeclaredWorkspace.Of($$"""  "registry": "{{registry}}" """);
        var problem = workspace.Refused();
        Assert.Equal((code, "nuke.json:2"), (problem.Code, problem.Where));
        Assert.Contains(mend, problem.Mend, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("churn", "churn-service", "'churn-service' has the images of model 'churn'")]
    [InlineData("a_service", "a", null)]
    [InlineData("b-service-service", "b-service", "'b-service-service' has the images of model 'b-service'")]
    public void A_model_is_not_called_as_the_images_of_another(string one, string other, string? why)
    {
        using var workspace = Modelled("""  "registry": "registry.example.org/team", """, one, other);
        if (why is null)
        {
            Assert.Equal(2, workspace.Load().Models.Count);
            return;
        }

        var problem = workspace.Refused();
        Assert.Equal(("MLO2292", why), (problem.Code, problem.Why));
        Assert.StartsWith("rename one", problem.Mend, StringComparison.Ordinal);
        using var unpublished = Modelled("", one, other);
        Assert.Equal(2, unpublished.Load().Models.Count);
    }

    [Fact]
    public void Trusted_keys_are_read()
    {
        using var workspace = Trusting("keys/a.pub", "keys/b.pub");
        var (a, b) = (Pem(), Pem());
        workspace.Write("keys/a.pub", a);
        workspace.Write("keys/b.pub", $"# ours\nnot-after: 2020-01-01\n{b}");
        var observed = new List<string>();
        Assert.Equal(["keys/a.pub", "keys/b.pub"], workspace.Load(observed.Add).Manifest.Environments["production"].Trust!);
        Assert.Contains("keys/b.pub", observed);
    }

    [Theory]
    [InlineData("/etc/release.pub", "MLO2004")]
    [InlineData("../release.pub", "MLO2004")]
    [InlineData("", "MLO2004")]
    [InlineData("keys/missing.pub", "MLO2321")]
    [InlineData("keys", "MLO2321")]
    public void A_key_that_is_no_file_here_is_told_with_its_line(string file, string code)
    {
        using var workspace = Trusting("keys/a.pub", file);
        workspace.Write("keys/a.pub", Pem());
        var problem = workspace.Refused();
        Assert.Equal((code, "nuke.json:4"), (problem.Code, problem.Where));
        Assert.NotNull(problem.Mend);
    }

    public static TheoryData<string, string, string, string> Unreadable()
    {
        using var wide = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        using var own = SigningKey.Create();
        return new()
        {
            { "damaged", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "MLO7204", "keys/a.pub" },
            { "another curve", wide.ExportSubjectPublicKeyInfoPem(), "MLO7204", "keys/a.pub" },
            { "RSA", rsa.ExportSubjectPublicKeyInfoPem(), "MLO7204", "keys/a.pub" },
            { "private", own.ToPem(), "MLO7204", "keys/a.pub" },
            { "no date", "# ours\nnot-after: tomorrow\n" + own.Public.ToPem(), "MLO7205", "keys/a.pub:2" },
        };
    }

    [Theory]
    [MemberData(nameof(Unreadable), DisableDiscoveryEnumeration = true)]
    public void A_file_that_is_no_key_is_told_with_who_trusts_it(string what, string text, string code, string where)
    {
        using var workspace = Trusting("keys/a.pub");
        workspace.Write("keys/a.pub", text);
        var problem = workspace.Refused();
        Assert.True((code, where) == (problem.Code, problem.Where), what);
        Assert.EndsWith("nuke.json:3 trusts it", problem.Why, StringComparison.Ordinal);
    }

    private static string Pem()
    {
        using var key = SigningKey.Create();
        return key.Public.ToPem();
    }

    private static DeclaredWorkspace Trusting(params string[] files) => DeclaredWorkspace.Of($$"""
          "environments": { "production": { "driver": "process", "trust": [
          {{string.Join(",\n", files.Select(file => $"\"{file}\""))}} ] } }
        """);

    private static DeclaredWorkspace Modelled(string member, params string[] models)
    {
        var workspace = DeclaredWorkspace.Of($$"""{{member}} "data": { "rows": { "path": "rows.csv" } }""");
        workspace.Write("rows.csv", "a,y\n1,2\n");
        foreach (var model in models)
        {
            workspace.Write($"models/{model}/model.json", """{ "task": "regression", "data": "rows", "label": "y", "features": { "a": "numeric" }, "trainer": { "name": "linear" } }""");
        }

        return workspace;
    }
}
