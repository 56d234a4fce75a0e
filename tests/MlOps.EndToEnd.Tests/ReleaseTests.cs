using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>From sources to a service that answers, and back to silence.</summary>
public sealed class ReleaseTests
{
    [Fact]
    public async Task Release_answers_says_so_when_nothing_changed_and_Stop_ends_it()
    {
        using var samples = Workspace.OfSamples();
        var port = Ports.Free();
        samples.Replace("nuke.json", "8085", port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        var released = samples.Run("Release").Expect(0);
        Assert.Contains($"http://127.0.0.1:{port}", released.Output, StringComparison.Ordinal);
        Assert.Contains("curl", released.Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("v2/health/ready", UriKind.Relative))).StatusCode);
        Assert.Equal("bike-demand", (string)(await client.GetFromJsonAsync<JsonNode>("v2/models/bike-demand"))!["name"]!);

        using var row = new StringContent("""{"text": "my invoice is wrong, please refund", "channel": "email"}""", Encoding.UTF8, "application/json");
        var scored = JsonNode.Parse(await (await client.PostAsync(new Uri("score/ticket-routing", UriKind.Relative), row)).Content.ReadAsStringAsync())!;
        Assert.Equal("billing", (string)scored["predictions"]![0]!["label"]!);

        Assert.Contains("unchanged", samples.Run("Release").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("ready", (string)samples.Run("Status --json").Expect(0).Json["environments"]!["local"]!["state"]!);
        samples.Run("Smoke").Expect(0);
        samples.Run("Stop").Expect(0);
        Assert.Equal("stopped", (string)samples.Run("Status --json").Expect(0).Json["environments"]!["local"]!["state"]!);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("v2/health/live", UriKind.Relative)));
    }

    [Fact]
    public void A_running_service_is_tested_again_and_of_some_models_only_these()
    {
        using var samples = Workspace.OfSamples();
        samples.Replace("nuke.json", "8085", Ports.Free().ToString(System.Globalization.CultureInfo.InvariantCulture));
        samples.Run("Release --model churn").Expect(0);
        samples.Run("Smoke").Expect(0);
        Assert.Equal("pass", (string)samples.Run("Status --json").Expect(2).Json["sources"]!["models/churn"]!["gate"]!["verdict"]!);

        samples.Replace("models/churn/model.json", "\"expect\": { \"min\": 0.6, \"max\": 1 }", "\"expect\": { \"min\": 0, \"max\": 0.1 }");

        var again = samples.Run("Release --model churn").Expect(3);
        Assert.Contains("MLO7005", again.Errors, StringComparison.Ordinal);
        Assert.Equal("ready", (string)samples.Run("Status --json").Json["environments"]!["local"]!["state"]!);
    }

    [Fact]
    public void A_failed_gate_refuses_the_release_on_every_run_and_starts_nothing()
    {
        using var samples = Workspace.OfSamples();
        samples.Replace("models/churn/model.json", "\"gate\": { \"auc\": { \"min\": 0.82 } }", "\"gate\": { \"auc\": { \"min\": 0.999 } }");

        Assert.Contains("MLO2040", samples.Run("Release").Expect(3).Errors, StringComparison.Ordinal);
        samples.Run("Train").Expect(3);

        Assert.Contains("\"verdict\": \"fail\"", samples.Lock, StringComparison.Ordinal);
        Assert.Equal("stopped", (string)samples.Run("Status --json").Json["environments"]!["local"]!["state"]!);
    }

    [Fact]
    public void A_port_that_another_program_has_is_told_and_nothing_is_started()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var samples = Workspace.OfSamples();
        samples.Replace("nuke.json", "8085", ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Contains("MLO7001", samples.Run("Release").Expect(1).Errors, StringComparison.Ordinal);
    }
}
