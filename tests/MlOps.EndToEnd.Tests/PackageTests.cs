using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>A package's way: made and signed in one clone, published in a real registry, pulled, checked and told of in another; and who is not believed on that way.</summary>
public sealed class PackageTests(PackageTests.Published published) : IClassFixture<PackageTests.Published>
{
    private const string Model = "models/m/model.json", Name = "m@1.0.0";

    [SkippableFact]
    public void What_is_published_is_pulled_verified_and_told_of_elsewhere()
    {
        using var clone = published.Clone();
        Assert.Contains("package m@1.0.0", clone.Run($"Pull {Name}").Expect(0).Output, StringComparison.Ordinal);

        var verified = clone.Run($"Verify {Name} --json").Expect(0).Json;

        Assert.Equal(published.Digest, (string?)verified["digest"]);
        Assert.All(verified["checks"]!.AsArray(), check => Assert.Equal("pass", (string?)check!["result"]));
        Assert.All(["digests", "gate", "package", "provenance", "signature: provenance"], check => Assert.Contains(verified["checks"]!.AsArray(), one => (string?)one!["check"] == check));
        var told = clone.Run($"Inspect {Name}").Expect(0).Output;
        Assert.Contains("MIT", told, StringComparison.Ordinal);
        Assert.Contains(published.Digest, told, StringComparison.Ordinal);
        Assert.Equal("", clone.Start("git", ["status", "--porcelain"]).Expect(0).Output);
        clone.Run($"Verify oci://{published.Repository}:1.0.0").Expect(0);
    }

    [SkippableFact]
    public void Gc_keeps_what_was_pulled_with_what_is_said_of_it()
    {
        using var clone = published.Clone();
        clone.Run($"Pull {Name}").Expect(0);

        clone.Run("Gc --days 0").Expect(0);

        clone.Run($"Verify {Name}").Expect(0);
    }

    [SkippableFact]
    public void Other_peoples_programs_read_and_copy_it_and_its_digest_stays()
    {
        using var elsewhere = published.Folder();
        var inspected = elsewhere.Start("skopeo", ["inspect", "--tls-verify=false", "--raw", $"docker://{published.Repository}:1.0.0"]).Expect(0).Output;
        Assert.Equal(published.Digest, Digest.Of(inspected).ToString());

        elsewhere.Start("skopeo", ["copy", "--quiet", "--src-tls-verify=false", $"docker://{published.Repository}:1.0.0", $"oci:{elsewhere.At("layout")}:1.0.0"]).Expect(0);

        Assert.Equal(published.Digest, (string?)JsonNode.Parse(File.ReadAllText(elsewhere.At("layout/index.json")))!["manifests"]![0]!["digest"]);
        using var clone = published.Clone();
        Assert.Equal(published.Digest, (string?)clone.Run($"Inspect {elsewhere.At("layout")} --json").Expect(0).Json["digest"]);
    }

    [SkippableFact]
    public void Configuration_and_manifests_are_what_the_specifications_say()
    {
        var specifications = Path.GetFullPath(Path.Combine(RealData.Folder, "..", "spec"));
        Skip.IfNot(Directory.Exists(specifications), $"{RealData.Absent}the standards' schemas are not in ../spec beside it");
        var ajv = new NpmPackages(Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Packaging", "Images", "Schemas"), "image-schemas");
        Skip.If(ajv.Absent is not null, ajv.Absent);
        using var clone = published.Clone();
        clone.Run($"Pull {Name}").Expect(0);
        string Blob(string digest) => new ContentStore(clone.At(".mlops/store")).PathOf(Digest.Parse(digest));

        var shelf = JsonNode.Parse(File.ReadAllText(clone.At(".mlops/packages.json")))!["manifests"]!.AsArray().Select(one => (string)one!["digest"]!).ToList();
        Assert.True(shelf.Count >= 4, $"{shelf.Count} manifests");
        Assert.All(shelf, digest => Assert.Equal((0, ""), NpmPackages.Run(ajv.Script("check.cjs", Path.Join(specifications, "oci"), "image-manifest-schema.json", Blob(digest)))));
        Assert.Equal((0, ""), NpmPackages.Run(ajv.Script("check.cjs", Path.Join(specifications, "oci"), "image-index-schema.json", clone.At(".mlops/packages.json"))));
        var config = (string)JsonNode.Parse(File.ReadAllText(Blob(published.Digest)))!["config"]!["digest"]!;
        // The checker knows drafts by what they mean, not by name.
        clone.Write("schemas/modelpack-config.schema.json", File.ReadAllText(Path.Join(specifications, "modelpack-config.schema.json")).Replace("\"$schema\"", "\"schema\"", StringComparison.Ordinal));
        Assert.Equal((0, ""), NpmPackages.Run(ajv.Script("check.cjs", clone.At("schemas"), "modelpack-config.schema.json", Blob(config))));
        Assert.Equal(1, NpmPackages.Run(ajv.Script("check.cjs", clone.At("schemas"), "modelpack-config.schema.json", Blob(published.Digest))).Exit);
    }

    [SkippableFact]
    public void A_version_is_published_once_it_is_committed_and_never_again_with_other_bytes()
    {
        using var clone = published.Clone();
        clone.Replace(Model, "\"l2\": 0.01", "\"l2\": 0.5");
        clone.Run("Train").Expect(0);
        Assert.Contains("MLO2284 error", clone.Run("Push m").Expect(1).Errors, StringComparison.Ordinal);
        // Another history, in which other content is 1.0.0.
        Directory.Delete(clone.At(".git"), recursive: true);
        File.Delete(clone.At("data.lock.json"));
        clone.Git("init", "--quiet", "--initial-branch=main");
        clone.Run("Train").Expect(0);
        clone.Git("add", "--all");
        clone.Git("commit", "--quiet", "--message=other");

        Assert.Contains("MLO8120 error: version 1.0.0 of model 'm' is published with other content", clone.Run("Push m").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("gives this content the next number", clone.Run("Push m --dry-run").Expect(1).Errors, StringComparison.Ordinal);

        Assert.Equal(published.Digest, published.There("1.0.0"));
        Assert.Contains("MLO2286 error", clone.Run($"Pull {Name}").Expect(1).Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task What_the_registry_gives_under_another_name_or_number_is_not_taken()
    {
        using var clone = published.Clone();
        await published.PutAsync("n", "1.0.0");
        await published.PutAsync("m", "8.0.0");
        await published.PutImageAsync("m", "9.0.0");

        var (renamed, renumbered, image) = (clone.Run("Pull n@1.0.0").Expect(1).Errors, clone.Run("Pull m@8.0.0").Expect(1).Errors, clone.Run("Pull m@9.0.0").Expect(1).Errors);

        Assert.Contains("MLO2323 error", renamed, StringComparison.Ordinal);
        Assert.Contains("it is one of model 'm'", renamed, StringComparison.Ordinal);
        Assert.Contains("MLO2286 error", renumbered, StringComparison.Ordinal);
        Assert.Contains("which is version 1.0.0", renumbered, StringComparison.Ordinal);
        Assert.Contains("MLO8121 error", image, StringComparison.Ordinal);
        Assert.Contains("a config of 'application/vnd.oci.image.config.v1+json'", image, StringComparison.Ordinal);
        Assert.False(File.Exists(clone.At(".mlops/packages.json")));
    }

    [SkippableFact]
    public void Gc_drops_what_was_pulled_when_it_is_asked_and_no_lock_numbers_it()
    {
        using var elsewhere = published.Folder();
        elsewhere.Write("nuke.json", $$"""{ "name": "elsewhere", "registry": "{{published.Registry}}" }""");
        elsewhere.Run($"Pull {Name}").Expect(0);
        Assert.DoesNotContain("package", elsewhere.Run("Gc --days 0").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains($"would drop package {Name}", elsewhere.Run("Gc --days 0 --pulled --dry-run").Expect(0).Output, StringComparison.Ordinal);
        elsewhere.Run($"Inspect {Name}").Expect(0);

        Assert.Contains($"dropped package {Name}", elsewhere.Run("Gc --days 0 --pulled").Expect(0).Output, StringComparison.Ordinal);

        Assert.Equal(0, elsewhere.CountFiles(".mlops/store/objects"));
        elsewhere.Run($"Pull {Name}").Expect(0);
    }

    [SkippableTheory]
    [InlineData("m@7.0.0", "REGISTRY", "MLO2285", null)]
    [InlineData("m@1.0.0", null, "MLO2283", "nuke.json")]
    [InlineData("m@1.0.0", "127.0.0.1:9/team", "MLO81", null)]
    [InlineData("m@1.0.0", "Not A Registry", "MLO8101", "nuke.json:2")]
    public void What_cannot_be_pulled_is_told(string package, string? registry, string code, string? where)
    {
        using var clone = published.Clone();
        clone.Replace("nuke.json", $"\"registry\": \"{published.Registry}\",", registry is null ? "" : $"\"registry\": \"{(registry == "REGISTRY" ? published.Registry : registry)}\",");

        var errors = clone.Run($"Pull {package}").Expect(1).Errors;

        Assert.Contains(code, errors, StringComparison.Ordinal);
        Assert.Contains(where is null ? "mend:" : $"where: {where}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_branch_that_trusts_its_own_key_is_not_believed_anywhere()
    {
        using var clone = published.Clone();
        using var home = new Workspace();
        clone.Git("checkout", "--quiet", "-b", "mine");
        clone.Run("Keys --new", $"XDG_CONFIG_HOME={home.Root}").Expect(0);
        var own = Path.GetFileName(Directory.GetFiles(clone.At("keys"), "*.pub").Single(file => Path.GetFileName(file) != published.Key));
        clone.Replace("nuke.json", $"\"keys/{published.Key}\"", $"\"keys/{published.Key}\", \"keys/{own}\"");
        clone.Replace(Model, "\"l2\": 0.01", "\"l2\": 0.7");
        clone.Run("Train").Expect(0);
        clone.Git("add", "--all");
        clone.Git("commit", "--quiet", "--message=mine");
        var warned = clone.Run("Package", $"XDG_CONFIG_HOME={home.Root}").Expect(0).Errors;
        Assert.Contains("MLO2322 warning", warned, StringComparison.Ordinal);
        Assert.Contains($"'production' trusts {published.Key[^16..^4]}", warned, StringComparison.Ordinal);
        Assert.Contains($"\"trust\": [\"keys/{own}\"]", clone.Run("Keys", $"XDG_CONFIG_HOME={home.Root}").Expect(0).Output, StringComparison.Ordinal);

        var refused = clone.Run("Verify m@1.1.0").Expect(3).Output;

        Assert.Contains("a key that is not trusted", refused, StringComparison.Ordinal);
        Assert.Contains("no trusted key signed where it came from", refused, StringComparison.Ordinal);
        Assert.Contains("1 key is trusted by nuke.json of refs/remotes/origin/", refused, StringComparison.Ordinal);
        // A trusted key's word about a commit that nobody reviewed counts no more.
        Assert.DoesNotContain("MLO2322", clone.Run("Package", $"XDG_CONFIG_HOME={published.Home}").Expect(0).Errors, StringComparison.Ordinal);
        Assert.Contains("is not part of refs/remotes/origin/", clone.Run("Verify m@1.1.0").Expect(3).Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Where_nobody_knows_the_main_branch_nothing_is_believed()
    {
        using var clone = published.Clone();
        clone.Run($"Pull {Name}").Expect(0);
        clone.Git("checkout", "--quiet", "--detach");
        clone.Git("branch", "--quiet", "-D", "main");
        clone.Git("remote", "remove", "origin");

        Assert.Contains("MLO2294 error", clone.Run($"Verify {Name}").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("MLO2061 error", clone.Run($"Verify {Name} --environment produktion").Expect(1).Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_was_signed_on_a_branch_is_signed_again_after_a_squash()
    {
        using var clone = published.Clone();
        var home = $"XDG_CONFIG_HOME={published.Home}";
        clone.Git("checkout", "--quiet", "-b", "feature");
        clone.Replace(Model, "\"l2\": 0.01", "\"l2\": 0.9");
        clone.Run("Train").Expect(0);
        clone.Git("commit", "--quiet", "--all", "--message=feature");
        clone.Run("Package", home).Expect(0);
        clone.Git("checkout", "--quiet", "main");
        clone.Git("merge", "--quiet", "--squash", "feature");
        clone.Git("commit", "--quiet", "--message=squashed");
        // As after a push: the protected branch has it.
        clone.Git("update-ref", "refs/remotes/origin/main", "main");
        Assert.Contains("is not part of", clone.Run("Verify m@1.1.0").Expect(3).Output, StringComparison.Ordinal);

        clone.Run("Package", home).Expect(0);

        clone.Run("Verify m@1.1.0").Expect(0);
    }

    [SkippableFact]
    public void What_was_pulled_and_no_trusted_key_stands_for_is_not_run()
    {
        using var author = published.Clone();
        author.Git("checkout", "--quiet", "-b", "unreviewed");
        author.Replace(Model, "\"l2\": 0.01", "\"l2\": 0.8");
        author.Run("Train").Expect(0);
        author.Git("commit", "--quiet", "--all", "--message=unreviewed");
        author.Run("Push m").Expect(0);
        using var clone = published.Clone();
        clone.Run("Pull m@1.1.0 m@1.0.0").Expect(0);

        Assert.Contains("MLO2304 error", clone.Run("Score --model m@1.1.0 --data rows.csv --out scored.csv").Expect(1).Errors, StringComparison.Ordinal);

        Assert.False(File.Exists(clone.At("scored.csv")));
        clone.Run($"Score --model {Name} --data rows.csv --out scored.csv").Expect(0);
    }

    [SkippableFact]
    public void A_number_that_is_only_remembered_is_attested_once_it_is_committed_again()
    {
        using var clone = published.Clone();
        clone.Replace(Model, "\"l2\": 0.01", "\"l2\": 0.6");
        clone.Run("Train").Expect(0);
        clone.Git("commit", "--quiet", "--all", "--message=changed");
        clone.Replace(Model, "\"l2\": 0.6", "\"l2\": 0.01");

        var package = clone.Run("Package --json", $"XDG_CONFIG_HOME={published.Home}").Expect(0).Json["packages"]![0]!;

        Assert.Equal(("1.0.0", false), ((string?)package["version"], (bool)package["attested"]!));
    }

    /// <summary>A repository with one small model whose package 1.0.0 is signed, trusted and published, and a clone that has never seen it.</summary>
    public sealed class Published : IAsyncLifetime, IDisposable
    {
        private readonly Workspace _workspace = new(), _origin = new(), _home = new();
        private RegistryServer? _server;

        public string Registry => $"{_server!.Registry}/team";

        public string Repository => $"{Registry}/m";

        public string Home => _home.Root;

        public string Key { get; private set; } = "";

        public string Digest { get; private set; } = "";

        internal Workspace Clone()
        {
            var clone = Folder();
            clone.Git("clone", "--quiet", _origin.Root, ".");
            return clone;
        }

        internal Workspace Folder()
        {
            Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
            return new();
        }

        /// <summary>What a tag names in the registry.</summary>
        public string There(string tag) => MlOps.Content.Digest.Of(_workspace.Start("skopeo", ["inspect", "--tls-verify=false", "--raw", $"docker://{Repository}:{tag}"]).Expect(0).Output).ToString();

        /// <summary>The package as it is, under another name.</summary>
        public Task PutAsync(string model, string tag) => PutAsync(model, tag, new ContentStore(_workspace.At(".mlops/store")).TryRead(MlOps.Content.Digest.Parse(Digest))!, blob => new ContentStore(_workspace.At(".mlops/store")).TryRead(blob)!);

        /// <summary>An image where packages are.</summary>
        public Task PutImageAsync(string model, string tag) =>
            PutAsync(model, tag, new Manifest { Config = Descriptor.Of(MediaTypes.ImageConfig, "{}"u8), Layers = [] }.ToBytes(), _ => "{}"u8.ToArray());

        private async Task PutAsync(string model, string tag, byte[] manifest, Func<MlOps.Content.Digest, byte[]> read)
        {
            using var client = new RegistryClient(_server!.Registry);
            var repository = client.Repository($"team/{model}");
            foreach (var blob in Manifest.TryParse(manifest)!.Layers.Append(Manifest.TryParse(manifest)!.Config))
            {
                await repository.PutBlobAsync(read(blob.Digest), default);
            }

            await repository.PutManifestAsync(MediaTypes.Manifest, manifest, tag, default);
        }

        public async Task InitializeAsync()
        {
            if (RegistryServer.Missing is not null)
            {
                return;
            }

            _server = await RegistryServer.StartAsync();
            var environment = $"XDG_CONFIG_HOME={Home}";
            _workspace.Write(".gitignore", ".mlops/\n");
            _workspace.Write("rows.csv", "a,b,y\n" + string.Concat(Enumerable.Range(0, 120).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i % 10},{i % 7},{(i % 10 > 4 ? "high" : "low")}\n"))));
            _workspace.Write(Model, """
                { "task": "binary", "data": "rows", "label": "y", "license": "MIT", "card": { "description": "Which half." },
                  "features": { "a": "numeric", "b": "numeric" }, "trainer": { "name": "linear", "l2": 0.01 }, "gate": { "auc": { "min": 0.5 } } }
                """);
            _workspace.Write("nuke.json", $$"""
                { "name": "published",
                  "registry": "{{Registry}}",
                  "data": { "rows": { "path": "rows.csv" } }, "environments": { "production": { "driver": "process", "trust": [] } } }
                """);
            _workspace.Run("Keys --new", environment).Expect(0);
            Key = Path.GetFileName(Directory.GetFiles(_workspace.At("keys")).Single());
            _workspace.Replace("nuke.json", "\"trust\": []", $"\"trust\": [\"keys/{Key}\"]");
            _workspace.Run("Train").Expect(0);
            _workspace.Git("init", "--quiet", "--initial-branch=main");
            _workspace.Git("add", "--all");
            _workspace.Git("commit", "--quiet", "--message=first");
            _origin.Git("init", "--quiet", "--bare", "--initial-branch=main");
            _workspace.Git("remote", "add", "origin", _origin.Root);
            _workspace.Git("push", "--quiet", "origin", "main");
            Digest = (string)_workspace.Run("Package --json", environment).Expect(0).Json["packages"]![0]!["digest"]!;
            _workspace.Run("Push", environment).Expect(0);
        }

        public async Task DisposeAsync()
        {
            if (_server is not null)
            {
                await _server.DisposeAsync();
            }
        }

        public void Dispose()
        {
            _workspace.Dispose();
            _origin.Dispose();
            _home.Dispose();
        }
    }
}
