using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Net.Http;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Containers.Docker;
using MlOps.Content;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Engine;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Images of both flavours as <c>Image --out --load</c> makes them: what they answer in a real engine, how they are confined, how they end, how large they are, who else reads them, and what changes them.</summary>
[Collection(DockerEngine.Collection)]
public sealed class ImageTests(DockerEngine engine, ImageWorkspace made) : IClassFixture<ImageWorkspace>
{
    /// <summary>Compressed; the sizes follow from the product's content alone.</summary>
    private const long MostTrimmed = 30_000_000, MostUntrimmed = 65_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [SkippableTheory]
    [InlineData("plain", MostTrimmed)]
    [InlineData("ride", MostUntrimmed)]
    public async Task A_confined_container_answers_as_Score_becomes_healthy_and_ends_when_it_is_told(string model, long most)
    {
        var docker = engine.Require();
        var (manifest, _, name) = Image(model);
        Assert.InRange(manifest.Layers.Sum(layer => layer.Size), 1, most);
        Assert.Equal(manifest.Config.Digest, (await docker.InspectImageAsync(name, default))!.Id);
        var container = (await docker.CreateContainerAsync(new() { Image = name, Ports = [new(8080)], Health = new() { Interval = TimeSpan.FromSeconds(1) } }, default)).Id;
        try
        {
            await docker.StartAsync(container, default);
            var port = (await docker.InspectContainerAsync(container, default))!.Ports[8080].First();
            using var direct = new SocketsHttpHandler { UseProxy = false };
            using var http = new HttpClient(direct) { BaseAddress = new($"http://{port}") };
            await AnswersAsync(http);

            Assert.Equal(Scored(model, 20), await AskAsync(http, model, 20));
            // Of the trimmed service, too: what it measures, and the page with the card that the image brings.
            Assert.Matches($$"""mlops_predictions_total\{model="{{model}}",version="[^"]*"[^}]*\} """, await http.GetStringAsync(new Uri("/metrics", UriKind.Relative)));
            Assert.Contains($"# {model}", (string?)JsonNode.Parse(await http.GetStringAsync(new Uri($"/about/{model}", UriKind.Relative)))!["card"], StringComparison.Ordinal);
            Assert.Equal("true [ALL] [no-new-privileges] 10001:10001", Run("docker", "--host", engine.Host, "inspect", "--format", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.Config.User}}", container));
            Assert.Equal(HealthStatus.Healthy, await HealthAsync(docker, container));
            await docker.StopAsync(container, TimeSpan.FromSeconds(10), default);
            var ended = (await docker.InspectContainerAsync(container, default))!;
            Assert.Equal((ContainerStatus.Exited, 0, false), (ended.Status, ended.ExitCode, ended.IsOutOfMemory));
        }
        finally
        {
            await docker.RemoveContainerAsync(container, force: true, volumes: true, default);
        }
    }

    [SkippableFact]
    public void Podman_skopeo_and_umoci_read_the_same_image()
    {
        _ = engine.Require();
        Skip.IfNot(DockerEngine.Exists("podman") && DockerEngine.Exists("skopeo") && DockerEngine.Exists("umoci"), "podman, skopeo and umoci are not installed");
        var (manifest, digest, name) = Image("plain");
        var archive = made.Archive("plain");
        using var folder = new Workspace();
        string[] podman = ["--root", folder.At("root"), "--runroot", folder.At("run"), "--tmpdir", folder.At("tmp"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file"];
        Run("podman", [.. podman, "load", "--input", archive]);
        Assert.Equal(manifest.Config.Digest.Hex, Run("podman", [.. podman, "image", "inspect", "--format", "{{.Id}}", name]));

        Run("skopeo", "copy", "--quiet", "--preserve-digests", $"oci-archive:{archive}:{name}", $"oci:{folder.At("layout")}:1.0.0");
        Assert.Equal(digest.ToString(), Run("skopeo", "inspect", "--format", "{{.Digest}}", $"oci:{folder.At("layout")}:1.0.0"));
        Assert.Equal("1.0.0", Run("umoci", "list", "--layout", folder.At("layout")));
    }

    [SkippableFact]
    public void What_docker_saves_in_its_own_form_is_told_from_what_is_damaged()
    {
        _ = engine.Require();
        using var folder = new Workspace();
        Run("docker", "--host", engine.Host, "save", "--output", folder.At("saved.tar"), Image("plain").Name);
        // From version 25 on docker saves layouts.
        var isLayout = Run("tar", "--list", "--file", folder.At("saved.tar")).Split('\n').Contains("oci-layout");
        var verified = made.Workspace.Run(["Verify", folder.At("saved.tar")]).Expect(isLayout ? 0 : 3);
        Assert.Equal(!isLayout, verified.Output.Contains("MLO8160 error", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("plain")]
    [InlineData("ride")]
    public void What_is_printed_pinned_and_archived_is_one_image_and_Verify_passes_it(string model)
    {
        _ = engine.Require();
        var (_, digest, _) = Image(model);
        Assert.Equal(digest.ToString(), (string?)made.Made.Json["images"]!.AsArray().Single(image => (string?)image!["model"] == model)!["digest"]);
        Assert.Equal(digest, LockFile.Read(made.Workspace.At("data.lock.json")).Find(new($"models/{model}", "image"))!.Outputs["image.json"]);
        made.Workspace.Run(["Verify", made.Archive(model)]).Expect(0);
    }

    [SkippableTheory]
    [InlineData("plain")]
    [InlineData("ride")]
    public void Layers_hold_neither_times_nor_users_nor_places_of_the_machine_that_made_them(string model)
    {
        _ = engine.Require();
        using var layout = ImageLayout.Open(made.Archive(model));
        foreach (var layer in Image(model).Manifest.Layers)
        {
            var plain = new MemoryStream();
            using (var gzip = new GZipStream(layout.OpenBlob(layer), CompressionMode.Decompress))
            {
                gzip.CopyTo(plain);
            }

            foreach (var place in new[] { RepositoryFolder.Root, made.Workspace.Root })
            {
                Assert.Equal(-1, plain.GetBuffer().AsSpan(0, (int)plain.Length).IndexOf(Encoding.UTF8.GetBytes(place)));
                Assert.Equal(-1, plain.GetBuffer().AsSpan(0, (int)plain.Length).IndexOf(Encoding.Unicode.GetBytes(place)));
            }

            plain.Position = 0;
            using var tar = new TarReader(plain);
            while (tar.GetNextEntry() is { } entry)
            {
                Assert.Equal((DateTimeOffset.UnixEpoch, 0, 0), (entry.ModificationTime, entry.Uid, entry.Gid));
            }
        }
    }

    [SkippableFact]
    public void Making_images_again_makes_nothing()
    {
        _ = engine.Require();
        var before = made.Workspace.Lock;
        var again = made.Workspace.Run("Image").Expect(0);
        var steps = again.Output.Split('\n').SkipWhile(line => !line.StartsWith("step ", StringComparison.Ordinal)).Skip(1).TakeWhile(line => line.Length > 0).ToList();
        Assert.Contains(steps, step => step.StartsWith("ride/image", StringComparison.Ordinal));
        Assert.All(steps, step => Assert.Contains("up to date", step, StringComparison.Ordinal));
        Assert.Equal(before, made.Workspace.Lock);
    }

    [SkippableFact]
    public void Another_place_umask_zone_language_and_home_give_the_same_package_and_image_and_another_parameter_changes_the_model_layer_alone()
    {
        _ = engine.Require();
        using var elsewhere = made.Elsewhere();
        using var home = new Workspace();
        elsewhere.Start("sh", ["-c", "umask 077; exec sh \"$0\" Image --out images", Path.Combine(RepositoryFolder.Root, "build.sh")], "TZ=Asia/Kathmandu", "LC_ALL=C", "LANG=tr_TR.UTF-8", $"HOME={home.Root}").Expect(0);
        var (here, there) = (LockFile.Read(made.Workspace.At("data.lock.json")), LockFile.Read(elsewhere.At("data.lock.json")));
        foreach (var model in new[] { "plain", "ride" })
        {
            Assert.Equal(here.Find(new($"models/{model}", "package"))!.Outputs["manifest.json"], there.Find(new($"models/{model}", "package"))!.Outputs["manifest.json"]);
            Assert.Equal(File.ReadAllBytes(made.Archive(model)), File.ReadAllBytes(Directory.GetFiles(elsewhere.At("images"), $"{model}-*.tar").Single()));
        }

        elsewhere.Replace("models/plain/model.json", "\"linear\"", "\"linear\", \"l2\": 3");
        elsewhere.Run("Image --model plain --out changed.tar").Expect(0);
        using var layout = ImageLayout.Open(elsewhere.At("changed.tar"));
        var (old, changed) = (Image("plain").Manifest, Manifest.TryParse(layout.Find().Bytes.Span)!);
        Assert.Equal(old.Layers.SkipLast(1).Select(layer => layer.Digest), changed.Layers.SkipLast(1).Select(layer => layer.Digest));
        Assert.NotEqual(old.Layers[^1].Digest, changed.Layers[^1].Digest);
        Assert.NotEqual(old.Config.Digest, changed.Config.Digest);
    }

    [SkippableFact]
    public void An_archive_that_does_not_fit_is_told_and_leaves_what_was_there()
    {
        _ = engine.Require();
        using var disk = new Workspace();
        Skip.IfNot(Environment.IsPrivilegedProcess && disk.Start("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.Root]).Exit == 0, "a small disk cannot be mounted here");
        try
        {
            disk.Write("plain.tar", "an older one");
            disk.Write("other.txt", "of somebody else");
            Assert.StartsWith("MLO2313 error: the archive cannot be written: the disk is full", made.Workspace.Run(["Image", "--model", "plain", "--out", disk.At("plain.tar")]).Expect(1).Errors, StringComparison.Ordinal);
            Assert.StartsWith("MLO2313 error: ", made.Workspace.Run(["Image", "--out", "/proc/images"]).Expect(1).Errors, StringComparison.Ordinal);
            Assert.Equal(["other.txt", "plain.tar"], Directory.GetFileSystemEntries(disk.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Equal("an older one", File.ReadAllText(disk.At("plain.tar")));
        }
        finally
        {
            disk.Start("umount", ["--lazy", disk.Root]).Expect(0);
        }
    }

    [SkippableFact]
    public void Another_user_with_a_home_of_its_own_publishes_the_same_packages_and_images_elsewhere()
    {
        const string Nobody = "65534";
        Skip.IfNot(Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1", "only by Test --all: host and service are built anew");
        Skip.IfNot(Environment.IsPrivilegedProcess && DockerEngine.Exists("setpriv"), "only root becomes another user, by setpriv");
        _ = engine.Require();
        using var elsewhere = made.Declarations();
        foreach (var folder in new[] { "home", "product" })
        {
            Directory.CreateDirectory(elsewhere.At(folder));
        }

        elsewhere.Start("sh", ["-c", $"git -C '{RepositoryFolder.Root}' ls-files -z --cached --others --exclude-standard | tar -C '{RepositoryFolder.Root}' --null --files-from=- --create | tar -C product --extract"]).Expect(0);
        elsewhere.Start("chown", ["-R", $"{Nobody}:{Nobody}", elsewhere.Root]).Expect(0);
        string[] unset = [.. new[] { "SOURCE_DATE_EPOCH", "NUGET_PACKAGES", "MLOPS_HOME", "DOTNET_CLI_HOME", "DOTNET_HOST_PATH", "MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBUILD_EXE_PATH" }.SelectMany(name => new[] { "-u", name })];
        elsewhere.Start("setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "env", .. unset, "sh", "-c", "umask 077; exec product/build.sh Image --out images"],
            $"HOME={elsewhere.At("home")}", "USER=nobody", "TZ=Asia/Tokyo", "LC_ALL=tr_TR.UTF-8", "LANG=tr_TR.UTF-8").Expect(0);

        var (here, there) = (LockFile.Read(made.Workspace.At("data.lock.json")), LockFile.Read(elsewhere.At("data.lock.json")));
        foreach (var model in new[] { "plain", "ride" })
        {
            Assert.Equal(here.Find(new($"models/{model}", "package"))!.Outputs["manifest.json"], there.Find(new($"models/{model}", "package"))!.Outputs["manifest.json"]);
            Assert.Equal(here.Find(new($"models/{model}", "image"))!.Outputs["image.json"], there.Find(new($"models/{model}", "image"))!.Outputs["image.json"]);
            Assert.Equal(File.ReadAllBytes(made.Archive(model)), File.ReadAllBytes(Directory.GetFiles(elsewhere.At("images"), $"{model}-*.tar").Single()));
        }
    }

    [SkippableFact]
    public void What_the_store_lost_of_the_base_is_made_again_or_is_told()
    {
        _ = engine.Require();
        using var elsewhere = made.Elsewhere();
        elsewhere.Run("Image --model plain --out first.tar").Expect(0);
        var description = LockFile.Read(elsewhere.At("data.lock.json")).Find(new("images/base", "base"))!.Outputs["base.json"];
        var (layer, model) = (Image("plain").Manifest.Layers[0].Digest, Image("plain").Manifest.Layers[^1].Digest);

        File.Delete(Object(description));
        Assert.Contains("MLO2310 error", elsewhere.Run("Package --model plain").Expect(1).Errors, StringComparison.Ordinal);

        foreach (var lose in new Action[] { () => { }, () => File.Delete(Object(layer)), () => Damage(Object(layer)), () => Damage(Object(model)), () => Damage(Object(description)) })
        {
            lose();
            elsewhere.Run("Image --model plain --out again.tar").Expect(0);
            Assert.Equal(File.ReadAllBytes(elsewhere.At("first.tar")), File.ReadAllBytes(elsewhere.At("again.tar")));
        }

        elsewhere.Run("Package --model plain").Expect(0);

        string Object(Digest digest) => elsewhere.At($".mlops/store/objects/{digest.Hex[..2]}/{digest.Hex[2..]}");

        static void Damage(string file)
        {
            var bytes = File.ReadAllBytes(file);
            bytes[^1] ^= 1;
            File.Delete(file);
            File.WriteAllBytes(file, bytes);
        }
    }

    [SkippableFact]
    public async Task A_base_that_nuke_json_names_by_digest_in_a_registry_is_built_upon()
    {
        _ = engine.Require();
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.StartAsync();
        using var client = new RegistryClient(server.Registry);
        using var layout = ImageLayout.Open(made.Archive("plain"));
        var (ours, repository) = (Image("plain").Manifest, client.Repository("team/base"));
        var diffId = (string)JsonNode.Parse(layout.ReadBlob(ours.Config, 1 << 20))!["rootfs"]!["diff_ids"]![0]!;
        var config = Encoding.UTF8.GetBytes($$$"""{"architecture":"amd64","os":"linux","config":{"Env":["OURS=1"]},"rootfs":{"type":"layers","diff_ids":["{{{diffId}}}"]}}""");
        await repository.PutBlobAsync(config, default);
        await repository.PutBlobAsync(layout.ReadBlob(ours.Layers[0], 64 << 20), default);
        var onto = await repository.PutManifestAsync(MediaTypes.Manifest, new Manifest { Config = Descriptor.Of(MediaTypes.ImageConfig, config), Layers = [ours.Layers[0]] }.ToBytes(), null, default);

        using var elsewhere = made.Elsewhere();
        elsewhere.Replace("nuke.json", "\"data\"", $"\"image\": {{ \"base\": \"{server.Registry}/team/base@{onto.Digest}\" }}, \"data\"");
        var blob = Path.Join(server.Storage, "docker/registry/v2/blobs/sha256", ours.Layers[0].Digest.Hex[..2], ours.Layers[0].Digest.Hex, "data");
        var bytes = await File.ReadAllBytesAsync(blob);
        foreach (var (spoil, code) in new (Action, string)[] { (() => File.WriteAllBytes(blob, [.. bytes[..^1], (byte)~bytes[^1]]), "MLO2314"), (() => Directory.Delete(Path.GetDirectoryName(blob)!, recursive: true), "MLO2290") })
        {
            spoil();
            Assert.Contains($"{code} error", elsewhere.Run("Image --model plain --out onto.tar").Expect(1).Errors, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(elsewhere.At("onto.tar")));
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        await File.WriteAllBytesAsync(blob, bytes);
        elsewhere.Run("Image --model plain --out onto.tar").Expect(0);

        using var after = ImageLayout.Open(elsewhere.At("onto.tar"));
        var image = Manifest.TryParse(after.Find().Bytes.Span)!;
        Assert.Equal(ours.Layers.Select(layer => layer.Digest), image.Layers.Select(layer => layer.Digest));
        Assert.Equal(onto.Digest.ToString(), image.Annotations!["org.opencontainers.image.base.digest"]);
        Assert.Contains("OURS=1", JsonNode.Parse(after.ReadBlob(image.Config, 1 << 20))!["config"]!["Env"]!.AsArray().Select(variable => (string?)variable));
    }

    [SkippableFact]
    public async Task A_tag_that_stands_for_something_that_is_no_image_is_left_to_it()
    {
        _ = engine.Require();
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.StartAsync();
        using var client = new RegistryClient(server.Registry);
        var repository = client.Repository("team/plain-service");
        await repository.PutBlobAsync(Descriptor.Empty.Data, default);
        var foreign = await repository.PutManifestAsync(MediaTypes.Manifest, new Manifest { ArtifactType = "text/plain", Config = Descriptor.Empty, Layers = [Descriptor.Empty] }.ToBytes(), "1.0.0", default);
        var declared = await File.ReadAllTextAsync(made.Workspace.At("nuke.json"));
        made.Workspace.Replace("nuke.json", "\"data\"", $"\"registry\": \"{server.Registry}/team\", \"data\"");
        try
        {
            Assert.Contains("MLO2302 error", made.Workspace.Run("Push plain").Expect(1).Errors, StringComparison.Ordinal);
        }
        finally
        {
            made.Workspace.Write("nuke.json", declared);
        }

        Assert.Equal(foreign.Digest, (await repository.GetManifestAsync("1.0.0", default))!.Descriptor.Digest);
    }

    /// <summary>An image as its archive has it.</summary>
    private (Manifest Manifest, Digest Digest, string Name) Image(string model)
    {
        using var layout = ImageLayout.Open(made.Archive(model));
        var found = layout.Find();
        return (Manifest.TryParse(found.Bytes.Span)!, found.Descriptor.Digest, layout.Index.Manifests.Single().Annotations![Descriptor.RefName]);
    }

    /// <summary>What Score says of the first rows.</summary>
    private List<float> Scored(string model, int rows)
    {
        made.Workspace.Run($"Score --model {model} --data rides.csv --out scored-{model}.csv").Expect(0);
        return [.. File.ReadLines(made.Workspace.At($"scored-{model}.csv")).Skip(1).Take(rows).Select(line => float.Parse(line.Split(',')[0], CultureInfo.InvariantCulture))];
    }

    private async Task<List<float>> AskAsync(HttpClient http, string model, int rows)
    {
        using var content = new StringContent($"[{string.Join(',', made.Rows(rows))}]", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri($"/score/{model}", UriKind.Relative), content);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return [.. JsonNode.Parse(body)!["predictions"]!.AsArray().Select(value => (float)value!)];
    }

    private static async Task AnswersAsync(HttpClient http)
    {
        for (var time = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var ready = await http.GetAsync(new Uri("/v2/health/ready", UriKind.Relative));
                if (ready.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (time.Elapsed < Patience)
            {
                // The proxy of the port listens before the service does.
            }

            Assert.True(time.Elapsed < Patience, "the service does not answer");
        }
    }

    /// <summary>Docker's verdict, as soon as it has one.</summary>
    private static async Task<HealthStatus> HealthAsync(DockerClient docker, string container)
    {
        for (var time = Stopwatch.StartNew(); ;)
        {
            var health = (await docker.InspectContainerAsync(container, default))!.Health;
            if (health != HealthStatus.Starting || time.Elapsed > Patience)
            {
                return health;
            }
        }
    }

    private string Run(string program, params string[] arguments) => made.Workspace.Start(program, arguments).Expect(0).Output.Trim();
}
