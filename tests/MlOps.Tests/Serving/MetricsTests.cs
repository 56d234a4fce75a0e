using System.Diagnostics;
using System.Text.Json;

namespace MlOps.Tests.Serving;

/// <summary>What the service measures, read by another program's parser of Prometheus's format.</summary>
public sealed class MetricsTests
{
    private static readonly NpmPackages s_parser = new(Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Serving", "Prometheus"), "prometheus-oracle");

    [SkippableFact]
    public async Task Requests_errors_predictions_and_the_process_are_told_as_they_were()
    {
        Skip.If(s_parser.Absent is not null, s_parser.Absent);
        await using var service = await RunningService.StartAsync(("bikes", TestModels.Bikes()), ("we\"ird\\one", TestModels.Churn()));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await service.PostAsync("/score/bikes", """[{"hour": "8"}, {"hour": "9"}]""")).Status);
        }

        Assert.Equal(400, (await service.PostAsync("/score/bikes", """{"hours": "8"}""")).Status);
        Assert.Equal(200, (await service.PostAsync("/v2/models/we%22ird%5Cone/infer", """{"inputs": [{"name": "months", "shape": [3], "datatype": "FP32", "data": [1, 2, 100]}]}""")).Status);
        Assert.Equal(404, (await service.GetAsync("/nowhere")).Status);

        using var answer = await service.Http.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var text = await answer.Content.ReadAsStringAsync();
        var families = Parsed(text);

        Assert.Contains("\n# TYPE http_server_request_duration_seconds histogram\n", text, StringComparison.Ordinal);
        var requests = families["http_server_request_duration_seconds_count"];
        Assert.Equal("3", Of(requests, ("http_route", "/score/{model}"), ("http_response_status_code", "200"), ("model", "bikes")).GetProperty("value").GetString());
        Assert.Equal("1", Of(requests, ("http_route", "/score/{model}"), ("http_response_status_code", "400")).GetProperty("value").GetString());
        Assert.Equal("1", Of(requests, ("http_response_status_code", "404")).GetProperty("value").GetString());
        var buckets = All(families["http_server_request_duration_seconds_bucket"], ("http_route", "/score/{model}"), ("http_response_status_code", "200")).ToList();
        Assert.Equal(15, buckets.Select(bucket => bucket.GetProperty("labels").GetProperty("le").GetString()).Distinct().Count());
        var counts = buckets.Select(bucket => Number(bucket)).ToList();
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(("+Inf", 3), (buckets[^1].GetProperty("labels").GetProperty("le").GetString(), counts[^1]));

        var predictions = families["mlops_predictions_total"];
        Assert.Equal("6", Of(predictions, ("model", "bikes")).GetProperty("value").GetString());
        Assert.Equal("2", Of(predictions, ("model", "we\"ird\\one"), ("label", "yes")).GetProperty("value").GetString());
        Assert.Equal("1", Of(predictions, ("model", "we\"ird\\one"), ("label", "no")).GetProperty("value").GetString());
        Assert.Equal(2, families["mlops_model_info"].Count());
        Assert.True(Number(Of(families["dotnet_process_memory_working_set_bytes"])) > 1e6);
    }

    /// <summary>A caller who makes up names must not make series: that would fill the memory.</summary>
    [Fact]
    public async Task What_callers_make_up_makes_no_series()
    {
        await using var service = await RunningService.StartAsync(("bikes", TestModels.Bikes()));
        await service.GetAsync("/made-up-0");
        var before = Lines((await service.GetAsync("/metrics")).Body);
        for (var i = 1; i < 200; i++)
        {
            await service.GetAsync($"/made-up-{i}");
            await service.GetAsync($"/v2/models/made-up-{i}");
            using var odd = new HttpRequestMessage(new($"ODD{i}"), "/");
            using var _ = await service.Http.SendAsync(odd);
        }

        var after = (await service.GetAsync("/metrics")).Body;
        Assert.DoesNotContain("made-up", after, StringComparison.Ordinal);
        Assert.DoesNotContain("ODD", after, StringComparison.Ordinal);
        // Four histograms at most: unknown models, odd methods, the page, and the metrics themselves.
        Assert.InRange(Lines(after), before, before + (4 * 17) + 20);
    }

    private static int Lines(string text) => text.Count(c => c == '\n');

    private static ILookup<string, JsonElement> Parsed(string text)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            var start = s_parser.Script("parse.cjs", file);
            start.RedirectStandardOutput = true;
            using var parser = Process.Start(start)!;
            var json = parser.StandardOutput.ReadToEnd();
            parser.WaitForExit();
            Assert.Equal(0, parser.ExitCode);
            return JsonDocument.Parse(json).RootElement.EnumerateArray()
                .SelectMany(family => family.GetProperty("metrics").EnumerateArray(), (family, metric) => (Name: family.GetProperty("name").GetString()!, metric)).ToLookup(sample => sample.Name, sample => sample.metric);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static double Number(JsonElement metric) => double.Parse(metric.GetProperty("value").GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    private static JsonElement Of(IEnumerable<JsonElement> family, params (string Name, string Value)[] labels) => Assert.Single(All(family, labels));

    private static IEnumerable<JsonElement> All(IEnumerable<JsonElement> family, params (string Name, string Value)[] labels) =>
        family.Where(metric => labels.All(label => metric.TryGetProperty("labels", out var all) && all.TryGetProperty(label.Name, out var value) && value.GetString() == label.Value));
}
