using System.Text.Json;
using MlOps.Serving.Inferences;

namespace MlOps.Tests.Serving;

/// <summary>What is kept of requests and answers.</summary>
public sealed class InferenceLogTests
{
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static Task<RunningService> StartAsync(TemporaryFolder logs, string log) => RunningService.StartAsync(folder =>
    {
        var bikes = folder.Write("bikes.onnx", TestModels.Bikes());
        var churn = folder.Write("churn.onnx", TestModels.Churn());
        return $$"""
            { "url": "http://127.0.0.1:0", "log": { "folder": {{JsonSerializer.Serialize(logs["log"])}}{{log}} },
              "models": [ { "name": "bikes", "version": "1.2.0", "path": "{{bikes.Path}}", "digest": "{{bikes.Digest}}" }, { "name": "churn", "path": "{{churn.Path}}", "digest": "{{churn.Digest}}" } ] }
            """;
    });

    [Fact]
    public async Task Every_row_is_a_line_with_what_was_asked_and_answered()
    {
        using var logs = new TemporaryFolder();
        string id;
        await using (var service = await StartAsync(logs, ""))
        {
            using var body = new StringContent("""[{"hour": "8", "temperature": 12.5, "weekend": true, "at": "2024-01-31T12:00:00Z"}, {}]""", System.Text.Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/score/bikes", UriKind.Relative)) { Content = body };
            request.Headers.Add("X-Request-Id", "order-17");
            using var answer = await service.Http.SendAsync(request);
            Assert.Equal("order-17", Assert.Single(answer.Headers.GetValues("X-Request-Id")));

            using var tensors = new StringContent("""{"inputs": [{"name": "months", "shape": [1], "datatype": "FP32", "data": [3]}]}""", System.Text.Encoding.UTF8, "application/json");
            using var inferred = await service.Http.PostAsync(new Uri("/v2/models/churn/infer", UriKind.Relative), tensors);
            id = Assert.Single(inferred.Headers.GetValues("X-Request-Id"));
            Assert.Equal(400, (await service.PostAsync("/score/bikes", """{"hours": 1}""")).Status);
            service.Terminate();
            await service.Process.WaitForExitAsync();
        }

        var lines = Lines(logs);
        Assert.Equal([("order-17", 0), ("order-17", 1), (id, 0)], lines.Select(line => (line.GetProperty("id").GetString()!, line.GetProperty("row").GetInt32())));
        Assert.Equal("bikes 1.2.0", $"{lines[0].GetProperty("model").GetString()} {lines[0].GetProperty("version").GetString()}");
        Assert.Equal("""{"hour":"8","temperature":12.5,"weekend":true,"at":"2024-01-31T12:00:00Z"}""", Compact(lines[0].GetProperty("inputs")));
        Assert.Equal("""{"hour":null,"temperature":null,"weekend":null,"at":null}""", Compact(lines[1].GetProperty("inputs")));
        Assert.Equal("[146]", Compact(lines[0].GetProperty("outputs")));
        Assert.Equal("yes", lines[2].GetProperty("label").GetString());
        Assert.Equal(2, lines[2].GetProperty("outputs").GetArrayLength());
        Assert.True(lines[0].GetProperty("time").GetDateTimeOffset() > DateTimeOffset.UnixEpoch.AddYears(50));
        Assert.StartsWith("sha256:", lines[0].GetProperty("digest").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_that_may_never_be_written_is_not()
    {
        using var logs = new TemporaryFolder();
        await using (var service = await StartAsync(logs, ", \"never\": [\"temperature\", \"months\"]"))
        {
            await service.PostAsync("/score/bikes", """{"hour": "8", "temperature": 987.125}""");
            await service.PostAsync("/score/churn", """{"months": 987.125}""");
            service.Terminate();
            await service.Process.WaitForExitAsync();
        }

        Assert.Equal(2, Lines(logs).Count);
        Assert.All(Directory.EnumerateFiles(logs["log"]), file => Assert.DoesNotContain("987.125", File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"never\": [\"temperatur\"]", "MLO7025", "temperature")]
    [InlineData("\"sample\": 1.5", "MLO7021", "log.sample")]
    [InlineData("\"fileBytes\": 100", "MLO7021", "log.fileBytes")]
    [InlineData("\"fileBytes\": 5000, \"totalBytes\": 9999", "MLO7021", "at least 10000")]
    public async Task What_cannot_be_configured_ends_the_service(string log, string code, string reason)
    {
        using var logs = new TemporaryFolder();
        var (exit, output) = await RunningService.RunToEndAsync(folder =>
        {
            var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
            return $$"""{ "url": "http://127.0.0.1:0", "log": { "folder": "{{logs["log"]}}", {{log}} }, "models": [ { "name": "bikes", "path": "{{path}}", "digest": "{{digest}}" } ] }""";
        });
        Assert.Equal(1, exit);
        Assert.Contains(code, output, StringComparison.Ordinal);
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_takes_nothing_fails_no_request()
    {
        using var logs = new TemporaryFolder();
        await File.WriteAllTextAsync(logs["log"], "a file where the folder should be");
        await using var service = await StartAsync(logs, "");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await service.PostAsync("/score/bikes", "{}")).Status);
        }

        for (var tries = 0; !(await service.GetAsync("/metrics")).Body.Contains("mlops_inference_log_dropped_total ", StringComparison.Ordinal); tries++)
        {
            Assert.True(tries < 1000, "nothing says that rows were dropped");
            await Task.Delay(10);
        }

        Assert.Contains("inferences cannot be written to", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_end_at_their_size_and_the_oldest_go()
    {
        using var folder = new TemporaryFolder();
        var config = new InferenceLogConfig { Folder = folder["log"], FileBytes = 4096, TotalBytes = 5 * 4096 };
        using (var files = new InferenceFiles(config, TimeProvider.System))
        {
            for (var i = 0; i < 100; i++)
            {
                files.Append(System.Text.Encoding.ASCII.GetBytes($"{i:D4}{new string('x', 1019)}\n"));
                Assert.InRange(Directory.EnumerateFiles(folder["log"]).Sum(file => new FileInfo(file).Length), 1, 5 * 4096);
            }
        }

        var kept = Directory.EnumerateFiles(folder["log"]).Order(StringComparer.Ordinal).SelectMany(File.ReadLines).Select(line => int.Parse(line[..4], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        // Without a gap up to the last.
        Assert.Equal(Enumerable.Range(100 - kept.Count, kept.Count), kept);
        Assert.InRange(kept.Count, 13, 20);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 10_000, 10_000)]
    [InlineData(0.25, 2350, 2650)]
    public void A_share_of_the_ids_is_kept_and_always_the_same(double share, int least, int most)
    {
        var ids = Enumerable.Range(0, 10_000).Select(number => $"request-{number}").ToList();
        var kept = ids.Where(id => RequestId.IsSampled(id, share)).ToList();
        Assert.InRange(kept.Count, least, most);
        Assert.Equal(kept, ids.Where(id => RequestId.IsSampled(id, share)));
    }

    [Theory]
    [InlineData("order-17:a_b.c", true)]
    [InlineData("with blank", false)]
    [InlineData("<script>", false)]
    [InlineData("", false)]
    public async Task Only_a_plain_id_of_the_callers_is_given_back(string given, bool isTaken)
    {
        await using var service = await RunningService.StartAsync(("bikes", TestModels.Bikes()));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/nowhere", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("X-Request-Id", given);
        using var answer = await service.Http.SendAsync(request);
        var id = Assert.Single(answer.Headers.GetValues("X-Request-Id"));
        Assert.Equal(isTaken, id == given);
        Assert.True(isTaken || id.Length == 32);
    }

    private static List<JsonElement> Lines(TemporaryFolder logs) =>
        [.. Directory.EnumerateFiles(logs["log"]).Order(StringComparer.Ordinal).SelectMany(File.ReadLines).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string Compact(JsonElement json) => JsonSerializer.Serialize(json, s_plain);
}
