using System.Diagnostics;
using System.Globalization;
using System.Net.Http;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Data;
using MlOps.Packaging.Images;
using MlOps.Scoring;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Images of both flavours in a real Docker engine: what they answer, how they are confined, how they end, how large they are.</summary>
public sealed class ImageTests : IDisposable
{
    /// <summary>Compressed; the sizes follow from the product's content alone.</summary>
    private const long MostTrimmed = 30_000_000, MostUntrimmed = 65_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>P(yes) by one tree on months: at most 12 likely, more unlikely, missing even.</summary>
    private static readonly TrainedModel Churn = new(
        new(ModelTask.Binary, "churned", [new("months", FeatureKind.Numeric)], ["no", "yes"]),
        [new NumericEncoder("months")],
        new TreeEnsemble(Link.Logistic, [0.25f], [new Tree(0, [0, -1, -1], [12, 0, 0], [true, false, false], [1, 0, 0], [2, 0, 0], [0, 1.5f, -2f])]));

    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-image-").FullName;
    private string? _container, _image;

    [SkippableTheory]
    [InlineData(ServiceFlavour.Trimmed, MostTrimmed)]
    [InlineData(ServiceFlavour.Untrimmed, MostUntrimmed)]
    public async Task A_confined_container_answers_as_the_scorer_becomes_healthy_and_ends_when_it_is_told(ServiceFlavour flavour, long most)
    {
        var engine = Docker("version", "--format", "{{.Server.Version}}");
        Skip.If(engine.Exit != 0, "no Docker engine answers: start dockerd");
        _image = $"mlops-test/churn-{flavour}:{Environment.ProcessId}".ToLowerInvariant();
        var size = await WriteAsync(flavour, _image, Path.Join(_folder, "image.tar"));
        Assert.InRange(size, 1, most);
        Expect(Docker("load", "--input", Path.Join(_folder, "image.tar")));

        _container = Expect(Docker("run", "--detach", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--health-interval", "1s", "--publish", "127.0.0.1::8080",
            "--env", "MLOPS_VERSION=1.2.3", _image));
        var port = Expect(Docker("port", _container, "8080/tcp")).Split('\n')[0];
        using var direct = new SocketsHttpHandler { UseProxy = false };
        using var http = new HttpClient(direct) { BaseAddress = new($"http://{port}") };
        await AnswersAsync(http);

        double?[] months = [3, 12, 12.5, 60, null];
        var predicted = JsonNode.Parse(await PostAsync(http, "/score/churn", $"[{string.Join(",", months.Select(month => $$"""{"months":{{month?.ToString(CultureInfo.InvariantCulture) ?? "null"}}}"""))}]"))!["predictions"]!.AsArray();
        var expected = new Scorer(OnnxModel.Read(OnnxModel.Write(Churn))).Predict(new Frame([new NumberColumn("months", [.. months.Select(month => month ?? double.NaN)])]));
        Assert.Equal(expected.Values.Select(value => value), predicted.SelectMany(row => row!["probabilities"]!.AsObject().Select(each => (float)each.Value!)));
        Assert.Equal("1.2.3", (string?)JsonNode.Parse(await http.GetStringAsync(new Uri("/v2/models/churn", UriKind.Relative)))!["versions"]![0]);

        Assert.Equal("healthy", await HealthAsync(_container));
        Assert.Equal("10001:10001", Expect(Docker("inspect", "--format", "{{.Config.User}}", _container)));
        Expect(Docker("stop", "--time", "10", _container));
        Assert.Equal("0 false", Expect(Docker("inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", _container)));
    }

    public void Dispose()
    {
        if (_container is not null)
        {
            Docker("rm", "--force", _container);
        }

        if (_image is not null)
        {
            Docker("rmi", "--force", _image);
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Makes the image and returns its compressed size.</summary>
    private static async Task<long> WriteAsync(ServiceFlavour flavour, string name, string file)
    {
        var (blobs, model) = (new Dictionary<Digest, byte[]>(), OnnxModel.Write(Churn));
        var bytes = new MemoryStream();
        var onto = await DebianBase.Default.WriteAsync(async (package, cancellationToken) => new MemoryStream(await DebianMirror.FetchAsync(package, null, cancellationToken)), bytes, default);
        blobs[onto.Layers[0].Descriptor.Digest] = bytes.ToArray();
        bytes = new();
        var service = ServicePublish.Write(await PublishedAsync(flavour), bytes);
        blobs[service.Descriptor.Digest] = bytes.ToArray();
        bytes = new();
        var top = ServiceImage.WriteModel(new() { Name = "churn", Files = [new("model.onnx", () => new MemoryStream(model))], Path = "model.onnx", Digest = Digest.Of(model) }, bytes);
        blobs[top.Descriptor.Digest] = bytes.ToArray();
        var image = ServiceImage.Compose(onto, service, top, new Dictionary<string, string> { ["org.opencontainers.image.title"] = "churn" });
        blobs[image.Manifest.Config.Digest] = image.Config;
        await using var tar = File.Create(file);
        ImageArchive.Write(tar, name, image.Manifest, digest => new MemoryStream(blobs[digest]));
        return image.Manifest.Layers.Sum(layer => layer.Size);
    }

    /// <summary>The service as these sources make it, kept between runs.</summary>
    private static async Task<string> PublishedAsync(ServiceFlavour flavour)
    {
        var sources = new[] { "build/host", "build/props", "src/MlOps.Content", "src/MlOps.Data", "src/MlOps.Scoring", "src/MlOps.Serving" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Join(RepositoryFolder.Root, folder), "*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal);
        var key = Digest.Of(string.Concat(sources.Select(file => $"{file} {Digest.Of(File.ReadAllBytes(file))}\n")));
        var kept = Path.Join(RepositoryFolder.Root, ".artifacts", "service-images", $"{flavour}-{key.Hex[..16]}");
        if (!File.Exists(Path.Join(kept, "published")))
        {
            await ServicePublish.RunAsync(RepositoryFolder.Root, flavour, kept, null, default);
            await File.WriteAllTextAsync(Path.Join(kept, "published"), "");
        }

        return kept;
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
    private static async Task<string> HealthAsync(string container)
    {
        for (var time = Stopwatch.StartNew(); ; await Task.Yield())
        {
            var health = Expect(Docker("inspect", "--format", "{{.State.Health.Status}}", container));
            if (health != "starting" || time.Elapsed > Patience)
            {
                return health;
            }
        }
    }

    private static async Task<string> PostAsync(HttpClient http, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return body;
    }

    private static string Expect((int Exit, string Output, string Errors) ran)
    {
        Assert.True(ran.Exit == 0, ran.Output + ran.Errors);
        return ran.Output;
    }

    private static (int Exit, string Output, string Errors) Docker(params string[] arguments)
    {
        try
        {
            using var docker = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = new StringBuilder();
            docker.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
            docker.BeginErrorReadLine();
            var output = docker.StandardOutput.ReadToEnd();
            docker.WaitForExit();
            return (docker.ExitCode, output.Trim(), errors.ToString().Trim());
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (-1, "", missing.Message);
        }
    }
}
