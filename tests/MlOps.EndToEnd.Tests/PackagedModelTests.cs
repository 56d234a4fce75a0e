using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>A package that was published and brought to another clone predicts there what training predicted, code and all.</summary>
public sealed class PackagedModelTests : IClassFixture<ComputedFeatureTests.Trained>
{
    private const string Data = "models/ride/data.csv", Code = "models/ride/Ride.cs";

    private readonly ComputedFeatureTests.Trained _trained;

    public PackagedModelTests(ComputedFeatureTests.Trained trained) => _trained = trained;

    [SkippableFact]
    public async Task A_package_predicts_in_another_clone_what_training_predicted()
    {
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var registry = await RegistryServer.StartAsync();
        using var home = _trained.Copy(out _);
        home.Replace("nuke.json", "\"name\": \"city\",", $"\"name\": \"city\", \"registry\": \"{registry.Registry}/team\",");
        home.Write(".gitignore", ".mlops/\nscored.csv\n");
        home.Git("init", "-qb", "main");
        home.Run("Package").Expect(0);
        Commit(home);
        home.Run("Push").Expect(0);
        var expected = Scored(home, "ride");

        using var other = new Workspace();
        other.Start("git", ["clone", "-q", home.Root, "."]).Expect(0);
        var pulled = other.Run("Pull ride@1.0.0").Expect(0);
        Assert.Contains("package ride@1.0.0", pulled.Output, StringComparison.Ordinal);
        Assert.Contains("nothing is wrong", other.Run("Verify ride@1.0.0").Expect(0).Output, StringComparison.Ordinal);

        Assert.Equal(expected, Scored(other, "ride@1.0.0"));
        Assert.Equal(expected.Split('\n').Skip(1).Take(20).Select(line => float.Parse(line.Split(',')[1], CultureInfo.InvariantCulture)), await ServedAsync(other, "ride@1.0.0"));
    }

    [Fact]
    public void An_old_version_is_scored_though_its_code_is_another_now()
    {
        using var workspace = _trained.Copy(out _);
        workspace.Write(".gitignore", ".mlops/\nscored.csv\n");
        workspace.Git("init", "-qb", "main");
        Commit(workspace);
        var before = Scored(workspace, "ride");

        workspace.Replace(Code, "2 * km", "3 * km");
        workspace.Replace(Code, "id % 7", "id % 5");
        workspace.Run("Train").Expect(0);

        Assert.NotEqual(before, Scored(workspace, "ride"));
        Assert.Equal(before, Scored(workspace, "ride@1.0.0"));
        Assert.Contains("MLO2181", workspace.Run($"Score --model ride@3.0.0 --data {Data} --out scored.csv").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("MLO2181", workspace.Run("Train --model ride@1.0.0").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_of_a_package_that_was_changed_where_it_is_unpacked_is_replaced_and_not_run()
    {
        using var workspace = _trained.Copy(out _);
        var before = Scored(workspace, "ride@1.0.0");
        var unpacked = Assert.Single(Directory.GetFiles(workspace.At(".mlops/unpacked"), "Models.ride.dll", SearchOption.AllDirectories));
        File.AppendAllText(unpacked, "x");

        Assert.Equal(before, Scored(workspace, "ride@1.0.0"));
        Assert.NotEqual((byte)'x', File.ReadAllBytes(unpacked)[^1]);
    }

    private static void Commit(Workspace workspace)
    {
        workspace.Git("add", "-A");
        workspace.Git("commit", "-qm", "trained");
    }

    private static string Scored(Workspace workspace, string model)
    {
        workspace.Run($"Score --model {model} --data {Data} --out scored.csv --keep id").Expect(0);
        return File.ReadAllText(workspace.At("scored.csv"));
    }

    /// <summary>What the service says of the first twenty rows.</summary>
    private static Task<IEnumerable<float>> ServedAsync(Workspace workspace, string model) => Task.Run(() => Served(workspace, model));

    private static IEnumerable<float> Served(Workspace workspace, string model)
    {
        var port = (int)JsonNode.Parse(File.ReadAllText(workspace.At("nuke.json")))!["environments"]!["local"]!["port"]!;
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}") };
        var rows = new JsonArray([.. File.ReadLines(workspace.At(Data)).Skip(1).Take(20).Select(line => (JsonNode)ComputedFeatureTests.Trained.Json(line.Split(',')))]).ToJsonString();
        string? answer = null;
        var patience = DateTimeOffset.FromUnixTimeMilliseconds(Environment.TickCount64).AddMinutes(1);
        workspace.During($"Serve --model {model}", () =>
        {
            answer = TryAsk(client, rows);
            return answer is not null || DateTimeOffset.FromUnixTimeMilliseconds(Environment.TickCount64) > patience;
        }, process => workspace.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]));
        return JsonNode.Parse(answer!)!["predictions"]!.AsArray().Select(value => (float)value!);
    }

    private static string? TryAsk(HttpClient client, string rows)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("score/ride", UriKind.Relative)) { Content = new StringContent(rows, Encoding.UTF8, "application/json") };
            using var response = client.Send(request);
            using var reader = new StreamReader(response.EnsureSuccessStatusCode().Content.ReadAsStream());
            return reader.ReadToEnd();
        }
        catch (HttpRequestException)
        {
            // It has not begun to listen.
            return null;
        }
    }
}
