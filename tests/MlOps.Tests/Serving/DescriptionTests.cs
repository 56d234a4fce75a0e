using System.Diagnostics;
using System.Text;
using System.Text.Json;
using MlOps.Scoring;

namespace MlOps.Tests.Serving;

/// <summary>Requests and answers go through a proxy that holds both against an OpenAPI description: the Open Inference Protocol's own, and the service's.</summary>
public sealed class DescriptionTests(SharedService shared) : IClassFixture<SharedService>
{
    private static readonly NpmPackages s_prism = new(Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Serving", "Prism"), "prism-oracle");

    private readonly RunningService _service = shared.Service;

    [SkippableFact]
    public async Task The_protocols_own_description_finds_no_violation()
    {
        Skip.If(s_prism.Absent is not null, s_prism.Absent);
        await using var proxy = await ProxyAsync(RealData.RequireSpecification("open-inference-rest.yaml"));
        // The description names the server with a slash at its end, and models with their versions alone.
        var (bikes, churn, tickets) = (await AddressAsync("bikes"), await AddressAsync("churn"), await AddressAsync("tickets"));
        foreach (var path in (string[])["/v2/", "/v2/health/live", "/v2/health/ready", bikes, churn, tickets, $"{bikes}/ready", $"{tickets}/ready"])
        {
            await proxy.ExpectAsync(path, null, 200);
        }

        await proxy.ExpectAsync($"{churn}/infer", """{"id": "7", "inputs": [{"name": "months", "shape": [2], "datatype": "FP32", "data": [1, 2]}], "outputs": [{"name": "label"}]}""", 200);
        await proxy.ExpectAsync($"{tickets}/infer", """{"inputs": [{"name": "subject", "shape": [1], "datatype": "BYTES", "data": ["my invoice"]}]}""", 200);
        await proxy.ExpectAsync($"{churn}/infer", """{"inputs": [{"name": "month", "shape": [2], "datatype": "FP32", "data": [1, 2]}]}""", 400);
    }

    [SkippableFact]
    public async Task The_services_own_description_finds_no_violation()
    {
        Skip.If(s_prism.Absent is not null, s_prism.Absent);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["openapi.json"], (await _service.GetAsync("/openapi.json")).Body);
        await using var proxy = await ProxyAsync(folder["openapi.json"]);
        foreach (var path in (string[])["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/bikes", "/v2/models/churn/ready", await AddressAsync("tickets"), "/metrics"])
        {
            await proxy.ExpectAsync(path, null, 200);
        }

        await proxy.ExpectAsync("/score/bikes", """{"hour": "8", "temperature": 3.5, "weekend": true, "at": "2024-01-31T12:00:00Z"}""", 200);
        await proxy.ExpectAsync("/score/bikes?explain=true", """[{"hour": "8"}, {"temperature": null}]""", 200);
        await proxy.ExpectAsync("/score/churn?explain=true", "{}", 200);
        await proxy.ExpectAsync("/score/churn", """{"model": "churn", "rows": [{"months": 3}]}""", 200);
        await proxy.ExpectAsync("/score?explain=true", """{"model": "bikes", "rows": [{"at": 1706702400000}]}""", 200);
        await proxy.ExpectAsync("/score?model=tickets", "[]", 200);
        await proxy.ExpectAsync("/about/bikes", null, 200);
        await proxy.ExpectAsync("/score/tickets?explain=false", """[{"subject": "my invoice"}]""", 200);
        await proxy.ExpectAsync("/v2/models/churn/infer", """{"id": "7", "inputs": [{"name": "months", "shape": [2], "datatype": "FP32", "data": [1, null]}]}""", 200);
        await proxy.ExpectAsync("/v2/models/churn/infer", """{"inputs": [{"name": "months", "shape": [3], "datatype": "FP32", "data": [1, 2]}]}""", 400);
        // The description says what cannot be as well: a proxy that finds nothing would find this.
        Assert.NotEmpty(await proxy.ViolationsAsync("/score/bikes", """{"hours": "8"}"""));
    }

    [Fact]
    public async Task What_each_column_did_adds_up_to_the_prediction()
    {
        var answer = await _service.JsonAsync("/score/bikes?explain=true", """[{"hour": "8", "temperature": 12.5, "weekend": true}, {"hour": "9"}, {}]""");
        var predictions = answer.GetProperty("predictions").EnumerateArray().Select(prediction => prediction.GetDouble()).ToList();
        var explanations = answer.GetProperty("explanations").EnumerateArray().ToList();
        Assert.Equal(3, explanations.Count);
        foreach (var (prediction, explanation) in predictions.Zip(explanations))
        {
            Assert.Equal(["hour", "temperature", "weekend", "at"], explanation.GetProperty("contributions").EnumerateObject().Select(column => column.Name));
            Assert.Equal(prediction, explanation.GetProperty("base").GetDouble() + explanation.GetProperty("contributions").EnumerateObject().Sum(column => column.Value.GetDouble()), 1e-4);
        }

        // The log-odds of yes, of which the probability follows.
        var churn = await _service.JsonAsync("/score/churn?explain=true", """{"months": 3}""");
        var (of, odds) = (churn.GetProperty("explanations")[0].GetProperty("of").GetString(), churn.GetProperty("explanations")[0].GetProperty("base").GetDouble() + churn.GetProperty("explanations")[0].GetProperty("contributions").GetProperty("months").GetDouble());
        Assert.Equal("yes", of);
        Assert.Equal(churn.GetProperty("predictions")[0].GetProperty("probabilities").GetProperty("yes").GetDouble(), 1 / (1 + Math.Exp(-odds)), 1e-6);

        var tickets = await _service.JsonAsync("/score/tickets?explain=true", """{"subject": "my invoice"}""");
        Assert.Equal(tickets.GetProperty("predictions")[0].GetProperty("label").GetString(), tickets.GetProperty("explanations")[0].GetProperty("of").GetString());
        Assert.False((await _service.JsonAsync("/score/tickets", """{"subject": "my invoice"}""")).TryGetProperty("explanations", out _));
    }

    [Fact]
    public async Task A_model_that_does_not_say_how_its_training_rows_lay_predicts_and_does_not_explain()
    {
        var bikes = TestModels.Bikes();
        await using var service = await RunningService.StartAsync(("old", bikes with { Predictor = (LinearPredictor)bikes.Predictor with { Means = [] } }));
        Assert.Equal(200, (await service.PostAsync("/score", "{}")).Status);
        var (status, body) = await service.PostAsync("/score?explain=true", "{}");
        Assert.Equal(400, status);
        Assert.Contains("train it again", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explain=yes", "{}", 400, "neither true nor false")]
    [InlineData("explain=true", null, 413, "more than 100 rows to explain")]
    public async Task What_cannot_be_explained_is_said(string query, string? body, int status, string reason)
    {
        var (found, text) = await _service.PostAsync($"/score/bikes?{query}", body ?? $"[{string.Join(',', Enumerable.Repeat("{}", 101))}]");
        Assert.Equal(status, found);
        Assert.Contains(reason, text, StringComparison.Ordinal);
    }

    private async Task<string> AddressAsync(string model) => $"/v2/models/{model}/versions/{(await _service.JsonAsync($"/v2/models/{model}")).GetProperty("versions")[0].GetString()}";

    private Task<Proxy> ProxyAsync(string description) => Proxy.StartAsync(description, _service.Url);

    /// <summary>Prism between the tests and the service.</summary>
    private sealed class Proxy : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

        private Proxy(Process process, Uri url) => (_process, _http.BaseAddress) = (process, url);

        public static async Task<Proxy> StartAsync(string description, Uri service)
        {
            var port = Ports.Free();
            var start = s_prism.Script("prism.cjs", "proxy", description, service.ToString().TrimEnd('/'), "-p", port.ToString(System.Globalization.CultureInfo.InvariantCulture), "-h", "127.0.0.1");
            start.RedirectStandardOutput = start.RedirectStandardError = true;
            var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var said = new StringBuilder();
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                said.AppendLine(line);
                if (line.Contains("Prism is listening", StringComparison.Ordinal))
                {
                    _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                    return new(process, new($"http://127.0.0.1:{port}"));
                }
            }

            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw new InvalidOperationException(said.ToString());
        }

        /// <summary>Asks, and expects the status and no violation.</summary>
        public async Task ExpectAsync(string path, string? body, int status)
        {
            using var answer = await AskAsync(path, body);
            Assert.True((int)answer.StatusCode == status, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            Assert.False(answer.Headers.TryGetValues("sl-violations", out var violations), $"{path}: {string.Join(' ', violations ?? [])}");
        }

        public async Task<string> ViolationsAsync(string path, string? body)
        {
            using var answer = await AskAsync(path, body);
            return answer.Headers.TryGetValues("sl-violations", out var violations) ? string.Join(' ', violations) : "";
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        private async Task<HttpResponseMessage> AskAsync(string path, string? body)
        {
            using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(path, UriKind.Relative));
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
            return await _http.SendAsync(request);
        }
    }
}
